/*
 * Which socket a datagram is for: one table of local ports per node and protocol.
 *
 * Sockets hang in buckets by local port; the number of buckets follows the number of sockets.
 * Nothing that makes output walks a bucket: it gives the one best match, of equals (which
 * SO_REUSEADDR allows) the one bound last, and of a SO_REUSEPORT group the one that the flow's hash
 * names.
 */
#ifndef TRANSPORT_DEMUX_H
#define TRANSPORT_DEMUX_H

#include "transport/socket.h"

struct demux {
	struct socket **buckets;
	uint32_t size; /* power of two; 0: nothing yet */
	uint32_t count;
};

void demux_fini(struct demux *d);

void demux_add(struct demux *d, struct socket *s);
void demux_remove(struct demux *d, struct socket *s);

/* A socket that s, if it had local address and port `at`, would be in conflict with; or NULL. */
const struct socket *demux_conflict(const struct demux *d, const struct socket *s,
				    const struct endpoint *at);

/* What a datagram is matched by; local is the node's side. */
struct demux_key {
	struct endpoint local, peer;
	const struct ip_iface *in; /* NULL: from this node itself */
	bool any_peer;   /* do not look at peer (echo replies) */
	bool any_device; /* do not look at in (errors) */
};

/* The best match, or NULL. */
struct socket *demux_find(const struct demux *d, const struct demux_key *k);

/* The next match after `last` (NULL: the first), for what goes to all. */
struct socket *demux_next(const struct demux *d, const struct demux_key *k,
			  const struct socket *last);

#endif
