/* A packet's way through hosts and routers: both families, every exit of the forwarding path. */
#include "net_path.h"

#include <errno.h>

#include "ip/icmp.h"
#include "ip/neigh.h"
#include "wire/icmp4.h"
#include "wire/icmp6.h"

static void arrives(void **state)
{
	struct path_world *t = *state;

	assert_int_equal(net_send(t->a, "10.0.1.2", 100, 0, IP_PMTU_WANT), 0);
	assert_int_equal(net_send(t->a, "2001:db8:1::2", 100, 0, IP_PMTU_WANT), 0);
	net_run(t->w, 1);
	assert_int_equal(net_seen.arrived, 2);
	assert_int_equal(net_seen.info.ttl, 63);
	assert_int_equal(t->r->forwarded, 2);
	/* To oneself: without a wire, but not before the present event is over. */
	assert_int_equal(net_send(t->a, "10.0.0.2", 5, 0, 0), 0);
	assert_int_equal(net_send(t->a, "127.0.0.1", 5, 0, 0), 0);
	assert_int_equal(net_send(t->a, "::1", 5, 0, 0), 0);
	assert_int_equal(net_seen.arrived, 2);
	net_run(t->w, 1);
	assert_int_equal(net_seen.arrived, 5);
}

static void ttl_runs_out(void **state)
{
	struct path_world *t = *state;
	struct ipaddr r = net_ip("10.0.0.1"), r6 = net_ip("2001:db8::1");

	net_send(t->a, "10.0.1.2", 10, 1, 0);
	net_run(t->w, 1);
	assert_int_equal(net_seen.errors, 1);
	assert_int_equal(net_seen.type, ICMP4_TIME_EXCEEDED);
	assert_true(ipaddr_eq(&net_seen.offender, &r));
	assert_int_equal(site_drops(&t->r->site, DROP_IP_TTL), 1);
	net_send(t->a, "2001:db8:1::2", 10, 1, 0);
	net_run(t->w, 2);
	assert_int_equal(net_seen.errors, 2);
	assert_int_equal(net_seen.type, ICMP6_MSG_TIME_EXCEEDED);
	assert_true(ipaddr_eq(&net_seen.offender, &r6));
}

static void no_route(void **state)
{
	struct path_world *t = *state;
	struct prefix p;

	/* Even with its last TTL: that there is no way is said first. */
	net_send(t->a, "192.0.2.1", 10, 1, 0);
	net_run(t->w, 1);
	assert_int_equal(net_seen.err, ENETUNREACH);
	assert_int_equal(site_drops(&t->r->site, DROP_IP_NO_ROUTE), 1);
	assert_int_equal(net_send(t->r, "192.0.2.1", 10, 0, 0), -ENETUNREACH);

	assert_true(prefix_parse("192.0.2.0/24", &p));
	route_add(t->r, &p, ROUTE_BLACKHOLE, NULL, NULL, 0, 0, ROUTE_STATIC);
	net_send(t->a, "192.0.2.1", 10, 0, 0);
	net_run(t->w, 2);
	assert_int_equal(net_seen.errors, 1);
	assert_int_equal(site_drops(&t->r->site, DROP_IP_BLACKHOLE), 1);
}

static void host_does_not_forward(void **state)
{
	struct path_world *t = *state;

	/* r's own route sends what is for a strange network to b, who is no router. */
	net_route(t->r, "198.51.100.0/24", "10.0.1.2");
	net_send(t->a, "198.51.100.9", 10, 0, 0);
	net_run(t->w, 1);
	assert_int_equal(site_drops(&t->b->site, DROP_IP_NOT_FORWARDING), 1);
}

static void too_big(void **state)
{
	struct path_world *t = *state;

	/* DF set: the router says how much fits; from then on the sender knows. */
	assert_int_equal(net_send(t->a, "10.0.1.2", 1400, 0, IP_PMTU_WANT), 0);
	net_run(t->w, 1);
	assert_int_equal(net_seen.arrived, 0);
	assert_int_equal(net_seen.type, ICMP4_DESTINATION_UNREACHABLE);
	assert_int_equal(net_seen.code, ICMP4_FRAGMENTATION_NEEDED);
	assert_int_equal(net_seen.mtu, 1300);
	assert_int_equal(net_send(t->a, "10.0.1.2", 1400, 0, IP_PMTU_DO), -EMSGSIZE);
	assert_int_equal(net_send(t->a, "10.0.1.2", 1400, 0, IP_PMTU_WANT), 0);
	net_run(t->w, 2);
	assert_int_equal(net_seen.arrived, 1);
	assert_int_equal(net_seen.last_len, 1400);
	/* DF not set: cut on the way. */
	net_send(t->b, "10.0.0.2", 3000, 0, IP_PMTU_DONT);
	net_run(t->w, 3);
	assert_int_equal(net_seen.arrived, 2);
	assert_int_equal(net_seen.last_len, 3000);
	/* IPv6: never cut by a router. */
	net_send(t->a, "2001:db8:1::2", 1400, 0, IP_PMTU_DONT);
	net_run(t->w, 4);
	assert_int_equal(net_seen.type, ICMP6_MSG_PACKET_TOO_BIG);
	net_send(t->a, "2001:db8:1::2", 1400, 0, IP_PMTU_WANT);
	net_run(t->w, 5);
	assert_int_equal(net_seen.arrived, 3);
	assert_int_equal(net_seen.last_len, 1400);
}

static void fragment_on_the_way(void **state)
{
	struct path_world *t = *state;

	net_send(t->a, "10.0.1.2", 4000, 0, IP_PMTU_DONT);
	net_run(t->w, 1);
	assert_int_equal(net_seen.arrived, 1);
	assert_int_equal(net_seen.last_len, 4000);
	assert_true(link_counters(t->right, 0)->sent >= 6);
}

static void neighbour_does_not_answer(void **state)
{
	struct path_world *t = *state;
	struct ipaddr r = net_ip("10.0.1.1"), left = net_ip("10.0.0.1");

	/* On the router's last link: it reports to the source after three tries of a second. */
	net_send(t->a, "10.0.1.99", 10, 0, 0);
	net_run(t->w, 2);
	assert_int_equal(net_seen.errors, 0);
	net_run(t->w, 4);
	assert_int_equal(net_seen.errors, 1);
	assert_int_equal(net_seen.err, EHOSTUNREACH);
	assert_true(ipaddr_eq(&net_seen.offender, &left));
	assert_int_equal(site_drops(&t->r->site, DROP_NEIGH_FAILED), 1);
	/* On the node's own link: it tells itself. */
	net_send(t->r, "10.0.1.98", 10, 0, 0);
	net_run(t->w, 8);
	assert_int_equal(net_seen.errors, 2);
	assert_true(ipaddr_eq(&net_seen.offender, &r));
}

static void waiting_is_bounded(void **state)
{
	struct path_world *t = *state;
	char why[100];

	node_sysctl_set(t->r, "net.ipv4.neigh.default.unres_qlen_bytes", "500", why, sizeof(why));
	for (int k = 0; k < 10; k++)
		net_send(t->r, "10.0.1.2", 100, 0, 0);
	net_run(t->w, 1);
	assert_int_equal(net_seen.arrived, 4); /* 120 bytes each */
	assert_int_equal(site_drops(&t->r->site, DROP_NEIGH_QUEUE_FULL), 6);
}

static void neighbour_ages(void **state)
{
	struct path_world *t = *state;
	struct ipaddr r = net_ip("10.0.0.1");

	net_send(t->a, "10.0.1.2", 10, 0, 0);
	net_run(t->w, 1);
	struct neigh *e = neigh_find(t->a, t->a->ifaces, &r);
	assert_non_null(e);
	assert_int_equal(neigh_state_now(t->a, e), NEIGH_REACHABLE);
	net_run(t->w, 60);
	assert_int_equal(neigh_state_now(t->a, e), NEIGH_STALE);
	/* The next packet goes at once; five seconds later a unicast probe finds it alive. */
	net_send(t->a, "10.0.1.2", 10, 0, 0);
	assert_int_equal(neigh_state_now(t->a, e), NEIGH_DELAY);
	net_run(t->w, 61);
	assert_int_equal(net_seen.arrived, 2);
	net_run(t->w, 67);
	assert_int_equal(neigh_state_now(t->a, e), NEIGH_REACHABLE);
	/* It goes away: three unanswered probes, and it has failed. */
	net_run(t->w, 140);
	node_set_up(t->r, false);
	net_send(t->a, "10.0.1.2", 10, 0, 0);
	net_run(t->w, 149);
	assert_int_equal(neigh_state_now(t->a, e), NEIGH_FAILED);
}

static void directed_broadcast(void **state)
{
	struct path_world *t = *state;

	net_send(t->r, "10.0.1.255", 10, 0, 0);
	net_send(t->r, "255.255.255.255", 10, 0, 0);
	net_run(t->w, 1);
	assert_int_equal(net_seen.arrived, 2); /* one to b; the limited one to the first link, a */
	net_send(t->r, "224.0.0.1", 10, 0, 0);
	net_run(t->w, 2);
	assert_int_equal(net_seen.arrived, 3);
}

static void interface_down(void **state)
{
	struct path_world *t = *state;

	ip_iface_set_up(ip_iface_next(t->r->ifaces), false);
	net_send(t->a, "10.0.1.2", 10, 0, 0);
	net_run(t->w, 1);
	assert_int_equal(net_seen.err, ENETUNREACH);
	ip_iface_set_up(ip_iface_next(t->r->ifaces), true);
	net_send(t->a, "10.0.1.2", 10, 0, 0);
	net_run(t->w, 2);
	assert_int_equal(net_seen.arrived, 1);
}

static void link_local(void **state)
{
	struct path_world *t = *state;
	struct ip_flow f = {.oif = t->a->ifaces,
			    .proto = NET_PROTO};
	struct ip_path path;

	for (struct ip_addr *x = t->r->ifaces->addrs; x; x = x->next)
		if (!ipaddr_is4(&x->addr) && ipaddr_is_linklocal(&x->addr))
			f.dst = x->addr;
	assert_int_equal(ip_path(t->a, &f, &path), 0);
	assert_true(ipaddr_is_linklocal(&f.src));
	ip_send(t->a, ip_packet_new(t->a, false), &f, &path);
	net_run(t->w, 1);
	assert_int_equal(net_seen.arrived, 1);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, path_setup, path_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(arrives),
		CASE(ttl_runs_out),
		CASE(no_route),
		CASE(host_does_not_forward),
		CASE(too_big),
		CASE(fragment_on_the_way),
		CASE(neighbour_does_not_answer),
		CASE(waiting_is_bounded),
		CASE(neighbour_ages),
		CASE(directed_broadcast),
		CASE(interface_down),
		CASE(link_local),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
