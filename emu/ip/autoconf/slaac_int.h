/* Between the files of slaac.h. */
#ifndef IP_AUTOCONF_SLAAC_INT_H
#define IP_AUTOCONF_SLAAC_INT_H

#include "ip/route.h"
#include "ip/autoconf/slaac.h"

#define SLAAC_SERVERS 3

/* An address that came by itself, with its search for duplicates. */
struct slaac_addr {
	struct slaac_addr *next;
	struct slaac *of;
	struct ip_addr *addr;   /* on the interface, which owns it */
	struct slaac_life life;
	struct slaac_life most; /* of a temporary one: whatever is advertised */
	bool followed;          /* of a temporary one: it has had its successor */
	struct event probe;     /* the next probe, or the end of the search */
	uint16_t probes;        /* left to send */
	uint8_t tries;          /* identifiers that others had already (RFC 7217 DAD_Counter) */
	uint8_t nonce[ND_OPT_NONCE_BYTES];
};

/* A route that an advertisement brought: to a network on the link, to a router, or by one. */
struct slaac_route {
	struct slaac_route *next;
	struct route *route; /* in the node's table, which owns it */
	vtime expires;
	enum nd_preference preference;
	bool unreachable;    /* its router did not answer */
};

struct slaac_server {
	struct ipaddr addr;
	vtime expires;
};

struct slaac {
	struct iface_watch watch; /* first: by it the interface knows us */
	struct ip_iface *iface;
	struct slaac_watch *told;
	struct slaac_addr *addrs;
	struct slaac_route *routes;
	uint32_t n_routes;
	struct slaac_server servers[SLAAC_SERVERS];
	uint32_t n_servers;
	struct event clock;     /* the next lifetime that ends */
	struct event solicit;   /* the next router solicitation */
	vtime solicit_interval;
	uint32_t solicited;     /* so many times */
	bool heard;             /* a router has answered */
	bool up, running;       /* as it was when last looked at */
	uint32_t mtu;           /* as advertised; 0: the interface's */
	uint64_t secret[2];     /* RFC 7217 secret_key: the node's own */
};

struct slaac *slaac_of(const struct ip_iface *i); /* NULL: none */

static inline const struct sysctl_ip6_conf *slaac_conf(const struct slaac *s)
{
	return &s->iface->node->sysctl->ip6_conf;
}

static inline vtime slaac_now(const struct slaac *s)
{
	return node_now(s->iface->node);
}

static inline struct sched *slaac_sched(const struct slaac *s)
{
	return &node_world(s->iface->node)->sched;
}

/* Seconds as advertisements have them. */
static inline vtime slaac_until(const struct slaac *s, uint32_t seconds)
{
	return seconds == ND_INFINITY ? VTIME_NEVER : vtime_add(slaac_now(s), vtime_s(seconds));
}

/* slaac.c: lifetimes have changed. */
void slaac_clock(struct slaac *s);

/* slaac_addr.c */
void slaac_addr_begin(struct slaac *s); /* the link-local one */
void slaac_addr_prefix(struct slaac *s, const struct nd_opt *o);
void slaac_addr_usable(struct slaac_addr *a);    /* nobody else has it */
void slaac_addr_duplicate(struct slaac_addr *a); /* another has it: another identifier, or none */
void slaac_addr_age(struct slaac_addr *a); /* deprecates or removes it when its time has come */
void slaac_addr_remove(struct slaac_addr *a);
void slaac_addr_temporary(struct slaac_addr *of, struct slaac_life most); /* beside `of` */
const struct ipaddr *slaac_linklocal(const struct slaac *s); /* NULL: none in use */

/* slaac_id.c: the address of a /64 prefix (its first 64 bits count) with an identifier. */
struct ipaddr slaac_id_address(const struct slaac *s, const struct ipaddr *prefix, uint8_t tries);
bool slaac_id_has_others(const struct slaac *s); /* tries make a difference */
struct ipaddr slaac_id_random(struct slaac *s, const struct ipaddr *prefix);

/* slaac_temp.c: a temporary address beside `of`, if there is to be one and none is; when it is time
 * for the successor of one (VTIME_NEVER: not at all). */
void slaac_temp_keep(struct slaac_addr *of);
vtime slaac_temp_due(const struct slaac_addr *a);
void slaac_temp_age(struct slaac *s);
void slaac_temp_renewed(struct slaac_addr *a); /* it may live longer again */

/* slaac_dad.c: looks for duplicates; slaac_addr_usable() or slaac_addr_duplicate() comes of it. */
void slaac_dad_init(struct slaac_addr *a);
void slaac_dad_begin(struct slaac_addr *a);

/* slaac_rs.c */
bool slaac_listens(const struct slaac *s); /* to routers */
void slaac_solicit_init(struct slaac *s);
void slaac_solicit_begin(struct slaac *s); /* anew */
void slaac_solicit_end(struct slaac *s);

/* slaac_dns.c */
void slaac_servers_set(struct slaac *s, const struct nd_opt *o);
void slaac_servers_age(struct slaac *s);

/* slaac_route.c. gateway NULL: on the link; seconds 0: no more. */
void slaac_route_set(struct slaac *s, const struct prefix *dst, const struct ipaddr *gateway,
		     uint32_t seconds, enum nd_preference preference);
void slaac_route_mtu(struct slaac *s);
void slaac_route_heard(struct slaac *s, const struct ipaddr *router);
void slaac_route_remove(struct slaac *s, struct slaac_route *r);

#endif
