/* What RFC 4787, 5382, 5508 and 7857 ask of a NAT, as far as a test needs packets made by hand or
 * time; docs/nat.md says which test shows which requirement. */
#include "nat_lab.h"

#include <stdlib.h>

#include "ip/ip.h"
#include "wire/ipv4.h"

#define IN2 "192.168.0.3"
#define OUT2 "203.0.113.10"

/* With two addresses on either side. */
static void start(const struct nat_params *params)
{
	char why[100];

	nat(params);
	second_inside();
	second_outside();
	/* As build/filter_build.c sets it for a router with NAT. */
	node_sysctl_set(lab.r, "net.netfilter.nf_conntrack_udp_timeout", "120", why, sizeof(why));
	node_sysctl_set(lab.r, "net.netfilter.nf_conntrack_icmp_timeout", "60", why, sizeof(why));
}

/* An ICMP error about a datagram, or a query whose identifier is sport. */
struct error {
	struct node *from;
	const char *src, *dst;
	uint8_t type, code;
	struct {
		const char *src, *dst;
		uint16_t sport, dport;
		uint8_t proto;
		uint8_t options;      /* words of no operation behind the header */
		uint16_t csum;        /* of the transport header */
		bool damaged;         /* its own header */
	} about;
	uint8_t extension[12];        /* behind 128 bytes of the quote (RFC 4884), if not 0 */
	bool damaged;
};

static void send_error(struct error e)
{
	struct lab_packet l = {.from = e.from, .src = e.src, .dst = e.dst, .damaged = e.damaged};
	uint16_t hlen = (uint16_t)(IPV4_HLEN + 4 * e.about.options);
	struct ipv4_hdr h = {.ihl = (uint8_t)(hlen / 4), .ttl = 9, .proto = e.about.proto,
			     .total_len = (uint16_t)(hlen + 8), .src = net_ip(e.about.src),
			     .dst = net_ip(e.about.dst)};
	uint8_t rest[140] = {0}, *at, *quote;
	struct ip_flow f;
	struct ip_path path;
	struct packet *p = lab_begin(&l, IPPROTO_ICMP, &f, &path);

	at = packet_put(p, ICMP4_HLEN);
	memset(at, 0, ICMP4_HLEN);
	at[0] = e.type;
	at[1] = e.code;
	at[5] = e.extension[0] ? 32 : 0;
	quote = packet_put(p, hlen);
	ipv4_emit(quote, &h);
	memset(quote + IPV4_HLEN, 1, 4u * e.about.options);
	ipv4_set_checksum(quote);
	quote[10] ^= e.about.damaged;
	at = packet_put(p, 8);
	memset(at, 0, 8);
	if (e.about.proto == IPPROTO_ICMP) {
		at[0] = ICMP4_ECHO;
		be16_store(at + 4, e.about.sport);
	} else {
		be16_store(at, e.about.sport);
		be16_store(at + 2, e.about.dport);
		be16_store(at + 6, e.about.csum);
	}
	if (e.extension[0]) {
		memcpy(rest + 128 - hlen - 8, e.extension, sizeof(e.extension));
		packet_copy_in(p, rest, 128u - hlen - 8 + sizeof(e.extension));
	}
	lab.got[0].icmp_type = lab.got[1].icmp_type = 0;
	lab_end(&l, p, &f, &path, 2);
}

/* Port unreachable from OUT about what IN sent from port 4000 to its port 53. */
static struct error refusal(void)
{
	return (struct error){.from = lab.out, .src = OUT, .dst = R_OUT,
			      .type = ICMP4_DESTINATION_UNREACHABLE, .code = ICMP4_PORT_UNREACHABLE,
			      .about = {.src = R_OUT, .dst = OUT, .sport = 4000, .dport = 53,
					.proto = IPPROTO_UDP}};
}

/* The same from inside: IN's about what came from OUT's port 53 to its port `port`. */
static struct error refusal_inside(uint16_t port)
{
	return (struct error){.from = lab.in, .src = IN, .dst = OUT,
			      .type = ICMP4_DESTINATION_UNREACHABLE, .code = ICMP4_PORT_UNREACHABLE,
			      .about = {.src = OUT, .dst = IN, .sport = 53, .dport = port,
					.proto = IPPROTO_UDP}};
}

static void heard(const struct node *n, uint8_t type, uint8_t code, const char *from,
		  uint16_t sport, uint16_t dport)
{
	const struct lab_got *g = lab_got_of(n);
	struct ipaddr a = net_ip(from);

	assert_int_equal(g->icmp_type, type);
	assert_int_equal(g->icmp_code, code);
	assert_true(ipaddr_eq(&g->src, &a));
	assert_int_equal(g->sport, sport);
	assert_int_equal(g->dport, dport);
}

/* From port 4000 to port 53 of OUT. */
static void datagram(const char *src, int pmtudisc, uint16_t id, uint32_t len)
{
	static const uint8_t zeros[2000];
	struct ip_flow f = {.dst = net_ip(OUT), .src = net_ip(src), .proto = IPPROTO_UDP,
			    .pmtudisc = (uint8_t)pmtudisc, .has_id = id != 0, .id = id};
	struct lab_packet l = {.from = lab.in};
	struct ip_path path;

	assert_int_equal(ip_path(lab.in, &f, &path), 0);
	struct packet *p = ip_packet_new(lab.in, true);
	memset(packet_put(p, 8), 0, 8);
	be16_store(p->hdr + p->l4, 4000);
	be16_store(p->hdr + p->l4 + 2, 53);
	be16_store(p->hdr + p->l4 + 4, (uint16_t)(8 + len));
	packet_copy_in(p, zeros, len);
	lab_end(&l, p, &f, &path, 6);
}

/* ---- ports ---- */

/* RFC 4787 REQ-3 a. */
static void well_known_ports(void **state)
{
	struct nat_params params = plain;

	(void)state;
	params.first_port = 1;
	start(&params);
	udp(IN, 500, OUT, 53);
	assert_int_equal(lab.got[1].sport, 500);
	udp(IN2, 500, OUT, 53);
	assert_true(lab.got[1].sport < 1024 && lab.got[1].sport != 500);
	udp(IN, 4000, OUT, 53);
	udp(IN2, 4000, OUT, 53);
	assert_true(lab.got[1].sport >= 1024 && lab.got[1].sport != 4000);
}

/* RFC 5382 REQ-7; RFC 7857 3: not even for other destinations. */
static void tcp_ports(void **state)
{
	(void)state;
	start(&plain);
	tcp(lab.in, IN, 5000, OUT, 80, SYN, 100, 0);
	tcp(lab.in, IN2, 5000, OUT2, 81, SYN, 100, 0);
	assert_int_not_equal(lab.got[1].sport, 5000);
	assert_int_equal(mappings(), 2);
}

/* RFC 7857 9, RFC 6056: who knows some of the ports does not know the next. */
static void ports_unforeseen(void **state)
{
	struct nat_params params = plain;
	uint16_t before = 0;
	unsigned near = 0, up = 0;

	(void)state;
	params.port_preservation = false;
	start(&params);
	for (uint16_t port = 4000; port < 4064; port++) {
		udp(IN, port, OUT, 53);
		near += abs(lab.got[1].sport - before) < 1000;
		up += lab.got[1].sport > before;
		before = lab.got[1].sport;
	}
	assert_true(near < 12 && up > 16 && up < 48);
}

/* RFC 7857 5, 6: what UDP has opened lets no TCP in, and the other way. */
static void protocols_apart(void **state)
{
	struct nat_params params = plain;

	(void)state;
	params.filtering = NAT_ENDPOINT_INDEPENDENT;
	start(&params);
	udp(IN, 4000, OUT, 53);
	tcp(lab.out, OUT2, 53, R_OUT, 4000, SYN, 1, 0);
	assert_int_equal(lab.got[0].count, 0);
	udp_back(OUT2, 53, R_OUT, 4000);
	assert_int_equal(lab.got[0].count, 1);
	tcp(lab.in, IN2, 4000, OUT, 53, SYN, 1, 0);
	assert_int_equal(lab.got[1].sport, 4000);
	assert_int_equal(mappings(), 2);
}

/* RFC 5382 REQ-3 b: UDP's port for everyone, TCP's for whom it was opened to. */
static void kinds_of_protocols(void **state)
{
	struct nat_params params = plain;

	(void)state;
	params.filtering = NAT_ADDRESS_AND_PORT_DEPENDENT;
	params.udp = (struct nat_kinds){.said = true, .mapping = NAT_ADDRESS_DEPENDENT,
					.filtering = NAT_ENDPOINT_INDEPENDENT};
	start(&params);
	udp(IN, 4000, OUT, 53);
	udp_back(OUT2, 99, R_OUT, 4000);
	assert_int_equal(lab.got[0].count, 1);
	udp(IN, 4000, "203.0.113.11", 53);
	assert_int_equal(mappings(), 2);
	tcp(lab.in, IN, 4000, OUT, 53, SYN, 1, 0);
	tcp(lab.in, IN, 4000, OUT2, 53, SYN, 1, 0);
	assert_int_equal(mappings(), 3);
	tcp(lab.out, OUT, 99, R_OUT, 4000, SYN, 1, 0);
	assert_int_equal(lab.got[0].count, 1);
}

/* RFC 7857 10: the identification tells what may be cut from what other hosts sent. */
static void identification(void **state)
{
	uint16_t ids[3];

	(void)state;
	start(&plain);
	for (int k = 0; k < 3; k++) {
		datagram(k == 1 ? IN2 : IN, k == 2 ? IP_PMTU_WANT : IP_PMTU_DONT, 777, 5);
		assert_true(lab.got[1].csum_ok);
		ids[k] = lab.got[1].id;
	}
	assert_int_equal(lab.got[1].count, 3);
	assert_int_not_equal(ids[0], ids[1]);
	assert_int_equal(ids[2], 777); /* with DF nobody needs it */
}

/* ---- time ---- */

/* RFC 4787 REQ-5; RFC 5508 REQ-2. */
static void timers(void **state)
{
	(void)state;
	start(&plain);
	udp(IN, 4000, OUT, 53);
	lab_wait(59000);
	lab_icmp((struct lab_packet){.from = lab.in, .dst = OUT, .flags = ICMP4_ECHO, .sport = 7});
	assert_int_equal(mappings(), 2);
	lab_wait(59000);
	assert_int_equal(mappings(), 2);
	lab_wait(2500);
	assert_int_equal(mappings(), 0);
}

/* RFC 7857 7, RFC 5508 REQ-6: an error, from outside or inside, neither ends nor refreshes what it is
 * about. */
static void errors_refresh_nothing(void **state)
{
	struct error e = refusal();

	(void)state;
	start(&plain);
	udp(IN, 4000, OUT, 53);
	lab_wait(60000);
	lab_icmp((struct lab_packet){.from = lab.in, .dst = OUT, .flags = ICMP4_ECHO, .sport = 7});
	lab_wait(50000);
	send_error(e);
	heard(lab.in, ICMP4_DESTINATION_UNREACHABLE, ICMP4_PORT_UNREACHABLE, OUT, 4000, 53);
	e.about.proto = IPPROTO_ICMP;
	e.about.sport = 7;
	send_error(e);
	send_error(refusal_inside(4000));
	heard(lab.out, ICMP4_DESTINATION_UNREACHABLE, ICMP4_PORT_UNREACHABLE, R_OUT, 53, 4000);
	assert_int_equal(mappings(), 2);
	lab_wait(11000);
	assert_int_equal(mappings(), 0);
}

/* ---- sizes ---- */

/* RFC 4787 REQ-13. */
static void too_big(void **state)
{
	(void)state;
	start(&plain);
	lab.r_out->link.mtu = 1000;
	datagram(IN, IP_PMTU_DO, 0, 1200);
	heard(lab.in, ICMP4_DESTINATION_UNREACHABLE, ICMP4_FRAGMENTATION_NEEDED, R_IN, 4000, 53);
	assert_int_equal(lab.got[0].mtu, 1000);
	assert_int_equal(lab.got[1].count, 0);
	datagram(IN, IP_PMTU_DONT, 0, 1200); /* REQ-13 a */
	lab_arrived(lab.out, 1, R_OUT, 4000, OUT, 53);
	assert_int_equal(lab.got[1].len, 1200);
}

static void fragment(uint16_t id, uint16_t off, bool more, uint16_t len)
{
	struct ipv4_hdr h = {.ihl = 5, .ttl = 64, .proto = IPPROTO_UDP, .id = id, .mf = more,
			     .frag_off = off, .total_len = (uint16_t)(IPV4_HLEN + len),
			     .src = net_ip(IN), .dst = net_ip(OUT)};
	struct packet *p = packet_new(lab.w);
	uint8_t *at = packet_put(p, IPV4_HLEN);

	ipv4_emit(at, &h);
	ipv4_set_checksum(at);
	p->in = &lab.r_in->link;
	at = packet_put(p, len);
	memset(at, 0, len);
	if (!off) {
		be16_store(at, 4000);
		be16_store(at + 2, 53);
		be16_store(at + 4, 64);
	}
	ip4_input(lab.r_in, p);
	lab_wait(5);
}

/* RFC 4787 REQ-14: in any order; a: pieces of what never becomes whole hinder nobody. */
static void fragments_in_any_order(void **state)
{
	(void)state;
	start(&plain);
	fragment(1, 48, false, 16);
	fragment(1, 24, true, 24);
	fragment(1, 0, true, 24);
	assert_int_equal(lab.got[1].count, 1);
	assert_int_equal(lab.got[1].sport, 4000);
	assert_int_equal(lab.got[1].len, 56);
	for (uint16_t id = 100; id < 8100; id++)
		fragment(id, 8, true, 24);
	fragment(2, 40, false, 24);
	fragment(2, 0, true, 40);
	udp(IN, 4000, OUT, 53);
	assert_int_equal(lab.got[1].count, 3);
	assert_int_equal(mappings(), 1);
}

/* ---- TCP ---- */

/* RFC 5382 REQ-4 a: who wants silence says so in the output chain. */
static void unsolicited_silently(void **state)
{
	static const struct firewall_rule rule = {.action = FIREWALL_DENY,
						  .filter = "icmp[icmptype] == icmp-unreach"};
	struct firewall_params params = {0};
	char why[100];

	(void)state;
	start(&plain);
	params.chains[FIREWALL_OUTPUT].rules = &rule;
	params.chains[FIREWALL_OUTPUT].n_rules = 1;
	params.chains[FIREWALL_OUTPUT].stateless = true;
	lab.filter->firewall = firewall_new(lab.r, &params, why, sizeof(why));
	tcp(lab.out, OUT, 80, R_OUT, 5000, SYN, 900, 0);
	lab_wait(7000);
	assert_int_equal(lab.got[1].icmp_type, 0);
	assert_int_equal(site_drops(&lab.r->site, DROP_FIREWALL_DENY), 1);
}

/* RFC 5382 REQ-8. */
static void tcp_hairpin(void **state)
{
	struct nat_params params = plain;

	(void)state;
	params.filtering = NAT_ENDPOINT_INDEPENDENT;
	start(&params);
	tcp(lab.in, IN2, 7000, OUT, 80, SYN, 100, 0);
	tcp(lab.in, IN, 5000, R_OUT, 7000, SYN, 200, 0);
	lab_arrived(lab.in, 1, R_OUT, 5000, IN2, 7000);
	tcp(lab.in, IN2, 7000, R_OUT, 5000, SYN | ACK, 300, 201);
	lab_arrived(lab.in, 2, R_OUT, 7000, IN, 5000);
}

/* RFC 5382 REQ-9, 10: the error arrives, and the connection goes on. */
static void tcp_error(void **state)
{
	struct error e = refusal();

	(void)state;
	start(&plain);
	tcp(lab.in, IN, 4000, OUT, 53, SYN, 100, 0);
	e.code = ICMP4_HOST_UNREACHABLE;
	e.about.proto = IPPROTO_TCP;
	send_error(e);
	heard(lab.in, ICMP4_DESTINATION_UNREACHABLE, ICMP4_HOST_UNREACHABLE, OUT, 4000, 53);
	tcp(lab.out, OUT, 53, R_OUT, 4000, SYN | ACK, 900, 101);
	lab_arrived(lab.in, 1, OUT, 53, IN, 4000);
	assert_int_equal(mappings(), 1);
}

/* ---- ICMP ---- */

/* RFC 5508 REQ-1 a: one identifier outside, whomever it asks; REQ-10 b: the other queries too. */
static void icmp_independent(void **state)
{
	(void)state;
	start(&plain);
	lab_icmp((struct lab_packet){.from = lab.in, .dst = OUT, .flags = ICMP4_ECHO, .sport = 7});
	lab_icmp((struct lab_packet){.from = lab.in, .dst = OUT2, .flags = ICMP4_ECHO, .sport = 7});
	assert_int_equal(lab.got[0].count, 2);
	assert_int_equal(mappings(), 1);
	lab_icmp((struct lab_packet){.from = lab.in, .src = IN2, .dst = OUT, .flags = ICMP4_ECHO,
				     .sport = 7});
	assert_int_equal(lab.got[0].count, 3);
	lab_icmp((struct lab_packet){.from = lab.in, .dst = OUT, .flags = 13, .sport = 8});
	lab_icmp((struct lab_packet){.from = lab.in, .src = IN2, .dst = OUT, .flags = 17, .sport = 8});
	assert_int_equal(mappings(), 4);
}

/* RFC 4787 REQ-12 a: whoever tells it. */
static void errors_from_anyone(void **state)
{
	struct error e = refusal();

	(void)state;
	start(&plain);
	udp(IN, 4000, OUT, 53);
	e.src = OUT2;
	e.code = ICMP4_HOST_UNREACHABLE;
	send_error(e);
	heard(lab.in, ICMP4_DESTINATION_UNREACHABLE, ICMP4_HOST_UNREACHABLE, OUT2, 4000, 53);
}

/* RFC 5508 REQ-3. */
static void errors_checked(void **state)
{
	struct error e = refusal();

	(void)state;
	start(&plain);
	udp(IN, 4000, OUT, 53);
	e.damaged = true;
	send_error(e);
	assert_int_equal(lab.got[0].icmp_type, 0);
	e.damaged = false;
	e.about.damaged = true; /* a */
	send_error(e);
	assert_int_equal(lab.got[0].icmp_type, 0);
	e.about.damaged = false;
	e.about.options = 3; /* b */
	send_error(e);
	heard(lab.in, ICMP4_DESTINATION_UNREACHABLE, ICMP4_PORT_UNREACHABLE, OUT, 4000, 53);
	e.about.options = 0;
	e.about.csum = 0x1234; /* c: wrong, and no reason to keep it */
	send_error(e);
	heard(lab.in, ICMP4_DESTINATION_UNREACHABLE, ICMP4_PORT_UNREACHABLE, OUT, 4000, 53);
	/* d: version 2, a checksum, and a label of MPLS. */
	memcpy(e.extension, (uint8_t[]){0x20, 0, 0xdf, 0xfe, 0, 8, 1, 1, 0, 0, 0x11, 1}, 12);
	send_error(e);
	heard(lab.in, ICMP4_DESTINATION_UNREACHABLE, ICMP4_PORT_UNREACHABLE, OUT, 4000, 53);
	assert_int_equal(site_drops(&lab.in->site, DROP_ICMP_CHECKSUM), 0);
}

/* RFC 5508 REQ-4, REQ-5: about nothing that is known, they get nowhere. */
static void errors_about_nothing(void **state)
{
	struct error e = refusal();

	(void)state;
	start(&plain);
	udp(IN, 4000, OUT, 53);
	e.about.sport = 4001;
	send_error(e);
	assert_int_equal(lab.got[0].icmp_type, 0);
	send_error(refusal_inside(4001));
	assert_int_equal(lab.got[1].icmp_type, 0);
	assert_int_equal(site_drops(&lab.r->site, DROP_CONNTRACK_INVALID), 1);
	/* REQ-11: nor a redirect. */
	e = refusal_inside(4000);
	e.type = ICMP4_REDIRECT;
	e.code = 0;
	send_error(e);
	assert_int_equal(site_drops(&lab.r->site, DROP_CONNTRACK_INVALID), 2);
}

/* RFC 5508 REQ-5: a private router's error comes from the NAT, and its quote is as it came. */
static void errors_from_inside(void **state)
{
	struct error e = refusal_inside(4000);

	(void)state;
	start(&plain);
	udp(IN, 4000, OUT, 53);
	udp(IN2, 4000, OUT, 53);
	uint16_t outside = lab.got[1].sport;
	e.type = ICMP4_TIME_EXCEEDED;
	e.code = 0;
	e.about.dst = IN2;
	send_error(e);
	heard(lab.out, ICMP4_TIME_EXCEEDED, 0, R_OUT, 53, outside);
}

/* RFC 5508 REQ-7: it reaches who sent the packet, in his words. */
static void hairpin_error(void **state)
{
	struct nat_params params = plain;
	struct error e = refusal_inside(7000);

	(void)state;
	params.filtering = NAT_ENDPOINT_INDEPENDENT;
	start(&params);
	udp(IN2, 7000, OUT, 53);
	udp(IN, 4000, R_OUT, 7000);
	e.src = e.about.dst = IN2;
	e.dst = e.about.src = R_OUT;
	e.about.sport = 4000;
	send_error(e);
	heard(lab.in, ICMP4_DESTINATION_UNREACHABLE, ICMP4_PORT_UNREACHABLE, R_OUT, 4000, 7000);
	assert_int_equal(site_drops(&lab.in->site, DROP_ICMP_IGNORED), 0);
}

/* A query has no port that it goes to: the address that it asks answers, the NAT's own. */
static void hairpin_query(void **state)
{
	(void)state;
	start(&plain);
	lab_icmp((struct lab_packet){.from = lab.in, .dst = R_OUT, .flags = ICMP4_ECHO, .sport = 7});
	assert_int_equal(lab.got[0].count, 1);
	struct ipaddr outside = net_ip(R_OUT);
	assert_true(ipaddr_eq(&lab.got[0].src, &outside));
	assert_true(lab.got[0].csum_ok);
	assert_int_equal(mappings(), 0);
}

/* RFC 5508 REQ-8: no port, no room in the table. */
static void no_session(void **state)
{
	struct nat_params params = plain;
	char why[100];

	(void)state;
	params.first_port = params.last_port = 4000;
	start(&params);
	udp(IN, 4000, OUT, 53);
	udp(IN2, 4000, OUT, 53);
	heard(lab.in, ICMP4_DESTINATION_UNREACHABLE, ICMP4_ADMIN_PROHIBITED, R_IN, 4000, 53);
	assert_int_equal(site_drops(&lab.r->site, DROP_NAT_EXHAUSTED), 1);
	lab_wait(1500); /* the limit on errors */
	node_sysctl_set(lab.r, "net.netfilter.nf_conntrack_max", "1", why, sizeof(why));
	lab_wait(4000);
	udp_back(OUT, 53, R_OUT, 4000);
	udp(IN, 4000, OUT, 53); /* now it is assured */
	lab.got[0].icmp_type = 0;
	udp(IN, 4000, OUT2, 99);
	heard(lab.in, ICMP4_DESTINATION_UNREACHABLE, ICMP4_ADMIN_PROHIBITED, R_IN, 4000, 99);
	assert_int_equal(site_drops(&lab.r->site, DROP_CONNTRACK_FULL), 1);
	assert_int_equal(mappings(), 1);
}

/* RFC 5508 REQ-10 a: time exceeded, about what was sent. */
static void ttl(void **state)
{
	(void)state;
	start(&plain);
	udp(IN2, 4000, OUT, 53);
	lab_udp((struct lab_packet){.from = lab.in, .dst = OUT, .sport = 4000, .dport = 53, .ttl = 1});
	heard(lab.in, ICMP4_TIME_EXCEEDED, 0, R_IN, 4000, 53);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, lab_setup, lab_teardown)
	const struct CMUnitTest tests[] = {
		TEST(well_known_ports), TEST(tcp_ports), TEST(ports_unforeseen), TEST(protocols_apart),
		TEST(identification), TEST(kinds_of_protocols),
		TEST(timers), TEST(errors_refresh_nothing), TEST(too_big), TEST(fragments_in_any_order),
		TEST(unsolicited_silently), TEST(tcp_hairpin), TEST(tcp_error), TEST(icmp_independent),
		TEST(errors_from_anyone), TEST(errors_checked), TEST(errors_about_nothing),
		TEST(errors_from_inside), TEST(hairpin_error),
		TEST(hairpin_query), TEST(no_session), TEST(ttl),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
