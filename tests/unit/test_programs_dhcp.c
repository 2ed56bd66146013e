/* udhcpc and dhcpd against each other: a server, three other hosts, a switch between them. */
#include "dhcp_office.h"

/* Four messages, three probes, and then everything is there. */
static void whole_lease(void **state)
{
	struct process *d = start(0, "dhcpd --dns 10.0.0.53,10.0.0.54 --domain example.net");
	struct process *c = start(1, "udhcpc -i eth0");
	struct ipaddr out[HOST_RESOLVERS], far = addr_of("192.0.2.1"), gw = addr_of("10.0.0.1");

	(void)state;
	pass(500);
	assert_false(has(1, "10.0.0.100")); /* it is still asking whether anybody has it */
	pass(8000);
	assert_true(has(1, "10.0.0.100"));
	assert_contains(c, "udhcpc: started\n"
			   "udhcpc: broadcasting discover\n"
			   "udhcpc: broadcasting select for 10.0.0.100, server 10.0.0.1\n"
			   "udhcpc: lease of 10.0.0.100 obtained from 10.0.0.1, lease time 3600\n");
	assert_contains(d, "dhcpd: serving 10.0.0.100 to 10.0.0.199 on eth0\n"
			   "dhcpd: DISCOVER 02:00:00:00:00:02 laptop\n"
			   "dhcpd: OFFER 10.0.0.100 02:00:00:00:00:02 laptop\n"
			   "dhcpd: REQUEST 10.0.0.100 02:00:00:00:00:02 laptop\n"
			   "dhcpd: ACK 10.0.0.100 02:00:00:00:00:02 laptop\n");
	assert_true(lab_metric(c, "lease_time") == 3600 && lab_metric(c, "bound") == 1);
	assert_true(lab_metric(c, "address_time") > 4 && lab_metric(c, "address_time") < 8);
	assert_true(lab_metric(d, "leases") == 1);
	/* Default route, name servers, and a name for the others. */
	struct route *r = route_lookup(office.node[1], &far)->route;
	assert_non_null(r);
	assert_true(ipaddr_eq(&r->gateway, &gw) && r->proto == ROUTE_DHCP);
	assert_int_equal(host_resolvers(office.node[1], out), 2);
	struct process *p = lab_command(&office.lab, office.node[0], "ping -c 1 -q laptop");
	assert_true(lab_metric(p, "received") == 1);
	assert_contains(lab_command(&office.lab, office.node[1], "ip route"),
			"default via 10.0.0.1 dev eth0 proto dhcp");
	processes_stop(office.lab.ps);
	assert_contains(d, "dhcpd: 1 of 100 addresses are leased:\n"
			   "  10.0.0.100       02:00:00:00:00:02  laptop           bound, ");
}

static void renewal_and_two_clients(void **state)
{
	struct process *d = start(0, "dhcpd --lease 200");
	struct process *a = start(1, "udhcpc -a 0"), *b = start(2, "udhcpc -a 100");

	(void)state;
	pass(2000);
	assert_true(has(1, "10.0.0.100") && has(2, "10.0.0.101"));
	pass(110000);
	assert_true(lab_metric(a, "renewals") == 1 && lab_metric(b, "renewals") == 1);
	assert_contains(a, "udhcpc: sending renew to server 10.0.0.1\n");
	pass(600000);
	assert_true(lab_metric(a, "renewals") >= 6);
	assert_true(lab_metric(a, "leases") == 1); /* the address never went */
	assert_true(lab_metric(d, "leases") == 2);
}

static void pool_runs_out(void **state)
{
	struct process *d = start(0, "dhcpd --range 10.0.0.10-10.0.0.10 --lease 30"), *late;

	(void)state;
	start(1, "udhcpc -a 0 -q");
	pass(2000);
	assert_true(has(1, "10.0.0.10"));
	late = lab_command(&office.lab, office.node[2], "udhcpc -n -t 2 -T 1 -a 0");
	assert_int_equal(process_exit_status(late), 1);
	assert_contains(late, "udhcpc: no lease, failing\n");
	assert_true(lab_metric(d, "exhausted") == 2);
	/* The first one has ended and does not renew; its lease runs out, but it still answers. */
	pass(40000);
	late = lab_command(&office.lab, office.node[2], "udhcpc -n -t 2 -T 2 -a 0");
	assert_int_equal(process_exit_status(late), 1);
	assert_true(lab_metric(d, "conflicts") == 1);
}

/* Somebody has the address already: found by the server's ping, or by the client's ARP. */
static void conflicts(void **state)
{
	struct ipaddr squatted = addr_of("10.0.0.100");
	struct process *d, *c;

	(void)state;
	assert_int_equal(ip_addr_add(office.iface[3], &squatted, IPADDR_V4_BITS + 24), 0);
	d = start(0, "dhcpd");
	start(1, "udhcpc");
	pass(9000);
	assert_true(has(1, "10.0.0.101"));
	assert_contains(d, "dhcpd: somebody has 10.0.0.100: set aside\n");
	process_kill(d);
	pass(10);
	d = start(0, "dhcpd --ping 0");
	c = start(2, "udhcpc");
	pass(4500);
	assert_true(lab_metric(c, "declined") == 1);
	assert_contains(d, "dhcpd: DECLINE 10.0.0.100 02:00:00:00:00:03\n");
	assert_false(has(2, "10.0.0.100"));
	/* Ten seconds later it asks again. That server does not know of .101; the client's ARP does. */
	pass(60000);
	assert_true(has(2, "10.0.0.102"));
	assert_true(lab_metric(c, "declined") == 2);
}

static void reboot_and_nak(void **state)
{
	struct process *d = start(0, "dhcpd"), *c;

	(void)state;
	pass(10);
	c = lab_command(&office.lab, office.node[1], "udhcpc -q -a 0");
	assert_int_equal(process_exit_status(c), 0);
	assert_true(has(1, "10.0.0.100"));
	/* With its old address: no DISCOVER. */
	c = lab_command(&office.lab, office.node[1], "udhcpc -q -a 0 -r 10.0.0.100");
	assert_contains(c, "udhcpc: broadcasting select for 10.0.0.100\n"
			   "udhcpc: lease of 10.0.0.100 obtained");
	assert_null(strstr(process_console(c, NULL), "discover"));
	/* With one of another network, or another's: refused, and then as always. */
	c = lab_command(&office.lab, office.node[2], "udhcpc -q -a 0 -r 192.168.7.7");
	assert_contains(c, "udhcpc: received DHCP NAK\nudhcpc: broadcasting discover\n");
	assert_true(has(2, "10.0.0.101"));
	c = lab_command(&office.lab, office.node[2], "udhcpc -q -a 0 -r 10.0.0.100");
	assert_contains(c, "udhcpc: received DHCP NAK\n");
	assert_true(lab_metric(d, "naks") == 2);
	/* Nobody knows a new host, so nobody speaks; it begins from the start. */
	c = lab_command(&office.lab, office.node[3], "udhcpc -q -a 0 -r 10.0.0.150");
	assert_true(lab_metric(d, "naks") == 2);
	assert_true(has(3, "10.0.0.150")); /* it asks for the same, which is free */
}

static void release(void **state)
{
	struct process *d = start(0, "dhcpd"), *c;
	struct ipaddr out;

	(void)state;
	c = lab_command(&office.lab, office.node[1], "udhcpc -R -w 5 -a 0");
	assert_int_equal(process_exit_status(c), 0);
	assert_contains(c, "udhcpc: unicasting a release of 10.0.0.100 to 10.0.0.1\n");
	assert_false(has(1, "10.0.0.100"));
	assert_int_equal(names_find(office.lab.names, "laptop", &out, 1), 0);
	assert_true(lab_metric(d, "releases") == 1 && lab_metric(d, "leases") == 0);
	assert_int_equal(lab_metric(c, "bound"), 0);
}

/* The server is gone: renew, rebind, and at the end no address and no route. */
static void expiry(void **state)
{
	struct process *d = start(0, "dhcpd --lease 40"), *c = start(1, "udhcpc -a 0");
	struct ipaddr far = addr_of("192.0.2.1"), servers[HOST_RESOLVERS];

	(void)state;
	pass(5000);
	assert_true(has(1, "10.0.0.100"));
	process_kill(d);
	pass(34000);
	assert_contains(c, "udhcpc: sending renew to server 10.0.0.1\nudhcpc: broadcasting renew\n");
	assert_true(has(1, "10.0.0.100"));
	pass(3000);
	assert_false(has(1, "10.0.0.100"));
	assert_true(lab_metric(c, "lost") == 1 && lab_metric(c, "bound") == 0);
	assert_int_equal(route_lookup(office.node[1], &far)->type, ROUTE_NONE);
	assert_int_equal(host_resolvers(office.node[1], servers), 0);
	/* It is back: so is the address. */
	start(0, "dhcpd --lease 40");
	pass(140000);
	assert_true(has(1, "10.0.0.100"));
	assert_true(lab_metric(c, "leases") == 2);
}

/* A cable is pulled and plugged in: the address holds, or it does not any more. */
static void link_comes_back(void **state)
{
	struct process *d = start(0, "dhcpd"), *c = start(1, "udhcpc -a 0"), *e;

	(void)state;
	pass(2000);
	link_set_up(office.link[1], false);
	pass(5000);
	assert_true(has(1, "10.0.0.100"));
	link_set_up(office.link[1], true);
	pass(1000);
	assert_contains(c, "udhcpc: the link is back\nudhcpc: broadcasting select for 10.0.0.100\n"
			   "udhcpc: lease of 10.0.0.100 obtained");
	assert_true(lab_metric(c, "leases") == 1 && lab_metric(d, "acks") == 2);
	/* Nobody answers: it keeps what it has. */
	process_kill(d);
	ip_iface_set_up(office.iface[1], false);
	pass(1000);
	ip_iface_set_up(office.iface[1], true);
	pass(60000);
	assert_true(has(1, "10.0.0.100"));
	/* Another server, for which it is another's: it begins again. */
	start(0, "dhcpd --range 10.0.0.20-10.0.0.30 --host laptop=10.0.0.77");
	link_set_up(office.link[1], false);
	pass(1000);
	link_set_up(office.link[1], true);
	pass(5000);
	assert_false(has(1, "10.0.0.100"));
	assert_true(has(1, "10.0.0.77"));
	/* Without a lease it does not wait for its pause to end. */
	link_set_up(office.link[2], false);
	e = start(2, "udhcpc -a 0 -t 1 -T 1 -A 1000");
	pass(10000);
	assert_false(has(2, "10.0.0.20"));
	link_set_up(office.link[2], true);
	pass(2000);
	assert_true(has(2, "10.0.0.20"));
	assert_true(lab_metric(e, "address_time") < 13);
}

static void fixed_hosts(void **state)
{
	start(0, "dhcpd --host 02:00:00:00:00:02=10.0.0.7 --host phone=10.0.0.100");
	start(1, "udhcpc -a 0");
	start(2, "udhcpc -a 0");
	start(3, "udhcpc -a 0 -C");
	(void)state;
	pass(3000);
	assert_true(has(1, "10.0.0.7"));
	assert_true(has(2, "10.0.0.100"));
	assert_true(has(3, "10.0.0.101"));
}

static void no_server(void **state)
{
	struct process *c = lab_command(&office.lab, office.node[1], "udhcpc -n");

	(void)state;
	assert_int_equal(process_exit_status(c), 1);
	/* 4 + 8 + 16 + 32 + 64, each +- 1. */
	assert_true(vtime_seconds(process_end(c)) > 119 && vtime_seconds(process_end(c)) < 129);
}

/* A client that does not ask for broadcasts is answered at its hardware address, without ARP. */
struct seen {
	struct tap tap;
	unsigned offers;
	struct mac to;
	struct ipaddr dst;
};

static void frame_seen(struct tap *t, const struct packet *p, enum tap_dir dir, vtime at)
{
	struct seen *s = container_of(t, struct seen, tap);
	const uint8_t *f = p->hdr + p->head;

	(void)at;
	if (dir != TAP_IN || p->end - p->head < ETH_HLEN + 28 || f[12] != 8 || f[13] != 0 ||
	    f[ETH_HLEN + 9] != 17 || f[ETH_HLEN + 23] != DHCP4_CLIENT_PORT)
		return;
	s->offers++;
	memcpy(s->to.b, f, 6);
	s->dst = ipaddr_from_bytes4(f + ETH_HLEN + 16);
}

static void unicast_answers(void **state)
{
	struct seen seen = {.tap = {.frame = frame_seen}};
	struct endpoint local = {.addr = ipaddr_any4, .port = DHCP4_CLIENT_PORT};
	struct endpoint to = {.addr = ipaddr_broadcast4, .port = DHCP4_SERVER_PORT};
	const struct ipaddr yours = addr_of("10.0.0.100");
	struct socket *s = socket_new(office.node[1], SOCKET_UDP, AF_INET);
	struct dhcp4 m = dhcp4_empty();
	uint8_t data[DHCP4_MAX];

	(void)state;
	start(0, "dhcpd");
	pass(10);
	iface_tap_add(&office.iface[1]->link, &seen.tap);
	m.type = DHCP4_DISCOVER;
	m.xid = 77;
	m.chaddr = office.iface[1]->link.mac;
	assert_int_equal(socket_set(s, SOCKET_BROADCAST, 1), 0);
	assert_int_equal(socket_set(s, SOCKET_DEVICE, 1), 0);
	assert_int_equal(socket_bind(s, &local), 0);
	const struct socket_out out = {
		.to = &to, .data = data, .len = (uint32_t)dhcp4_emit(data, sizeof(data), &m), .tos = -1};
	assert_int_equal(socket_send(s, &out), 0);
	pass(2000);
	assert_int_equal(seen.offers, 1);
	assert_int_equal(mac_to_u64(&seen.to), mac_to_u64(&office.iface[1]->link.mac));
	assert_true(ipaddr_eq(&seen.dst, &yours));
	iface_tap_remove(&office.iface[1]->link, &seen.tap);
	socket_close(s);
}

static void mistakes(void **state)
{
	static const struct {
		int host;
		const char *command, *says;
		int status;
	} rows[] = {
		{1, "udhcpc -i eth7", "udhcpc: no such interface: eth7\n", 1},
		{1, "udhcpc -t 0", "udhcpc: '0' is wrong for -t; see 'netarium help udhcpc'\n", 2},
		{1, "udhcpc -r fd00::1", "udhcpc: 'fd00::1' is wrong for -r", 2},
		{1, "udhcpc -O nonsense", "udhcpc: 'nonsense' is wrong for -O", 2},
		{1, "udhcpc more", "Usage: udhcpc", 2},
		{1, "dhcpd", "dhcpd: eth0 has no IPv4 address\n", 1},
		{0, "dhcpd --range 10.0.1.5-10.0.1.9", "dhcpd: the range is not in 10.0.0.0/24\n", 1},
		{0, "dhcpd --range 10.0.0.9-10.0.0.5", "dhcpd: '10.0.0.9-10.0.0.5' is wrong there", 2},
		{0, "dhcpd --lease 0", "dhcpd: '0' is wrong there", 2},
		{0, "dhcpd --host x", "dhcpd: 'x' is wrong there", 2},
		{0, "dhcpd --dns 10.0.0.1,", "dhcpd: '10.0.0.1,' is wrong there", 2},
	};

	(void)state;
	for (size_t k = 0; k < sizeof(rows) / sizeof(rows[0]); k++) {
		struct process *p = lab_command(&office.lab, office.node[rows[k].host],
						rows[k].command);

		assert_contains(p, rows[k].says);
		assert_int_equal(process_exit_status(p), rows[k].status);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(whole_lease), CASE(renewal_and_two_clients), CASE(pool_runs_out),
		CASE(conflicts),   CASE(reboot_and_nak),	  CASE(release),
		CASE(expiry),	   CASE(fixed_hosts), CASE(link_comes_back), CASE(no_server),
		CASE(unicast_answers), CASE(mistakes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
