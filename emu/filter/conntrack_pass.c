/* A packet comes in: which connection it belongs to, or begins (conntrack_in). */
#include <netinet/in.h>

#include "core/alloc.h"
#include "filter/conntrack_int.h"
#include "wire/checksum.h"
#include "wire/icmp4.h"
#include "wire/icmp6.h"
#include "wire/ipv4.h"
#include "wire/offload.h"

#define QUOTE_MAX 576                /* bytes of a quote that are looked at */
#define UDP_STREAM_NS (2 * NS_PER_S) /* what is younger is a question and its answer */

static void udp_seen(struct conntrack *t, struct conn *c)
{
	bool stream = vtime_sub(node_now(t->node), c->udp_began).ns > UDP_STREAM_NS;

	if (c->replied && stream)
		c->assured = true;
	conntrack_refresh(t, c, c->assured ? CT_TIMEOUT_UDP_STREAM : CT_TIMEOUT_UDP);
}

/* A segment, datagram or query of a connection that is known, going in that direction. */
static enum ct_verdict conn_seen(struct conntrack *t, struct conn *c, struct packet *p, uint8_t dir)
{
	switch (p->proto) {
	case IPPROTO_TCP:
		return conntrack_tcp(t, c, p, dir);
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
		udp_seen(t, c);
		return CT_TAKE;
	case IPPROTO_ICMP:
		conntrack_refresh(t, c, CT_TIMEOUT_ICMP);
		return CT_TAKE;
	case IPPROTO_ICMPV6:
		conntrack_refresh(t, c, CT_TIMEOUT_ICMPV6);
		return CT_TAKE;
	default:
		conntrack_refresh(t, c, CT_TIMEOUT_GENERIC);
		return CT_TAKE;
	}
}

static void pass_new(struct conntrack *t, struct packet *p, const struct ct_tuple *tuple,
		     struct filter_pass *pass)
{
	struct conn *c;

	/* An answer that nobody asked for begins nothing. */
	pass->state = CT_INVALID;
	if (tuple_is_answer(p))
		return;
	c = conntrack_make(t, tuple);
	if (p->proto == IPPROTO_TCP && !conntrack_tcp_new(t, c, p)) {
		conntrack_forget(t, c);
		return;
	}
	pass->conn = c;
	pass->dir = CT_ORIGINAL;
	pass->state = CT_NEW;
	if (p->proto == IPPROTO_UDP || p->proto == IPPROTO_UDPLITE)
		c->udp_began = node_now(t->node);
	if (p->proto != IPPROTO_TCP)
		conn_seen(t, c, p, CT_ORIGINAL);
}

static void pass_flow(struct conntrack *t, struct packet *p, const struct ct_tuple *tuple,
		      struct filter_pass *pass)
{
	struct conn *c = conntrack_find(t, tuple, &pass->dir);

	if (!c) {
		pass_new(t, p, tuple, pass);
		return;
	}
	switch (conn_seen(t, c, p, pass->dir)) {
	case CT_REFUSE:
		pass->state = CT_INVALID;
		return;
	case CT_REPLACE:
		conntrack_kill(t, c);
		pass_new(t, p, tuple, pass);
		return;
	case CT_END:
		pass->ends = true;
		break;
	case CT_TAKE:
		break;
	}
	if (pass->dir == CT_REPLY)
		c->replied = true;
	pass->conn = c;
	pass->state = c->replied ? CT_ESTABLISHED : CT_NEW;
}

/*
 * This node may have made the error itself: about a packet as it came in (ip_hooks.undo), or about
 * the first packet of a connection that is not in the table yet: as it came in, or between the hooks,
 * where its destination is that of NAT and its source still its own.
 */
static struct conn *conn_made_here(struct conntrack *t, const struct ct_tuple *quoted, uint8_t *dir)
{
	struct conn *c = conntrack_find(t, quoted, dir);
	const struct ct_tuple *there, *back;

	if (c) {
		*dir = !*dir;
		return c;
	}
	c = filter_of(t->node)->in.conn;
	if (!c || c->confirmed)
		return NULL;
	there = &c->way[CT_ORIGINAL].tuple;
	back = &c->way[CT_REPLY].tuple;
	*dir = CT_REPLY;
	if (tuple_eq(quoted, there))
		return c;
	return quoted->proto == there->proto && quoted->sport == there->sport &&
	       quoted->dport == back->sport && ipaddr_eq(&quoted->src, &there->src) &&
	       ipaddr_eq(&quoted->dst, &back->src) ? c : NULL;
}

static struct ipaddr error_is_for(struct packet *p)
{
	struct ct_tuple t;

	tuple_read(p, &t);
	return t.dst;
}

/* An ICMP error goes with the answers to the packet that it quotes. */
static void pass_error(struct conntrack *t, struct packet *p, struct filter_pass *pass)
{
	uint8_t buf[QUOTE_MAX];
	uint32_t len = packet_read(p, p->l4, ICMP4_HLEN, buf, sizeof(buf));
	struct ct_tuple quoted, answer;
	struct ipaddr to = error_is_for(p);
	struct quote q;

	pass->state = CT_INVALID;
	if (!quote_parse(buf, len, &q) || !tuple_of_quote(&q, &quoted) ||
	    (q.v4 && t->node->sysctl->nf_conntrack_checksum && ipv4_header_sum(buf, buf[0] & 15)))
		return;
	answer = tuple_reverse(&quoted);
	pass->conn = conntrack_find(t, &answer, &pass->dir);
	/* An error goes to who sent the packet that it is about; else it is a lie. */
	if (pass->conn && p->in && !ipaddr_eq(&to, &pass->conn->way[pass->dir].tuple.dst))
		pass->conn = NULL;
	if (!pass->conn && !p->in)
		pass->conn = conn_made_here(t, &quoted, &pass->dir);
	if (pass->conn)
		pass->state = CT_RELATED;
}

bool conntrack_checksum_ok(const struct packet *p, const struct ct_tuple *tuple)
{
	uint32_t pseudo = 0;

	if (p->flags & (PACKET_VERIFIED | PACKET_CSUM))
		return true;
	if (p->proto != IPPROTO_TCP && p->proto != IPPROTO_UDP && p->proto != IPPROTO_ICMP &&
	    p->proto != IPPROTO_ICMPV6)
		return true;
	/* UDP without a checksum (RFC 768). */
	if (p->proto == IPPROTO_UDP && p->end - p->l4 >= 8 && !p->hdr[p->l4 + 6] &&
	    !p->hdr[p->l4 + 7])
		return true;
	if (p->proto != IPPROTO_ICMP)
		pseudo = csum_pseudo(&tuple->src, &tuple->dst, p->proto, packet_l4_len(p));
	return packet_checksum_ok(p, pseudo);
}

void conntrack_in(struct conntrack *t, struct packet *p, struct filter_pass *pass)
{
	struct ct_tuple tuple;
	enum tuple_kind kind = tuple_read(p, &tuple);

	if (kind == TUPLE_MALFORMED ||
	    (!conntrack_checksum_ok(p, &tuple) && t->node->sysctl->nf_conntrack_checksum))
		pass->state = CT_INVALID;
	else if (kind == TUPLE_FLOW)
		pass_flow(t, p, &tuple, pass);
	else if (kind == TUPLE_ICMP_ERROR)
		pass_error(t, p, pass);
	if (pass->conn && pass->state != CT_RELATED) {
		pass->conn->packets[pass->dir]++;
		pass->conn->bytes[pass->dir] += packet_l3_len(p);
	}
}
