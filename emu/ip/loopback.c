/* What a node sends to itself: no wire, no time, but only after all that happens now. */
#include <netinet/in.h>
#include <stdlib.h>

#include "core/alloc.h"
#include "ip/ip.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"

#define IPV6_NEXT_OFF 6

struct loopback {
	struct event event;
	struct node *node;
	struct packet *head, *tail;
};

static void loop_one(struct node *n, struct packet *p)
{
	struct ip_info info = {0};

	if (p->hdr[p->l3] >> 4 == 4) {
		struct ipv4_hdr h;

		ipv4_load(p->hdr + p->l3, &h);
		info = (struct ip_info){
			.src = h.src, .dst = h.dst, .proto = h.proto, .ttl = h.ttl, .tos = h.tos};
		p->l4 = (uint16_t)(p->l3 + ipv4_hlen(&h));
	} else {
		struct ipv6_hdr h;

		if (ipv6_parse_quoted(p->hdr + p->l3, IPV6_HLEN, &h) != IPV6_OK) {
			packet_drop(p, &n->site, DROP_IP_MALFORMED);
			return;
		}
		info = (struct ip_info){.src = h.src,
					.dst = h.dst,
					.proto = h.next,
					.ttl = h.hop_limit,
					.tos = h.tclass,
					.next_off = IPV6_NEXT_OFF};
		p->l4 = (uint16_t)(p->l3 + IPV6_HLEN);
	}
	p->proto = info.proto;
	p->ttl = info.ttl;
	p->tos = info.tos;
	ip_deliver(n, p, &info);
}

static void loop_fire(struct event *e)
{
	struct loopback *l = container_of(e, struct loopback, event);
	struct packet *p = l->head;

	/* What is looped meanwhile waits for the next turn. */
	l->head = l->tail = NULL;
	while (p) {
		struct packet *next = p->next;

		p->next = NULL;
		if (l->node->up)
			loop_one(l->node, p);
		else
			packet_drop(p, &l->node->site, DROP_NODE_DOWN);
		p = next;
	}
}

void ip_loop(struct node *n, struct packet *p)
{
	struct loopback *l = n->loopback;

	if (!l) {
		l = n->loopback = nt_calloc(1, sizeof(*l));
		event_init(&l->event, loop_fire);
		l->node = n;
	}
	p->in = NULL;
	p->next = NULL;
	p->l3 = p->head;
	if (l->tail)
		l->tail->next = p;
	else
		l->head = p;
	l->tail = p;
	if (!event_armed(&node_world(n)->sched, &l->event))
		event_arm(&node_world(n)->sched, &l->event, node_now(n));
}

void loopback_end_run(struct node *n)
{
	struct loopback *l = n->loopback;

	if (!l)
		return;
	event_cancel(&node_world(n)->sched, &l->event);
	for (struct packet *p = l->head, *next; p; p = next) {
		next = p->next;
		packet_drop(p, &n->site, DROP_WORLD_END);
	}
	l->head = l->tail = NULL;
}

void loopback_free(struct node *n)
{
	loopback_end_run(n);
	free(n->loopback);
	n->loopback = NULL;
}
