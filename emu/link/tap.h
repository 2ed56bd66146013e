/*
 * The tap: where frames can be seen.
 *
 * A tap hangs on an interface and is shown every frame that the interface hands to its link
 * (TAP_OUT, at that moment) and every frame that its link has delivered (TAP_IN, when the last
 * bit arrived). It sees the frame from its Ethernet header on, without FCS and padding, with all
 * checksums filled in. Whoever watches (capture/) knows this header; link/ knows nobody.
 */
#ifndef LINK_TAP_H
#define LINK_TAP_H

#include "core/packet.h"

struct iface;

enum tap_dir { TAP_IN = 1, TAP_OUT = 2 }; /* the values of pcapng's epb_flags (section 4.3.1) */

struct tap {
	struct tap *next;
	/* Borrows p, whose frame is hdr[head..end) and then data[0..data_len). */
	void (*frame)(struct tap *, const struct packet *p, enum tap_dir dir, vtime at);
};

/* Taps are called in the order in which they were added. */
void iface_tap_add(struct iface *i, struct tap *t);
void iface_tap_remove(struct iface *i, struct tap *t);

/* What a watcher may want to know of an interface. Strings live as long as the interface. */
const char *iface_name(const struct iface *i);      /* "eth0" */
const char *iface_node_name(const struct iface *i); /* "laptop" */
const char *iface_link_name(const struct iface *i); /* "wan"; NULL without a link */
const uint8_t *iface_mac(const struct iface *i);    /* 6 bytes */
uint64_t iface_dropped(const struct iface *i);      /* frames that the queue in front of the link refused */
uint64_t iface_rate(const struct iface *i);         /* bit/s towards the link; 0: unlimited */

#endif
