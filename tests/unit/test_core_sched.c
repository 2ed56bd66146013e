/* The scheduler against a naive twin: an unsorted list that is searched for its least entry. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "core/alloc.h"
#include "core/rng.h"
#include "core/sched.h"

#define EVENTS 300

struct twin {
	bool armed;
	int64_t at;
	uint64_t seq;
};

struct thing {
	struct event event;
	uint32_t number;
};

static struct sched sched;
static struct rng rng;
static struct thing things[EVENTS];
static struct twin twins[EVENTS];
static uint64_t old_tickets[EVENTS];
static int fired_number;

static int twin_first(void)
{
	int best = -1;

	for (int i = 0; i < EVENTS; i++)
		if (twins[i].armed &&
		    (best < 0 || twins[i].at < twins[best].at ||
		     (twins[i].at == twins[best].at && twins[i].seq < twins[best].seq)))
			best = i;
	return best;
}

static void thing_arm(uint32_t i)
{
	/* Few different instants, so that ties are common; some of them in the past. */
	int64_t at = sched.now.ns + (int64_t)rng_below(&rng, 50) - 5;
	uint64_t seq;

	if (rng_below(&rng, 4) == 0 && old_tickets[i]) {
		seq = old_tickets[i]; /* a ticket taken earlier */
		old_tickets[i] = 0;
	} else {
		seq = sched_ticket(&sched);
	}
	event_arm_ticket(&sched, &things[i].event, vtime_ns(at), seq);
	twins[i] = (struct twin){true, at < sched.now.ns ? sched.now.ns : at, seq};
}

static void thing_cancel(uint32_t i)
{
	event_cancel(&sched, &things[i].event);
	twins[i].armed = false;
}

static void random_action(uint32_t i)
{
	switch (rng_below(&rng, 4)) {
	case 0:
		thing_cancel(i);
		break;
	case 1:
		if (!old_tickets[i])
			old_tickets[i] = sched_ticket(&sched);
		break;
	default:
		thing_arm(i);
	}
}

static void thing_fire(struct event *e)
{
	struct thing *t = container_of(e, struct thing, event);

	fired_number = (int)t->number;
	twins[t->number].armed = false;
	assert_false(event_armed(&sched, e));
	assert_true(event_at(&sched, e).ns == INT64_MAX);
	/* Often on itself, and more than once. */
	for (uint32_t n = rng_below(&rng, 4); n > 0; n--)
		random_action(rng_below(&rng, 2) ? t->number : rng_below(&rng, EVENTS));
}

static void check_same(void)
{
	int first = twin_first();

	for (int i = 0; i < EVENTS; i++) {
		assert_int_equal(event_armed(&sched, &things[i].event), twins[i].armed);
		assert_true(event_at(&sched, &things[i].event).ns ==
			    (twins[i].armed ? twins[i].at : INT64_MAX));
	}
	assert_true(sched_next(&sched).ns == (first < 0 ? INT64_MAX : twins[first].at));
}

static void test_twin(void **state)
{
	(void)state;
	sched_init(&sched);
	rng_init(&rng, 1, "twin");
	for (uint32_t i = 0; i < EVENTS; i++) {
		event_init(&things[i].event, thing_fire);
		things[i].number = i;
		twins[i].armed = false;
	}
	for (int step = 0; step < 60000; step++) {
		if (rng_below(&rng, 5) < 2) {
			random_action(rng_below(&rng, EVENTS));
		} else {
			int want = twin_first();
			vtime limit = vtime_ns(sched.now.ns + (int64_t)rng_below(&rng, 30));
			int64_t at = want < 0 ? INT64_MAX : twins[want].at;
			vtime before = sched.now;

			fired_number = -1;
			bool stepped = sched_step(&sched, limit);
			assert_int_equal(stepped, at <= limit.ns);
			assert_int_equal(fired_number, stepped ? want : -1);
			assert_true(sched.now.ns == (stepped ? at : before.ns));
		}
		if (step % 16 == 0)
			check_same();
	}
	assert_true(sched.fired > 10000);
	sched_fini(&sched);
}

static int order[8], order_count;

static void order_fire(struct event *e)
{
	order[order_count++] = (int)container_of(e, struct thing, event)->number;
}

/* Events of one instant fire in the order of arming, or of the tickets that they were given. */
static void test_ties(void **state)
{
	(void)state;
	sched_init(&sched);
	order_count = 0;
	for (uint32_t i = 0; i < 5; i++) {
		event_init(&things[i].event, order_fire);
		things[i].number = i;
	}
	uint64_t early = sched_ticket(&sched);
	event_arm(&sched, &things[2].event, vtime_ns(10));
	event_arm(&sched, &things[1].event, vtime_ns(10));
	event_arm(&sched, &things[3].event, vtime_ns(9));
	event_arm(&sched, &things[2].event, vtime_ns(10)); /* moved: behind 1 now */
	event_arm_ticket(&sched, &things[4].event, vtime_ns(10), early);
	while (sched_step(&sched, vtime_ns(10)))
		;
	assert_int_equal(order_count, 4);
	assert_int_equal(order[0], 3);
	assert_int_equal(order[1], 4);
	assert_int_equal(order[2], 1);
	assert_int_equal(order[3], 2);
	sched_advance(&sched, vtime_ns(99));
	assert_true(sched.now.ns == 99);
	event_arm(&sched, &things[0].event, vtime_ns(5)); /* the past is now */
	assert_true(sched_step(&sched, vtime_ns(99)));
	assert_true(sched.now.ns == 99);
	sched_fini(&sched);
}

static void owner_fire(struct event *e)
{
	struct thing *t = container_of(e, struct thing, event);

	event_cancel(&sched, e);
	free(t);
}

/* An owner may go away while its event fires, if it cancels the event. */
static void test_owner_gone(void **state)
{
	(void)state;
	sched_init(&sched);
	for (int i = 0; i < 100; i++) {
		struct thing *t = nt_calloc(1, sizeof(*t));

		event_init(&t->event, owner_fire);
		event_arm(&sched, &t->event, vtime_ns(i % 7));
	}
	while (sched_step(&sched, VTIME_NEVER))
		;
	assert_int_equal(sched.fired, 100);
	assert_int_equal(sched.count, 0);
	sched_fini(&sched);
}

/* Looks every 10 ns, on the grid. */
static int looks;
static int64_t looked_at;

static void look_fire(struct event *e)
{
	looks++;
	looked_at = sched.now.ns;
	event_arm(&sched, e, vtime_ns((sched.now.ns / 10 + 1) * 10));
}

static void once_fire(struct event *e)
{
	(void)e;
}

/* What stands aside happens among the others, keeps nothing going, and never turns time back. */
static void test_aside(void **state)
{
	struct event look, other;

	(void)state;
	sched_init(&sched);
	event_init(&look, look_fire);
	event_init(&other, once_fire);
	event_arm(&sched, &look, VTIME_ZERO);
	sched.aside++;
	assert_int_equal(sched_next(&sched).ns, VTIME_NEVER.ns);
	assert_false(sched_step(&sched, VTIME_NEVER));
	event_arm(&sched, &other, vtime_ns(25));
	while (sched_step(&sched, VTIME_NEVER))
		;
	assert_int_equal(sched.now.ns, 25);
	assert_int_equal(looks, 3); /* 0, 10, 20 */
	assert_int_equal(sched_next(&sched).ns, VTIME_NEVER.ns);
	/* Nothing has happened for long: one look is enough, and the grid stays. */
	sched_advance(&sched, vtime_ns(1003));
	assert_int_equal(sched.now.ns, 1003);
	assert_int_equal(looks, 4);
	assert_int_equal(looked_at, 1003);
	event_arm(&sched, &other, vtime_ns(1010));
	while (sched_step(&sched, vtime_ns(1010)))
		;
	assert_int_equal(looked_at, 1010);
	event_cancel(&sched, &look);
	sched.aside--;
	assert_false(sched_step(&sched, VTIME_NEVER));
	sched_fini(&sched);
}

static void test_vtime(void **state)
{
	char buf[32];

	(void)state;
	assert_true(vtime_add(VTIME_NEVER, vtime_ns(1)).ns == INT64_MAX);
	assert_true(vtime_add(vtime_s(1), vtime_ms(-1)).ns == 999 * NS_PER_MS);
	assert_string_equal(vtime_format(buf, sizeof(buf), vtime_ns(999)), "999 ns");
	assert_string_equal(vtime_format(buf, sizeof(buf), vtime_us(250)), "250 us");
	assert_string_equal(vtime_format(buf, sizeof(buf), vtime_us(40100)), "40.1 ms");
	assert_string_equal(vtime_format(buf, sizeof(buf), vtime_ms(1250)), "1.250 s");
	assert_string_equal(vtime_format(buf, sizeof(buf), vtime_ns(999999)), "1 ms");
	assert_string_equal(vtime_format(buf, sizeof(buf), vtime_ns(999499)), "999 us");
	assert_string_equal(vtime_format(buf, sizeof(buf), vtime_ns(999999999)), "1.000 s");
	assert_string_equal(vtime_format(buf, sizeof(buf), VTIME_NEVER), "never");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_twin),
		cmocka_unit_test(test_ties),
		cmocka_unit_test(test_owner_gone),
		cmocka_unit_test(test_aside),
		cmocka_unit_test(test_vtime),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
