#include "topo/build/address.h"

#include <stdlib.h>

#include "wire/be.h"
#include "wire/dhcp4.h"

typedef unsigned __int128 u128; /* an address as a number */

static u128 number_of(const struct ipaddr *a)
{
	return (u128)be64_load(a->b) << 64 | be64_load(a->b + 8);
}

static struct ipaddr address_of(u128 v)
{
	struct ipaddr a;

	be64_store(a.b, (uint64_t)(v >> 64));
	be64_store(a.b + 8, (uint64_t)v);
	return a;
}

static u128 block_size(uint8_t len)
{
	return (u128)1 << (IPADDR_BITS - len);
}

/* ---- what the scenario itself uses ---- */

struct span {
	u128 first, last;
};

struct work {
	const struct segments *g;
	struct addresses *out;
	GArray *taken;      /* struct span, sorted: networks that the scenario gave */
	GHashTable *given;  /* struct ipaddr of each given address; looked up, never walked */
	struct iface_addr *plan4, *plan6; /* [n_ifaces]; len 0: none made */
};

static guint addr_hash(gconstpointer a)
{
	return ipaddr_hash(a);
}

static gboolean addr_equal(gconstpointer a, gconstpointer b)
{
	return ipaddr_eq(a, b);
}

static int span_compare(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

static void collect_given(struct work *w)
{
	for (uint32_t i = 0; i < w->g->n_ifaces; i++) {
		const struct topo_iface *t = segments_iface(w->g, i);

		for (uint32_t k = 0; k < t->n_addrs; k++) {
			uint8_t len = t->addrs[k].len;
			struct ipaddr net = ipaddr_mask(&t->addrs[k].ip, len);
			struct span s = {.first = number_of(&net)};

			s.last = s.first + (len ? block_size(len) - 1 : ~(u128)0);
			g_array_append_val(w->taken, s);
			g_hash_table_add(w->given, (gpointer)&t->addrs[k].ip);
		}
	}
	g_array_sort(w->taken, span_compare);
}

/* ---- the pool: one after the other, past what is taken ---- */

struct pool {
	u128 next, last;
	uint32_t taken_at; /* spans before it end before next */
};

static bool pool_take(struct work *w, struct pool *pool, uint8_t len, struct ipaddr *net)
{
	u128 size = block_size(len), at = (pool->next + size - 1) & ~(size - 1);

	for (; pool->taken_at < w->taken->len; pool->taken_at++) {
		const struct span *s = &g_array_index(w->taken, struct span, pool->taken_at);

		if (s->first > at + size - 1)
			break;
		if (s->last >= at)
			at = (s->last + size) & ~(size - 1);
	}
	if (at < pool->next || at + size - 1 > pool->last || at + size - 1 < at)
		return false;
	pool->next = at + size;
	*net = address_of(at);
	return true;
}

/* ---- one segment ---- */

static const struct topo_addr *given_network(const struct segments *g, uint32_t segment, bool ip4)
{
	for (uint32_t m = g->member_start[segment]; m < g->member_start[segment + 1]; m++) {
		const struct topo_iface *t = segments_iface(g, g->members[m]);

		for (uint32_t k = 0; k < t->n_addrs; k++)
			if (ipaddr_is4(&t->addrs[k].ip) == ip4 &&
			    !(!ip4 && ipaddr_is_linklocal(&t->addrs[k].ip)))
				return &t->addrs[k];
	}
	return NULL;
}

static bool iface_has(const struct topo_iface *t, bool ip4)
{
	if (ip4 ? t->dhcp_client : t->slaac)
		return true; /* it will */
	for (uint32_t k = 0; k < t->n_addrs; k++)
		if (ipaddr_is4(&t->addrs[k].ip) == ip4)
			return true;
	return false;
}

/* The usual length, or the longest shorter one that has room for n hosts. */
static uint8_t fitting_len(uint8_t usual, uint32_t n)
{
	uint8_t len = usual;

	while (len > 1 && len < IPADDR_BITS - 1 && block_size(len) < (u128)n + 2)
		len--;
	if (len == IPADDR_BITS - 1 && n > 2)
		return fitting_len((uint8_t)(len - 1), n);
	return len;
}

/* The addresses of a segment that DHCP servers give out. */
struct reserved {
	uint32_t n;
	struct span spans[4]; /* more servers on one segment than that are not reckoned with */
};

/* Which these are; false: one has no network, or a range that is not in it. */
static bool find_reserved(struct work *w, uint32_t segment, const struct prefix *net,
			  struct reserved *out, GError **error)
{
	const struct segments *g = w->g;
	char text[PREFIX_TEXT];

	out->n = 0;
	for (uint32_t m = g->member_start[segment]; m < g->member_start[segment + 1]; m++) {
		const struct topo_iface *t = segments_iface(g, g->members[m]);
		struct ipaddr first, last;

		if (!t->dhcp)
			continue;
		first = t->dhcp->first;
		last = t->dhcp->last;
		if (!net || (!t->dhcp->has_range && !dhcp4_usual_range(net, &first, &last))) {
			place_error(error, t->dhcp->at, "interface '%s' of '%s' has no IPv4 network to give "
				    "addresses of; expected one of /29 or larger", t->name,
				    g->scenario->nodes[g->node_of[g->members[m]]].name);
			return false;
		}
		if (!prefix_contains(net, &first) || !prefix_contains(net, &last)) {
			place_error(error, t->dhcp->at, "the range is not in %s, the network of interface "
				    "'%s' of '%s'; expected addresses of it",
				    prefix_format(text, sizeof(text), net), t->name,
				    g->scenario->nodes[g->node_of[g->members[m]]].name);
			return false;
		}
		if (out->n < G_N_ELEMENTS(out->spans))
			out->spans[out->n++] = (struct span){number_of(&first), number_of(&last)};
	}
	return true;
}

/* Past a range that `at` lies in; itself if it lies in none. */
static u128 past_reserved(const struct reserved *r, u128 at)
{
	for (uint32_t k = 0; k < r->n; k++)
		if (at >= r->spans[k].first && at <= r->spans[k].last)
			return past_reserved(r, r->spans[k].last + 1);
	return at;
}

/* Numbers the members of a segment inside its network. */
static bool number_members(struct work *w, uint32_t segment, const struct ipaddr *net, uint8_t len,
			   const struct reserved *reserved, GError **error)
{
	bool ip4 = ipaddr_is4(net);
	/* No network and broadcast address where there are only two (RFC 3021), no broadcast in
	 * IPv6, where the first is the routers' anycast address (RFC 4291 2.6.1). */
	bool tight = len >= IPADDR_BITS - 1;
	u128 base = number_of(net), at = tight ? 0 : 1, end = block_size(len) - (ip4 && !tight);
	struct iface_addr *plan = ip4 ? w->plan4 : w->plan6;
	const struct segments *g = w->g;

	for (uint32_t m = g->member_start[segment]; m < g->member_start[segment + 1]; m++) {
		uint32_t i = g->members[m];
		const struct topo_iface *t = segments_iface(g, i);
		struct ipaddr a;

		if (iface_has(t, ip4))
			continue;
		do {
			at = past_reserved(reserved, base + at) - base;
			a = address_of(base + at++);
		} while (at <= end && g_hash_table_contains(w->given, &a));
		if (at > end) {
			struct prefix p = prefix_make(net, len);
			char text[PREFIX_TEXT];

			place_error(error, t->at,
				       "no address is left in %s for interface '%s' of '%s'; "
				       "give the segment a larger network",
				       prefix_format(text, sizeof(text), &p), t->name,
				       g->scenario->nodes[g->node_of[i]].name);
			return false;
		}
		plan[i] = (struct iface_addr){a, len};
	}
	return true;
}

static bool plan_family(struct work *w, bool ip4, GError **error)
{
	const struct topo_addressing *ad = &w->g->scenario->addressing;
	const struct prefix *from = ip4 ? &ad->pool4 : &ad->pool6;
	bool make = ip4 ? ad->ipv4 : ad->ipv6;
	uint8_t pool_len = from->len, usual = ip4 ? ad->len4 : ad->len6;
	struct pool pool = {0};

	if (make) {
		pool.next = number_of(&from->addr);
		pool.last = pool.next + (pool_len ? block_size(pool_len) - 1 : ~(u128)0);
	}
	for (uint32_t s = 0; s < w->g->n_segments; s++) {
		const struct topo_addr *given = given_network(w->g, s, ip4);
		uint32_t n = w->g->member_start[s + 1] - w->g->member_start[s];
		struct reserved reserved = {0};
		struct ipaddr net;
		struct prefix whole;
		uint8_t len;

		if (ip4 && !given && !make && !find_reserved(w, s, NULL, &reserved, error))
			return false;
		if (given) {
			len = given->len;
			net = ipaddr_mask(&given->ip, len);
			whole = prefix_make(&net, len);
			if (ip4 && !find_reserved(w, s, &whole, &reserved, error))
				return false;
			if (len == IPADDR_BITS || !make)
				continue; /* a host route: nobody shares it */
		} else if (make) {
			len = fitting_len(usual, n);
			if (len < pool_len || !pool_take(w, &pool, len, &net)) {
				char text[PREFIX_TEXT];

				place_error(error, (struct place){.file = w->g->scenario->file},
					       "the pool %s is used up after %u of %u segments; "
					       "name a larger one, or smaller networks with "
					       "`addressing: {%s: %d}`",
					       prefix_format(text, sizeof(text), from), s,
					       w->g->n_segments,
					       ip4 ? "ipv4_prefix" : "ipv6_prefix",
					       ip4 ? 30 : 126);
				return false;
			}
			whole = prefix_make(&net, len);
			if (ip4 && !find_reserved(w, s, &whole, &reserved, error))
				return false;
		} else {
			continue;
		}
		if (!number_members(w, s, &net, len, &reserved, error))
			return false;
	}
	return true;
}

/* ---- together ---- */

static void gather(struct work *w)
{
	struct addresses *a = w->out;
	uint32_t at = 0, most = 0;

	for (uint32_t i = 0; i < w->g->n_ifaces; i++)
		most += segments_iface(w->g, i)->n_addrs + 2;
	a->addrs = g_new(struct iface_addr, most + 1);
	for (uint32_t i = 0; i < w->g->n_ifaces; i++) {
		const struct topo_iface *t = segments_iface(w->g, i);

		a->start[i] = at;
		for (uint32_t k = 0; k < t->n_addrs; k++)
			a->addrs[at++] =
				(struct iface_addr){t->addrs[k].ip, t->addrs[k].len};
		if (w->plan4[i].len)
			a->addrs[at++] = w->plan4[i];
		if (w->plan6[i].len)
			a->addrs[at++] = w->plan6[i];
	}
	a->start[w->g->n_ifaces] = at;
}

struct addresses *addresses_new(const struct segments *g, GError **error)
{
	struct work w = {
		.g = g,
		.out = g_new0(struct addresses, 1),
		.taken = g_array_new(FALSE, FALSE, sizeof(struct span)),
		.given = g_hash_table_new(addr_hash, addr_equal),
		.plan4 = g_new0(struct iface_addr, g->n_ifaces + 1),
		.plan6 = g_new0(struct iface_addr, g->n_ifaces + 1),
	};

	w.out->start = g_new0(uint32_t, g->n_ifaces + 1);
	collect_given(&w);
	bool ok = plan_family(&w, true, error) && plan_family(&w, false, error);
	if (ok)
		gather(&w);
	g_array_free(w.taken, TRUE);
	g_hash_table_destroy(w.given);
	g_free(w.plan4);
	g_free(w.plan6);
	if (!ok) {
		addresses_free(w.out);
		return NULL;
	}
	return w.out;
}

void addresses_free(struct addresses *a)
{
	if (!a)
		return;
	g_free(a->start);
	g_free(a->addrs);
	g_free(a);
}

const struct iface_addr *addresses_first(const struct addresses *a, uint32_t iface, bool ipv4)
{
	for (uint32_t k = a->start[iface]; k < a->start[iface + 1]; k++)
		if (ipaddr_is4(&a->addrs[k].ip) == ipv4)
			return &a->addrs[k];
	return NULL;
}
