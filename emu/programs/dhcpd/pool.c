/* dhcpd's addresses, and who has them. */
#include "programs/dhcpd/dhcpd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "core/siphash.h"

static struct lease *fixed_at(struct dhcpd *d, const struct ipaddr *addr)
{
	for (uint32_t k = 0; k < d->n_fixed; k++)
		if (ipaddr_eq(&d->pool[k].addr, addr))
			return &d->pool[k];
	return NULL;
}

static void pool_add(struct dhcpd *d, const struct ipaddr *addr, bool fixed)
{
	/* The server's own address is nobody's, and a fixed one is in no range. */
	if (ipaddr_eq(addr, &d->self) || fixed_at(d, addr))
		return;
	d->pool[d->n_pool++] = (struct lease){.addr = *addr, .fixed = fixed};
	d->n_fixed += fixed;
}

void pool_new(struct dhcpd *d)
{
	uint32_t first = ipaddr_to4(&d->first), last = ipaddr_to4(&d->last);

	d->pool = nt_calloc((size_t)(last - first) + 1 + d->n_hosts, sizeof(*d->pool));
	for (d->n_buckets = 16; d->n_buckets < last - first; d->n_buckets *= 2)
		;
	d->by_client = nt_calloc(d->n_buckets, sizeof(*d->by_client));
	d->counted_until = VTIME_NEVER;
	for (uint32_t k = 0; k < d->n_hosts; k++)
		pool_add(d, &d->hosts[k].addr, true);
	for (uint32_t v = first; v <= last && v >= first; v++) {
		struct ipaddr a = ipaddr_from4(v);

		pool_add(d, &a, false);
	}
}

void pool_free(struct dhcpd *d)
{
	free(d->pool);
	free(d->by_client);
}

enum lease_state lease_state_now(const struct dhcpd *d, const struct lease *l)
{
	if (l->state != LEASE_FREE && l->until.ns != VTIME_NEVER.ns && tool_reached(d->p, l->until))
		return LEASE_FREE;
	return l->state;
}

/* The client identifier, or type and address of its hardware in the same form (RFC 2131 4.2). */
static uint8_t client_key(const struct dhcp4 *m, uint8_t key[DHCP4_CLIENT_ID])
{
	if (m->client_id_len) {
		memcpy(key, m->client_id, m->client_id_len);
		return m->client_id_len;
	}
	key[0] = 1;
	memcpy(key + 1, m->chaddr.b, sizeof(m->chaddr.b));
	return 1 + sizeof(m->chaddr.b);
}

bool lease_is_of(const struct lease *l, const struct dhcp4 *m)
{
	uint8_t key[DHCP4_CLIENT_ID], len = client_key(m, key);

	return l->client_len == len && memcmp(l->client, key, len) == 0;
}

static int by_addr(const void *a, const void *b)
{
	return ipaddr_cmp(&((const struct lease *)a)->addr, &((const struct lease *)b)->addr);
}

struct lease *pool_at(struct dhcpd *d, const struct ipaddr *addr)
{
	const struct lease like = {.addr = *addr};
	struct lease *l = fixed_at(d, addr);

	return l ? l : bsearch(&like, d->pool + d->n_fixed, d->n_pool - d->n_fixed, sizeof(like), by_addr);
}

/* ---- by client ---- */

static uint32_t *bucket_of(struct dhcpd *d, const uint8_t *key, uint8_t len)
{
	static const uint64_t no_secret[2];

	return &d->by_client[siphash(key, len, no_secret) & (d->n_buckets - 1)];
}

static void client_put(struct dhcpd *d, struct lease *l)
{
	uint32_t *at = bucket_of(d, l->client, l->client_len);

	l->next = *at;
	*at = (uint32_t)(l - d->pool) + 1;
}

static void client_take(struct dhcpd *d, struct lease *l)
{
	uint32_t *at = bucket_of(d, l->client, l->client_len), index = (uint32_t)(l - d->pool) + 1;

	while (*at != index)
		at = &d->pool[*at - 1].next;
	*at = l->next;
}

/* Of the addresses that it has had, the lowest. */
static struct lease *lease_by_client(struct dhcpd *d, const struct dhcp4 *m)
{
	uint8_t key[DHCP4_CLIENT_ID], len = client_key(m, key);
	struct lease *found = NULL;

	for (uint32_t k = *bucket_of(d, key, len); k; k = d->pool[k - 1].next) {
		struct lease *l = &d->pool[k - 1];

		if (!l->fixed && l->state != LEASE_DECLINED && lease_is_of(l, m) && (!found || l < found))
			found = l;
	}
	return found;
}

static struct lease *fixed_of(struct dhcpd *d, const struct dhcp4 *m)
{
	for (uint32_t k = 0; k < d->n_hosts; k++) {
		const struct fixed_host *h = &d->hosts[k];

		if (h->by_mac ? mac_to_u64(&h->mac) == mac_to_u64(&m->chaddr)
			      : strcmp(h->name, m->hostname) == 0)
			return pool_at(d, &h->addr);
	}
	return NULL;
}

struct lease *pool_of_client(struct dhcpd *d, const struct dhcp4 *m)
{
	struct lease *l = fixed_of(d, m);

	return l ? l : lease_by_client(d, m);
}

static bool is_free(const struct dhcpd *d, const struct lease *l)
{
	return !l->fixed && lease_state_now(d, l) == LEASE_FREE;
}

/* The first that was never given; those before it have been since, and stay given. */
static struct lease *fresh(struct dhcpd *d)
{
	for (; d->fresh < d->n_pool; d->fresh++) {
		struct lease *l = &d->pool[d->fresh];

		if (!l->fixed && !l->client_len && l->state == LEASE_FREE)
			return l;
	}
	return NULL;
}

/* Looks at all of them, but only when each has been given once. */
static struct lease *free_for_longest(struct dhcpd *d)
{
	struct lease *oldest = NULL;

	for (struct lease *l = d->pool; l < d->pool + d->n_pool; l++)
		if (is_free(d, l) && (!oldest || vtime_before(l->until, oldest->until)))
			oldest = l;
	return oldest;
}

struct lease *pool_choose(struct dhcpd *d, const struct dhcp4 *m)
{
	struct lease *l = pool_of_client(d, m);

	if (l && lease_state_now(d, l) != LEASE_DECLINED)
		return l;
	l = ipaddr_is_any(&m->requested) ? NULL : pool_at(d, &m->requested);
	if (l && is_free(d, l))
		return l;
	l = fresh(d);
	return l ? l : free_for_longest(d);
}

/* ---- what becomes of them ---- */

/* The number of those that are bound is counted anew only when one of them may have ended. */
uint32_t pool_bound(struct dhcpd *d)
{
	if (d->counted_until.ns != VTIME_NEVER.ns && tool_reached(d->p, d->counted_until)) {
		d->bound = 0;
		d->counted_until = VTIME_NEVER;
		for (const struct lease *l = d->pool; l < d->pool + d->n_pool; l++)
			if (lease_state_now(d, l) == LEASE_BOUND) {
				d->bound++;
				d->counted_until = vtime_min(d->counted_until, l->until);
			}
	}
	return d->bound;
}

static void lease_set(struct dhcpd *d, struct lease *l, enum lease_state state, vtime until)
{
	pool_bound(d);
	d->bound -= lease_state_now(d, l) == LEASE_BOUND;
	l->state = (uint8_t)state;
	l->until = until;
	if (lease_state_now(d, l) != LEASE_BOUND)
		return;
	d->bound++;
	d->counted_until = vtime_min(d->counted_until, until);
}

void lease_give(struct dhcpd *d, struct lease *l, const struct dhcp4 *m, enum lease_state state,
		vtime until)
{
	if (l->client_len)
		client_take(d, l);
	l->client_len = client_key(m, l->client);
	client_put(d, l);
	l->mac = m->chaddr;
	snprintf(l->hostname, sizeof(l->hostname), "%.63s", m->hostname);
	lease_set(d, l, state, until);
}

void lease_set_aside(struct dhcpd *d, struct lease *l, vtime until)
{
	lease_set(d, l, LEASE_DECLINED, until);
}

void lease_free(struct dhcpd *d, struct lease *l)
{
	lease_set(d, l, LEASE_FREE, process_now(d->p));
}

static int known_by_addr(const void *a, const void *b)
{
	return by_addr(*(struct lease *const *)a, *(struct lease *const *)b);
}

static void print_lease(struct dhcpd *d, const struct lease *l)
{
	static const char *const words[] = {"free", "offered", "bound", "declined"};
	enum lease_state state = lease_state_now(d, l);
	char addr[IPADDR_TEXT], mac[MAC_TEXT];

	process_printf(d->p, "  %-15s  %s  %-16s %s", ipaddr_format(addr, sizeof(addr), &l->addr),
		       mac_format(mac, sizeof(mac), &l->mac), l->hostname[0] ? l->hostname : "*",
		       words[state]);
	if (state != LEASE_FREE && l->until.ns != VTIME_NEVER.ns)
		process_printf(d->p, ", %.0f s left",
			       vtime_seconds(vtime_sub(l->until, process_now(d->p))));
	process_printf(d->p, "\n");
}

void pool_print(struct dhcpd *d)
{
	struct lease **known = nt_malloc((d->n_pool + 1) * sizeof(struct lease *));
	uint32_t n = 0;

	for (uint32_t k = 0; k < d->n_pool; k++)
		if (d->pool[k].client_len)
			known[n++] = &d->pool[k];
	qsort(known, n, sizeof(struct lease *), known_by_addr);
	process_printf(d->p, "dhcpd: %u of %u addresses are leased%s\n", pool_bound(d), d->n_pool,
		       n ? ":" : "");
	for (uint32_t k = 0; k < n; k++)
		print_lease(d, known[k]);
	free(known);
}
