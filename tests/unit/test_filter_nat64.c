/* NAT64: addresses, headers, connections over and back, errors, and what does not fit. */
#include "filter_lab.h"

#include "filter/nat64_addr.h"
#include "filter/nat64_icmp.h"
#include "filter/nat_int.h"
#include "wire/ipv4.h"

#define IN6 "fd00:1::2"
#define OUT6 "64:ff9b::203.0.113.9"

/* RFC 6052 2.4 */
static void addresses(void **state)
{
	static const struct {
		const char *prefix, *address;
	} rows[] = {
		{"2001:db8::/32", "2001:db8:c000:221::"},
		{"2001:db8:100::/40", "2001:db8:1c0:2:21::"},
		{"2001:db8:122::/48", "2001:db8:122:c000:2:2100::"},
		{"2001:db8:122:300::/56", "2001:db8:122:3c0:0:221::"},
		{"2001:db8:122:344::/64", "2001:db8:122:344:c0:2:2100::"},
		{"2001:db8:122:344::/96", "2001:db8:122:344::192.0.2.33"},
		{"64:ff9b::/96", "64:ff9b::192.0.2.33"},
	};
	struct ipaddr v4 = net_ip("192.0.2.33"), got;
	struct prefix p;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ipaddr want = net_ip(rows[i].address);

		assert_true(prefix_parse(rows[i].prefix, &p));
		assert_true(nat64_prefix_ok(&p));
		got = nat64_embed(&p, &v4);
		assert_true(ipaddr_eq(&got, &want));
		got = nat64_extract(&p, &want);
		assert_true(ipaddr_eq(&got, &v4));
	}
	assert_true(prefix_parse("2001:db8::/33", &p));
	assert_false(nat64_prefix_ok(&p));
	assert_true(prefix_parse("2001:db8::/80", &p));
	assert_false(nat64_prefix_ok(&p));
}

static void setup6(enum nat_kind filtering)
{
	struct nat_params params = {
		.mapping = NAT_ENDPOINT_INDEPENDENT, .filtering = filtering,
		.port_preservation = true, .first_port = 1024, .last_port = 65535,
		.has_nat64 = true,
	};
	struct ipaddr a = net_ip(IN6), b = net_ip("fd00:1::1");

	assert_true(prefix_parse("64:ff9b::/96", &params.nat64));
	lab.filter->nat = nat_new(lab.r, &params);
	nat_add_outside(lab.filter->nat, lab.r_out);
	assert_int_equal(ip_addr_add(lab.in->ifaces, &a, 64), 0);
	assert_int_equal(ip_addr_add(lab.r_in, &b, 64), 0);
	net_route(lab.in, "::/0", "fd00:1::1");
	lab_wait(3000);
}

static void udp(uint16_t sport, uint16_t dport, uint32_t len)
{
	lab_udp((struct lab_packet){.from = lab.in, .dst = OUT6, .sport = sport, .dport = dport,
				    .len = len});
	lab_wait(10);
}

static void udp_back(uint16_t sport, uint16_t dport, uint32_t len)
{
	lab_udp((struct lab_packet){.from = lab.out, .dst = R_OUT, .sport = sport, .dport = dport,
				    .len = len});
	lab_wait(10);
}

static void there_and_back(void **state)
{
	(void)state;
	setup6(NAT_ADDRESS_DEPENDENT);
	udp(4000, 53, 100);
	lab_arrived(lab.out, 1, R_OUT, 4000, OUT, 53);
	assert_int_equal(lab.got[1].len, 100);
	assert_int_equal(lab.got[1].ttl, 63); /* one router */
	udp_back(53, 4000, 77);
	lab_arrived(lab.in, 1, OUT6, 53, IN6, 4000);
	assert_int_equal(lab.got[0].len, 77);
	assert_int_equal(lab.got[0].ttl, 63);
	assert_int_equal(nat_mapping_count(lab.filter->nat), 1);
	/* The port belongs to IPv4 and IPv6 hosts together. */
	lab_udp((struct lab_packet){.from = lab.in, .dst = OUT, .sport = 4000, .dport = 53, .len = 5});
	assert_int_not_equal(lab.got[1].sport, 4000);
	lab_wait(130000);
	assert_int_equal(nat_mapping_count(lab.filter->nat), 0);
}

static void tcp(void **state)
{
	(void)state;
	setup6(NAT_ADDRESS_DEPENDENT);
	lab_tcp((struct lab_packet){.from = lab.in, .dst = OUT6, .sport = 5000, .dport = 80,
				    .flags = TCPHDR_SYN, .seq = 100});
	lab_wait(10);
	lab_arrived(lab.out, 1, R_OUT, 5000, OUT, 80);
	lab_tcp((struct lab_packet){.from = lab.out, .dst = R_OUT, .sport = 80, .dport = 5000,
				    .flags = TCPHDR_SYN | TCPHDR_ACK, .seq = 900, .ack = 101});
	lab_arrived(lab.in, 1, OUT6, 80, IN6, 5000);
	lab_tcp((struct lab_packet){.from = lab.in, .dst = OUT6, .sport = 5000, .dport = 80,
				    .flags = TCPHDR_ACK, .seq = 101, .ack = 901, .len = 300});
	lab_arrived(lab.out, 2, R_OUT, 5000, OUT, 80);
	assert_int_equal(lab.got[1].len, 300);
	/* Of no connection: nothing that could go anywhere. */
	char why[100];
	node_sysctl_set(lab.r, "net.netfilter.nf_conntrack_tcp_loose", "0", why, sizeof(why));
	lab_tcp((struct lab_packet){.from = lab.in, .dst = OUT6, .sport = 5001, .dport = 80,
				    .flags = TCPHDR_ACK, .seq = 101, .ack = 901});
	assert_int_equal(site_drops(&lab.r->site, DROP_NAT64), 1);
}

static void ask(const char *dst, uint16_t id, uint8_t code)
{
	struct lab_packet l = {.from = lab.in, .dst = dst, .len = 20};
	struct icmp6 m = {.type = ICMP6_MSG_ECHO_REQUEST, .code = code, .echo = {.id = id, .seq = 3}};
	struct ip_flow f;
	struct ip_path path;
	struct packet *p = lab_begin(&l, IPPROTO_ICMPV6, &f, &path);

	icmp6_emit(packet_put(p, ICMP6_HLEN), &m);
	lab_end(&l, p, &f, &path, 2);
	lab_wait(10);
}

static void echo(void **state)
{
	(void)state;
	setup6(NAT_ADDRESS_DEPENDENT);
	ask(OUT6, 4321, 0);
	assert_int_equal(lab.got[0].count, 1); /* out answered, in ICMPv4 */
	assert_int_equal(lab.got[0].proto, IPPROTO_ICMPV6);
	assert_int_equal(lab.got[0].sport >> 8, ICMP6_MSG_ECHO_REPLY);
	assert_true(lab.got[0].csum_ok);
	assert_int_equal(lab.got[0].len, 20);
}

static void filtering(void **state)
{
	(void)state;
	setup6(NAT_ENDPOINT_INDEPENDENT);
	udp(4000, 53, 5);
	udp_back(99, 4000, 5); /* another connection, begun outside */
	lab_arrived(lab.in, 1, OUT6, 99, IN6, 4000);
	udp(4000, 99, 5);
	lab_arrived(lab.out, 2, R_OUT, 4000, OUT, 99);
	assert_int_equal(conntrack_count(lab_table()), 2);
}

static void filtering_by_port(void **state)
{
	(void)state;
	setup6(NAT_ADDRESS_AND_PORT_DEPENDENT);
	udp(4000, 53, 5);
	udp_back(99, 4000, 5);
	assert_int_equal(lab.got[0].count, 0);
	udp_back(53, 4000, 5);
	assert_int_equal(lab.got[0].count, 1);
}

#define IN6_2 "fd00:1::3"
#define NAT6 "64:ff9b::203.0.113.1"

static void send6(const char *src, uint16_t sport, const char *dst, uint16_t dport)
{
	lab_udp((struct lab_packet){.from = lab.in, .src = src, .dst = dst, .sport = sport,
				    .dport = dport, .len = 20});
	lab_wait(10);
}

static void second_inside(void)
{
	struct ipaddr a = net_ip(IN6_2);

	assert_int_equal(ip_addr_add(lab.in->ifaces, &a, 64), 0);
	lab_wait(3000);
}

/* RFC 6146 3.8: an IPv6 host is reached at its endpoint outside by another one; each sees the other as
 * from there. */
static void hairpinning(void **state)
{
	(void)state;
	setup6(NAT_ADDRESS_DEPENDENT);
	second_inside();
	lab.filter->nat->params.hairpinning = true;
	send6(IN6_2, 7000, OUT6, 53);
	send6(IN6, 4000, NAT6, 7000);
	assert_int_equal(site_drops(&lab.r->site, DROP_NAT_FILTERED), 1);
	send6(IN6_2, 7000, NAT6, 4000); /* nobody is mapped there: the sender's was for nothing */
	assert_int_equal(site_drops(&lab.r->site, DROP_NAT_NO_HAIRPIN), 1);
	send6(IN6, 4000, OUT6, 53);
	send6(IN6_2, 7000, NAT6, 4000);
	assert_int_equal(site_drops(&lab.r->site, DROP_NAT_FILTERED), 2);
	lab.filter->nat->params.filtering = NAT_ENDPOINT_INDEPENDENT;
	send6(IN6_2, 7000, NAT6, 4000);
	lab_arrived(lab.in, 1, NAT6, 7000, IN6, 4000);
	assert_int_equal(lab.got[0].len, 20);
	assert_int_equal(lab.got[0].ttl, 63);
	send6(IN6, 4000, NAT6, 7000);
	lab_arrived(lab.in, 2, NAT6, 4000, IN6_2, 7000);
	/* Whom it has sent to may send. */
	lab.filter->nat->params.filtering = NAT_ADDRESS_DEPENDENT;
	send6(IN6, 4001, NAT6, 7000);
	lab_arrived(lab.in, 3, NAT6, 4001, IN6_2, 7000);
	/* An error about it says what its receiver has sent. */
	lab.refuses = true;
	lab.problem = ICMP_NO_PORT;
	send6(IN6, 4001, NAT6, 7000);
	assert_int_equal(lab.got[0].icmp_type, ICMP6_MSG_DESTINATION_UNREACHABLE);
	assert_int_equal(lab.got[0].icmp_code, ICMP6_PORT_UNREACHABLE);
	assert_int_equal(lab.got[0].sport, 4001);
	assert_int_equal(lab.got[0].dport, 7000);
	struct ipaddr from = net_ip(NAT6);
	assert_true(ipaddr_eq(&lab.got[0].src, &from));
	assert_int_equal(site_drops(&lab.in->site, DROP_ICMP_CHECKSUM), 0);
	assert_int_equal(site_drops(&lab.in->site, DROP_ICMP_IGNORED), 0);
}

/* A question is for no mapping, even if its code is, by chance, the identifier of another question. */
static void hairpinning_question(void **state)
{
	(void)state;
	setup6(NAT_ENDPOINT_INDEPENDENT);
	lab.filter->nat->params.hairpinning = true;
	ask(OUT6, 4 << 8, 0);
	ask(NAT6, 4321, 4);
	assert_int_equal(site_drops(&lab.r->site, DROP_NAT_NO_HAIRPIN), 1);
	assert_int_equal(nat_mapping_count(lab.filter->nat), 1);
	lab_wait(60000);
	assert_int_equal(conntrack_count(lab_table()), 0);
}

/* And an IPv4 host behind the same NAT, both ways. */
static void hairpinning_families(void **state)
{
	(void)state;
	setup6(NAT_ENDPOINT_INDEPENDENT);
	lab.filter->nat->params.hairpinning = true;
	lab_udp((struct lab_packet){.from = lab.in, .dst = OUT, .sport = 5000, .dport = 53, .len = 5});
	send6(IN6, 4000, NAT6, 5000);
	lab_arrived(lab.in, 1, R_OUT, 4000, IN, 5000);
	lab_udp((struct lab_packet){.from = lab.in, .dst = R_OUT, .sport = 5000, .dport = 4000, .len = 9});
	lab_wait(10);
	lab_arrived(lab.in, 2, NAT6, 5000, IN6, 4000);
	assert_int_equal(lab.got[0].len, 9);
}

static void error_in(enum icmp_problem problem, uint32_t arg, uint8_t type, uint8_t code)
{
	lab.refuses = true;
	lab.problem = problem;
	lab.problem_arg = arg;
	lab.got[0].icmp_type = 0;
	udp(4000, 53, 50);
	assert_int_equal(lab.got[0].icmp_type, type);
	assert_int_equal(lab.got[0].icmp_code, code);
	assert_int_equal(lab.got[0].sport, 4000);
	assert_int_equal(lab.got[0].dport, 53);
	lab_wait(1500); /* the limit on errors */
}

/* What the IPv4 side says of a packet is told to the IPv6 host in its own words and addresses. */
static void errors_in(void **state)
{
	struct ipaddr from = net_ip(OUT6);

	(void)state;
	setup6(NAT_ADDRESS_DEPENDENT);
	error_in(ICMP_NO_PORT, 0, ICMP6_MSG_DESTINATION_UNREACHABLE, ICMP6_PORT_UNREACHABLE);
	assert_true(ipaddr_eq(&lab.got[0].src, &from));
	error_in(ICMP_PROHIBITED, 0, ICMP6_MSG_DESTINATION_UNREACHABLE, ICMP6_ADMIN_PROHIBITED);
	error_in(ICMP_TTL, 0, ICMP6_MSG_TIME_EXCEEDED, 0);
	error_in(ICMP_HOST_UNREACHABLE, 0, ICMP6_MSG_DESTINATION_UNREACHABLE, ICMP6_NO_ROUTE);
	error_in(ICMP_TOO_BIG, 1400, ICMP6_MSG_PACKET_TOO_BIG, 0);
	assert_int_equal(lab.got[0].mtu, 1420);
	error_in(ICMP_TOO_BIG, 600, ICMP6_MSG_PACKET_TOO_BIG, 0);
	assert_int_equal(lab.got[0].mtu, 1280);
	assert_int_equal(site_drops(&lab.in->site, DROP_ICMP_CHECKSUM), 0);
	assert_int_equal(nat_mapping_count(lab.filter->nat), 1);
}

/* And the other way: the IPv6 host refuses. */
static void errors_out(void **state)
{
	struct ipaddr from = net_ip(R_OUT);

	(void)state;
	setup6(NAT_ADDRESS_DEPENDENT);
	udp(4000, 53, 5);
	lab.refuses = true;
	lab.problem = ICMP_NO_PORT;
	udp_back(53, 4000, 40);
	assert_int_equal(lab.got[1].icmp_type, ICMP4_DESTINATION_UNREACHABLE);
	assert_int_equal(lab.got[1].icmp_code, ICMP4_PORT_UNREACHABLE);
	assert_int_equal(lab.got[1].sport, 53);
	assert_int_equal(lab.got[1].dport, 4000);
	assert_true(ipaddr_eq(&lab.got[1].src, &from));
}

/* The router's own errors are about what came in: hop limit, and a neighbour that is not there. */
static void errors_here(void **state)
{
	(void)state;
	setup6(NAT_ADDRESS_DEPENDENT);
	lab_udp((struct lab_packet){.from = lab.in, .dst = OUT6, .sport = 4000, .dport = 53, .ttl = 1});
	lab_wait(10);
	assert_int_equal(lab.got[0].icmp_type, ICMP6_MSG_TIME_EXCEEDED);
	assert_int_equal(lab.got[0].sport, 4000);
	assert_int_equal(nat_mapping_count(lab.filter->nat), 0);
	lab_udp((struct lab_packet){.from = lab.in, .dst = "64:ff9b::203.0.113.77", .sport = 4001,
				    .dport = 54});
	lab_wait(5000);
	assert_int_equal(lab.got[0].icmp_type, ICMP6_MSG_DESTINATION_UNREACHABLE);
	assert_int_equal(lab.got[0].sport, 4001);
	assert_int_equal(lab.got[0].dport, 54);
	lab.got[0].icmp_type = 0;
	lab_udp((struct lab_packet){.from = lab.in, .dst = "64:ff9b::8.8.8.8", .sport = 4002, .dport = 54});
	lab_wait(10);
	assert_int_equal(lab.got[0].icmp_code, ICMP6_NO_ROUTE);
}

static void sizes(void **state)
{
	(void)state;
	setup6(NAT_ADDRESS_DEPENDENT);
	/* Fragments are one datagram, and fragments again. */
	udp(4000, 53, 1990);
	lab_arrived(lab.out, 1, R_OUT, 4000, OUT, 53);
	assert_int_equal(lab.got[1].len, 1990);
	/* Back without DF: in pieces that every IPv6 link carries. */
	lab_udp((struct lab_packet){.from = lab.out, .dst = R_OUT, .sport = 53, .dport = 4000, .len = 1990});
	lab_wait(10);
	lab_arrived(lab.in, 1, OUT6, 53, IN6, 4000);
	assert_int_equal(lab.got[0].len, 1990);
	/* With DF it does not fit: 1500 - 20 is what the IPv4 side may send. */
	lab_udp((struct lab_packet){.from = lab.out, .dst = R_OUT, .sport = 53, .dport = 4000, .len = 1472});
	lab_wait(10);
	assert_int_equal(lab.got[0].count, 1);
	assert_int_equal(lab.got[1].icmp_code, ICMP4_FRAGMENTATION_NEEDED);
	assert_int_equal(lab.got[1].mtu, 1480);
}

/* Rules see the IPv4 packet; who is refused hears of it in IPv6. */
static void rejected(void **state)
{
	static const struct firewall_rule rules[] = {{.action = FIREWALL_REJECT,
						      .filter = "ip dst host 203.0.113.9"}};
	struct firewall_params params = {0};
	char why[100];

	(void)state;
	setup6(NAT_ADDRESS_DEPENDENT);
	params.chains[FIREWALL_FORWARD].rules = rules;
	params.chains[FIREWALL_FORWARD].n_rules = 1;
	lab.filter->firewall = firewall_new(lab.r, &params, why, sizeof(why));
	udp(4000, 53, 5);
	assert_int_equal(lab.got[0].icmp_code, ICMP6_ADMIN_PROHIBITED);
	assert_int_equal(lab.got[0].sport, 4000);
	lab_tcp((struct lab_packet){.from = lab.in, .dst = OUT6, .sport = 5000, .dport = 80,
				    .flags = TCPHDR_SYN, .seq = 100});
	lab_wait(10);
	lab_arrived(lab.in, 1, OUT6, 80, IN6, 5000);
	assert_int_equal(lab.got[0].flags, TCPHDR_RST | TCPHDR_ACK);
	assert_int_equal(lab.got[0].ack, 101);
	assert_int_equal(lab.got[1].count, 0);
}

/* RFC 7915 4.2 and 5.2, the rows that no host here makes. */
static void words(void **state)
{
	static const struct {
		uint8_t v4[3], v6[3]; /* type, code, pointer; no word: type 0 */
		bool to4;
	} rows[] = {
		{{3, 2, 0}, {4, 1, 6}, false}, {{3, 14, 0}, {0}, false}, {{3, 12, 0}, {1, 0, 0}, false},
		{{12, 0, 9}, {4, 0, 6}, false}, {{12, 0, 4}, {0}, false}, {{12, 1, 0}, {0}, false},
		{{12, 2, 16}, {4, 0, 24}, false}, {{5, 0, 0}, {0}, false}, {{4, 0, 0}, {0}, false},
		{{3, 10, 0}, {1, 1, 0}, true}, {{3, 1, 0}, {1, 3, 0}, true}, {{3, 2, 0}, {4, 1, 0}, true},
		{{12, 0, 9}, {4, 0, 6}, true}, {{12, 0, 12}, {4, 0, 20}, true}, {{0}, {4, 0, 40}, true},
		{{0}, {4, 2, 0}, true}, {{0}, {1, 5, 0}, true}, {{11, 1, 0}, {3, 1, 0}, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t in[8] = {0}, out[8] = {0};
		const uint8_t *from = rows[i].to4 ? rows[i].v6 : rows[i].v4;
		const uint8_t *to = rows[i].to4 ? rows[i].v4 : rows[i].v6;
		bool known;

		in[0] = from[0];
		in[1] = from[1];
		in[rows[i].to4 ? 7 : 4] = from[2];
		known = (rows[i].to4 ? nat64_icmp_to4 : nat64_icmp_to6)(in, out, 1500, 1500);
		assert_int_equal(known, to[0] != 0);
		if (!known)
			continue;
		assert_int_equal(out[0], to[0]);
		assert_int_equal(out[1], to[1]);
		assert_int_equal(out[rows[i].to4 ? 4 : 7], to[2]);
	}
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, lab_setup, lab_teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses), cmocka_unit_test(words), TEST(there_and_back), TEST(tcp),
		TEST(echo), TEST(hairpinning), TEST(hairpinning_families), TEST(hairpinning_question),
		TEST(filtering), TEST(filtering_by_port), TEST(errors_in), TEST(errors_out), TEST(errors_here),
		TEST(sizes), TEST(rejected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
