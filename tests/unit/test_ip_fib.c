/* The trie of routes against a naive twin: an array searched from end to end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/alloc.h"
#include "core/rng.h"
#include "ip/route.h"

#define TWIN_MAX 600

struct twin {
	struct route *routes[TWIN_MAX];
	unsigned count;
};

static struct ip_iface devs[3];

static struct prefix prefix_of(const char *text)
{
	struct prefix p;

	assert_true(prefix_parse(text, &p));
	return p;
}

static struct ipaddr addr_of(const char *text)
{
	struct ipaddr a;

	assert_true(ipaddr_parse(text, &a));
	return a;
}

static struct route *route_new(const struct prefix *dst, uint32_t metric, struct ip_iface *dev)
{
	struct route *r = nt_calloc(1, sizeof(*r));

	r->dst = *dst;
	r->metric = metric;
	r->dev = dev;
	return r;
}

/* Few different bits, so that prefixes often meet, nest and part late. */
static struct ipaddr random_addr(struct rng *r)
{
	struct ipaddr a = ipaddr_any6;
	int bits = (int)rng_below(r, 12);

	if (rng_chance(r, 0.5)) {
		a = ipaddr_any4;
		a.b[12] = 10;
		while (bits-- > 0)
			a.b[12 + rng_below(r, 4)] ^= (uint8_t)(1u << rng_below(r, 8));
		return a;
	}
	a.b[0] = 0xfd;
	while (bits-- > 0)
		a.b[rng_below(r, 16)] ^= (uint8_t)(1u << rng_below(r, 8));
	return a;
}

static struct prefix random_prefix(struct rng *r)
{
	struct ipaddr a = random_addr(r);
	unsigned least = ipaddr_is4(&a) ? IPADDR_V4_BITS : 0;

	return prefix_make(&a, least + rng_below(r, IPADDR_BITS - least + 1));
}

static int twin_find(const struct twin *t, const struct prefix *dst, uint32_t metric)
{
	for (unsigned i = 0; i < t->count; i++)
		if (t->routes[i]->metric == metric && prefix_eq(&t->routes[i]->dst, dst))
			return (int)i;
	return -1;
}

static struct route *twin_lookup(const struct twin *t, const struct ipaddr *dst)
{
	struct route *best = NULL;

	for (unsigned i = 0; i < t->count; i++) {
		struct route *r = t->routes[i];

		if (!prefix_contains(&r->dst, dst) || (r->dev && !r->dev->link.up))
			continue;
		if (!best || r->dst.len > best->dst.len ||
		    (r->dst.len == best->dst.len && r->metric < best->metric))
			best = r;
	}
	return best;
}

static int order(const struct route *a, const struct route *b)
{
	bool a4 = ipaddr_is4(&a->dst.addr) && a->dst.len >= IPADDR_V4_BITS;
	bool b4 = ipaddr_is4(&b->dst.addr) && b->dst.len >= IPADDR_V4_BITS;
	int c;

	if (a4 != b4)
		return a4 ? -1 : 1;
	c = ipaddr_cmp(&a->dst.addr, &b->dst.addr);
	if (c)
		return c;
	if (a->dst.len != b->dst.len)
		return a->dst.len < b->dst.len ? -1 : 1;
	return (a->metric > b->metric) - (a->metric < b->metric);
}

struct walk {
	const struct route *last;
	unsigned count;
};

static void check_order(struct route *r, void *arg)
{
	struct walk *w = arg;

	if (w->last)
		assert_true(order(w->last, r) < 0);
	w->last = r;
	w->count++;
}

static void check_walk(const struct fib *f, const struct twin *t)
{
	struct walk w = {0};

	fib_walk(f, check_order, &w);
	assert_int_equal(w.count, t->count);
	assert_int_equal(f->routes, t->count);
}

static void change(struct fib *f, struct twin *t, struct rng *r)
{
	/* Half of the time about a prefix that is there: chains, duplicates, removals. */
	struct prefix dst = t->count && rng_chance(r, 0.5)
				    ? t->routes[rng_below(r, t->count)]->dst
				    : random_prefix(r);
	uint32_t metric = rng_below(r, 3);
	int at = twin_find(t, &dst, metric);

	if (t->count < TWIN_MAX && rng_chance(r, 0.55)) {
		unsigned k = rng_below(r, 4);
		struct route *new = route_new(&dst, metric, k < 3 ? &devs[k] : NULL);

		assert_int_equal(fib_add(f, new), at < 0);
		if (at < 0)
			t->routes[t->count++] = new;
		else
			free(new);
	} else {
		struct route *old = fib_remove(f, &dst, metric);

		assert_ptr_equal(old, at < 0 ? NULL : t->routes[at]);
		if (old) {
			t->routes[at] = t->routes[--t->count];
			free(old);
		}
	}
}

static void test_twin(void **state)
{
	struct twin *t = nt_calloc(1, sizeof(*t));
	struct fib f;
	struct rng r;

	(void)state;
	rng_init(&r, 1, "fib");
	for (int round = 0; round < 40; round++) {
		fib_init(&f);
		t->count = 0;
		for (int step = 0; step < 1500; step++) {
			change(&f, t, &r);
			if (rng_chance(&r, 0.05))
				devs[rng_below(&r, 3)].link.up ^= true;
			for (int k = 0; k < 4; k++) {
				struct ipaddr a = random_addr(&r);

				if (t->count && k == 0)
					a = t->routes[rng_below(&r, t->count)]->dst.addr;
				assert_ptr_equal(fib_lookup(&f, &a), twin_lookup(t, &a));
			}
			if (step % 50 == 0)
				check_walk(&f, t);
		}
		fib_fini(&f);
	}
	free(t);
}

/* Taken out one by one, nothing is left behind: neither routes nor forks. */
static void test_empties(void **state)
{
	struct twin *t = nt_calloc(1, sizeof(*t));
	struct fib f;
	struct rng r;

	(void)state;
	rng_init(&r, 2, "fib");
	fib_init(&f);
	while (t->count < TWIN_MAX)
		change(&f, t, &r);
	while (t->count) {
		unsigned i = rng_below(&r, t->count);
		struct route *old = fib_remove(&f, &t->routes[i]->dst, t->routes[i]->metric);

		assert_ptr_equal(old, t->routes[i]);
		t->routes[i] = t->routes[--t->count];
		free(old);
		check_walk(&f, t);
	}
	assert_null(f.roots[0]);
	assert_null(f.roots[1]);
	free(t);
}

static void test_families_apart(void **state)
{
	struct prefix all6 = prefix_of("::/0"), all4 = prefix_of("0.0.0.0/0");
	struct ipaddr four = addr_of("10.0.0.1"), six = addr_of("2001:db8::1");
	struct route *r6 = route_new(&all6, 0, NULL), *r4 = route_new(&all4, 0, NULL);
	struct fib f;

	(void)state;
	fib_init(&f);
	assert_null(fib_lookup(&f, &four));
	assert_true(fib_add(&f, r6));
	assert_null(fib_lookup(&f, &four));
	assert_ptr_equal(fib_lookup(&f, &six), r6);
	assert_true(fib_add(&f, r4));
	assert_ptr_equal(fib_lookup(&f, &four), r4);
	assert_ptr_equal(fib_lookup(&f, &six), r6);
	fib_fini(&f);
}

/* A route over a dead interface: the next metric, then the next shorter prefix, then none. */
static void test_fallback(void **state)
{
	struct prefix net = prefix_of("192.0.2.0/24"), all = prefix_of("0.0.0.0/0");
	struct ipaddr a = addr_of("192.0.2.7");
	struct route *first = route_new(&net, 10, &devs[0]);
	struct route *second = route_new(&net, 20, &devs[1]);
	struct route *shorter = route_new(&all, 0, &devs[2]);
	struct fib f;

	(void)state;
	devs[0].link.up = devs[1].link.up = devs[2].link.up = true;
	fib_init(&f);
	assert_true(fib_add(&f, second));
	assert_true(fib_add(&f, shorter));
	assert_true(fib_add(&f, first));
	assert_ptr_equal(fib_lookup(&f, &a), first);
	devs[0].link.up = false;
	assert_ptr_equal(fib_lookup(&f, &a), second);
	devs[1].link.up = false;
	assert_ptr_equal(fib_lookup(&f, &a), shorter);
	devs[2].link.up = false;
	assert_null(fib_lookup(&f, &a));
	devs[0].link.up = true;
	assert_ptr_equal(fib_lookup(&f, &a), first);
	fib_fini(&f);
}

static void add_sizes(struct fib_node *at, size_t *bytes)
{
	if (!at)
		return;
	*bytes += at->fork ? sizeof(*at) : sizeof(struct route);
	add_sizes(at->child[0], bytes);
	add_sizes(at->child[1], bytes);
}

/* What a dual-stack host has: address, network, broadcast and default; 100,000 of them. */
static void test_host_is_small(void **state)
{
	static const char *const routes[] = {"10.1.2.3/32", "10.1.2.0/24", "10.1.2.255/32",
					     "0.0.0.0/0",   "fd00:1:2::/64", "fd00:1:2::3/128",
					     "::/0"};
	size_t bytes = 0;
	struct fib f;

	(void)state;
	fib_init(&f);
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		struct prefix p = prefix_of(routes[i]);

		assert_true(fib_add(&f, route_new(&p, 0, NULL)));
	}
	add_sizes(f.roots[0], &bytes);
	add_sizes(f.roots[1], &bytes);
	assert_true(bytes <= 768);
	fib_fini(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_twin),
		cmocka_unit_test(test_empties),
		cmocka_unit_test(test_families_apart),
		cmocka_unit_test(test_fallback),
		cmocka_unit_test(test_host_is_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
