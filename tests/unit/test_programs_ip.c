/* ip against the text of iproute2 6.1. */
#include "programs_lab.h"

static void test_addresses(void **state)
{
	(void)state;
	assert_console(lab_run("ip addr"), 0,
		"1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default "
		"qlen 1000\n"
		"    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n"
		"    inet 127.0.0.1/8 scope host lo\n"
		"       valid_lft forever preferred_lft forever\n"
		"    inet6 ::1/128 scope host \n"
		"       valid_lft forever preferred_lft forever\n"
		"2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group "
		"default qlen 1000\n"
		"    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff\n"
		"    inet 10.0.0.2/24 brd 10.0.0.255 scope global eth0\n"
		"       valid_lft forever preferred_lft forever\n"
		"    inet6 fd00::2/64 scope global \n"
		"       valid_lft forever preferred_lft forever\n"
		"    inet6 fe80::ff:fe00:1/64 scope link \n"
		"       valid_lft forever preferred_lft forever\n");
	assert_console(lab_run("ip -4 a show dev eth0"), 0,
		"2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group "
		"default qlen 1000\n"
		"    inet 10.0.0.2/24 brd 10.0.0.255 scope global eth0\n"
		"       valid_lft forever preferred_lft forever\n");
	assert_console(lab_run("ip -6 addr show lo"), 0,
		"1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 state UNKNOWN qlen 1000\n"
		"    inet6 ::1/128 scope host \n"
		"       valid_lft forever preferred_lft forever\n");
	assert_console(lab_run("ip -br addr"), 0,
		"lo               UNKNOWN        127.0.0.1/8 ::1/128 \n"
		"eth0             UP             10.0.0.2/24 fd00::2/64 fe80::ff:fe00:1/64 \n");
	assert_console(lab_run("ip -o -4 addr"), 0,
		"1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever preferred_lft "
		"forever\n"
		"2: eth0    inet 10.0.0.2/24 brd 10.0.0.255 scope global eth0\\       valid_lft "
		"forever preferred_lft forever\n");
	assert_console(lab_run("ip addr show eth9"), 1, "Device \"eth9\" does not exist.\n");
}

static void test_links(void **state)
{
	(void)state;
	assert_console(lab_run("ip link show eth0"), 0,
		"2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP mode "
		"DEFAULT group default qlen 1000\n"
		"    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff\n");
	/* ARP there and back, echo there and back. */
	lab_run("ping -q -c 1 web");
	assert_console(lab_run("ip -s link show eth0"), 0,
		"2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP mode "
		"DEFAULT group default qlen 1000\n"
		"    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff\n"
		"    RX:  bytes packets errors dropped  missed   mcast           \n"
		"           140       2      0       0       0       0 \n"
		"    TX:  bytes packets errors dropped carrier collsns           \n"
		"           140       2      0       0       0       0 \n");
	link_set_up(lab.near, false);
	assert_console(lab_run("ip -br link"), 0,
		"lo               UNKNOWN        00:00:00:00:00:00 <LOOPBACK,UP,LOWER_UP> \n"
		"eth0             DOWN           02:00:00:00:00:01 <NO-CARRIER,BROADCAST,MULTICAST,UP> "
		"\n");
	ip_iface_set_up(lab.client0, false);
	assert_contains(lab_run("ip l"),
			"2: eth0: <BROADCAST,MULTICAST> mtu 1500 qdisc noqueue state DOWN ");
}

static void test_routes(void **state)
{
	struct prefix near;

	(void)state;
	lab_route(lab.client, "10.6.0.0/16", NULL, ROUTE_BLACKHOLE);
	lab_route(lab.client, "10.5.0.0/16", "10.0.0.7", ROUTE_UNICAST);
	lab_route(lab.client, "10.5.5.5/32", "10.0.0.1", ROUTE_UNICAST);
	lab_route(lab.client, "10.7.0.0/16", NULL, ROUTE_UNREACHABLE);
	lab_route(lab.client, "fd00:8::/64", "fd00::7", ROUTE_UNICAST);
	lab_route(lab.client, "fd00:6::/64", NULL, ROUTE_BLACKHOLE);
	assert_console(lab_run("ip route"), 0,
		"default via 10.0.0.1 dev eth0 proto static \n"
		"10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.2 \n"
		"10.5.0.0/16 via 10.0.0.7 dev eth0 proto static \n"
		"10.5.5.5 via 10.0.0.1 dev eth0 proto static \n"
		"blackhole 10.6.0.0/16 \n"
		"unreachable 10.7.0.0/16 \n");
	assert_console(lab_run("ip -6 route"), 0,
		"fd00::/64 dev eth0 proto kernel metric 256 pref medium\n"
		"blackhole fd00:6::/64 dev lo metric 1024 pref medium\n"
		"fd00:8::/64 via fd00::7 dev eth0 proto static metric 1024 pref medium\n"
		"fe80::/64 dev eth0 proto kernel metric 256 pref medium\n"
		"default via fd00::1 dev eth0 proto static metric 1024 pref medium\n");
	assert_console(lab_run("ip route show dev eth0"), 0,
		"default via 10.0.0.1 proto static \n"
		"10.0.0.0/24 proto kernel scope link src 10.0.0.2 \n"
		"10.5.0.0/16 via 10.0.0.7 proto static \n"
		"10.5.5.5 via 10.0.0.1 proto static \n");
	assert_console(lab_run("ip r show 10.6.0.0/16"), 0, "blackhole 10.6.0.0/16 \n");
	assert_true(prefix_parse("10.5.5.5/32", &near));
	route_set_initcwnd(lab.client, &near, 0, 3);
	assert_console(lab_run("ip r show 10.5.5.5"), 0,
		       "10.5.5.5 via 10.0.0.1 dev eth0 proto static initcwnd 3 \n");
	assert_console(lab_run("ip route show default"), 0,
		       "default via 10.0.0.1 dev eth0 proto static \n");
	assert_contains(lab_run("ip route show table local"),
			"local 10.0.0.2 dev eth0 proto kernel scope host src 10.0.0.2 \n"
			"broadcast 10.0.0.255 dev eth0 proto kernel scope link src 10.0.0.2 \n");
}

static void test_route_get(void **state)
{
	(void)state;
	lab_route(lab.client, "10.6.0.0/16", NULL, ROUTE_BLACKHOLE);
	lab_route(lab.client, "10.7.0.0/16", NULL, ROUTE_UNREACHABLE);
	lab_route(lab.client, "10.8.0.0/16", NULL, ROUTE_PROHIBIT);
	assert_console(lab_run("ip route get 10.0.1.2"), 0,
		       "10.0.1.2 via 10.0.0.1 dev eth0 src 10.0.0.2 uid 0 \n    cache \n");
	assert_console(lab_run("ip route get 10.0.0.1"), 0,
		       "10.0.0.1 dev eth0 src 10.0.0.2 uid 0 \n    cache \n");
	assert_console(lab_run("ip route get 10.0.0.2"), 0,
		       "local 10.0.0.2 dev lo src 10.0.0.2 uid 0 \n    cache <local> \n");
	assert_console(lab_run("ip route get 10.0.0.255"), 0,
		       "broadcast 10.0.0.255 dev eth0 src 10.0.0.2 uid 0 \n    cache <local,brd> \n");
	assert_console(lab_run("ip route get fd00::1"), 0,
		       "fd00::1 from :: dev eth0 proto kernel src fd00::2 metric 256 pref medium\n");
	assert_console(lab_run("ip route get fd00::2"), 0,
		       "local fd00::2 from :: dev lo table local proto kernel src fd00::2 metric 0 "
		       "pref medium\n");
	assert_console(lab_run("ip route get 10.6.0.1"), 2, "RTNETLINK answers: Invalid argument\n");
	assert_console(lab_run("ip route get 10.7.0.1"), 2, "RTNETLINK answers: No route to host\n");
	assert_console(lab_run("ip route get 10.8.0.1"), 2, "RTNETLINK answers: Permission denied\n");
	assert_console(lab_run("ip route get x"), 1,
		       "Error: any valid prefix is expected rather than \"x\".\n");
	assert_console(lab_run("ip -6 route get 10.0.0.1"), 1,
		       "Error: inet6 prefix is expected rather than \"10.0.0.1\".\n");
	assert_console(lab_run("ip route get"), 1, "need at least a destination address\n");
	/* What the path has taught. */
	lab_far_mtu(&lab, 1400);
	lab_run("ping -q -c 1 -M do -s 1472 web");
	lab_run("ping -q -c 1 -6 -M do -s 1452 web");
	lab_run("sleep 5");
	assert_console(lab_run("ip route get 10.0.1.2"), 0,
		       "10.0.1.2 via 10.0.0.1 dev eth0 src 10.0.0.2 uid 0 \n"
		       "    cache expires 594sec mtu 1400 \n");
	assert_contains(lab_run("ip route get fd00:1::2"),
			"fd00:1::2 from :: via fd00::1 dev eth0 proto static src fd00::2 metric 1024 "
			"expires 595sec mtu 1400 pref medium\n");
}

static void test_neighbours(void **state)
{
	(void)state;
	assert_console(lab_run("ip neigh"), 0, "");
	lab_run("ping -q -c 1 web");
	lab_run("ping -q -6 -c 1 web");
	lab_spawn(&lab, lab.client, "ping -c 1 10.0.0.77");
	lab_run("sleep 0.1");
	assert_console(lab_run("ip neigh"), 0,
		"10.0.0.1 dev eth0 lladdr 02:00:00:00:00:02 REACHABLE \n"
		"10.0.0.77 dev eth0 INCOMPLETE \n"
		"fd00::1 dev eth0 lladdr 02:00:00:00:00:02 router REACHABLE \n");
	lab_run("sleep 5");
	assert_console(lab_run("ip -4 neigh show dev eth0"), 0,
		"10.0.0.1 lladdr 02:00:00:00:00:02 REACHABLE \n"
		"10.0.0.77 FAILED \n");
	lab_run("sleep 60");
	assert_contains(lab_run("ip neigh show 10.0.0.1"),
			"10.0.0.1 dev eth0 lladdr 02:00:00:00:00:02 STALE \n");
	assert_contains(lab_run("ip -s n show 10.0.0.1"), "probes ");
	assert_console(lab_run("ip neigh show dev eth9"), 1, "Cannot find device \"eth9\"\n");
}

static void test_usage(void **state)
{
	(void)state;
	assert_console(lab_run("ip foo"), 1, "Object \"foo\" is unknown, try \"ip help\".\n");
	assert_console(lab_run("ip addr foo"), 255,
		       "Command \"foo\" is unknown, try \"ip address help\".\n");
	assert_console(lab_run("ip -Z"), 255, "Option \"-Z\" is unknown, try \"ip -help\".\n");
	assert_int_equal(process_exit_status(lab_run("ip")), 255);
	assert_int_equal(process_exit_status(lab_run("ip help")), 255);
	struct process *p = lab_run("ip route add 1.2.3.0/24 via 10.0.0.1");
	assert_int_equal(process_exit_status(p), 2);
	assert_contains(p, "ip: \"route add\" is not built");
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, lab_setup, lab_teardown)
	const struct CMUnitTest tests[] = {
		CASE(test_addresses), CASE(test_links), CASE(test_routes), CASE(test_route_get),
		CASE(test_neighbours), CASE(test_usage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
