#include "ip/icmp.h"

#include <errno.h>
#include <netinet/in.h>

#include "core/group.h"
#include "ip/icmp_internal.h"
#include "wire/icmp4.h"
#include "wire/icmp6.h"
#include "wire/ipv4.h"
#include "wire/ipv6_ext.h"
#include "wire/offload.h"

#define MAX_LEN4 576 /* of an error: the quote is as long as that allows (RFC 1812 4.3.2.3) */
#define TOS_KEPT 0x1e
#define TOS_CONTROL 0xc0 /* internetwork control: RFC 1812 4.3.2.5 */

/* How each family says it. */
static const struct {
	uint8_t type4, code4, type6, code6;
} problems[] = {
	[ICMP_NO_ROUTE] = {ICMP4_DESTINATION_UNREACHABLE, ICMP4_NET_UNREACHABLE,
			   ICMP6_MSG_DESTINATION_UNREACHABLE, ICMP6_NO_ROUTE},
	[ICMP_HOST_UNREACHABLE] = {ICMP4_DESTINATION_UNREACHABLE, ICMP4_HOST_UNREACHABLE,
				   ICMP6_MSG_DESTINATION_UNREACHABLE, ICMP6_ADDRESS_UNREACHABLE},
	[ICMP_NO_PROTOCOL] = {ICMP4_DESTINATION_UNREACHABLE, ICMP4_PROTOCOL_UNREACHABLE,
			      ICMP6_MSG_PARAMETER_PROBLEM, ICMP6_UNKNOWN_NEXT_HEADER},
	[ICMP_NO_PORT] = {ICMP4_DESTINATION_UNREACHABLE, ICMP4_PORT_UNREACHABLE,
			  ICMP6_MSG_DESTINATION_UNREACHABLE, ICMP6_PORT_UNREACHABLE},
	[ICMP_TOO_BIG] = {ICMP4_DESTINATION_UNREACHABLE, ICMP4_FRAGMENTATION_NEEDED,
			  ICMP6_MSG_PACKET_TOO_BIG, 0},
	[ICMP_PROHIBITED] = {ICMP4_DESTINATION_UNREACHABLE, ICMP4_ADMIN_PROHIBITED,
			     ICMP6_MSG_DESTINATION_UNREACHABLE, ICMP6_ADMIN_PROHIBITED},
	[ICMP_TTL] = {ICMP4_TIME_EXCEEDED, ICMP4_TTL_EXCEEDED, ICMP6_MSG_TIME_EXCEEDED,
		      ICMP6_HOP_LIMIT_EXCEEDED},
	[ICMP_REASSEMBLY] = {ICMP4_TIME_EXCEEDED, ICMP4_REASSEMBLY_TIMEOUT,
			     ICMP6_MSG_TIME_EXCEEDED, ICMP6_REASSEMBLY_TIMEOUT},
	[ICMP_BAD_HEADER] = {ICMP4_PARAMETER_PROBLEM, ICMP4_POINTER_ERROR,
			     ICMP6_MSG_PARAMETER_PROBLEM, ICMP6_ERRONEOUS_FIELD},
	[ICMP_BAD_OPTION] = {ICMP4_PARAMETER_PROBLEM, ICMP4_POINTER_ERROR,
			     ICMP6_MSG_PARAMETER_PROBLEM, ICMP6_UNKNOWN_OPTION},
};

static const struct icmp_meaning unreachable4[] = {
	[ICMP4_NET_UNREACHABLE] = {ENETUNREACH, false},
	[ICMP4_HOST_UNREACHABLE] = {EHOSTUNREACH, false},
	[ICMP4_PROTOCOL_UNREACHABLE] = {ENOPROTOOPT, true},
	[ICMP4_PORT_UNREACHABLE] = {ECONNREFUSED, true},
	[ICMP4_FRAGMENTATION_NEEDED] = {EMSGSIZE, false},
	[ICMP4_SOURCE_ROUTE_FAILED] = {EOPNOTSUPP, false},
	[ICMP4_NET_UNKNOWN] = {ENETUNREACH, true},
	[ICMP4_HOST_UNKNOWN] = {EHOSTDOWN, true},
	[ICMP4_SOURCE_HOST_ISOLATED] = {ENONET, true},
	[ICMP4_NET_PROHIBITED] = {ENETUNREACH, true},
	[ICMP4_HOST_PROHIBITED] = {EHOSTUNREACH, true},
	[ICMP4_NET_TOS_UNREACHABLE] = {ENETUNREACH, false},
	[ICMP4_HOST_TOS_UNREACHABLE] = {EHOSTUNREACH, false},
	[ICMP4_ADMIN_PROHIBITED] = {EHOSTUNREACH, true},
	[ICMP4_PRECEDENCE_VIOLATION] = {EHOSTUNREACH, true},
	[ICMP4_PRECEDENCE_CUTOFF] = {EHOSTUNREACH, true},
};

static const struct icmp_meaning unreachable6[] = {
	[ICMP6_NO_ROUTE] = {ENETUNREACH, false},
	[ICMP6_ADMIN_PROHIBITED] = {EACCES, true},
	[ICMP6_BEYOND_SCOPE] = {EHOSTUNREACH, false},
	[ICMP6_ADDRESS_UNREACHABLE] = {EHOSTUNREACH, false},
	[ICMP6_PORT_UNREACHABLE] = {ECONNREFUSED, true},
	[ICMP6_POLICY_FAILED] = {EACCES, true},
	[ICMP6_REJECT_ROUTE] = {EACCES, true},
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct icmp_meaning meaning4(uint8_t type, uint8_t code)
{
	switch (type) {
	case ICMP4_DESTINATION_UNREACHABLE:
		return code < COUNT(unreachable4) ? unreachable4[code]
						  : (struct icmp_meaning){EHOSTUNREACH, false};
	case ICMP4_PARAMETER_PROBLEM:
		return (struct icmp_meaning){EPROTO, true};
	default:
		return (struct icmp_meaning){EHOSTUNREACH, false};
	}
}

static struct icmp_meaning meaning6(uint8_t type, uint8_t code)
{
	switch (type) {
	case ICMP6_MSG_DESTINATION_UNREACHABLE:
		return code < COUNT(unreachable6) ? unreachable6[code]
						  : (struct icmp_meaning){EPROTO, true};
	case ICMP6_MSG_PACKET_TOO_BIG:
		return (struct icmp_meaning){EMSGSIZE, false};
	case ICMP6_MSG_TIME_EXCEEDED:
		return (struct icmp_meaning){EHOSTUNREACH, false};
	case ICMP6_MSG_PARAMETER_PROBLEM:
		return (struct icmp_meaning){EPROTO, true};
	default:
		return (struct icmp_meaning){EPROTO, false};
	}
}

struct icmp_meaning icmp_meaning(bool ip4, uint8_t type, uint8_t code)
{
	return ip4 ? meaning4(type, code) : meaning6(type, code);
}

bool icmp_is_group(struct node *n, const struct ipaddr *a)
{
	return ipaddr_is_multicast(a) || ipaddr_is_limited_broadcast(a) ||
	       (ipaddr_is4(a) && route_lookup(n, a)->type == ROUTE_BROADCAST);
}

/* An echo reply of ours has no socket that would know of it. */
static bool is_own_answer(const struct quote *q)
{
	return q->proto == (q->v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6) && q->has_echo && !q->echo_request;
}

bool icmp_was_sent(struct node *n, const struct quote *q)
{
	const struct ip_proto *row = ip_proto_find(n, q->proto);
	const struct ip_error e = {
		.src = q->src,
		.dst = q->dst,
		.proto = q->proto,
		.l4 = q->l4,
		.l4_len = q->l4_len < 8 ? 0 : (uint32_t)q->l4_len,
	};

	if (is_own_answer(q))
		return true;
	return row && !q->frag_off && (!row->sent || row->sent(n, &e));
}

bool icmp_tell(struct node *n, const struct quote *q, const struct icmp_news *news)
{
	struct icmp_meaning m = icmp_meaning(q->v4, news->type, news->code);
	const struct ip_proto *row = ip_proto_find(n, q->proto);
	bool is_icmp = q->proto == (q->v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6);
	struct ip_error e = {
		.src = q->src,
		.dst = q->dst,
		.proto = q->proto,
		.offender = news->offender,
		.err = m.err,
		.hard = m.hard,
		.type = news->type,
		.code = news->code,
		.mtu = news->mtu,
		.ttl = news->ttl,
		.l4 = q->l4,
		.l4_len = q->l4_len < 8 ? 0 : (uint32_t)q->l4_len,
	};

	/* The middle of a datagram does not say whose it was. */
	if (!row || !row->error || q->frag_off || (is_icmp && !(q->has_echo && q->echo_request)))
		return false;
	row->error(n, &e);
	return true;
}

/* ---- making errors ---- */

/* An error about to be made: what about, what it says, and the quote. */
struct report {
	struct quote q;
	enum icmp_problem problem;
	uint8_t type, code;
	uint32_t arg;
	uint8_t quoted[ICMP_QUOTE_MAX];
	uint32_t quoted_len;
};

/* The packet's beginning as it came to this node: its TTL of then, and no checksum unfilled. */
static uint32_t quote_read(const struct packet *p, uint8_t *buf, uint32_t size)
{
	uint32_t len;

	if (p->flags & PACKET_CSUM) {
		struct packet *filled = packet_copy(p);

		packet_checksum_fill(filled);
		len = packet_read(filled, p->l3, 0, buf, size);
		packet_free(filled);
	} else {
		len = packet_read(p, p->l3, 0, buf, size);
	}
	if (!p->in)
		return len;
	if (buf[0] >> 4 == 4 && len >= IPV4_HLEN && buf[8] != p->ttl) {
		buf[8] = p->ttl;
		if (len >= (buf[0] & 0x0fu) * 4)
			ipv4_set_checksum(buf);
	} else if (buf[0] >> 4 == 6 && len >= IPV6_HLEN) {
		buf[7] = p->ttl;
	}
	return len;
}

/* RFC 1122 3.2.2: "does not define a single host". */
static bool is_no_host(struct node *n, const struct ipaddr *src)
{
	bool is_class_e = ipaddr_is4(src) && ipaddr_to4(src) >> 28 == 0xf;

	return ipaddr_is_any(src) || ipaddr_is_loopback(src) || is_class_e ||
	       icmp_is_group(n, src);
}

bool icmp_answerable(struct node *n, const struct packet *p, const struct ipaddr *src,
		     const struct ipaddr *dst)
{
	return !is_no_host(n, src) && !(p->flags & PACKET_BROADCAST) && !icmp_is_group(n, dst);
}

/* About an ICMP error, or what cannot be told from one, no error is sent. */
static bool is_about_error(const struct quote *q)
{
	/* ICMPv6 errors fit the least MTU: what is cut is none. */
	if (q->proto != (q->v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6) || q->frag_off)
		return false;
	if (q->l4_len == 0)
		return true;
	return q->v4 ? icmp4_is_error(q->l4[0])
		     : icmp6_is_error(q->l4[0]) || q->l4[0] == ICMP6_MSG_REDIRECT;
}

/* RFC 4443 2.4 e.3: the two things that are said about multicast packets too. */
static bool concerns_groups(const struct report *r)
{
	return !r->q.v4 &&
	       (r->problem == ICMP_TOO_BIG ||
		(r->problem == ICMP_BAD_OPTION && r->arg < r->quoted_len &&
		 r->quoted[r->arg] >> 6 == IPV6_OPT_DISCARD_ICMP));
}

/* RFC 1122 3.2.2, RFC 1812 4.3.2.7, RFC 4443 2.4 e */
static bool may_report(struct node *n, const struct packet *p, const struct report *r)
{
	if ((r->q.v4 && r->q.frag_off) || is_about_error(&r->q) || is_no_host(n, &r->q.src))
		return false;
	return icmp_answerable(n, p, &r->q.src, &r->q.dst) || concerns_groups(r);
}

static void tell_self(struct node *n, const struct report *r)
{
	struct icmp_news news = {
		.offender = r->q.src,
		.type = r->type,
		.code = r->code,
		.ttl = (uint8_t)(r->q.v4 ? n->sysctl->ip_default_ttl : n->sysctl->ip6_hop_limit),
		.mtu = r->problem == ICMP_TOO_BIG ? r->arg : 0,
	};

	icmp_tell(n, &r->q, &news);
}

static void header_emit(struct packet *m, const struct report *r, const struct ip_flow *f,
			uint32_t quote_len)
{
	bool has_mtu = r->problem == ICMP_TOO_BIG;
	bool has_pointer = r->type == (r->q.v4 ? (uint8_t)ICMP4_PARAMETER_PROBLEM
					       : (uint8_t)ICMP6_MSG_PARAMETER_PROBLEM);

	if (r->q.v4) {
		struct icmp4 h = {.type = r->type, .code = r->code};

		if (has_mtu)
			h.next_hop_mtu = (uint16_t)r->arg;
		if (has_pointer)
			h.pointer = (uint8_t)r->arg;
		icmp4_emit(packet_put(m, ICMP4_HLEN), &h);
	} else {
		uint32_t pseudo = csum_pseudo(&f->src, &f->dst, IPPROTO_ICMPV6,
					      ICMP6_HLEN + quote_len);
		struct icmp6 h = {.type = r->type,
				  .code = r->code,
				  .checksum = (uint16_t)~csum_fold(pseudo)};

		if (has_mtu)
			h.mtu = r->arg;
		if (has_pointer)
			h.pointer = r->arg;
		icmp6_emit(packet_put(m, ICMP6_HLEN), &h);
	}
	m->csum_at = (uint16_t)(m->l4 + 2);
	m->flags |= PACKET_CSUM;
}

static void report_send(struct node *n, const struct report *r, const struct ip_flow *f,
			const struct ip_path *path)
{
	uint32_t hlen = r->q.v4 ? IPV4_HLEN : IPV6_HLEN, most = r->q.v4 ? MAX_LEN4 : IP6_MIN_MTU;
	uint32_t room = (path->mtu < most ? path->mtu : most) - hlen - ICMP4_HLEN;
	uint32_t len = r->quoted_len < room ? r->quoted_len : room;
	struct packet *m = ip_packet_new(n, r->q.v4);

	header_emit(m, r, f, len);
	packet_copy_in(m, r->quoted, len);
	ip_send(n, m, f, path);
}

/*
 * The source is the address that the packet was for, if it is one of ours, else that of the way
 * back (Linux without icmp_errors_use_inbound_ifaddr).
 */
static bool way_back(struct node *n, const struct packet *p, const struct report *r,
		     struct ip_flow *f, struct ip_path *path)
{
	*f = (struct ip_flow){.dst = r->q.src,
			      .proto = r->q.v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6,
			      .tos = r->q.v4 ? (r->q.tos & TOS_KEPT) | TOS_CONTROL : 0};

	if (!ipaddr_is_multicast(&r->q.dst) && node_addr_find(n, NULL, &r->q.dst))
		f->src = r->q.dst;
	if (!r->q.v4 && ipaddr_is_linklocal(&r->q.src))
		f->oif = ip_iface_of(p->in);
	return ip_path(n, f, path) == 0;
}

void icmp_error(struct node *n, const struct packet *p, enum icmp_problem problem, uint32_t arg)
{
	struct report r;
	struct ip_flow f;
	struct ip_path path;

	r.quoted_len = quote_read(p, r.quoted, sizeof(r.quoted));
	if (!quote_parse(r.quoted, r.quoted_len, &r.q))
		return;
	r.problem = problem;
	r.arg = arg;
	r.type = r.q.v4 ? problems[problem].type4 : problems[problem].type6;
	r.code = r.q.v4 ? problems[problem].code4 : problems[problem].code6;
	if (!p->in) {
		tell_self(n, &r);
		return;
	}
	if (!may_report(n, p, &r) || !way_back(n, p, &r, &f, &path))
		return;
	if (icmp_limit_allows(n, r.type, r.code, &f.dst, &path))
		report_send(n, &r, &f, &path);
	else
		site_count(&n->site, DROP_ICMP_RATE_LIMIT);
}

/* ---- echo ---- */

/* The checksum of what was a request: as much of it as is there changes with the type. */
static void answer_checksum(struct packet *p, const struct ip_info *info, const struct ip_flow *f)
{
	bool ip4 = ipaddr_is4(&f->dst);
	uint8_t *icmp = p->hdr + p->l4;
	uint16_t request = be16_load(icmp);

	icmp[0] = ip4 ? (uint8_t)ICMP4_ECHO_REPLY : (uint8_t)ICMP6_MSG_ECHO_REPLY;
	if (!(p->flags & PACKET_CSUM) && (ip4 || ipaddr_eq(&f->src, &info->dst))) {
		be16_store(icmp + 2, csum_update16(be16_load(icmp + 2), request, be16_load(icmp)));
		return;
	}
	/* The pseudo-header has another address now; or nobody had filled it in anyway. */
	be16_store(icmp + 2, ip4 ? 0
				 : (uint16_t)~csum_fold(csum_pseudo(&f->src, &f->dst, f->proto,
								    packet_l4_len(p))));
	p->csum_at = (uint16_t)(p->l4 + 2);
	p->flags |= PACKET_CSUM;
}

void icmp_echo_answer(struct node *n, struct packet *p, const struct ip_info *info)
{
	bool ip4 = ipaddr_is4(&info->dst);
	struct world *w = node_world(n);
	struct ip_flow f = {.dst = info->src, .proto = info->proto, .tos = info->tos};
	uint8_t reply = ip4 ? (uint8_t)ICMP4_ECHO_REPLY : (uint8_t)ICMP6_MSG_ECHO_REPLY;
	struct ip_path path;

	if (!icmp_is_group(n, &info->dst))
		f.src = info->dst;
	if (!ip4 && ipaddr_is_linklocal(&info->src))
		f.oif = info->in;
	if (ipaddr_is_any(&info->src) || ip_path(n, &f, &path) < 0) {
		packet_drop(p, &n->site, DROP_IP_NO_ROUTE);
		return;
	}
	if (!icmp_limit_allows(n, reply, 0, &f.dst, &path)) {
		packet_drop(p, &n->site, DROP_ICMP_RATE_LIMIT);
		return;
	}
	answer_checksum(p, info, &f);
	p->id = ++w->last_packet_id;
	p->parent = 0;
	p->born = world_now(w);
	p->in = NULL;
	if (p->flags & PACKET_GROUP)
		group_leave(p, true);
	p->flags = PACKET_VERIFIED | (p->flags & PACKET_CSUM);
	p->head = p->l4;
	ip_send(n, p, &f, &path);
}
