/* --set: what a path reaches, and what it must not make. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "topo/scenario.h"

static const char text[] =
	"nodes:\n"
	"  a: {}\n"
	"  b: {}\n"
	"  \"c[1..2]\": {}\n"
	"links:\n"
	"  - a -- b\n"
	"  - {name: wan, between: [a, b], loss: 1%}\n"
	"  - c[1..2] -- a\n"
	"run:\n"
	"  - {on: a, do: ping b}\n"
	"  - {at: 1s, on: b, do: ping a}\n";

static struct scenario *load(const char *set, GError **error)
{
	char *sets[] = { (char *)set, NULL };
	struct scenario_options options = { .sets = sets };

	return scenario_parse(text, strlen(text), "t.yaml", &options, error);
}

static struct scenario *good(const char *set)
{
	GError *error = NULL;
	struct scenario *s = load(set, &error);

	if (!s)
		fail_msg("%s", error->message);
	return s;
}

static void reaches(void **state)
{
	struct scenario *s = good("seed=3");

	(void)state;
	assert_int_equal(s->seed, 3);
	scenario_free(s);

	s = good("links.wan.loss=2%");
	assert_true(s->links[scenario_link(s, "wan")].dir[1].loss.share == 0.02);
	scenario_free(s);

	s = good("links.a--b.rate=1Mbit/s");	/* a link that was text becomes a map */
	assert_int_equal(s->links[scenario_link(s, "a--b")].dir[0].rate, 1000000);
	scenario_free(s);

	s = good("links.c[1..2]--a.reverse.delay=1ms");
	assert_int_equal(s->links[scenario_link(s, "c2--a")].dir[1].delay.ns, 1000000);
	assert_int_equal(s->links[scenario_link(s, "c2--a")].dir[0].delay.ns, 0);
	scenario_free(s);

	s = good("links.wan.loss={burst: 4, mean: 1%}");
	assert_int_equal(s->links[scenario_link(s, "wan")].dir[0].loss.kind, TOPO_LOSS_GILBERT);
	scenario_free(s);

	s = good("links.wan.loss.every=10");	/* a scalar gives way to a map */
	assert_int_equal(s->links[scenario_link(s, "wan")].dir[0].loss.every, 10);
	scenario_free(s);

	s = good("links.1.name=lan");
	assert_int_equal(scenario_link(s, "lan"), 1);
	scenario_free(s);

	s = good("run.0.at=2s");
	assert_int_equal(s->steps[0].at.ns, 2000000000);
	assert_int_equal(s->timed[0], 1);
	scenario_free(s);

	s = good("run.0.do=ping -c 3 'b'");
	assert_int_equal(s->steps[0].commands[0].argc, 4);
	scenario_free(s);

	s = good("nodes.a.sysctl.net.ipv4.ip_default_ttl=9");
	assert_string_equal(s->nodes[0].sysctls[0].value, "9");
	scenario_free(s);

	s = good("nodes.c[1..2].interfaces.eth0.mtu=1400");
	assert_int_equal(s->nodes[3].ifaces[0].mtu, 1400);
	scenario_free(s);

	s = good("run=");	/* nothing at all */
	assert_int_equal(s->n_steps, 0);
	scenario_free(s);
}

static void refuses(void **state)
{
	static const struct {
		const char *set;
		const char *sentence;
	} bad[] = {
		{ "links.wan.losss=2%", "unknown key 'losss'; did you mean 'loss'?" },
		{ "links.wna.loss=2%", "there is no link 'wna'; did you mean 'wan'?" },
		{ "links.7.loss=2%", "there is no link '7'" },
		{ "nodes.d.kind=router", "there is no node 'd'" },
		{ "nodse.a.kind=router", "unknown key 'nodse'; did you mean 'nodes'?" },
		{ "run.2.at=1s", "'2' is no item of 'run'; expected 0 to 1" },
		{ "run.x.at=1s", "'x' is no item of 'run'; expected 0 to 1" },
		{ "seed.x=1", "'seed' has nothing below it; expected the path to end there" },
		{ "expect.0.x=1", "'expect' has no items here; expected the path to end there" },
		{ "seed", "expected PATH=VALUE such as links.wan.loss=2%" },
		{ "=1", "expected PATH=VALUE such as links.wan.loss=2%" },
		{ "seed.=1", "the path ends in a dot; expected a key behind it" },
		{ "include=x", "files are included before anything is set; expected another key" },
		{ "links.wan.loss=200%", "loss: '200%' is more than everything; expected 0% to 100%" },
		{ "links.wan.loss={burst: 4", "not YAML: this '{' is not closed; expected a '}' behind what belongs to it" },
		{ "nodes.a.sysctl.net.ipv4.ip_defalt_ttl=9",
		  "unknown sysctl 'net.ipv4.ip_defalt_ttl'; did you mean 'net.ipv4.ip_default_ttl'?" },
		{ "nodes.a.bgp={}", "`bgp` is not built yet in this version (room bgp)" },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autofree char *want = g_strdup_printf("--set %s: %s", bad[i].set, bad[i].sentence);
		GError *error = NULL;

		assert_null(load(bad[i].set, &error));
		assert_string_equal(error->message, want);
		g_error_free(error);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reaches),
		cmocka_unit_test(refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
