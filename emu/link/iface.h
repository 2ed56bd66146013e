/*
 * Interfaces: where a node (ip/) or a switch meets a link.
 *
 * An interface is embedded in what its owner knows about it and calls up through `input`, which
 * the owner sets. Sending is a call down: iface_send() shows the frame to the taps and hands it
 * to the link direction that leads away. A frame goes down complete, Ethernet header included.
 */
#ifndef LINK_IFACE_H
#define LINK_IFACE_H

#include "core/world.h"
#include "link/tap.h"
#include "wire/mac.h"

struct link_dir;

struct iface {
	struct site *site;  /* whose it is */
	struct iface *next; /* the owner's next interface */
	void (*input)(struct iface *, struct packet *); /* consumes the packet */
	struct link_dir *out; /* the way to the other end; NULL without a link */
	struct tap *taps;
	const char *name; /* owned by the interface */
	uint32_t index;   /* 1, 2, ... in its owner */
	uint32_t mtu;     /* largest IP packet that the owner may send here */
	struct mac mac;
	uint16_t vlan;    /* hosts: tags every frame with this VLAN and takes no other; 0: untagged */
	bool up;          /* set by its owner's administrator; says nothing about the link */
	struct iface_watch *watches; /* who is told when it, or its link, goes down or comes up */
	uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes;
};

/* Borrowed while it hangs there; changed() may arm events, but takes no watch away. */
struct iface_watch {
	struct iface_watch *next;
	void (*changed)(struct iface_watch *);
};

void iface_watch_add(struct iface *i, struct iface_watch *w);
void iface_watch_remove(struct iface *i, struct iface_watch *w);

/* For who changes `up`, or the link: tells the watches. */
void iface_changed(struct iface *i);

/* name is copied. The interface is up and has no link, no taps and MTU 1500. */
void iface_init(struct iface *i, struct site *site, const char *name, struct mac mac,
		void (*input)(struct iface *, struct packet *));
void iface_fini(struct iface *i);

/* Up, linked, and the link is up: what `ip link` shows as LOWER_UP. */
bool iface_running(const struct iface *i);

/* Sends a frame (consumes it). */
void iface_send(struct iface *i, struct packet *p);

/* A frame arrived from the link, or was injected there (consumes it). */
void iface_receive(struct iface *i, struct packet *p);

#endif
