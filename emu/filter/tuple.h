/*
 * Tuples: who talks to whom, as a packet says it. Ports of TCP, UDP, UDP-Lite, SCTP and DCCP. An
 * ICMP query of either family is a question from the port that is its identifier to one that says
 * what is asked (0: echo), so that question and answer are each other's reverse. Of everything else
 * ports are 0.
 */
#ifndef FILTER_TUPLE_H
#define FILTER_TUPLE_H

#include "core/packet.h"
#include "wire/ipaddr.h"
#include "wire/quote.h"

struct ct_tuple {
	struct ipaddr src, dst;
	uint16_t sport, dport;
	uint8_t proto;
	uint8_t dir; /* which way of a connection it is (enum ct_dir); no part of who talks to whom */
};

enum tuple_kind {
	TUPLE_FLOW,       /* *t is filled in */
	TUPLE_ICMP_ERROR, /* about another packet: see tuple_of_quote() */
	TUPLE_LINK,       /* IPv6's business of one link: ND, multicast listeners */
	TUPLE_MALFORMED,  /* not even ports, or an ICMP type that nobody knows */
};

/* Of a packet whose l3, l4 and proto are known; pulls what it reads. */
enum tuple_kind tuple_read(struct packet *p, struct ct_tuple *t);

/* Of one that tuple_read() took as a flow: the answer to an ICMP query. */
bool tuple_is_answer(const struct packet *p);

/* Of the packet that an ICMP error quotes, in its own direction; false: too little was quoted. */
bool tuple_of_quote(const struct quote *q, struct ct_tuple *t);

static inline struct ct_tuple tuple_reverse(const struct ct_tuple *t)
{
	return (struct ct_tuple){.src = t->dst,
				 .dst = t->src,
				 .sport = t->dport,
				 .dport = t->sport,
				 .proto = t->proto};
}

static inline bool tuple_eq(const struct ct_tuple *a, const struct ct_tuple *b)
{
	return a->proto == b->proto && a->sport == b->sport && a->dport == b->dport &&
	       ipaddr_eq(&a->src, &b->src) && ipaddr_eq(&a->dst, &b->dst);
}

#endif
