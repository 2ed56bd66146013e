/* The firewall: chains, actions, interfaces, states, counters, and what is said of a packet. */
#include "filter_lab.h"

#define SYN TCPHDR_SYN
#define ACK TCPHDR_ACK

static char said[160];
static bool strict_output; /* what belongs to no connection does not go out */

static void note(struct observer *o, const struct packet *p, const char *text)
{
	(void)o;
	(void)p;
	snprintf(said, sizeof(said), "%s", text);
}

static struct observer observer = {.note = note};

static int setup(void **state)
{
	said[0] = '\0';
	strict_output = false;
	lab_setup(state);
	world_observe(lab.w, &observer);
	return 0;
}

static int teardown(void **state)
{
	world_unobserve(lab.w, &observer);
	return lab_teardown(state);
}

static void rules(enum firewall_chain chain, const struct firewall_rule *rule, uint32_t n,
		  enum firewall_action policy, bool stateless)
{
	struct firewall_params params = {0};
	char why[256];

	for (int i = 0; i < FIREWALL_CHAINS; i++)
		params.chains[i].stateless = i != FIREWALL_OUTPUT || !strict_output;
	params.chains[chain].policy = policy;
	params.chains[chain].stateless = stateless;
	params.chains[chain].rules = rule;
	params.chains[chain].n_rules = n;
	lab.filter->firewall = firewall_new(lab.r, &params, why, sizeof(why));
	assert_non_null(lab.filter->firewall);
}

static uint64_t count(enum firewall_chain chain, uint32_t rule)
{
	return firewall_rule_count(lab.filter->firewall, chain, rule).packets;
}

static void udp(struct node *from, const char *dst, uint16_t sport, uint16_t dport)
{
	lab_udp((struct lab_packet){.from = from, .dst = dst, .sport = sport, .dport = dport, .len = 5});
}

static void tcp(struct node *from, const char *dst, uint16_t sport, uint16_t dport, uint16_t flags,
		uint32_t seq, uint32_t ack)
{
	lab_tcp((struct lab_packet){.from = from, .dst = dst, .sport = sport, .dport = dport,
				    .flags = flags, .seq = seq, .ack = ack});
}

/* The first that matches decides; the rest is the policy's; every one counts. */
static void first_match(void **state)
{
	static const struct firewall_rule list[] = {
		{.action = FIREWALL_ALLOW, .filter = "udp dst port 53"},
		{.action = FIREWALL_DENY, .filter = "udp dst portrange 50-60"},
		{.action = FIREWALL_DENY, .filter = "tcp dst port 22"},
	};

	(void)state;
	rules(FIREWALL_FORWARD, list, 3, FIREWALL_ALLOW, false);
	udp(lab.in, OUT, 1000, 53);
	udp(lab.in, OUT, 1000, 54);
	udp(lab.in, OUT, 1000, 55);
	assert_string_equal(said, "denied at r: forward rule 2 \"udp dst portrange 50-60\"");
	udp(lab.in, OUT, 1000, 99);
	assert_int_equal(lab.got[1].count, 2);
	tcp(lab.in, OUT, 1000, 22, SYN, 1, 0);
	assert_string_equal(said, "denied at r: forward rule 3 \"tcp dst port 22\"");
	assert_int_equal(count(FIREWALL_FORWARD, 0), 1);
	assert_int_equal(count(FIREWALL_FORWARD, 1), 2);
	assert_int_equal(count(FIREWALL_FORWARD, 2), 1);
	assert_int_equal(count(FIREWALL_FORWARD, 3), 1); /* the policy */
	assert_int_equal(firewall_rule_count(lab.filter->firewall, FIREWALL_FORWARD, 1).bytes, 2 * 33);
	assert_int_equal(site_drops(&lab.r->site, DROP_FIREWALL_DENY), 3);
	/* What was dropped left no connection behind. */
	assert_int_equal(conntrack_count(lab_table()), 2);
	/* Silently: nobody heard of it. */
	assert_int_equal(lab.got[0].count, 0);
	assert_int_equal(lab.got[0].icmp_type, 0);
}

static void policy_denies(void **state)
{
	(void)state;
	rules(FIREWALL_FORWARD, NULL, 0, FIREWALL_DENY, false);
	udp(lab.in, OUT, 1000, 53);
	assert_int_equal(lab.got[1].count, 0);
	assert_string_equal(said, "denied at r: forward policy");
	/* Other chains are not this one's business. */
	udp(lab.in, R_IN, 1000, 53);
	assert_int_equal(lab.got[2].count, 1);
}

/* Answers pass without a rule; strangers do not. */
static void stateful(void **state)
{
	static const struct firewall_rule list[] = {{.action = FIREWALL_ALLOW,
						     .filter = "src net 192.168.0.0/24"}};

	(void)state;
	rules(FIREWALL_FORWARD, list, 1, FIREWALL_DENY, false);
	udp(lab.in, OUT, 1000, 53);
	udp(lab.out, IN, 53, 1000);
	assert_int_equal(lab.got[0].count, 1);
	udp(lab.out, IN, 54, 1000);
	assert_int_equal(lab.got[0].count, 1);
	/* Only the first packet asked a rule, and the stranger's the policy. */
	udp(lab.in, OUT, 1000, 53);
	assert_int_equal(count(FIREWALL_FORWARD, 0), 1);
	assert_int_equal(count(FIREWALL_FORWARD, 1), 1);
	/* An error about what passed is related to it. */
	lab_udp((struct lab_packet){.from = lab.in, .dst = OUT, .sport = 1000, .dport = 53, .ttl = 1});
	assert_int_equal(lab.got[0].icmp_type, ICMP4_TIME_EXCEEDED);
	/* What fits no connection passes no rule: an ACK without its SYN where nothing is picked up. */
	char why[100];
	node_sysctl_set(lab.r, "net.netfilter.nf_conntrack_tcp_loose", "0", why, sizeof(why));
	tcp(lab.in, OUT, 1000, 80, ACK, 5, 6);
	assert_int_equal(site_drops(&lab.r->site, DROP_CONNTRACK_INVALID), 1);
}

static void stateless(void **state)
{
	static const struct firewall_rule list[] = {{.action = FIREWALL_ALLOW,
						     .filter = "src net 192.168.0.0/24"}};

	(void)state;
	rules(FIREWALL_FORWARD, list, 1, FIREWALL_DENY, true);
	udp(lab.in, OUT, 1000, 53);
	udp(lab.out, IN, 53, 1000);
	assert_int_equal(lab.got[0].count, 0);
	tcp(lab.in, OUT, 1000, 80, ACK, 5, 6);
	assert_int_equal(lab.got[1].count, 2);
}

static void chains(void **state)
{
	static const struct firewall_rule list[] = {{.action = FIREWALL_DENY, .filter = "udp"}};

	(void)state;
	rules(FIREWALL_INPUT, list, 1, FIREWALL_ALLOW, false);
	udp(lab.in, R_IN, 1000, 53);
	assert_int_equal(lab.got[2].count, 0);
	assert_string_equal(said, "denied at r: input rule 1 \"udp\"");
	udp(lab.in, OUT, 1000, 53);
	assert_int_equal(lab.got[1].count, 1);
	firewall_free(lab.filter->firewall);
	rules(FIREWALL_OUTPUT, list, 1, FIREWALL_ALLOW, false);
	udp(lab.in, OUT, 1001, 53);
	assert_int_equal(lab.got[1].count, 2);
	udp(lab.in, R_IN, 1000, 53);
	assert_int_equal(lab.got[2].count, 1);
	struct lab_packet l = {.from = lab.r, .dst = OUT, .sport = 7, .dport = 8};
	struct ip_flow f;
	struct ip_path path;
	struct packet *p = lab_begin(&l, IPPROTO_UDP, &f, &path);
	memset(packet_put(p, 8), 0, 8);
	assert_int_not_equal(ip_send(lab.r, p, &f, &path), 0); /* EPERM, as Linux has it */
	assert_string_equal(said, "denied at r: output rule 1 \"udp\"");
}

/* Who is refused in the output chain is this node itself, and it is told as anyone is. */
static void rejects_its_own(void **state)
{
	static const struct firewall_rule list[] = {{.action = FIREWALL_REJECT}};
	struct lab_packet l = {.from = lab.r, .dst = OUT, .sport = 7, .dport = 8};
	struct tcp_hdr h = {.sport = 7, .dport = 8, .seq = 41, .flags = SYN, .doff = TCP_HLEN / 4};
	struct ip_flow f;
	struct ip_path path;
	struct packet *p;

	(void)state;
	rules(FIREWALL_OUTPUT, list, 1, FIREWALL_ALLOW, false);
	p = lab_begin(&l, IPPROTO_TCP, &f, &path);
	tcp_emit(packet_put(p, TCP_HLEN), &h);
	assert_int_not_equal(ip_send(lab.r, p, &f, &path), 0);
	lab_wait(10);
	lab_arrived(lab.r, 1, OUT, 8, R_OUT, 7);
	assert_int_equal(lab.got[2].flags, TCPHDR_RST | ACK);
	assert_int_equal(lab.got[2].ack, 42);
	p = lab_begin(&l, IPPROTO_UDP, &f, &path);
	memset(packet_put(p, 8), 0, 8);
	assert_int_not_equal(ip_send(lab.r, p, &f, &path), 0);
	assert_int_equal(lab.got[2].icmp_code, ICMP4_ADMIN_PROHIBITED);
	assert_int_equal(lab.got[1].count, 0);
}

static void interfaces(void **state)
{
	struct firewall_rule list[] = {
		{.action = FIREWALL_ALLOW, .in = lab.r_in, .out = lab.r_out},
		{.action = FIREWALL_ALLOW, .in = lab.r_in, .out = lab.r_in},
	};

	(void)state;
	rules(FIREWALL_FORWARD, list, 2, FIREWALL_DENY, true);
	udp(lab.in, OUT, 1000, 53);
	assert_int_equal(lab.got[1].count, 1);
	udp(lab.out, IN, 53, 1000);
	assert_int_equal(lab.got[0].count, 0);
	assert_int_equal(count(FIREWALL_FORWARD, 0), 1);
	assert_int_equal(count(FIREWALL_FORWARD, 1), 0);
}

/* RFC 9293 3.10.7.1: what who was meant would have said. */
static void reset(void **state)
{
	static const struct firewall_rule list[] = {{.action = FIREWALL_REJECT, .filter = "tcp"}};

	(void)state;
	rules(FIREWALL_FORWARD, list, 1, FIREWALL_ALLOW, true);
	lab_tcp((struct lab_packet){.from = lab.in, .dst = OUT, .sport = 1000, .dport = 80,
				    .flags = SYN, .seq = 4000000000u, .len = 7});
	lab_arrived(lab.in, 1, OUT, 80, IN, 1000);
	assert_int_equal(lab.got[0].flags, TCPHDR_RST | ACK);
	assert_int_equal(lab.got[0].seq, 0);
	assert_int_equal(lab.got[0].ack, 4000000008u);
	assert_string_equal(said, "rejected at r: forward rule 1 \"tcp\"");
	tcp(lab.in, OUT, 1000, 80, ACK, 10, 77);
	lab_arrived(lab.in, 2, OUT, 80, IN, 1000);
	assert_int_equal(lab.got[0].flags, TCPHDR_RST);
	assert_int_equal(lab.got[0].seq, 77);
	/* A reset is not answered. */
	tcp(lab.in, OUT, 1000, 80, TCPHDR_RST, 10, 0);
	assert_int_equal(lab.got[0].count, 2);
	assert_int_equal(lab.got[1].count, 0);
}

static void prohibited(void **state)
{
	static const struct firewall_rule list[] = {{.action = FIREWALL_REJECT}};

	(void)state;
	rules(FIREWALL_FORWARD, list, 1, FIREWALL_ALLOW, true);
	udp(lab.in, OUT, 1000, 80);
	assert_int_equal(lab.got[0].icmp_type, ICMP4_DESTINATION_UNREACHABLE);
	assert_int_equal(lab.got[0].icmp_code, ICMP4_ADMIN_PROHIBITED);
	assert_int_equal(lab.got[0].sport, 1000);
	assert_string_equal(said, "rejected at r: forward rule 1 \"everything\"");
	lab.got[0].icmp_type = 0;
	lab_icmp((struct lab_packet){.from = lab.in, .dst = OUT, .flags = ICMP4_ECHO, .sport = 9});
	assert_int_equal(lab.got[0].icmp_type, ICMP4_DESTINATION_UNREACHABLE);
}

/* Behind port forwarding the sender knows nothing of the address inside. */
static void behind_nat(void **state)
{
	static const struct firewall_rule list[] = {{.action = FIREWALL_REJECT, .filter = "dst port 80"}};
	struct nat_forward forwards[] = {
		{.proto = IPPROTO_TCP, .first = 8080, .last = 8080, .to = net_ip(IN), .to_port = 80},
		{.proto = IPPROTO_UDP, .first = 8080, .last = 8080, .to = net_ip(IN), .to_port = 80},
	};
	struct nat_params params = {.mapping = NAT_ENDPOINT_INDEPENDENT, .first_port = 1024,
				    .last_port = 65535, .forwards = forwards, .n_forwards = 2};

	(void)state;
	strict_output = true;
	rules(FIREWALL_FORWARD, list, 1, FIREWALL_ALLOW, false);
	lab.filter->nat = nat_new(lab.r, &params);
	nat_add_outside(lab.filter->nat, lab.r_out);
	tcp(lab.out, R_OUT, 999, 8080, SYN, 100, 0);
	lab_arrived(lab.out, 1, R_OUT, 8080, OUT, 999);
	assert_int_equal(lab.got[1].flags, TCPHDR_RST | ACK);
	assert_int_equal(lab.got[1].ack, 101);
	udp(lab.out, R_OUT, 999, 8080);
	assert_int_equal(lab.got[1].icmp_code, ICMP4_ADMIN_PROHIBITED);
	assert_int_equal(lab.got[1].sport, 999);
	assert_int_equal(lab.got[1].dport, 8080);
	assert_int_equal(lab.got[0].count, 0);
	assert_int_equal(conntrack_count(lab_table()), 0);
}

static void version6(void **state)
{
	static const struct firewall_rule list[] = {{.action = FIREWALL_REJECT,
						     .filter = "ip6 and tcp dst port 22"},
						    {.action = FIREWALL_REJECT, .filter = "ip6 and udp"}};
	struct ipaddr a = net_ip("fd00:1::2"), b = net_ip("fd00:1::1"), c = net_ip("fd00:2::1"),
		      d = net_ip("fd00:2::9");

	(void)state;
	rules(FIREWALL_FORWARD, list, 2, FIREWALL_ALLOW, false);
	assert_int_equal(ip_addr_add(lab.in->ifaces, &a, 64), 0);
	assert_int_equal(ip_addr_add(lab.r_in, &b, 64), 0);
	assert_int_equal(ip_addr_add(lab.r_out, &c, 64), 0);
	assert_int_equal(ip_addr_add(lab.out->ifaces, &d, 64), 0);
	net_route(lab.in, "::/0", "fd00:1::1");
	net_route(lab.out, "::/0", "fd00:2::1");
	lab_wait(3000);
	tcp(lab.in, "fd00:2::9", 1000, 22, SYN, 50, 0);
	lab_wait(10);
	lab_arrived(lab.in, 1, "fd00:2::9", 22, "fd00:1::2", 1000);
	assert_int_equal(lab.got[0].flags, TCPHDR_RST | ACK);
	assert_int_equal(lab.got[0].ack, 51);
	udp(lab.in, "fd00:2::9", 1000, 22);
	assert_int_equal(lab.got[0].icmp_type, ICMP6_MSG_DESTINATION_UNREACHABLE);
	assert_int_equal(lab.got[0].icmp_code, ICMP6_ADMIN_PROHIBITED);
	tcp(lab.in, "fd00:2::9", 1000, 23, SYN, 50, 0);
	assert_int_equal(lab.got[1].count, 1);
}

static void bad_expression(void **state)
{
	const struct firewall_rule rule = {.action = FIREWALL_ALLOW, .filter = "tcp dst prot 22"};
	struct firewall_params params = {0};
	char why[256] = "";

	(void)state;
	params.chains[0].rules = &rule;
	params.chains[0].n_rules = 1;
	assert_null(firewall_new(lab.r, &params, why, sizeof(why)));
	assert_true(strlen(why) > 0);
	assert_false(firewall_check(rule.filter, why, sizeof(why)));
	assert_true(firewall_check("tcp dst port 22", why, sizeof(why)));
}

/* An expression that looks into the payload, which stands in another place than the headers. */
static void looks_into_payload(void **state)
{
	static const struct firewall_rule list[] = {
		{.action = FIREWALL_DENY, .filter = "udp[100] = 0 and udp[8] = 0"}};

	(void)state;
	rules(FIREWALL_FORWARD, list, 1, FIREWALL_ALLOW, true);
	lab_udp((struct lab_packet){.from = lab.in, .dst = OUT, .sport = 1, .dport = 2, .len = 200});
	assert_int_equal(lab.got[1].count, 0);
	lab_udp((struct lab_packet){.from = lab.in, .dst = OUT, .sport = 1, .dport = 2, .len = 50});
	assert_int_equal(lab.got[1].count, 1);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(first_match), TEST(policy_denies), TEST(stateful), TEST(stateless),
		TEST(chains), TEST(rejects_its_own), TEST(interfaces), TEST(reset), TEST(prohibited), TEST(behind_nat),
		TEST(version6), TEST(bad_expression), TEST(looks_into_payload),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
