/* Firewall and NAT together, and what must not be answered, translated or let out. */
#include "filter_lab.h"

#include "filter/nat_int.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"

#define SYN TCPHDR_SYN

static const struct nat_params plain = {
	.filtering = NAT_ADDRESS_DEPENDENT,
	.hairpinning = true,
	.port_preservation = true,
	.first_port = 1024,
	.last_port = 65535,
};

static void nat(void)
{
	lab.filter->nat = nat_new(lab.r, &plain);
	nat_add_outside(lab.filter->nat, lab.r_out);
}

/* One rule for everything in that chain; the others let all pass. */
static void everything(enum firewall_chain chain, enum firewall_action action, bool stateless)
{
	const struct firewall_rule rule = {.action = action};
	struct firewall_params params = {0};
	char why[256];

	for (int i = 0; i < FIREWALL_CHAINS; i++)
		params.chains[i].stateless = true;
	params.chains[chain].stateless = stateless;
	params.chains[chain].rules = &rule;
	params.chains[chain].n_rules = 1;
	lab.filter->firewall = firewall_new(lab.r, &params, why, sizeof(why));
	assert_non_null(lab.filter->firewall);
}

static void tcp_from_outside(uint16_t flags, uint16_t dport)
{
	lab_tcp((struct lab_packet){.from = lab.out, .dst = R_OUT, .sport = 999, .dport = dport,
				    .flags = flags, .seq = 100});
}

/* ICMP of any kind that comes in from that side of the router, with a quote of a datagram. */
static void icmp_in(struct ip_iface *i, uint8_t type, const char *src, const char *dst,
		    const char *quoted_src, const char *quoted_dst, uint16_t sport, uint16_t dport)
{
	struct ipv4_hdr h = {.ihl = 5, .ttl = 64, .proto = IPPROTO_ICMP, .total_len = 56,
			     .src = net_ip(src), .dst = net_ip(dst)};
	struct ipv4_hdr quoted = {.ihl = 5, .ttl = 9, .proto = IPPROTO_UDP, .total_len = 28,
				  .src = net_ip(quoted_src), .dst = net_ip(quoted_dst)};
	struct icmp4 m = {.type = type};
	struct packet *p = packet_new(lab.w);
	uint8_t *l4;

	ipv4_emit(packet_put(p, IPV4_HLEN), &h);
	ipv4_set_checksum(p->hdr + p->l3);
	p->in = &i->link;
	icmp4_emit(packet_put(p, ICMP4_HLEN), &m);
	l4 = packet_put(p, IPV4_HLEN);
	ipv4_emit(l4, &quoted);
	ipv4_set_checksum(l4);
	l4 = packet_put(p, 8);
	memset(l4, 0, 8);
	be16_store(l4, sport);
	be16_store(l4 + 2, dport);
	p->flags = PACKET_VERIFIED;
	ip4_input(i, p);
	lab_wait(10);
}

/* A SYN that nobody waits for is the firewall's before it is held: silence is silence (RFC 5382 REQ-4 b). */
static void unsolicited_denied(void **state)
{
	(void)state;
	nat();
	everything(FIREWALL_INPUT, FIREWALL_DENY, false);
	tcp_from_outside(SYN, 8080);
	lab_wait(7000);
	assert_int_equal(lab.got[1].count, 0);
	assert_int_equal(lab.got[1].icmp_type, 0);
	assert_int_equal(site_drops(&lab.r->site, DROP_FIREWALL_DENY), 1);
	assert_int_equal(site_drops(&lab.r->site, DROP_NAT_UNSOLICITED), 0);
	assert_int_equal(firewall_rule_count(lab.filter->firewall, FIREWALL_INPUT, 0).packets, 1);
}

static void unsolicited_rejected(void **state)
{
	(void)state;
	nat();
	everything(FIREWALL_INPUT, FIREWALL_REJECT, false);
	tcp_from_outside(SYN, 8080);
	assert_int_equal(lab.got[1].flags, TCPHDR_RST | TCPHDR_ACK);
	assert_int_equal(lab.got[1].ack, 101);
	assert_int_equal(site_drops(&lab.r->site, DROP_FIREWALL_DENY), 1);
}

static void unsolicited_allowed(void **state)
{
	(void)state;
	nat();
	everything(FIREWALL_INPUT, FIREWALL_ALLOW, false);
	tcp_from_outside(SYN, 8080);
	assert_int_equal(lab.got[1].icmp_type, 0);
	lab_wait(6000);
	assert_int_equal(lab.got[1].icmp_type, ICMP4_DESTINATION_UNREACHABLE);
	assert_int_equal(lab.got[1].icmp_code, ICMP4_PORT_UNREACHABLE);
}

/*
 * A segment of a connection that the NAT does not know any more is no SYN: it is for the router's own TCP, if
 * it is for no mapping, and nothing is said of it six seconds later.
 */
static void unsolicited_in_the_middle(void **state)
{
	uint64_t before;

	(void)state;
	nat();
	before = lab.got[2].count;
	tcp_from_outside(TCPHDR_ACK, 8080);
	assert_int_equal(lab.got[2].count, before + 1);
	lab_tcp((struct lab_packet){.from = lab.in, .dst = OUT, .sport = 4000, .dport = 999, .flags = SYN});
	lab_tcp((struct lab_packet){.from = lab.out, .dst = R_OUT, .sport = 998, .dport = 4000,
				    .flags = TCPHDR_ACK});
	assert_int_equal(lab.got[0].count, 1); /* by address, it may */
	lab.filter->nat->params.filtering = NAT_ADDRESS_AND_PORT_DEPENDENT;
	lab_tcp((struct lab_packet){.from = lab.out, .dst = R_OUT, .sport = 997, .dport = 4000,
				    .flags = TCPHDR_ACK});
	assert_int_equal(lab.got[0].count, 1);
	assert_int_equal(site_drops(&lab.r->site, DROP_NAT_FILTERED), 1);
	lab_wait(7000);
	assert_int_equal(lab.got[1].icmp_type, 0);
	assert_int_equal(site_drops(&lab.r->site, DROP_NAT_UNSOLICITED), 0);
}

/* RFC 1122 3.2.2, RFC 9293 3.10.7.4, and netfilter's nf_reject. */
static void not_answered(void **state)
{
	uint64_t before;

	(void)state;
	everything(FIREWALL_INPUT, FIREWALL_REJECT, true);
	before = lab.r->originated;
	/* To all of a network. */
	lab_tcp((struct lab_packet){.from = lab.in, .dst = "192.168.0.255", .sport = 1, .dport = 2,
				    .flags = SYN});
	lab_udp((struct lab_packet){.from = lab.in, .dst = "192.168.0.255", .sport = 1, .dport = 2});
	/* A reset, an error, and what may be neither. */
	lab_tcp((struct lab_packet){.from = lab.in, .dst = R_IN, .sport = 1, .dport = 2,
				    .flags = TCPHDR_RST});
	icmp_in(lab.r_in, ICMP4_DESTINATION_UNREACHABLE, IN, R_IN, R_IN, IN, 1, 2);
	lab_tcp((struct lab_packet){.from = lab.in, .dst = R_IN, .sport = 1, .dport = 2, .flags = SYN,
				    .damaged = true});
	assert_int_equal(site_drops(&lab.r->site, DROP_FIREWALL_DENY), 5);
	assert_int_equal(lab.r->originated, before);
	/* But this is. */
	lab_tcp((struct lab_packet){.from = lab.in, .dst = R_IN, .sport = 1, .dport = 2, .flags = SYN});
	assert_int_equal(lab.r->originated, before + 1);
}

/* What belongs to no connection has no address outside: it stays inside. */
static void strays_stay(void **state)
{
	(void)state;
	nat();
	lab_tcp((struct lab_packet){.from = lab.in, .dst = OUT, .sport = 1, .dport = 2,
				    .flags = SYN | TCPHDR_FIN});
	lab_udp((struct lab_packet){.from = lab.in, .dst = OUT, .sport = 1, .dport = 2, .damaged = true});
	icmp_in(lab.r_in, ICMP4_DESTINATION_UNREACHABLE, IN, OUT, OUT, IN, 1, 2);
	lab_icmp((struct lab_packet){.from = lab.in, .dst = OUT, .flags = ICMP4_ECHO_REPLY, .sport = 7});
	assert_int_equal(site_drops(&lab.r->site, DROP_CONNTRACK_INVALID), 4);
	assert_int_equal(lab.got[1].count, 0);
	assert_int_equal(lab.r->forwarded, 0);
}

/* Advice about ways is for who is on the link (as in nf_nat); other errors are translated. */
static void redirects(void **state)
{
	(void)state;
	nat();
	lab_udp((struct lab_packet){.from = lab.in, .dst = OUT, .sport = 4000, .dport = 53});
	icmp_in(lab.r_out, ICMP4_REDIRECT, OUT, R_OUT, R_OUT, OUT, 4000, 53);
	assert_int_equal(lab.r->forwarded, 1);
	assert_int_equal(site_drops(&lab.r->site, DROP_CONNTRACK_INVALID), 1);
	icmp_in(lab.r_out, ICMP4_DESTINATION_UNREACHABLE, OUT, R_OUT, R_OUT, OUT, 4000, 53);
	assert_int_equal(lab.r->forwarded, 2);
	assert_int_equal(lab.got[0].sport, 4000);
}

/* All four questions of ICMP have an identifier, and each is a conversation of its own. */
static void questions(void **state)
{
	static const uint8_t types[] = {8, 13, 15, 17};

	(void)state;
	nat();
	for (uint32_t i = 0; i < 4; i++) {
		lab_icmp((struct lab_packet){.from = lab.in, .dst = OUT, .flags = types[i],
					     .sport = 3000});
		assert_int_equal(conntrack_count(lab_table()), i + 1);
	}
	for (uint32_t i = 0; i < 4; i++) {
		uint64_t before = lab.r->forwarded;

		lab_icmp((struct lab_packet){.from = lab.out, .dst = R_OUT, .sport = 3000,
					     .flags = types[i] == 8 ? 0 : types[i] + 1});
		assert_int_equal(lab.r->forwarded, before + 1);
	}
	assert_int_equal(conntrack_count(lab_table()), 4);
	/* From outside they are the router's own. */
	lab_icmp((struct lab_packet){.from = lab.out, .dst = R_OUT, .flags = 8, .sport = 3000});
	assert_int_equal(lab.got[1].icmp_type, 0);
	assert_int_equal(conntrack_count(lab_table()), 5);
}

static void udp_out(uint16_t sport, const char *dst, uint16_t dport)
{
	lab_udp((struct lab_packet){.from = lab.in, .dst = dst, .sport = sport, .dport = dport});
}

static void udp_in(const char *src, uint16_t sport, uint16_t dport)
{
	lab_udp((struct lab_packet){.from = lab.out, .src = src, .dst = R_OUT, .sport = sport,
				    .dport = dport});
}

/* The exposed host gets what is nobody else's, and answers from the port that was asked. */
static void exposed(void **state)
{
	struct ipaddr a = net_ip("192.168.0.3"), other = net_ip("203.0.113.10");
	struct nat_forward f = {.proto = IPPROTO_UDP, .first = 8000, .last = 8000,
				.to = net_ip(IN), .to_port = 80};
	struct nat_params params = plain;

	(void)state;
	assert_int_equal(ip_addr_add(lab.in->ifaces, &a, IPADDR_V4_BITS + 24), 0);
	assert_int_equal(ip_addr_add(lab.out->ifaces, &other, IPADDR_V4_BITS + 24), 0);
	params.has_dmz = true;
	params.dmz = a;
	params.forwards = &f;
	params.n_forwards = 1;
	lab.filter->nat = nat_new(lab.r, &params);
	nat_add_outside(lab.filter->nat, lab.r_out);
	udp_in(NULL, 5, 777);
	lab_arrived(lab.in, 1, OUT, 5, "192.168.0.3", 777);
	lab_udp((struct lab_packet){.from = lab.in, .src = "192.168.0.3", .dst = OUT, .sport = 777,
				    .dport = 5});
	lab_arrived(lab.out, 1, R_OUT, 777, OUT, 5);
	lab_tcp((struct lab_packet){.from = lab.out, .dst = R_OUT, .sport = 5, .dport = 22,
				    .flags = SYN});
	lab_arrived(lab.in, 2, OUT, 5, "192.168.0.3", 22);
	/* What is forwarded goes where it did; so does what was asked for. */
	udp_in(NULL, 5, 8000);
	lab_arrived(lab.in, 3, OUT, 5, IN, 80);
	udp_out(4000, OUT, 53);
	udp_in(NULL, 54, 4000);
	lab_arrived(lab.in, 4, OUT, 54, IN, 4000);
	/* But a stranger is not let in by that mapping. */
	udp_in("203.0.113.10", 54, 4000);
	lab_arrived(lab.in, 5, "203.0.113.10", 54, "192.168.0.3", 4000);
	assert_int_equal(site_drops(&lab.r->site, DROP_NAT_UNSOLICITED), 0);
}

/* Who has a forwarded port sends from it, so that those whom it called first can call back. */
static void forwarded_sends_from_there(void **state)
{
	struct nat_forward f = {.proto = IPPROTO_UDP, .first = 27015, .last = 27020,
				.to = net_ip(IN), .to_port = 5000};
	struct nat_params params = plain;

	(void)state;
	params.forwards = &f;
	params.n_forwards = 1;
	lab.filter->nat = nat_new(lab.r, &params);
	nat_add_outside(lab.filter->nat, lab.r_out);
	udp_out(5003, OUT, 53);
	lab_arrived(lab.out, 1, R_OUT, 27018, OUT, 53);
	udp_in(NULL, 99, 27018);
	lab_arrived(lab.in, 1, OUT, 99, IN, 5003);
	udp_out(5006, OUT, 53);
	lab_arrived(lab.out, 2, R_OUT, 5006, OUT, 53);
	/* No one else gets such a port. */
	udp_out(27016, OUT, 53);
	assert_true(lab.got[1].sport < 27015 || lab.got[1].sport > 27020);
}

/* Linux's masq_inet_event(): what would leave from an address that is lost begins anew. */
static void address_lost(void **state)
{
	struct ipaddr a = net_ip(R_OUT), b = net_ip("203.0.113.2");
	struct ct_tuple kept = {.src = net_ip(IN), .dst = net_ip(R_IN), .sport = 1, .dport = 2,
				.proto = IPPROTO_UDP};
	uint8_t dir;

	(void)state;
	nat();
	udp_out(4000, OUT, 53);
	udp_out(1, R_IN, 2);
	assert_int_equal(ip_addr_add(lab.r_out, &b, IPADDR_V4_BITS + 24), 0);
	udp_out(4000, OUT, 53);
	lab_arrived(lab.out, 2, R_OUT, 4000, OUT, 53);
	assert_int_equal(ip_addr_remove(lab.r_out, &a), 0);
	assert_int_equal(nat_mapping_count(lab.filter->nat), 0);
	assert_non_null(conntrack_find(lab_table(), &kept, &dir));
	udp_out(4000, OUT, 53);
	lab_arrived(lab.out, 3, "203.0.113.2", 4000, OUT, 53);
	udp_in(NULL, 53, 4000);
	assert_int_equal(lab.got[0].count, 0);
}

/* Who was switched off knows no connections, and nothing of what it was about to answer. */
static void switched_off(void **state)
{
	(void)state;
	nat();
	udp_out(4000, OUT, 53);
	tcp_from_outside(SYN, 8080);
	node_set_up(lab.r, false);
	assert_int_equal(conntrack_count(lab_table()), 0);
	assert_int_equal(nat_mapping_count(lab.filter->nat), 0);
	assert_int_equal(site_drops(&lab.r->site, DROP_NODE_DOWN), 1);
	node_set_up(lab.r, true);
	udp_in(NULL, 53, 4000);
	assert_int_equal(lab.got[0].count, 0);
	lab_wait(7000);
	assert_int_equal(lab.got[1].icmp_type, 0);
	tcp_from_outside(SYN, 8080);
	lab_wait(7000);
	assert_int_equal(lab.got[1].icmp_code, ICMP4_PORT_UNREACHABLE);
}

/* An option that says nothing does not hide a port. */
static void behind_extension_headers(void **state)
{
	static const uint8_t option[8] = {IPPROTO_TCP, 0, 1, 4};
	const struct firewall_rule rule = {.action = FIREWALL_DENY, .filter = "tcp dst port 22"};
	struct firewall_params params = {0};
	struct ipaddr a = net_ip("fd00:1::1"), b = net_ip("fd00:2::1");
	char why[256];

	(void)state;
	assert_int_equal(ip_addr_add(lab.r_in, &a, 64), 0);
	assert_int_equal(ip_addr_add(lab.r_out, &b, 64), 0);
	params.chains[FIREWALL_FORWARD].rules = &rule;
	params.chains[FIREWALL_FORWARD].n_rules = 1;
	params.chains[FIREWALL_FORWARD].stateless = true;
	lab.filter->firewall = firewall_new(lab.r, &params, why, sizeof(why));
	for (uint16_t port = 22; port <= 23; port++) {
		struct ipv6_hdr h = {.payload_len = 28, .next = 60, .hop_limit = 9,
				     .src = net_ip("fd00:1::2"), .dst = net_ip("fd00:2::9")};
		struct tcp_hdr t = {.sport = 1, .dport = port, .flags = SYN, .doff = 5};
		struct packet *p = packet_new(lab.w);

		ipv6_emit(packet_put(p, IPV6_HLEN), &h);
		memcpy(packet_put(p, sizeof(option)), option, sizeof(option));
		tcp_emit(packet_put(p, TCP_HLEN), &t);
		p->in = &lab.r_in->link;
		p->flags = PACKET_VERIFIED;
		ip6_input(lab.r_in, p);
	}
	assert_int_equal(site_drops(&lab.r->site, DROP_FIREWALL_DENY), 1);
	assert_int_equal(lab.r->forwarded, 1);
	lab_wait(4000);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, lab_setup, lab_teardown)
	const struct CMUnitTest tests[] = {
		TEST(unsolicited_denied), TEST(unsolicited_rejected), TEST(unsolicited_allowed),
		TEST(unsolicited_in_the_middle), TEST(not_answered), TEST(strays_stay), TEST(redirects), TEST(questions),
		TEST(exposed), TEST(forwarded_sends_from_there),
		TEST(address_lost), TEST(switched_off), TEST(behind_extension_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
