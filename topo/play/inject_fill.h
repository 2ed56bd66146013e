/*
 * What a packet of `inject:` lacks without a world: addresses for names, a source of the node's own,
 * ports and bytes by chance, sequence numbers of connections, who has an address. Private to
 * inject.c and inject_fill.c.
 */
#ifndef TOPO_PLAY_INJECT_FILL_H
#define TOPO_PLAY_INJECT_FILL_H

#include "core/rng.h"
#include "topo/arena.h"
#include "topo/play/inject.h"
#include "topo/internet.h"

#define INJECT_WHY 256

/* An injection while it runs. */
struct inject_run {
	struct process *process;
	struct node *node;
	const struct internet *in;
	const struct topo_inject *inject;
	struct ip_iface *dev;  /* NULL: not said */
	struct rng rng;        /* a stream of its own */
	struct crafter *crafter;
	struct arena *scratch; /* of the packet that is made */
	uint8_t *packet, *part, *frame; /* CRAFT_MAX and an Ethernet header each */
	uint64_t sent, errors, bytes;
	char why[INJECT_WHY];  /* of the last failure: a sentence */
};

/*
 * Numbers for everything that `i` says. `asked` is the packet whose quote it is, or NULL. False:
 * s->why. What craft points to lives in s->scratch.
 */
bool inject_fill(struct inject_run *s, const struct topo_inject *i, const struct craft *asked,
		 struct craft *craft);

/* The interface that leads to an address; NULL: none. next_hop may be NULL. */
struct ip_iface *inject_way(struct inject_run *s, const struct ipaddr *to, struct ipaddr *next_hop);

/* Fills an ARP message, and says by which interface it leaves, or comes in. */
bool inject_fill_arp(struct inject_run *s, struct ip_iface **way, struct craft_arp *arp);

/* Writes s->why; false. */
bool inject_failed(struct inject_run *s, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

struct mac inject_mac_of(const struct inject_run *s, const struct inject_mac *mac,
			 struct mac otherwise);

/* The interface that has an address, wherever; NULL: none. */
struct ip_iface *inject_owner(const struct internet *in, const struct ipaddr *a);

#endif
