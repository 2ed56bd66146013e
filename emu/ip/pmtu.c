#include "ip/pmtu.h"

#include <stdlib.h>

#include "core/alloc.h"
#include "ip/addr_map.h"
#include "ip/ip.h"

#define PMTUS_MAX 1024

struct pmtu {
	struct addr_entry entry; /* touched: when it was learnt */
	uint32_t mtu;
	vtime expires;
};

struct pmtu_table {
	struct addr_map map;
};

static const struct pmtu *in_force(const struct node *n, const struct ipaddr *dst)
{
	const struct pmtu *e = n->pmtus ? addr_map_find(&n->pmtus->map, dst) : NULL;

	return e && vtime_before(node_now(n), e->expires) ? e : NULL;
}

uint32_t pmtu_get(struct node *n, const struct ipaddr *dst, uint32_t mtu)
{
	const struct pmtu *e = in_force(n, dst);

	return e && e->mtu < mtu ? e->mtu : mtu;
}

vtime pmtu_expires(const struct node *n, const struct ipaddr *dst)
{
	const struct pmtu *e = in_force(n, dst);

	return e ? e->expires : VTIME_ZERO;
}

uint32_t pmtu_update(struct node *n, const struct ipaddr *dst, uint32_t mtu)
{
	bool ip4 = ipaddr_is4(dst), fresh;
	const struct pmtu *known = in_force(n, dst);
	struct pmtu *e;

	/* RFC 8201 4: no link can have meant it, so it is no news at all. */
	if (!ip4 && mtu < IP6_MIN_MTU)
		return known ? known->mtu : 0;
	if (ip4 && mtu < (uint32_t)n->sysctl->route_min_pmtu)
		mtu = (uint32_t)n->sysctl->route_min_pmtu;
	if (known && known->mtu < mtu)
		return known->mtu;
	if (!n->pmtus) {
		n->pmtus = nt_malloc(sizeof(*n->pmtus));
		addr_map_init(&n->pmtus->map, sizeof(struct pmtu), PMTUS_MAX);
	}
	e = addr_map_get(&n->pmtus->map, dst, &fresh);
	e->entry.touched = node_now(n);
	e->mtu = mtu;
	e->expires = vtime_add(node_now(n), vtime_s(ip4 ? n->sysctl->route_mtu_expires
							: n->sysctl->ip6_route_mtu_expires));
	route_cache_flush(n);
	return mtu;
}

void pmtu_free(struct node *n)
{
	if (!n->pmtus)
		return;
	addr_map_fini(&n->pmtus->map);
	free(n->pmtus);
	n->pmtus = NULL;
}
