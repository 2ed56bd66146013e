/* Addresses that come and go while a node runs, and looking for others who have them. */
#include "ip_pair.h"

#include "ip/neigh.h"
#include "ip/route.h"
#include "transport/socket.h"

static enum route_type type_to(const char *text)
{
	struct ipaddr dst = addr_of(text);

	return route_lookup(pair.a, &dst)->type;
}

static struct prefix net_of(const char *text)
{
	struct prefix p;

	assert_true(prefix_parse(text, &p));
	return p;
}

static void add(struct ip_iface *i, const char *text, uint8_t len)
{
	struct ipaddr a = addr_of(text);

	assert_int_equal(ip_addr_add(i, &a, (uint8_t)(IPADDR_V4_BITS + len)), 0);
}

static int drop(struct ip_iface *i, const char *text)
{
	struct ipaddr a = addr_of(text);

	return ip_addr_remove(i, &a);
}

static void removed_with_its_routes(void **state)
{
	struct prefix all = net_of("0.0.0.0/0");
	uint32_t before = pair.a->fib.routes;

	(void)state;
	assert_int_equal(type_to("10.0.0.1"), ROUTE_LOCAL);
	assert_int_equal(type_to("10.0.0.9"), ROUTE_UNICAST);
	assert_int_equal(route_add(pair.a, &all, ROUTE_UNICAST, &pair.b4, NULL, 0, 0, ROUTE_DHCP), 0);
	assert_int_equal(drop(pair.ai, "10.0.0.1"), 0);
	assert_int_equal(type_to("10.0.0.1"), ROUTE_NONE);
	assert_int_equal(type_to("10.0.0.9"), ROUTE_NONE);
	assert_int_equal(type_to("8.8.8.8"), ROUTE_NONE); /* the last one takes them all */
	assert_int_equal(pair.a->fib.routes, before - 2);
	assert_int_equal(drop(pair.ai, "10.0.0.1"), -EADDRNOTAVAIL);
	assert_int_equal(type_to("fd00::9"), ROUTE_UNICAST); /* IPv6 is not touched */
	add(pair.ai, "10.0.0.1", 24);
	assert_int_equal(type_to("10.0.0.9"), ROUTE_UNICAST);
	assert_int_equal(pair.a->fib.routes, before);
}

static void shared_networks_stay(void **state)
{
	struct mac mac = {{2, 0, 0, 0, 9, 9}};
	struct ip_iface *other = node_add_iface(pair.a, "eth1", mac);
	struct ipaddr dst = addr_of("10.0.0.9");

	(void)state;
	add(pair.ai, "10.0.0.3", 24);
	assert_int_equal(drop(pair.ai, "10.0.0.1"), 0);
	assert_int_equal(type_to("10.0.0.9"), ROUTE_UNICAST);
	assert_int_equal(type_to("10.0.0.1"), ROUTE_UNICAST); /* a stranger's now */
	/* Another interface in the same network takes the route over. */
	add(other, "10.0.0.4", 24);
	assert_ptr_equal(route_lookup(pair.a, &dst)->route->dev, pair.ai);
	assert_int_equal(drop(pair.ai, "10.0.0.3"), 0);
	assert_ptr_equal(route_lookup(pair.a, &dst)->route->dev, other);
}

static void route_removed_by_hop(void **state)
{
	struct prefix net = net_of("10.9.0.0/16");
	struct ipaddr other = addr_of("10.0.0.77");

	(void)state;
	assert_int_equal(route_add(pair.a, &net, ROUTE_UNICAST, &pair.b4, NULL, 5, 0, ROUTE_STATIC), 0);
	assert_int_equal(route_remove(pair.a, &net, &other, NULL, 5), -ESRCH);
	assert_int_equal(route_remove(pair.a, &net, NULL, pair.bi, 5), -ESRCH);
	assert_int_equal(route_remove(pair.a, &net, NULL, NULL, 4), -ESRCH);
	assert_int_equal(type_to("10.9.1.1"), ROUTE_UNICAST);
	assert_int_equal(route_remove(pair.a, &net, &pair.b4, pair.ai, 5), 0);
	assert_int_equal(type_to("10.9.1.1"), ROUTE_NONE);
}

/* Linux: the socket stays, its sends fail until the address is back. */
static void bound_sockets_stay(void **state)
{
	struct socket *s;
	struct endpoint local = {.addr = pair.b4, .port = 5000};
	struct endpoint to = {.addr = pair.a4, .port = 6000};
	const struct socket_out m = {.to = &to, .head = "x", .head_len = 1, .tos = -1};

	(void)state;
	transport_attach(pair.b);
	s = socket_new(pair.b, SOCKET_UDP, AF_INET);
	assert_int_equal(socket_bind(s, &local), 0);
	assert_int_equal(socket_send(s, &m), 0);
	add(pair.bi, "10.0.0.3", 24);
	assert_int_equal(drop(pair.bi, "10.0.0.2"), 0);
	assert_int_equal(socket_send(s, &m), -EADDRNOTAVAIL);
	add(pair.bi, "10.0.0.2", 24);
	assert_int_equal(socket_send(s, &m), 0);
	socket_close(s);
	pair_run(vtime_s(5));
	transport_free(pair.b);
}

/* What a DHCP client begins with. */
static void broadcast_without_address(void **state)
{
	struct ip_flow f = {.dst = ipaddr_broadcast4, .oif = pair.bi, .proto = PAIR_PROTO};
	struct ip_path path;

	(void)state;
	assert_int_equal(ip_path(pair.b, &f, &path), 0);
	assert_true(ipaddr_eq(&f.src, &pair.b4));
	assert_int_equal(drop(pair.bi, "10.0.0.2"), 0);
	f.src = ipaddr_any6;
	assert_int_equal(ip_path(pair.b, &f, &path), 0);
	assert_true(ipaddr_eq(&f.src, &ipaddr_any4));
	assert_int_equal(ip_send(pair.b, ip_packet_new(pair.b, true), &f, &path), 0);
	pair_run(vtime_s(5));
	assert_int_equal(pair.delivered, 1);
	assert_true(ipaddr_eq(&pair.info.src, &ipaddr_any4));
	f = (struct ip_flow){.dst = addr_of("10.0.0.1"), .proto = PAIR_PROTO};
	assert_int_equal(ip_path(pair.b, &f, &path), -ENETUNREACH);
}

static void probes(void **state)
{
	struct arp_watch theirs = {.addr = pair.b4}, free_one = {.addr = addr_of("10.0.0.50")};
	struct arp_watch same = {.addr = addr_of("10.0.0.50")};

	(void)state;
	arp_watch_add(pair.ai, &theirs);
	arp_watch_add(pair.ai, &free_one);
	arp_probe(pair.ai, &theirs.addr);
	arp_probe(pair.ai, &free_one.addr);
	pair_run(vtime_s(5));
	assert_true(theirs.seen);
	assert_int_equal(mac_to_u64(&theirs.by), mac_to_u64(&pair.bi->link.mac));
	assert_false(free_one.seen);
	assert_null(neigh_find(pair.b, pair.bi, &pair.a4)); /* a probe teaches nobody */
	arp_watch_remove(pair.ai, &theirs);
	/* Two who probe for the same see each other (RFC 5227 2.1.1). */
	arp_watch_add(pair.bi, &same);
	arp_probe(pair.bi, &same.addr);
	pair_run(vtime_s(5));
	assert_true(free_one.seen);
	assert_false(same.seen);
	arp_announce(pair.ai, &same.addr);
	pair_run(vtime_s(5));
	assert_true(same.seen);
	arp_watch_remove(pair.ai, &free_one);
	arp_watch_remove(pair.bi, &same);
	assert_null(pair.ai->watches);
}

/* RFC 6724 5 rule 8: no more bits count than the source's prefix has; among equals, who came first. */
static void longest_match_ends_with_the_prefix(void **state)
{
	struct ipaddr first = addr_of("2001:db8:5::8"), second = addr_of("2001:db8:5::1");
	struct ipaddr near = addr_of("2001:db8:5::2"), far = addr_of("2001:db8:4::2");
	struct ipaddr longer = addr_of("2001:db8:4::9");

	(void)state;
	assert_int_equal(ip_addr_add(pair.ai, &first, 64), 0);
	assert_int_equal(ip_addr_add(pair.ai, &second, 64), 0);
	assert_int_equal(ip_addr_add(pair.ai, &longer, 64), 0);
	assert_true(ipaddr_eq(ip_source_select(pair.ai, &near), &first));
	assert_true(ipaddr_eq(ip_source_select(pair.ai, &far), &longer));
	assert_true(ipaddr_eq(ip_source_select(pair.ai, &second), &second)); /* rule 1 */
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, pair_setup, pair_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(removed_with_its_routes), CASE(shared_networks_stay), CASE(route_removed_by_hop),
		CASE(bound_sockets_stay),      CASE(broadcast_without_address), CASE(probes),
		CASE(longest_match_ends_with_the_prefix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
