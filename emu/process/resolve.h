/*
 * Name lookup for programs: getaddrinfo(3) and getnameinfo(3) of a virtual host.
 *
 * A text is a literal address (an IPv6 one with a zone: fe80::1%eth0), a name of the node's own
 * hosts table, or a node's name. Of several addresses the order is RFC 6724's, section 6, as far
 * as it applies: usable ones first (a route and a source address exist), matching label, higher
 * precedence (global IPv6, then IPv4, then fc00::/7), then the order in which they were added. So
 * a plain `ping web` takes IPv4 where IPv6 is only made of unique local addresses, and IPv6
 * where both are global.
 */
#ifndef PROCESS_RESOLVE_H
#define PROCESS_RESOLVE_H

#include "process/process.h"
#include "transport/endpoint.h"

/* What resolve_host() can return besides 0; negative, like EAI_*. */
enum resolve_result {
	RESOLVE_NONAME = -2,     /* "Name or service not known" */
	RESOLVE_FAMILY = -9,     /* a literal of the other family */
	RESOLVE_NODATA = -5,     /* the name has no address of that family */
};

#define RESOLVE_MAX 16

/* family: AF_UNSPEC, AF_INET, AF_INET6. Port of *out is 0. 0 or a resolve_result. */
int resolve_host(struct process *p, const char *text, int family, struct endpoint *out);

/* All addresses, best first, at most max; *count is how many were written. */
int resolve_all(struct process *p, const char *text, int family, struct endpoint *out,
		uint32_t max, uint32_t *count);

/* The same without a process: at a node, in a world with these names. */
int resolve_at(struct node *node, struct names *world, const char *text, int family,
	       struct endpoint *out, uint32_t max, uint32_t *count);

/* "Name or service not known" */
const char *resolve_strerror(int result);

/* The name that the node knows for an address, or NULL. */
const char *resolve_name(struct process *p, const struct ipaddr *addr);

/* The world learns, or forgets, that this host has an address: what dynamic DNS would do. */
void resolve_publish(struct process *p, const struct ipaddr *addr);
void resolve_withdraw(struct process *p, const struct ipaddr *addr);

/* "10.0.0.1", "fe80::1%eth0" (the zone as this node's interface): address alone, no port. */
#define RESOLVE_TEXT (IPADDR_TEXT + 20)
char *resolve_format(struct process *p, char *buf, size_t size, const struct endpoint *e);

#endif
