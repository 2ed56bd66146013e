/* Hooks: which places a packet passes, in which order, and that each of them can end its way. */
#include "ip/hook.h"

#include <errno.h>
#include <string.h>

#include "net_path.h"

static char seen[64];     /* a letter for each place */
static uint32_t seen_len; /* of the last packet, from its IP header on */
static int stop_at;       /* enum ip_hook that drops; -1: none */

static struct packet *pass(struct node *n, enum ip_hook at, struct packet *p, struct ip_iface *in,
			   struct ip_iface *out)
{
	size_t k = strlen(seen);

	assert_true(k + 1 < sizeof(seen));
	seen[k] = "pifoP"[at];
	seen[k + 1] = '\0';
	seen_len = packet_l3_len(p);
	assert_true(p->proto == NET_PROTO || p->proto == IPPROTO_ICMP || p->proto == IPPROTO_ICMPV6);
	assert_int_equal(in != NULL, at == IP_PREROUTING || at == IP_INPUT || at == IP_FORWARD ||
					     (at == IP_POSTROUTING && p->in));
	assert_int_equal(out != NULL, at >= IP_FORWARD);
	if ((int)at != stop_at)
		return p;
	packet_drop(p, &n->site, DROP_IP_BLACKHOLE);
	return NULL;
}

static void pass_undo(struct node *n, struct packet *p)
{
	(void)n;
	(void)p;
}

static void pass_free(struct node *n)
{
	n->hooks = NULL;
}

static const struct ip_hooks row = {.pass = {pass, pass, pass, pass, pass}, .undo = pass_undo, .free = pass_free};

static int setup(void **state)
{
	seen[0] = '\0';
	stop_at = -1;
	path_setup(state);
	((struct path_world *)*state)->r->hooks = &row;
	return 0;
}

static void expect_places(struct path_world *t, struct node *from, const char *to, uint32_t len,
			  int pmtudisc, const char *places)
{
	static int64_t until;

	seen[0] = '\0';
	until = vtime_seconds(world_now(t->w)) + 2;
	net_send(from, to, len, 0, pmtudisc);
	net_run(t->w, until);
	assert_string_equal(seen, places);
}

static void places(void **state)
{
	struct path_world *t = *state;

	expect_places(t, t->a, "10.0.1.2", 100, IP_PMTU_WANT, "pfP");
	expect_places(t, t->a, "2001:db8:1::2", 100, IP_PMTU_WANT, "pfP"); /* and no ND */
	expect_places(t, t->a, "10.0.1.1", 100, IP_PMTU_WANT, "pi");
	expect_places(t, t->a, "2001:db8:1::1", 100, IP_PMTU_WANT, "pi");
	expect_places(t, t->r, "10.0.1.2", 100, IP_PMTU_WANT, "oP");
	expect_places(t, t->r, "2001:db8:1::2", 100, IP_PMTU_WANT, "oP");
	expect_places(t, t->r, "10.0.1.1", 100, IP_PMTU_WANT, "");
	assert_int_equal(net_seen.arrived, 7);
}

/* Datagrams that were cut are whole at a hook, and are cut again behind it. */
static void whole(void **state)
{
	struct path_world *t = *state;

	expect_places(t, t->a, "10.0.1.2", 4000, IP_PMTU_DONT, "pfP");
	assert_int_equal(seen_len, 4020);
	assert_int_equal(net_seen.last_len, 4000);
	expect_places(t, t->a, "2001:db8:1::2", 4000, IP_PMTU_DONT, "pfP");
	assert_int_equal(seen_len, 4040);
	assert_int_equal(net_seen.last_len, 4000);
	expect_places(t, t->a, "10.0.0.1", 4000, IP_PMTU_DONT, "pi");
	expect_places(t, t->a, "2001:db8::1", 4000, IP_PMTU_DONT, "pi");
	expect_places(t, t->r, "10.0.1.2", 4000, IP_PMTU_DONT, "oP");
	assert_int_equal(net_seen.arrived, 5);
}

/* What was refused goes nowhere; the sender on the node itself is told. */
static void refused(void **state)
{
	struct path_world *t = *state;
	static const struct {
		enum ip_hook at;
		const char *to, *places;
	} rows[] = {
		{IP_PREROUTING, "10.0.1.2", "p"},   {IP_FORWARD, "10.0.1.2", "pf"},
		{IP_POSTROUTING, "10.0.1.2", "pfP"}, {IP_INPUT, "10.0.1.1", "pi"},
		{IP_PREROUTING, "2001:db8:1::2", "p"}, {IP_FORWARD, "2001:db8:1::2", "pf"},
		{IP_INPUT, "2001:db8:1::1", "pi"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		stop_at = (int)rows[i].at;
		expect_places(t, t->a, rows[i].to, 100, IP_PMTU_WANT, rows[i].places);
	}
	assert_int_equal(site_drops(&t->r->site, DROP_IP_BLACKHOLE), 7);
	assert_int_equal(t->r->forwarded, 0);
	stop_at = IP_OUTPUT;
	assert_int_equal(net_send(t->r, "10.0.1.2", 10, 0, IP_PMTU_WANT), -EPERM);
	stop_at = IP_POSTROUTING;
	assert_int_equal(net_send(t->r, "2001:db8:1::2", 10, 0, IP_PMTU_WANT), -EPERM);
	assert_int_equal(net_seen.arrived, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(places, setup, path_teardown),
		cmocka_unit_test_setup_teardown(whole, setup, path_teardown),
		cmocka_unit_test_setup_teardown(refused, setup, path_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
