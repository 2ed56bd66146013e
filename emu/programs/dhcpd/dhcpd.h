/*
 * dhcpd: the DHCP server (RFC 2131 4.3), for clients on its own link: what came by a relay is
 * ignored.
 *
 *     dhcpd.c         options and defaults, all from the interface's address
 *     pool.c    addresses and who has them: one entry an address, kept after the lease has
 *                     ended, so that a client gets its old one again
 *     serve.c   messages: what each wants, and the answer
 */
#ifndef PROGRAMS_DHCPD_H
#define PROGRAMS_DHCPD_H

#include "programs/tool.h"
#include "wire/dhcp4.h"

#define DHCPD_POOL_MAX 65536
#define DHCPD_HOSTS 64

enum lease_state {
	LEASE_FREE,     /* never given, or given back; `client` may still be known */
	LEASE_OFFERED,  /* held back until `until` */
	LEASE_BOUND,
	LEASE_DECLINED, /* somebody has it who was not given it, and nobody gets it until `until` */
};

struct lease {
	struct ipaddr addr;
	uint8_t state; /* as it was left: see lease_state_now() */
	bool fixed;    /* for one client only */
	uint8_t client[DHCP4_CLIENT_ID];
	uint8_t client_len; /* 0: nobody yet */
	struct mac mac;
	char hostname[64];
	vtime until; /* VTIME_NEVER: for ever */
	uint32_t next; /* of those whose clients have the same hash: its index + 1 */
};

/* --host: a client by its MAC, or by the name that it sends. */
struct fixed_host {
	bool by_mac;
	struct mac mac;
	const char *name;
	struct ipaddr addr;
};

struct dhcpd {
	struct process *p;
	struct ip_iface *dev;
	int fd, ping_fd;
	/* from the command line */
	struct ipaddr first, last;
	bool has_range;
	uint32_t lease_s; /* DHCP4_INFINITE: for ever */
	struct dhcp4_addrs routers, dns;
	bool has_router;
	const char *domain;
	int64_t ping_ms; /* 0: no conflict check */
	struct fixed_host hosts[DHCPD_HOSTS];
	uint32_t n_hosts;
	/* the network */
	struct ipaddr self;
	struct prefix net;
	struct lease *pool; /* the fixed ones come first, then the range, ascending */
	uint32_t n_pool, n_fixed;
	uint32_t *by_client;  /* buckets: indices + 1 of leases, by the hash of the client */
	uint32_t n_buckets;   /* a power of two */
	uint32_t fresh;       /* no lease before this one was never given */
	uint32_t bound;       /* how many were bound when they were counted */
	vtime counted_until;  /* and how long that holds */
	uint16_t ping_seq;
	uint64_t offers, acks, naks, declines, releases, exhausted, conflicts, ignored;
};

/* pool.c; all but pool_print() work without an interface. Freed by pool_free(). */
void pool_new(struct dhcpd *d);
void pool_free(struct dhcpd *d);
enum lease_state lease_state_now(const struct dhcpd *d, const struct lease *l);
/* The entry of a message's client: that of its fixed host, else the one it has or had; NULL: none. */
struct lease *pool_of_client(struct dhcpd *d, const struct dhcp4 *m);
struct lease *pool_at(struct dhcpd *d, const struct ipaddr *addr);
/* For a client: its own, the one it asks for, one that was never given, the one that is free for longest.
 * NULL: the pool is used up. */
struct lease *pool_choose(struct dhcpd *d, const struct dhcp4 *m);
bool lease_is_of(const struct lease *l, const struct dhcp4 *m);
void lease_give(struct dhcpd *d, struct lease *l, const struct dhcp4 *m, enum lease_state state,
		vtime until);
void pool_print(struct dhcpd *d);
/* Nobody gets it for that long. */
void lease_set_aside(struct dhcpd *d, struct lease *l, vtime until);
/* Given back, or not wanted: free from now on, and remembered. */
void lease_free(struct dhcpd *d, struct lease *l);
/* How many are bound at present. */
uint32_t pool_bound(struct dhcpd *d);

/* serve.c: until the process is killed. */
void dhcpd_serve(struct dhcpd *d);

#endif
