/* The demultiplexer against its naive twin, and ping sockets' port space. */
#include "transport_lab.h"

#include "core/rng.h"
#include "transport/demux.h"

#define SOCKETS 60

/* Few values, so that everything collides with everything. */
static const char *const addrs[] = {"0.0.0.0", "::", "10.0.1.1", "10.0.1.2", "2001:db8::1"};
static const char *const peers[] = {"10.0.9.1", "10.0.9.2", "2001:db8::9"};

static struct endpoint random_local(struct rng *r)
{
	return endpoint_of(addrs[rng_below(r, 5)], (uint16_t)(1 + rng_below(r, 3) * 8));
}

static struct endpoint random_peer(struct rng *r)
{
	return endpoint_of(peers[rng_below(r, 3)], (uint16_t)(1 + rng_below(r, 2)));
}

/* The rules again, in words of their own: is s for this datagram, and is it better than t? */
static bool twin_accepts(const struct socket *s, const struct demux_key *k)
{
	bool ip4 = ipaddr_is4(&k->local.addr);

	if (s->local.port != k->local.port)
		return false;
	if (!s->v6 && !ip4)
		return false;
	if (s->v6 && s->v6only && ip4)
		return false;
	if (!ipaddr_is_any(&s->local.addr) && !ipaddr_eq(&s->local.addr, &k->local.addr))
		return false;
	if (s->v6 && ipaddr_eq(&s->local.addr, &ipaddr_any4) && !ip4)
		return false;
	if (s->connected && !k->any_peer &&
	    (!ipaddr_eq(&s->peer.addr, &k->peer.addr) || s->peer.port != k->peer.port))
		return false;
	return !s->device || k->any_device || s->device == k->in;
}

static bool twin_better(const struct socket *s, const struct socket *t, const struct demux_key *k)
{
	int by_addr = !ipaddr_is_any(&s->local.addr) - !ipaddr_is_any(&t->local.addr);
	int by_peer = k->any_peer ? 0 : s->connected - t->connected;
	int by_device = k->any_device ? 0 : (s->device != NULL) - (t->device != NULL);

	if (by_addr)
		return by_addr > 0;
	if (by_peer)
		return by_peer > 0;
	if (by_device)
		return by_device > 0;
	return !s->v6 && t->v6;
}

static const struct socket *twin_find(struct socket *all, uint32_t n, const struct demux_key *k)
{
	const struct socket *best = NULL;

	for (uint32_t i = 0; i < n; i++)
		if (twin_accepts(&all[i], k) && (!best || twin_better(&all[i], best, k)))
			best = &all[i];
	return best;
}

static bool same_rank(const struct socket *s, const struct socket *t, const struct demux_key *k)
{
	return !twin_better(s, t, k) && !twin_better(t, s, k);
}

static void random_socket(struct rng *r, struct socket *s, struct ip_iface *devices)
{
	*s = (struct socket){.local = random_local(r)};
	s->v6 = !ipaddr_is4(&s->local.addr) || rng_below(r, 2);
	s->v6only = s->v6 && !ipaddr_is4(&s->local.addr) && rng_below(r, 2);
	if (!ipaddr_is_any(&s->local.addr) && rng_below(r, 2)) {
		s->connected = true;
		s->peer = random_peer(r);
	}
	if (rng_below(r, 4) == 0)
		s->device = &devices[rng_below(r, 2)];
}

static void test_against_twin(void **state)
{
	struct ip_iface devices[2] = {{.node = NULL}, {.node = NULL}};
	struct socket all[SOCKETS];
	struct rng r;
	uint32_t found = 0;

	(void)state;
	rng_init(&r, 1, "demux");
	for (int round = 0; round < 200; round++) {
		struct demux d = {.size = 0};
		uint32_t n = 0;

		for (int i = 0; i < SOCKETS; i++) {
			random_socket(&r, &all[n], devices);
			/* Connected ones are let in: connect() comes after bind(). */
			if (all[n].connected || !demux_conflict(&d, &all[n], &all[n].local))
				demux_add(&d, &all[n++]);
		}
		for (int i = 0; i < 100; i++) {
			struct demux_key k = {
				.local = random_local(&r),
				.peer = random_peer(&r),
				.in = rng_below(&r, 3) ? &devices[rng_below(&r, 2)] : NULL,
				.any_peer = rng_below(&r, 4) == 0,
				.any_device = rng_below(&r, 4) == 0,
			};
			const struct socket *best = demux_find(&d, &k);
			const struct socket *twin = twin_find(all, n, &k);
			uint32_t matches = 0, walked = 0;

			assert_int_equal(best != NULL, twin != NULL);
			if (best) {
				found++;
				assert_true(twin_accepts(best, &k));
				assert_true(same_rank(best, twin, &k));
			}
			for (uint32_t j = 0; j < n; j++)
				matches += twin_accepts(&all[j], &k);
			for (struct socket *s = demux_next(&d, &k, NULL); s;
			     s = demux_next(&d, &k, s))
				walked++;
			assert_int_equal(walked, matches);
		}
		/* Away with half of them, and all is still found. */
		for (uint32_t i = 0; i < n; i += 2)
			demux_remove(&d, &all[i]);
		for (uint32_t i = 0; i < n; i++) {
			struct demux_key k = {.local = all[i].local, .peer = all[i].peer,
					      .in = all[i].device};
			const struct socket *best = demux_find(&d, &k);

			assert_true(best != &all[i] || i % 2);
		}
		assert_int_equal(d.count, n / 2);
		demux_fini(&d);
	}
	assert_true(found > 5000);
}

static void test_growth(void **state)
{
	struct socket *all = nt_calloc(20000, sizeof(*all));
	struct demux d = {.size = 0};

	(void)state;
	for (uint32_t i = 0; i < 20000; i++) {
		all[i].local = endpoint_of("10.0.0.1", (uint16_t)(i + 1));
		demux_add(&d, &all[i]);
	}
	assert_true(d.size >= d.count);
	for (uint32_t i = 0; i < 20000; i++) {
		struct demux_key k = {.local = all[i].local};

		assert_ptr_equal(demux_find(&d, &k), &all[i]);
	}
	demux_fini(&d);
	free(all);
}

static void test_conflicts(void **state)
{
	static const struct {
		const char *first, *second;
		bool v6[2], only[2], conflict;
	} cases[] = {
		{"0.0.0.0", "0.0.0.0", {0, 0}, {0, 0}, true},
		{"0.0.0.0", "10.0.1.1", {0, 0}, {0, 0}, true},
		{"10.0.1.1", "10.0.1.1", {0, 0}, {0, 0}, true},
		{"10.0.1.1", "10.0.1.2", {0, 0}, {0, 0}, false},
		{"::", "0.0.0.0", {1, 0}, {0, 0}, true},
		{"::", "0.0.0.0", {1, 0}, {1, 0}, false},
		{"::", "10.0.1.1", {1, 0}, {0, 0}, true},
		{"::", "::1", {1, 1}, {1, 0}, true},
		{"2001:db8::1", "0.0.0.0", {1, 0}, {0, 0}, false},
		{"::1", "::2", {1, 1}, {0, 0}, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct socket a = {.local = endpoint_of(cases[i].first, 53)};
		struct socket b = {.local = endpoint_of(cases[i].second, 53)};
		struct endpoint other = endpoint_of(cases[i].second, 61);
		struct demux d = {.size = 0};

		a.v6 = cases[i].v6[0];
		b.v6 = cases[i].v6[1];
		a.v6only = cases[i].only[0];
		b.v6only = cases[i].only[1];
		demux_add(&d, &a);
		assert_int_equal(demux_conflict(&d, &b, &b.local) == &a, cases[i].conflict);
		assert_null(demux_conflict(&d, &b, &other)); /* same bucket, another port */
		assert_null(demux_conflict(&d, &a, &a.local));
		demux_fini(&d);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_twin),
		cmocka_unit_test(test_growth),
		cmocka_unit_test(test_conflicts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
