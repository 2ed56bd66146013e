/*
 * Router advertisements of a router's interface (RFC 4861 6.2; what radvd does): `ra:`.
 *
 * Advertisements go to all nodes at random intervals between min_interval and max_interval, the first
 * three at most 16 s apart. A solicitation is answered within half a second, to all nodes, and never
 * less than min_delay after the last advertisement. One whose lifetime is 0 says farewell when the
 * interface is taken down in order or stops advertising; a router that loses its power or its link
 * says nothing.
 *
 * The state is known by the interface watch that it hangs at its interface, as slaac.h's is.
 */
#ifndef IP_AUTOCONF_RADV_H
#define IP_AUTOCONF_RADV_H

#include "ip/node.h"
#include "wire/icmp6.h"

/* RFC 4861 6.2.1 and 10, in seconds. */
#define RADV_MAX_INTERVAL 600
#define RADV_MIN_DELAY 3
#define RADV_VALID 2592000
#define RADV_PREFERRED 604800

struct radv_prefix {
	struct prefix prefix;
	uint32_t valid, preferred; /* s, or ND_INFINITY */
	bool on_link, autonomous;
};

struct radv_route {
	struct prefix prefix;
	uint32_t lifetime; /* s, or ND_INFINITY */
	enum nd_preference preference;
};

/* What is advertised; plain, and borrowed with all it points to. */
struct radv_config {
	vtime min_interval, max_interval, min_delay;
	bool managed, other;
	uint8_t hop_limit; /* 0: unspecified */
	enum nd_preference preference;
	uint16_t lifetime; /* s, as a default router; 0: it is none */
	uint32_t reachable_ms, retrans_ms, mtu; /* 0: unspecified */
	const struct radv_prefix *prefixes; /* NULL: the interface's own networks, for RADV_VALID */
	uint32_t n_prefixes;
	const struct radv_route *routes;
	uint32_t n_routes;
	const struct ipaddr *rdnss;
	uint32_t n_rdnss;
	const char *const *dnssl; /* names that nd_domain_emit() takes */
	uint32_t n_dnssl;
	uint32_t dns_lifetime;    /* s, or ND_INFINITY */
};

/* RFC 4861's defaults, for that max_interval. */
struct radv_config radv_config_default(vtime max_interval);

/* Whether one advertisement of that interface has room for all that: prefixes may be its own networks. */
bool radv_config_fits(const struct radv_config *c, const struct ip_iface *i);

/* Begins, or goes on with another configuration, which is told at once. Ends with the interface. */
void radv_start(struct ip_iface *i, const struct radv_config *c);

/* Says farewell, and advertises no more; nothing happens if it does not. */
void radv_stop(struct ip_iface *i);

/* For node.c: the interface will be taken down; has gone down or come up; will be freed. */
void radv_farewell(struct ip_iface *i);
void radv_changed(struct ip_iface *i);
void radv_free(struct ip_iface *i);

/* For nd.c: a solicitation. False: this interface does not advertise. */
bool radv_solicited(struct ip_iface *i);

#endif
