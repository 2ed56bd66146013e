/*
 * Stateless address autoconfiguration of a host's interface (RFC 4862), as Linux does it: what
 * `address: slaac` asks for.
 *
 *     interface up        a link-local address, tentative          slaac.c, slaac_addr.c
 *     nobody has it       it is in use; routers are solicited      slaac_dad.c, slaac_rs.c
 *     an advertisement    default routers, networks on the link,   slaac_ra.c, slaac_route.c
 *                         addresses made of prefixes (tentative
 *                         at first), MTU, hop limit, name servers
 *     lifetimes end       addresses deprecate and go, routes go,   slaac.c, slaac_clock()
 *                         temporary ones have successors           slaac_temp.c
 *
 * Everything about it is in one `struct slaac`, made by slaac_start() and known by the interface
 * watch that it hangs at its interface: an interface without has not a byte for it, and ignores
 * advertisements. Going down (interface or node) forgets all; a link that comes back is asked for
 * routers anew. The knobs are net.ipv6.conf.all.* (sysctl.h); random times and identifiers come
 * from the node's stream.
 *
 * Routers are neighbours like others: whose neighbour entry fails counts as unreachable, and the
 * next best is taken (RFC 4861 6.3.6) until it is heard again.
 */
#ifndef IP_AUTOCONF_SLAAC_H
#define IP_AUTOCONF_SLAAC_H

#include "ip/node.h"
#include "wire/icmp6.h"

struct route;
struct slaac;

/* Who wants to know what the host has: the world's names, its name servers. Borrowed; may be NULL. */
struct slaac_watch {
	/* A global address became preferred, or is so no more. */
	void (*address)(struct slaac_watch *, struct ip_iface *, const struct ipaddr *, bool preferred);
	/* Its name servers from here on, best first. */
	void (*servers)(struct slaac_watch *, struct ip_iface *, const struct ipaddr *, uint32_t count);
};

/*
 * Begins on an interface; the link-local address that it was made with begins anew, tentative. Ends
 * with the interface.
 */
void slaac_start(struct ip_iface *i, struct slaac_watch *watch);

/* For node.c: the node or interface went down or came up; the interface is about to be freed. */
void slaac_changed(struct ip_iface *i);
void slaac_free(struct ip_iface *i);

/* For nd.c; false: this interface is none of those, or the message none of its business. */
bool slaac_advertised(struct ip_iface *i, const struct ipaddr *router, const struct icmp6 *m,
		      const uint8_t *opts, size_t opts_len);
/* A solicitation for an address that is tentative here, with its nonce or NULL. */
bool slaac_probed(struct ip_iface *i, const struct ipaddr *target, const struct ipaddr *src,
		  const struct nd_opt *nonce);
/* An advertisement of one. */
bool slaac_claimed(struct ip_iface *i, const struct ipaddr *target);
/* It says that it is a router no more (RFC 4861 7.2.5). */
void slaac_router_resigned(struct ip_iface *i, const struct ipaddr *router);
/* For neigh.c: it does not answer. */
void slaac_router_lost(struct ip_iface *i, const struct ipaddr *router);

/* For people: until when; VTIME_NEVER: for ever. */
struct slaac_life {
	vtime valid, preferred;
};
struct slaac_life slaac_addr_life(const struct ip_iface *i, const struct ip_addr *a);

/* The same of a learned route; false if r is none. */
bool slaac_route_life(const struct route *r, vtime *expires, enum nd_preference *preference);

#endif
