/* NAT, requirement by requirement; docs/nat.md says which test shows which. */
#include "nat_lab.h"

static void there_and_back(void **state)
{
	(void)state;
	nat(&plain);
	udp(IN, 4000, OUT, 53);
	lab_arrived(lab.out, 1, R_OUT, 4000, OUT, 53);
	udp_back(OUT, 53, R_OUT, 4000);
	lab_arrived(lab.in, 1, OUT, 53, IN, 4000);
	assert_int_equal(mappings(), 1);
	lab_wait(121000);
	assert_int_equal(mappings(), 0);
	/* Nothing stands for it any more. */
	udp_back(OUT, 53, R_OUT, 4000);
	assert_int_equal(lab.got[0].count, 1);
}

static void with_mapping(enum nat_kind kind)
{
	struct nat_params params = plain;

	params.mapping = kind;
	params.port_preservation = false;
	nat(&params);
	second_outside();
}

/* The outside port of one inside port for three destinations. */
static void three_ports(uint16_t ports[3])
{
	udp(IN, 4000, OUT, 53);
	ports[0] = lab.got[1].sport;
	udp(IN, 4000, OUT, 54);
	ports[1] = lab.got[1].sport;
	udp(IN, 4000, "203.0.113.10", 53);
	ports[2] = lab.got[1].sport;
	assert_int_equal(lab.got[1].count, 3);
}

static void mapping_independent(void **state)
{
	uint16_t p[3];

	(void)state;
	with_mapping(NAT_ENDPOINT_INDEPENDENT);
	three_ports(p);
	assert_true(p[0] == p[1] && p[1] == p[2]);
	assert_int_equal(mappings(), 1);
}

static void mapping_by_address(void **state)
{
	uint16_t p[3];

	(void)state;
	with_mapping(NAT_ADDRESS_DEPENDENT);
	three_ports(p);
	assert_true(p[0] == p[1] && p[1] != p[2]);
	assert_int_equal(mappings(), 2);
}

static void mapping_by_port(void **state)
{
	uint16_t p[3];

	(void)state;
	with_mapping(NAT_ADDRESS_AND_PORT_DEPENDENT);
	three_ports(p);
	assert_true(p[0] != p[1] && p[1] != p[2] && p[0] != p[2]);
	assert_int_equal(mappings(), 3);
}

/* Who may answer on a mapping that sent to OUT port 53 only: bits OUT:53, OUT:99, another:53. */
static unsigned admitted(enum nat_kind filtering)
{
	struct nat_params params = plain;
	unsigned got = 0;

	params.filtering = filtering;
	nat(&params);
	second_outside();
	udp(IN, 4000, OUT, 53);
	udp_back(OUT, 53, R_OUT, 4000);
	got |= lab.got[0].count == 1;
	udp_back(OUT, 99, R_OUT, 4000);
	got |= (lab.got[0].count == 2) << 1;
	unsigned before = lab.got[0].count;
	udp_back("203.0.113.10", 53, R_OUT, 4000);
	got |= (lab.got[0].count == before + 1) << 2;
	return got;
}

static void filtering_independent(void **state)
{
	(void)state;
	assert_int_equal(admitted(NAT_ENDPOINT_INDEPENDENT), 7);
}

static void filtering_by_address(void **state)
{
	(void)state;
	assert_int_equal(admitted(NAT_ADDRESS_DEPENDENT), 3);
	assert_int_equal(site_drops(&lab.r->site, DROP_NAT_FILTERED), 1);
}

static void filtering_by_port(void **state)
{
	(void)state;
	assert_int_equal(admitted(NAT_ADDRESS_AND_PORT_DEPENDENT), 1);
	assert_int_equal(site_drops(&lab.r->site, DROP_NAT_FILTERED), 2);
}

/* Two hosts with one port: the second gets another one, even where its own is even; no overloading. */
static void ports(void **state)
{
	uint16_t other;

	(void)state;
	nat(&plain);
	second_inside();
	udp(IN, 4000, OUT, 53);
	lab_arrived(lab.out, 1, R_OUT, 4000, OUT, 53);
	udp("192.168.0.3", 4000, OUT, 53);
	other = lab.got[1].sport;
	assert_int_not_equal(other, 4000);
	assert_int_equal(other % 2, 0);
	assert_true(other >= 1024);
	udp_back(OUT, 53, R_OUT, other);
	lab_arrived(lab.in, 1, OUT, 53, "192.168.0.3", 4000);
	udp("192.168.0.3", 4001, OUT, 53);
	assert_int_equal(lab.got[1].sport, 4001);
	/* A port below those that are given out is not kept. */
	udp(IN, 500, OUT, 53);
	assert_true(lab.got[1].sport >= 1024);
}

static void ports_run_out(void **state)
{
	struct nat_params params = plain;

	(void)state;
	params.first_port = 5000;
	params.last_port = 5003;
	params.port_parity = false;
	nat(&params);
	for (uint16_t port = 1; port <= 6; port++)
		udp(IN, port, OUT, 53);
	assert_int_equal(lab.got[1].count, 4);
	assert_int_equal(mappings(), 4);
	assert_int_equal(site_drops(&lab.r->site, DROP_NAT_EXHAUSTED), 2);
	/* What did not get one leaves no connection either. */
	assert_int_equal(conntrack_count(lab_table()), 4);
}

static void pool(void **state)
{
	struct nat_params params = plain;
	struct ipaddr addrs[2] = {net_ip("203.0.113.100"), net_ip("203.0.113.101")};
	struct ipaddr first;

	(void)state;
	params.pool = addrs;
	params.n_pool = 2;
	nat(&params);
	assert_int_equal(ip_addr_add(lab.r_out, &addrs[0], IPADDR_V4_BITS + 24), 0);
	assert_int_equal(ip_addr_add(lab.r_out, &addrs[1], IPADDR_V4_BITS + 24), 0);
	udp(IN, 4000, OUT, 53);
	first = lab.got[1].src;
	for (uint16_t port = 4001; port < 4010; port++) {
		udp(IN, port, OUT, 53);
		assert_true(ipaddr_eq(&lab.got[1].src, &first));
	}
}

/* RFC 7857 4: unless they are paired, the addresses take turns. */
static void pool_in_turns(void **state)
{
	struct nat_params params = plain;
	struct ipaddr addrs[2] = {net_ip("203.0.113.100"), net_ip("203.0.113.101")};

	(void)state;
	params.pool = addrs;
	params.n_pool = 2;
	params.paired = false;
	nat(&params);
	for (uint16_t k = 0; k < 6; k++) {
		udp(IN, (uint16_t)(4000 + k), OUT, 53);
		assert_true(ipaddr_eq(&lab.got[1].src, &addrs[k % 2]));
	}
}

static void forwarded(void **state)
{
	struct nat_forward f = {.proto = IPPROTO_UDP, .first = 8000, .last = 8009,
				.to = net_ip(IN), .to_port = 80};
	struct nat_params params = plain;

	(void)state;
	params.forwards = &f;
	params.n_forwards = 1;
	params.filtering = NAT_ADDRESS_AND_PORT_DEPENDENT;
	nat(&params);
	udp_back(OUT, 1234, R_OUT, 8003);
	lab_arrived(lab.in, 1, OUT, 1234, IN, 83);
	udp(IN, 83, OUT, 1234);
	lab_arrived(lab.out, 1, R_OUT, 8003, OUT, 1234);
	/* Nobody else gets a forwarded port. */
	udp(IN, 8005, OUT, 53);
	assert_true(lab.got[1].sport < 8000 || lab.got[1].sport > 8009);
}

/* A port of one address outside is not one of another. */
static void forwarded_of_one(void **state)
{
	struct ipaddr other = net_ip("203.0.113.2");
	struct nat_forward f = {.proto = IPPROTO_UDP, .address = other, .first = 8000, .last = 8000,
				.to = net_ip(IN), .to_port = 80};
	struct nat_params params = plain;

	(void)state;
	assert_int_equal(ip_addr_add(lab.r_out, &other, IPADDR_V4_BITS + 24), 0);
	params.forwards = &f;
	params.n_forwards = 1;
	nat(&params);
	udp_back(OUT, 1234, R_OUT, 8000);
	assert_int_equal(lab.got[0].count, 0);
	udp_back(OUT, 1234, "203.0.113.2", 8000);
	lab_arrived(lab.in, 1, OUT, 1234, IN, 80);
	udp(IN, 8000, OUT, 53); /* it is free at the other */
	lab_arrived(lab.out, 1, R_OUT, 8000, OUT, 53);
}

static void hairpin(bool allowed)
{
	struct nat_params params = plain;

	params.hairpinning = allowed;
	params.filtering = NAT_ENDPOINT_INDEPENDENT;
	nat(&params);
	second_inside();
	udp("192.168.0.3", 7000, OUT, 53);
	udp(IN, 4000, R_OUT, 7000);
}

static void hairpinning(void **state)
{
	(void)state;
	hairpin(true);
	/* Seen as from outside (RFC 4787 REQ-9 a). */
	lab_arrived(lab.in, 1, R_OUT, 4000, "192.168.0.3", 7000);
	udp("192.168.0.3", 7000, R_OUT, 4000);
	lab_arrived(lab.in, 2, R_OUT, 7000, IN, 4000);
}

/* Two hosts that knock at each other: the first is refused, the second answers, and both are through. */
static void hairpin_punched(enum nat_kind filtering)
{
	struct nat_params params = plain;

	params.filtering = filtering;
	nat(&params);
	second_inside();
	udp("192.168.0.3", 7000, OUT, 53);
	udp(IN, 4000, OUT, 53);
	udp(IN, 4000, R_OUT, 7000);
	assert_int_equal(lab.got[0].count, 0);
	assert_int_equal(site_drops(&lab.r->site, DROP_NAT_FILTERED), 1);
	udp("192.168.0.3", 7000, R_OUT, 4000);
	lab_arrived(lab.in, 1, R_OUT, 7000, IN, 4000);
	udp(IN, 4000, R_OUT, 7000);
	lab_arrived(lab.in, 2, R_OUT, 4000, "192.168.0.3", 7000);
	/* Who was never knocked at is refused as before: by its port, if that counts. */
	udp("192.168.0.3", 7001, OUT, 53);
	udp("192.168.0.3", 7001, R_OUT, 4000);
	assert_int_equal(lab.got[0].count, filtering == NAT_ADDRESS_DEPENDENT ? 3 : 2);
}

static void hairpin_by_address(void **state)
{
	(void)state;
	hairpin_punched(NAT_ADDRESS_DEPENDENT);
}

static void hairpin_by_port(void **state)
{
	(void)state;
	hairpin_punched(NAT_ADDRESS_AND_PORT_DEPENDENT);
}

static void no_hairpinning(void **state)
{
	(void)state;
	hairpin(false);
	assert_int_equal(lab.got[0].count, 0);
	assert_int_equal(site_drops(&lab.r->site, DROP_NAT_NO_HAIRPIN), 1);
}

static void icmp_query(void **state)
{
	(void)state;
	nat(&plain);
	lab_icmp((struct lab_packet){.from = lab.in, .dst = OUT, .flags = ICMP4_ECHO, .sport = 4321});
	assert_int_equal(lab.got[0].count, 1); /* the answer came back */
	assert_true(lab.got[0].csum_ok);
	assert_int_equal(mappings(), 1);
}

/* An error from outside quotes the outside end; inside it has to quote the inside one. */
static void icmp_error_in(void **state)
{
	(void)state;
	nat(&plain);
	second_inside();
	udp(IN, 4000, OUT, 53);
	udp("192.168.0.3", 4000, OUT, 53); /* whose outside port is another */
	/* A protocol without ports is translated by address alone. */
	net_send(lab.in, OUT, 10, 0, IP_PMTU_WANT);
	lab_wait(10);
	assert_int_equal(net_seen.arrived, 1);
	/* r finds out after translation that its neighbour is not there. */
	lab_udp((struct lab_packet){.from = lab.in, .dst = "203.0.113.77", .sport = 4444, .dport = 9});
	lab_wait(5000);
	assert_int_equal(lab.got[0].icmp_type, ICMP4_DESTINATION_UNREACHABLE);
	assert_int_equal(lab.got[0].sport, 4444);
	assert_int_equal(lab.got[0].dport, 9);
}

static void tcp_translated(void **state)
{
	(void)state;
	nat(&plain);
	tcp(lab.in, IN, 5000, OUT, 80, SYN, 100, 0);
	lab_arrived(lab.out, 1, R_OUT, 5000, OUT, 80);
	tcp(lab.out, OUT, 80, R_OUT, 5000, SYN | ACK, 900, 101);
	lab_arrived(lab.in, 1, OUT, 80, IN, 5000);
	tcp(lab.in, IN, 5000, OUT, 80, ACK, 101, 901);
	lab_wait(7000000); /* less than 2 h 4 min */
	assert_int_equal(mappings(), 1);
}

/* RFC 5382 REQ-2: the two SYNs cross. The first from outside is held, and forgotten. */
static void tcp_simultaneous(void **state)
{
	(void)state;
	nat(&plain);
	tcp(lab.out, OUT, 80, R_OUT, 5000, SYN, 900, 0);
	assert_int_equal(lab.got[0].count, 0);
	tcp(lab.in, IN, 5000, OUT, 80, SYN, 100, 0);
	lab_arrived(lab.out, 1, R_OUT, 5000, OUT, 80);
	tcp(lab.out, OUT, 80, R_OUT, 5000, SYN, 900, 0); /* again */
	lab_arrived(lab.in, 1, OUT, 80, IN, 5000);
	tcp(lab.in, IN, 5000, OUT, 80, SYN | ACK, 100, 901);
	tcp(lab.out, OUT, 80, R_OUT, 5000, SYN | ACK, 900, 101);
	lab_arrived(lab.in, 2, OUT, 80, IN, 5000);
	lab_wait(7000);
	assert_int_equal(lab.got[1].icmp_type, 0); /* silently */
	assert_int_equal(site_drops(&lab.r->site, DROP_NAT_UNSOLICITED), 1);
}

/* REQ-4: nothing for six seconds, then port unreachable. */
static void tcp_unsolicited(void **state)
{
	(void)state;
	nat(&plain);
	tcp(lab.out, OUT, 80, R_OUT, 5000, SYN, 900, 0);
	lab_wait(5900);
	assert_int_equal(lab.got[1].icmp_type, 0);
	lab_wait(200);
	assert_int_equal(lab.got[1].icmp_type, ICMP4_DESTINATION_UNREACHABLE);
	assert_int_equal(lab.got[1].icmp_code, ICMP4_PORT_UNREACHABLE);
	assert_int_equal(lab.got[1].count, 0);
}

/* REQ-9 of RFC 4787 and all of them: fragments, in any order, are one datagram. */
static void fragments(void **state)
{
	(void)state;
	nat(&plain);
	lab_udp((struct lab_packet){.from = lab.in, .dst = OUT, .sport = 4000, .dport = 53, .len = 1990});
	lab_arrived(lab.out, 1, R_OUT, 4000, OUT, 53);
	assert_int_equal(lab.got[1].len, 1990);
}

/* The router's own packets keep their address, and share the ports with those inside. */
static void own_packets(void **state)
{
	(void)state;
	nat(&plain);
	lab_udp((struct lab_packet){.from = lab.r, .dst = OUT, .sport = 4000, .dport = 53});
	lab_arrived(lab.out, 1, R_OUT, 4000, OUT, 53);
	assert_int_equal(mappings(), 0);
	udp_back(OUT, 53, R_OUT, 4000);
	assert_int_equal(lab.got[0].count, 0);
}

/* RFC 4787 REQ-12, RFC 5382 REQ-10: an ICMP error ends no mapping. */
static void errors_end_nothing(void **state)
{
	(void)state;
	nat(&plain);
	lab.refuses = true;
	lab.problem = ICMP_NO_PORT;
	udp(IN, 4000, OUT, 53);
	assert_int_equal(lab.got[0].icmp_type, ICMP4_DESTINATION_UNREACHABLE);
	assert_int_equal(lab.got[0].sport, 4000);
	assert_int_equal(mappings(), 1);
	udp_back(OUT, 53, R_OUT, 4000);
	assert_int_equal(lab.got[0].count, 1);
}

/* REQ-6: what is sent refreshes a mapping, and here what comes does too. */
static void refresh(void **state)
{
	(void)state;
	nat(&plain);
	udp(IN, 4000, OUT, 53);
	lab_wait(25000);
	udp(IN, 4000, OUT, 53);
	lab_wait(25000);
	assert_int_equal(mappings(), 1);
	udp_back(OUT, 53, R_OUT, 4000);
	assert_int_equal(lab.got[0].count, 1);
	lab_wait(25000);
	assert_int_equal(mappings(), 1);
	udp_back(OUT, 53, R_OUT, 4000);
	lab_wait(100000); /* both ways: a stream */
	assert_int_equal(mappings(), 1);
	lab_wait(30000);
	assert_int_equal(mappings(), 0);
}

/* RFC 7857 2.2: a reset ends a connection after a while only, and its answers still pass. */
static void tcp_reset_waits(void **state)
{
	char why[100];

	(void)state;
	nat(&plain);
	/* As build/filter_build.c sets it for a router with NAT. */
	node_sysctl_set(lab.r, "net.netfilter.nf_conntrack_tcp_timeout_close", "240", why, sizeof(why));
	tcp(lab.in, IN, 5000, OUT, 80, SYN, 100, 0);
	tcp(lab.out, OUT, 80, R_OUT, 5000, TCPHDR_RST | ACK, 0, 101);
	lab_arrived(lab.in, 1, OUT, 80, IN, 5000);
	lab_wait(230000);
	assert_int_equal(mappings(), 1);
	tcp(lab.in, IN, 5000, OUT, 80, SYN, 9000, 0);
	lab_arrived(lab.out, 2, R_OUT, 5000, OUT, 80);
	lab_wait(400000);
	assert_int_equal(mappings(), 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, lab_setup, lab_teardown)
	const struct CMUnitTest tests[] = {
		TEST(there_and_back), TEST(mapping_independent), TEST(mapping_by_address),
		TEST(mapping_by_port), TEST(filtering_independent), TEST(filtering_by_address),
		TEST(filtering_by_port), TEST(ports), TEST(ports_run_out), TEST(pool), TEST(pool_in_turns),
		TEST(forwarded), TEST(forwarded_of_one), TEST(hairpinning), TEST(no_hairpinning),
		TEST(hairpin_by_address), TEST(hairpin_by_port), TEST(icmp_query),
		TEST(icmp_error_in), TEST(tcp_translated), TEST(tcp_simultaneous),
		TEST(tcp_unsolicited), TEST(fragments), TEST(own_packets),
		TEST(errors_end_nothing), TEST(refresh), TEST(tcp_reset_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
