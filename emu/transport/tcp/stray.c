/*
 * Segments that belong to no connection (RFC 9293 3.10.7.1, 3.10.7.2): answered by a reset, and dropped.
 * A connection that is reset in the middle of a transfer has a window of them coming, each of which is
 * answered; so that a reader of the capture need not guess, those that ended last are remembered.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "transport/tcp/internal.h"

#define ENDED_KEPT 16u

struct tcp_ended {
	uint32_t count; /* of all; the newest ENDED_KEPT are kept */
	struct {
		struct ipaddr saddr, daddr;
		uint16_t sport, dport;
		vtime at;
	} kept[ENDED_KEPT];
};

void tcp_ended_add(struct tcp_stack *st, const struct tcp_entry *e)
{
	struct tcp_ended *d = st->ended;

	if (!d)
		d = st->ended = nt_calloc(1, sizeof(*d));
	uint32_t i = d->count++ % ENDED_KEPT;
	d->kept[i].saddr = e->saddr;
	d->kept[i].daddr = e->daddr;
	d->kept[i].sport = e->sport;
	d->kept[i].dport = e->dport;
	d->kept[i].at = node_now(st->node);
}

/* How long ago the segment's connection ended, in us; false: not known to have been. */
static bool ended_ago(const struct tcp_stack *st, const struct tcp_in *in, uint64_t *us)
{
	const struct tcp_ended *d = st ? st->ended : NULL;

	for (uint32_t i = 1; d && i <= ENDED_KEPT && i <= d->count; i++) {
		uint32_t n = (d->count - i) % ENDED_KEPT;

		if (d->kept[n].sport == in->h.dport && d->kept[n].dport == in->h.sport &&
		    ipaddr_eq(&d->kept[n].daddr, &in->info->src) &&
		    ipaddr_eq(&d->kept[n].saddr, &in->info->dst)) {
			*us = (uint64_t)(node_now(st->node).ns - d->kept[n].at.ns) / 1000;
			return true;
		}
	}
	return false;
}

void tcp_stray(struct node *n, struct tcp_in *in, bool listens)
{
	bool syn = (in->h.flags & (TCPHDR_SYN | TCPHDR_ACK)) == TCPHDR_SYN;
	enum drop_reason r = listens ? DROP_TCP_NO_CONNECTION : DROP_TCP_NO_SOCKET;
	uint64_t detail = in->h.dport;
	char why[80];

	if (!syn && ended_ago(tcp_stack_of(n), in, &detail)) {
		r = DROP_TCP_ENDED;
		snprintf(why, sizeof(why), "reset: the connection ended here %" PRIu64 " us before",
			 detail);
	} else {
		snprintf(why, sizeof(why), "%s",
			 syn	   ? "reset: nobody listens on this port"
			 : listens ? "reset: the port listens, but has no such connection"
				   : "reset: the segment fits no connection");
	}
	tcp_reply_reset(n, in, why);
	packet_drop_detail(in->p, &n->site, r, detail);
}
