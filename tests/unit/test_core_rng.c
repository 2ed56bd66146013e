/* Random streams, and the logarithm and exponential beneath them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>

#include "core/dmath.h"
#include "core/rng.h"

#define DRAWS 1000000

/* Distance in units of the last place of want. */
static double ulps(double got, double want)
{
	if (got == want)
		return 0;
	return fabs(got - want) / (nextafter(fabs(want), INFINITY) - fabs(want));
}

static void test_log_exp(void **state)
{
	struct rng r;
	double worst_log = 0, worst_exp = 0;

	(void)state;
	rng_init(&r, 1, "dmath");
	for (int i = 0; i < DRAWS; i++) {
		double u = 1.0 - rng_unit(&r); /* what the distributions ask for */
		double wide = ldexp(1 + rng_unit(&r), (int)rng_below(&r, 2000) - 1000);
		double near_one = 1 + (rng_unit(&r) - 0.5) * 1e-3;
		double x = (rng_unit(&r) - 0.5) * 1390;

		worst_log = fmax(worst_log, ulps(dm_log(u), log(u)));
		worst_log = fmax(worst_log, ulps(dm_log(wide), log(wide)));
		worst_log = fmax(worst_log, ulps(dm_log(near_one), log(near_one)));
		worst_exp = fmax(worst_exp, ulps(dm_exp(x), exp(x)));
		worst_exp = fmax(worst_exp, ulps(dm_exp(x / 700), exp(x / 700)));
	}
	print_message("worst error: log %.2f ulp, exp %.2f ulp\n", worst_log, worst_exp);
	assert_true(worst_log <= 4);
	assert_true(worst_exp <= 4);
	assert_true(dm_log(1) == 0);
	assert_true(dm_exp(0) == 1);
}

/*
 * The first values of a stream, fixed for ever: they decide every recorded run. (Same seed, name
 * and generator written anew in another language.)
 */
static void test_known_values(void **state)
{
	static const uint64_t want[] = {
		UINT64_C(0xd593668103e25b17), UINT64_C(0xd103673b7c414417),
		UINT64_C(0xecb681578b072b0d), UINT64_C(0x5cee087977eb9e98),
		UINT64_C(0xe7543fdac35d5ee0), UINT64_C(0x4a28569e7f51b823),
	};
	struct rng r;

	(void)state;
	rng_init(&r, 1, "link wan forward");
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		assert_true(rng_u64(&r) == want[i]);
}

/* Streams of neighbouring seeds and names are unrelated: half of the bits differ. */
static void test_independence(void **state)
{
	static const struct {
		uint64_t seed;
		const char *name;
	} other[] = {{2, "a"}, {0, "a"}, {1, "b"}, {1, "aa"}, {1, ""}, {UINT64_MAX, "a"}};

	(void)state;
	for (size_t k = 0; k < sizeof(other) / sizeof(other[0]); k++) {
		struct rng a, b;
		uint64_t bits = 0, sum = 0;

		rng_init(&a, 1, "a");
		rng_init(&b, other[k].seed, other[k].name);
		for (int i = 0; i < 10000; i++) {
			uint64_t x = rng_u64(&a), y = rng_u64(&b);

			bits += (uint64_t)__builtin_popcountll(x ^ y);
			sum += x == y;
		}
		assert_int_equal(sum, 0);
		/* 640,000 fair coins: standard deviation 400; five of them. */
		assert_in_range(bits, 320000 - 2000, 320000 + 2000);
	}
}

struct moments {
	double mean, variance, least, most;
};

static struct moments moments_of(double (*draw)(struct rng *), const char *name)
{
	struct moments m = {.least = INFINITY, .most = -INFINITY};
	double sum = 0, squares = 0;
	struct rng r;

	rng_init(&r, 1, name);
	for (int i = 0; i < DRAWS; i++) {
		double x = draw(&r);

		sum += x;
		squares += x * x;
		m.least = fmin(m.least, x);
		m.most = fmax(m.most, x);
	}
	m.mean = sum / DRAWS;
	m.variance = squares / DRAWS - m.mean * m.mean;
	return m;
}

static double draw_exp(struct rng *r)
{
	return rng_exp(r, 3);
}

static double draw_pareto(struct rng *r)
{
	return rng_pareto(r, 3);
}

static double draw_below(struct rng *r)
{
	return rng_below(r, 10);
}

/* Tolerances are about five standard errors of the estimate over a million draws. */
static void test_distributions(void **state)
{
	struct moments m;

	(void)state;
	m = moments_of(rng_unit, "unit");
	assert_true(fabs(m.mean - 0.5) < 0.0015);
	assert_true(fabs(m.variance - 1 / 12.0) < 0.0004);
	assert_true(m.least >= 0 && m.most < 1);

	m = moments_of(draw_exp, "exp");
	assert_true(fabs(m.mean - 3) < 0.015);
	assert_true(fabs(m.variance - 9) < 0.13);
	assert_true(m.least >= 0);

	m = moments_of(rng_normal, "normal");
	assert_true(fabs(m.mean) < 0.005);
	assert_true(fabs(m.variance - 1) < 0.007);

	/* Shape 3, scaled to mean 1: variance 1/3; its estimate is poor, the fourth moment is
	 * infinite. */
	m = moments_of(draw_pareto, "pareto");
	assert_true(fabs(m.mean - 1) < 0.003);
	assert_true(m.least >= 2 / 3.0);
	assert_true(m.variance > 0.25 && m.variance < 0.5);

	m = moments_of(draw_below, "below");
	assert_true(fabs(m.mean - 4.5) < 0.015);
	assert_true(m.least == 0 && m.most == 9);
}

static void test_chance(void **state)
{
	struct rng r, untouched;
	int hits = 0;

	(void)state;
	rng_init(&r, 1, "chance");
	untouched = r;
	assert_false(rng_chance(&r, 0));
	assert_true(rng_chance(&r, 1));
	assert_memory_equal(&r, &untouched, sizeof(r));
	for (int i = 0; i < DRAWS; i++)
		hits += rng_chance(&r, 0.01);
	assert_in_range(hits, 10000 - 500, 10000 + 500); /* five standard deviations */
}

/* Bytes are the same whether they are taken at once or are read from the stream's words. */
static void test_bytes(void **state)
{
	struct rng a, b;
	uint8_t buf[13];

	(void)state;
	rng_init(&a, 7, "bytes");
	rng_init(&b, 7, "bytes");
	rng_bytes(&a, buf, sizeof(buf));
	uint64_t first = rng_u64(&b), second = rng_u64(&b);
	for (int i = 0; i < 8; i++)
		assert_int_equal(buf[i], (uint8_t)(first >> (8 * i)));
	for (int i = 0; i < 5; i++)
		assert_int_equal(buf[8 + i], (uint8_t)(second >> (8 * i)));
	assert_true(rng_u64(&a) == rng_u64(&b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_log_exp),
		cmocka_unit_test(test_known_values),
		cmocka_unit_test(test_independence),
		cmocka_unit_test(test_distributions),
		cmocka_unit_test(test_chance),
		cmocka_unit_test(test_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
