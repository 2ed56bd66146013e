/* Addresses of interfaces: the routes that come with them, and which one to speak from. */
#include <errno.h>
#include <stdlib.h>

#include "core/alloc.h"
#include "ip/hook.h"
#include "ip/node.h"
#include "ip/route.h"

/* Routes that an address brings are the kernel's; two addresses of one network share one. */
static void kernel_route(struct ip_iface *i, const struct ipaddr *addr, uint8_t len,
			 enum route_type type)
{
	struct prefix dst = prefix_make(addr, len);

	route_add(i->node, &dst, type, NULL, i, 0, 0, ROUTE_KERNEL);
}

static bool is_ip6_linklocal(const struct ipaddr *a)
{
	return !ipaddr_is4(a) && ipaddr_is_linklocal(a);
}

/* Of any state, in use or not. */
static struct ip_addr *iface_addr_any(const struct ip_iface *i, const struct ipaddr *addr)
{
	for (struct ip_addr *a = i->addrs; a; a = a->next)
		if (ipaddr_eq(&a->addr, addr))
			return a;
	return NULL;
}

static bool is_there(const struct ip_iface *i, const struct ipaddr *addr)
{
	if (is_ip6_linklocal(addr))
		return iface_addr_any(i, addr);
	for (i = i->node->ifaces; i; i = ip_iface_next(i))
		if (iface_addr_any(i, addr))
			return true;
	return false;
}

int ip_addr_add_flags(struct ip_iface *i, const struct ipaddr *addr, uint8_t len, unsigned flags,
		      struct ip_addr **made)
{
	struct ip_addr **end = &i->addrs, *a;

	if (is_there(i, addr))
		return -EEXIST;
	a = nt_calloc(1, sizeof(*a));
	a->addr = *addr;
	a->len = len;
	a->flags = (uint8_t)flags;
	while (*end)
		end = &(*end)->next;
	*end = a;
	if (made)
		*made = a;
	if (!(flags & IP_ADDR_TENTATIVE))
		ip_addr_use(i, a);

	/* Link-local networks are told apart by their interface, not by routes. */
	if (len < IPADDR_BITS && !(flags & IP_ADDR_NOPREFIXROUTE) && !is_ip6_linklocal(addr))
		kernel_route(i, addr, len, ROUTE_UNICAST);
	if (ipaddr_is4(addr) && len < IPADDR_BITS - 1) {
		struct prefix net = prefix_make(addr, len);

		a->broadcast = prefix_last(&net);
	}
	return 0;
}

int ip_addr_add(struct ip_iface *i, const struct ipaddr *addr, uint8_t len)
{
	return ip_addr_add_flags(i, addr, len, 0, NULL);
}

void ip_addr_use(struct ip_iface *i, struct ip_addr *a)
{
	a->flags &= (uint8_t)~IP_ADDR_TENTATIVE;
	if (!is_ip6_linklocal(&a->addr))
		kernel_route(i, &a->addr, IPADDR_BITS, ROUTE_LOCAL);
}

/* The connected network that an address brought; of length IPADDR_BITS if it brought none. */
static struct prefix brought(const struct ip_addr *a)
{
	return prefix_make(&a->addr, a->flags & IP_ADDR_NOPREFIXROUTE ? IPADDR_BITS : a->len);
}

/* The connected network of an address that went: no more, or now that of another interface. */
static void disconnect(struct ip_iface *i, const struct ip_addr *gone)
{
	struct prefix net = brought(gone);
	struct ip_iface *others = i->node->ifaces;

	for (const struct ip_addr *a = i->addrs; a; a = a->next) {
		struct prefix p = brought(a);

		if (prefix_eq(&p, &net))
			return;
	}
	if (route_remove(i->node, &net, NULL, i, 0) != 0)
		return;
	for (; others; others = ip_iface_next(others))
		for (const struct ip_addr *a = others->addrs; a; a = a->next) {
			struct prefix p = brought(a);

			if (prefix_eq(&p, &net))
				kernel_route(others, &a->addr, a->len, ROUTE_UNICAST);
		}
}

static bool has_ip4(const struct ip_iface *i)
{
	const struct ip_addr *a = i->addrs;

	while (a && !ipaddr_is4(&a->addr))
		a = a->next;
	return a != NULL;
}

int ip_addr_remove(struct ip_iface *i, const struct ipaddr *addr)
{
	struct ip_addr **at = &i->addrs, *a;
	struct prefix own = prefix_make(addr, IPADDR_BITS);

	while (*at && !ipaddr_eq(&(*at)->addr, addr))
		at = &(*at)->next;
	a = *at;
	if (!a)
		return -EADDRNOTAVAIL;
	*at = a->next;
	if (!is_ip6_linklocal(addr)) {
		route_remove(i->node, &own, NULL, i, 0);
		if (a->len < IPADDR_BITS && !(a->flags & IP_ADDR_NOPREFIXROUTE))
			disconnect(i, a);
	}
	if (ipaddr_is4(addr) && !has_ip4(i))
		route_remove_dev(i->node, i, true);
	route_cache_flush(i->node);
	free(a);
	if (i->node->hooks)
		i->node->hooks->address_gone(i->node, addr);
	return 0;
}

void ip_iface_without_ip6(struct ip_iface *i)
{
	struct ip_addr *a = i->addrs;

	if (a && is_ip6_linklocal(&a->addr)) {
		i->addrs = a->next;
		free(a);
	}
}

static struct ip_addr *iface_addr_find(const struct ip_iface *i, const struct ipaddr *addr)
{
	struct ip_addr *a = iface_addr_any(i, addr);

	return a && !(a->flags & IP_ADDR_TENTATIVE) ? a : NULL;
}

struct ip_addr *node_addr_find(const struct node *n, const struct ip_iface *i,
			       const struct ipaddr *addr)
{
	struct ip_addr *a = NULL;

	if (i)
		return iface_addr_find(i, addr);
	for (i = n->ifaces; i && !a; i = ip_iface_next(i))
		a = iface_addr_find(i, addr);
	return a;
}

/* The destination itself, of right scope, not deprecated, of the kind that is wanted: each outweighs
 * all below it. */
enum { SCORE_SAME = 8192, SCORE_SCOPE = 4096, SCORE_PREFERRED = 1024, SCORE_KIND = 256 };

/* RFC 6724, rules 1 (same), 2 (scope), 3 (deprecated), 7 (temporary) and 8 (longest prefix) as one
 * number; 0: cannot be used at all. */
static unsigned source_score(const struct ip_iface *i, const struct ip_addr *source,
			     const struct ipaddr *dst)
{
	const struct ipaddr *a = &source->addr;
	bool want_temporary = i->node->sysctl->ip6_conf.use_tempaddr > 1;
	bool is_temporary = source->flags & IP_ADDR_TEMPORARY;
	unsigned common = ipaddr_common_prefix(a, dst);
	bool link_scope = is_ip6_linklocal(dst) ||
			  (!ipaddr_is4(dst) && ipaddr_is_multicast(dst) && (dst->b[1] & 0xf) == 2);

	if (ipaddr_is4(a) != ipaddr_is4(dst) || source->flags & IP_ADDR_TENTATIVE)
		return 0;
	if (ipaddr_eq(a, dst))
		return SCORE_SAME;
	return (is_ip6_linklocal(a) == link_scope ? SCORE_SCOPE : 1) +
	       (source->flags & IP_ADDR_DEPRECATED ? 0 : SCORE_PREFERRED) +
	       (is_temporary == want_temporary ? SCORE_KIND : 0) +
	       (common < source->len ? common : source->len);
}

const struct ipaddr *ip_source_select(const struct ip_iface *i, const struct ipaddr *dst)
{
	const struct ip_addr *best = NULL;
	unsigned best_score = 0;

	for (const struct ip_addr *a = i->addrs; a; a = a->next) {
		unsigned score = source_score(i, a, dst);

		if (score > best_score) {
			best = a;
			best_score = score;
		}
	}
	/* An interface without a suitable address of its own (unnumbered, or only a link-local
	 * one) borrows another interface's, as Linux does. */
	if (best_score < SCORE_SCOPE && !is_ip6_linklocal(dst))
		for (const struct ip_iface *o = i->node->ifaces; o; o = ip_iface_next(o))
			for (const struct ip_addr *a = o->addrs; a; a = a->next) {
				unsigned score = source_score(o, a, dst);

				if (score >= SCORE_SCOPE && score > best_score) {
					best = a;
					best_score = score;
				}
			}
	return best ? &best->addr : NULL;
}
