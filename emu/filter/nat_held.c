/*
 * Unsolicited SYNs (RFC 5382 REQ-4): a NAT must not answer one for six seconds, because it may be
 * half of a simultaneous open whose other half is just being sent. If that came meanwhile, the SYN
 * is forgotten; else its sender is told that the port is unreachable.
 */
#include "core/alloc.h"
#include "filter/nat_int.h"

#include <stdlib.h>

#include "filter/conntrack_int.h"
#include "ip/icmp.h"

#define HOLD vtime_s(6)
#define HELD_MOST 256

/* Packets linked by next in the order in which they came; `at` is when each is due. */
struct nat_held {
	struct nat *nat;
	struct event event;
	struct packet *head, *tail;
	uint32_t count;
};

/* Whether a connection between the two was begun from inside meanwhile. */
static bool was_opened(const struct nat *nat, struct packet *p)
{
	struct ct_tuple t;
	uint8_t dir;

	return tuple_read(p, &t) == TUPLE_FLOW &&
	       conntrack_find(filter_of(nat->node)->conntrack, &t, &dir) != NULL;
}

static void release(struct nat *nat, struct packet *p)
{
	if (!was_opened(nat, p))
		icmp_error(nat->node, p, ICMP_NO_PORT, 0);
	packet_drop(p, &nat->node->site, DROP_NAT_UNSOLICITED);
}

static void held_fire(struct event *e)
{
	struct nat_held *h = container_of(e, struct nat_held, event);
	vtime now = node_now(h->nat->node);
	struct packet *p;

	while ((p = h->head) && !vtime_before(now, p->at)) {
		h->head = p->next;
		p->next = NULL;
		h->count--;
		release(h->nat, p);
	}
	if (h->head)
		event_arm(&node_world(h->nat->node)->sched, e, h->head->at);
}

void nat_hold(struct nat *nat, struct packet *p)
{
	struct nat_held *h = nat->held;

	if (!h) {
		h = nat->held = nt_calloc(1, sizeof(*h));
		h->nat = nat;
		event_init(&h->event, held_fire);
	}
	if (h->count == HELD_MOST) {
		packet_drop(p, &nat->node->site, DROP_NAT_UNSOLICITED);
		return;
	}
	p->at = vtime_add(node_now(nat->node), HOLD);
	p->next = NULL;
	if (h->count++) {
		h->tail->next = p;
	} else {
		h->head = p;
		event_arm(&node_world(nat->node)->sched, &h->event, p->at);
	}
	h->tail = p;
}

void nat_held_free(struct nat *nat, enum drop_reason why)
{
	struct nat_held *h = nat->held;

	if (!h)
		return;
	event_cancel(&node_world(nat->node)->sched, &h->event);
	for (struct packet *p = h->head, *next; p; p = next) {
		next = p->next;
		packet_drop(p, &nat->node->site, why);
	}
	free(h);
	nat->held = NULL;
}
