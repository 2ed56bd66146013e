/*
 * How many ICMP messages leave: Linux's two token buckets (net/ipv4/icmp.c, inetpeer.c).
 *
 * First one for all: icmp_msgs_per_sec, refilled at most every 20 ms, with icmp_msgs_burst. Then
 * one for each destination: a message costs icmp_ratelimit, and six may be saved up. IPv6 gives
 * destinations that a short prefix leads to more of it. Linux takes zero to two of the common
 * tokens a message, at random and one on average, lest they tell a spy something; here it is one.
 */
#include <stdlib.h>

#include "core/alloc.h"
#include "ip/addr_map.h"
#include "ip/icmp.h"
#include "ip/icmp_internal.h"
#include "wire/icmp4.h"
#include "wire/icmp6.h"

#define PEERS_MAX 1024
#define BURST 6                   /* XRLIM_BURST_FACTOR */
#define NEW_PEER_WAITED vtime_s(60) /* what a new peer is taken to have been silent */
#define REFILL vtime_ms(20)
#define REFILL_MOST vtime_s(1)
#define MASK_BITS 32 /* of icmp_ratemask */

struct peer {
	struct addr_entry entry; /* touched: when tokens was brought up to date */
	vtime tokens;
};

struct icmp_limits {
	vtime refilled;
	int64_t credit;
	struct addr_map peers;
};

static struct icmp_limits *limits_of(struct node *n)
{
	struct icmp_limits *l = n->icmp_limits;

	if (!l) {
		l = n->icmp_limits = nt_malloc(sizeof(*l));
		l->refilled = node_now(n);
		l->credit = n->sysctl->icmp_msgs_burst;
		addr_map_init(&l->peers, sizeof(struct peer), PEERS_MAX);
	}
	return l;
}

void icmp_limits_free(struct node *n)
{
	if (!n->icmp_limits)
		return;
	addr_map_fini(&n->icmp_limits->peers);
	free(n->icmp_limits);
	n->icmp_limits = NULL;
}

/* icmp_global_allow() */
static bool all_allow(struct node *n, struct icmp_limits *l)
{
	vtime since = vtime_min(vtime_sub(node_now(n), l->refilled), REFILL_MOST);
	int64_t more = 0;

	if (!vtime_before(since, REFILL)) {
		more = since.ns * n->sysctl->icmp_msgs_per_sec / NS_PER_S;
		if (more)
			l->refilled = node_now(n);
	}
	l->credit += more;
	if (l->credit > n->sysctl->icmp_msgs_burst)
		l->credit = n->sysctl->icmp_msgs_burst;
	if (l->credit <= 0)
		return false;
	l->credit--;
	return true;
}

/* inet_peer_xrlim_allow() */
static bool peer_allows(struct node *n, struct icmp_limits *l, const struct ipaddr *dst,
			vtime price)
{
	bool fresh;
	struct peer *e = addr_map_get(&l->peers, dst, &fresh);
	vtime now = node_now(n), most = vtime_ns(BURST * price.ns);

	if (fresh)
		e->entry.touched = vtime_sub(now, NEW_PEER_WAITED);
	e->tokens = vtime_min(vtime_add(e->tokens, vtime_sub(now, e->entry.touched)), most);
	e->entry.touched = now;
	if (vtime_before(e->tokens, price))
		return false;
	e->tokens = vtime_sub(e->tokens, price);
	return true;
}

/* Path MTU discovery and what the mask leaves out go unlimited. */
static bool is_limited(const struct node *n, bool ip4, uint8_t type, uint8_t code)
{
	if (!ip4)
		return icmp6_is_error(type) && type != ICMP6_MSG_PACKET_TOO_BIG;
	if (type == ICMP4_DESTINATION_UNREACHABLE && code == ICMP4_FRAGMENTATION_NEEDED)
		return false;
	return type < MASK_BITS && (uint32_t)n->sysctl->icmp_ratemask >> type & 1;
}

/* "Give more bandwidth to wider prefixes": icmpv6_xrlim_allow(). */
static int32_t price6_ms(const struct node *n, const struct ip_path *path)
{
	unsigned len = path->entry && path->entry->route ? path->entry->route->dst.len : 64;

	return n->sysctl->icmp6_ratelimit >> ((IPADDR_BITS - len) >> 5);
}

bool icmp_limit_allows(struct node *n, uint8_t type, uint8_t code, const struct ipaddr *dst,
		       const struct ip_path *path)
{
	bool ip4 = ipaddr_is4(dst);
	struct icmp_limits *l;

	if (!path->dev || !is_limited(n, ip4, type, code))
		return true;
	l = limits_of(n);
	return all_allow(n, l) &&
	       peer_allows(n, l, dst,
			   vtime_ms(ip4 ? n->sysctl->icmp_ratelimit : price6_ms(n, path)));
}
