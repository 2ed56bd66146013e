/* dhcpd's addresses, and who has them. */
#include "programs/dhcpd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"

static void pool_add(struct dhcpd *d, const struct ipaddr *addr, bool fixed)
{
	/* The server's own address is nobody's, and a fixed one is in no range. */
	if (ipaddr_eq(addr, &d->self) || pool_at(d, addr))
		return;
	d->pool[d->n_pool++] = (struct lease){.addr = *addr, .fixed = fixed};
}

void pool_new(struct dhcpd *d)
{
	uint32_t first = ipaddr_to4(&d->first), last = ipaddr_to4(&d->last);

	d->pool = nt_calloc((size_t)(last - first) + 1 + d->n_hosts, sizeof(*d->pool));
	for (uint32_t k = 0; k < d->n_hosts; k++)
		pool_add(d, &d->hosts[k].addr, true);
	for (uint32_t v = first; v <= last && v >= first; v++) {
		struct ipaddr a = ipaddr_from4(v);

		pool_add(d, &a, false);
	}
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

struct lease *pool_at(struct dhcpd *d, const struct ipaddr *addr)
{
	for (uint32_t k = 0; k < d->n_pool; k++)
		if (ipaddr_eq(&d->pool[k].addr, addr))
			return &d->pool[k];
	return NULL;
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

	for (uint32_t k = 0; !l && k < d->n_pool; k++)
		if (!d->pool[k].fixed && d->pool[k].state != LEASE_DECLINED &&
		    lease_is_of(&d->pool[k], m))
			l = &d->pool[k];
	return l;
}

static bool is_free(const struct dhcpd *d, const struct lease *l)
{
	return !l->fixed && lease_state_now(d, l) == LEASE_FREE;
}

struct lease *pool_choose(struct dhcpd *d, const struct dhcp4 *m)
{
	struct lease *l = pool_of_client(d, m), *oldest = NULL;

	if (l && lease_state_now(d, l) != LEASE_DECLINED)
		return l;
	l = ipaddr_is_any(&m->requested) ? NULL : pool_at(d, &m->requested);
	if (l && is_free(d, l))
		return l;
	for (uint32_t k = 0; k < d->n_pool; k++) {
		l = &d->pool[k];
		if (!is_free(d, l))
			continue;
		if (!l->client_len && l->state == LEASE_FREE)
			return l;
		if (!oldest || vtime_before(l->until, oldest->until))
			oldest = l;
	}
	return oldest;
}

void lease_give(struct dhcpd *d, struct lease *l, const struct dhcp4 *m, enum lease_state state,
		vtime until)
{
	(void)d;
	l->client_len = client_key(m, l->client);
	l->mac = m->chaddr;
	snprintf(l->hostname, sizeof(l->hostname), "%.63s", m->hostname);
	l->state = (uint8_t)state;
	l->until = until;
}

uint32_t pool_bound(const struct dhcpd *d)
{
	uint32_t n = 0;

	for (uint32_t k = 0; k < d->n_pool; k++)
		n += lease_state_now(d, &d->pool[k]) == LEASE_BOUND;
	return n;
}

static int by_addr(const void *a, const void *b)
{
	const struct lease *const *x = a, *const *y = b;

	return ipaddr_cmp(&(*x)->addr, &(*y)->addr);
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
	qsort(known, n, sizeof(struct lease *), by_addr);
	process_printf(d->p, "dhcpd: %u of %u addresses are leased%s\n", pool_bound(d), d->n_pool,
		       n ? ":" : "");
	for (uint32_t k = 0; k < n; k++)
		print_lease(d, known[k]);
	free(known);
}
