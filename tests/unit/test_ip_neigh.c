/* Neighbours, ARP and ND alike: bounded tables, failure after three tries, ageing, waiting packets. */
#include "net.h"

#include <errno.h>

#include "ip/neigh.h"

static const char *const nets[2] = {"2001:db8::%x", "10.0.0.%u"};

struct neigh_world {
	struct world *w;
	struct node *a, *b;
	struct link *link;
};

static int set_up(void **state)
{
	struct neigh_world *t = calloc(1, sizeof(*t));

	t->w = world_new(1);
	t->a = net_node(t->w, "a", false);
	t->b = net_node(t->w, "b", false);
	t->link = net_link(t->a, "10.0.0.1/24", t->b, "10.0.0.2/24", &link_params_default);
	struct ipaddr a6 = net_ip("2001:db8::1"), b6 = net_ip("2001:db8::2");
	ip_addr_add(t->a->ifaces, &a6, 64);
	ip_addr_add(t->b->ifaces, &b6, 64);
	net_seen = (struct net_seen){0};
	*state = t;
	return 0;
}

static int tear_down(void **state)
{
	struct neigh_world *t = *state;

	link_free(t->link);
	node_free(t->a);
	node_free(t->b);
	world_free(t->w);
	free(t);
	return 0;
}

static void knob(struct node *n, const char *name, const char *value)
{
	char why[100];

	assert_int_equal(node_sysctl_set(n, name, value, why, sizeof(why)), 0);
}

static void send_to(struct node *n, bool ip4, unsigned host)
{
	char to[40];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(to, sizeof(to), nets[ip4], host);
#pragma GCC diagnostic pop
	assert_int_equal(net_send(n, to, 10, 0, 0), 0);
}

static enum neigh_state state_of(struct node *n, const char *addr)
{
	struct ipaddr a = net_ip(addr);
	struct neigh *e = neigh_find(n, n->ifaces, &a);

	return e ? neigh_state_now(n, e) : NEIGH_NONE;
}

/* Each family has gc_thresh3 entries to itself, as in Linux, where these are two tables. */
static void table_is_bounded_by_family(void **state)
{
	struct neigh_world *t = *state;

	knob(t->a, "net.ipv4.neigh.default.gc_thresh3", "4");
	knob(t->a, "net.ipv6.neigh.default.gc_thresh3", "4");
	for (unsigned host = 10; host < 15; host++)
		send_to(t->a, true, host);
	assert_int_equal(site_drops(&t->a->site, DROP_NEIGH_TABLE_FULL), 1);
	for (unsigned host = 10; host < 15; host++)
		send_to(t->a, false, host);
	assert_int_equal(site_drops(&t->a->site, DROP_NEIGH_TABLE_FULL), 2);
	assert_int_equal(t->a->neigh.count, 8);
	/* What failed and was left alone for 5 s makes room, in its own family. */
	net_run(t->w, 10);
	assert_int_equal(site_drops(&t->a->site, DROP_NEIGH_FAILED), 8);
	send_to(t->a, true, 2);
	net_run(t->w, 11);
	assert_int_equal(net_seen.arrived, 1);
	assert_int_equal(t->a->neigh.of_family[true], 1);
	assert_int_equal(t->a->neigh.of_family[false], 4);
}

static void fails_after_three_tries(void **state)
{
	struct neigh_world *t = *state;

	send_to(t->a, true, 77);
	send_to(t->a, false, 77);
	net_run(t->w, 2);
	assert_int_equal(link_counters(t->link, 0)->sent, 6);
	assert_int_equal(state_of(t->a, "10.0.0.77"), NEIGH_INCOMPLETE);
	net_run(t->w, 4);
	assert_int_equal(link_counters(t->link, 0)->sent, 6);
	assert_int_equal(state_of(t->a, "10.0.0.77"), NEIGH_FAILED);
	assert_int_equal(state_of(t->a, "2001:db8::4d"), NEIGH_FAILED);
	assert_int_equal(site_drops(&t->a->site, DROP_NEIGH_FAILED), 2);
	assert_int_equal(net_seen.errors, 2);
	assert_int_equal(net_seen.err, EHOSTUNREACH);
}

/* The oldest of those that wait goes first; the rest arrive. */
static void queue_is_bounded(void **state)
{
	struct neigh_world *t = *state;

	knob(t->a, "net.ipv4.neigh.default.unres_qlen_bytes", "100"); /* three of 30 bytes */
	for (int i = 0; i < 5; i++)
		send_to(t->a, true, 2);
	assert_int_equal(site_drops(&t->a->site, DROP_NEIGH_QUEUE_FULL), 2);
	net_run(t->w, 1);
	assert_int_equal(net_seen.arrived, 3);
}

/* RFC 4861 7.3.2, with ARP alike. The random reachable time is between 15 and 45 s. */
static void ages(void **state)
{
	struct neigh_world *t = *state;

	for (int ip4 = 0; ip4 < 2; ip4++)
		send_to(t->a, ip4, 2);
	net_run(t->w, 1);
	assert_int_equal(state_of(t->a, "10.0.0.2"), NEIGH_REACHABLE);
	assert_int_equal(state_of(t->a, "2001:db8::2"), NEIGH_REACHABLE);
	net_run(t->w, 50);
	assert_int_equal(state_of(t->a, "10.0.0.2"), NEIGH_STALE);
	assert_int_equal(state_of(t->a, "2001:db8::2"), NEIGH_STALE);
	for (int ip4 = 0; ip4 < 2; ip4++)
		send_to(t->a, ip4, 2);
	assert_int_equal(state_of(t->a, "10.0.0.2"), NEIGH_DELAY);
	net_run(t->w, 51);
	assert_int_equal(net_seen.arrived, 4);
	net_run(t->w, 56); /* asked after 5 s, and it answers */
	assert_int_equal(state_of(t->a, "10.0.0.2"), NEIGH_REACHABLE);
	assert_int_equal(state_of(t->a, "2001:db8::2"), NEIGH_REACHABLE);
	net_run(t->w, 110);
	link_set_up(t->link, false);
	for (int ip4 = 0; ip4 < 2; ip4++)
		send_to(t->a, ip4, 2);
	net_run(t->w, 120); /* 5 s and three probes later */
	assert_int_equal(state_of(t->a, "10.0.0.2"), NEIGH_FAILED);
	assert_int_equal(state_of(t->a, "2001:db8::2"), NEIGH_FAILED);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(table_is_bounded_by_family),
		CASE(fails_after_three_tries),
		CASE(queue_is_bounded),
		CASE(ages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
