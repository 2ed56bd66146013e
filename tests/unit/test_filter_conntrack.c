/* Connection tracking: states, time-outs, windows, what is invalid, and what a full table does. */
#include "filter_lab.h"

#include "wire/ipv4.h"

#define SYN TCPHDR_SYN
#define ACK TCPHDR_ACK
#define FIN (TCPHDR_FIN | TCPHDR_ACK)
#define RST TCPHDR_RST

static struct conn *only(void)
{
	struct conn *found = NULL;

	for (int i = 0; i < CT_TIMEOUT_COUNT; i++)
		for (struct conn *c = lab_table()->queues[i].head; c; c = c->later) {
			assert_null(found);
			found = c;
		}
	return found;
}

/* Of the one connection: what is left of its time, in s, and that it stands in that queue. */
static void expires(enum ct_timeout timeout, int64_t seconds)
{
	struct conn *c = only();

	assert_non_null(c);
	assert_int_equal(c->timeout, timeout);
	vtime left = vtime_sub(c->expires, world_now(lab.w));
	assert_true(left.ns > (seconds - 1) * NS_PER_S && left.ns <= seconds * NS_PER_S);
}

static void out_udp(void)
{
	lab_udp((struct lab_packet){.from = lab.in, .dst = OUT, .sport = 4000, .dport = 53, .len = 9});
}

static void back_udp(void)
{
	lab_udp((struct lab_packet){.from = lab.out, .dst = IN, .sport = 53, .dport = 4000, .len = 9});
}

static void udp(void **state)
{
	(void)state;
	out_udp();
	expires(CT_TIMEOUT_UDP, 30);
	assert_false(only()->replied);
	back_udp();
	assert_true(only()->replied);
	expires(CT_TIMEOUT_UDP, 30);
	lab_wait(3000); /* more than a question and its answer */
	out_udp();
	expires(CT_TIMEOUT_UDP_STREAM, 120);
	assert_true(only()->assured);
	assert_int_equal(only()->packets[CT_ORIGINAL], 2);
	assert_int_equal(only()->bytes[CT_REPLY], 37);
	lab_wait(119000);
	assert_int_equal(conntrack_count(lab_table()), 1);
	lab_wait(2000);
	assert_int_equal(conntrack_count(lab_table()), 0);
}

static void icmp(void **state)
{
	(void)state;
	lab_icmp((struct lab_packet){.from = lab.in, .dst = OUT, .flags = ICMP4_ECHO, .sport = 7});
	expires(CT_TIMEOUT_ICMP, 30);
	assert_true(only()->replied); /* a host answers by itself */
	/* An answer that nobody asked for begins nothing. */
	lab_icmp((struct lab_packet){.from = lab.out, .dst = IN, .flags = ICMP4_ECHO_REPLY, .sport = 8});
	assert_int_equal(conntrack_count(lab_table()), 1);
	/* The same identifier the other way is another question. */
	lab_icmp((struct lab_packet){.from = lab.out, .dst = IN, .flags = ICMP4_ECHO, .sport = 7});
	assert_int_equal(conntrack_count(lab_table()), 2);
}

static void there(uint16_t flags, uint32_t seq, uint32_t ack, uint32_t len)
{
	lab_tcp((struct lab_packet){.from = lab.in, .dst = OUT, .sport = 5000, .dport = 80,
				    .flags = flags, .seq = seq, .ack = ack, .len = len});
}

static void back(uint16_t flags, uint32_t seq, uint32_t ack, uint32_t len)
{
	lab_tcp((struct lab_packet){.from = lab.out, .dst = IN, .sport = 80, .dport = 5000,
				    .flags = flags, .seq = seq, .ack = ack, .len = len});
}

static void establish(void)
{
	there(SYN, 100, 0, 0);
	back(SYN | ACK, 500, 101, 0);
	there(ACK, 101, 501, 0);
}

static void tcp_life(void **state)
{
	(void)state;
	there(SYN, 100, 0, 0);
	expires(CT_TIMEOUT_TCP_SYN_SENT, 120);
	back(SYN | ACK, 500, 101, 0);
	expires(CT_TIMEOUT_TCP_SYN_RECV, 60);
	assert_false(only()->assured);
	there(ACK, 101, 501, 0);
	expires(CT_TIMEOUT_TCP_ESTABLISHED, 432000);
	assert_true(only()->assured);
	there(ACK, 101, 501, 50);
	expires(CT_TIMEOUT_TCP_UNACKNOWLEDGED, 300);
	back(ACK, 501, 151, 0);
	expires(CT_TIMEOUT_TCP_ESTABLISHED, 432000);
	there(FIN, 151, 501, 0);
	expires(CT_TIMEOUT_TCP_FIN_WAIT, 120);
	back(ACK, 501, 152, 0);
	expires(CT_TIMEOUT_TCP_CLOSE_WAIT, 60);
	back(FIN, 501, 152, 0);
	expires(CT_TIMEOUT_TCP_LAST_ACK, 30);
	there(ACK, 152, 502, 0);
	expires(CT_TIMEOUT_TCP_TIME_WAIT, 120);
	/* The next connection between the same ends takes its place. */
	there(SYN, 9000, 0, 0);
	expires(CT_TIMEOUT_TCP_SYN_SENT, 120);
	assert_int_equal(only()->packets[CT_ORIGINAL], 1);
}

static void tcp_reset(void **state)
{
	(void)state;
	establish();
	back(RST, 400, 0, 0); /* below what was acknowledged: forged */
	expires(CT_TIMEOUT_TCP_ESTABLISHED, 432000);
	back(RST, 501, 0, 0);
	expires(CT_TIMEOUT_TCP_CLOSE, 10);
	lab_wait(11000);
	assert_int_equal(conntrack_count(lab_table()), 0);
	/* A refused one is gone when the refusal has passed. */
	there(SYN, 100, 0, 0);
	assert_int_equal(conntrack_count(lab_table()), 1);
	back(RST | ACK, 0, 101, 0);
	assert_int_equal(conntrack_count(lab_table()), 0);
	assert_int_equal(lab.got[0].flags, RST | ACK);
}

static void tcp_simultaneous(void **state)
{
	(void)state;
	there(SYN, 100, 0, 0);
	back(SYN, 500, 0, 0);
	assert_int_equal(only()->tcp_state, CT_TCP_SYN_SENT2);
	there(SYN | ACK, 100, 501, 0);
	back(SYN | ACK, 500, 101, 0);
	there(ACK, 101, 501, 0);
	back(ACK, 501, 101, 10);
	assert_int_equal(only()->tcp_state, CT_TCP_ESTABLISHED);
}

/* A firewall that lets everything begin from inside drops what is invalid: so it shows. */
static void strict(void)
{
	struct firewall_params params = {0};
	char why[200];

	lab.filter->firewall = firewall_new(lab.r, &params, why, sizeof(why));
	assert_non_null(lab.filter->firewall);
}

static uint64_t invalid(void)
{
	return site_drops(&lab.r->site, DROP_CONNTRACK_INVALID);
}

static void tcp_windows(void **state)
{
	(void)state;
	strict();
	establish();
	there(ACK, 101 + 200000, 501, 10);    /* I: far more than out has room for */
	assert_int_equal(invalid(), 1);
	there(ACK, 101, 501 + 5000, 10);      /* III: acknowledges what was never sent */
	assert_int_equal(invalid(), 2);
	/* II, IV: older than a window, or acknowledging what is long past: late, and no more than that. */
	lab_wait(5000);
	there(ACK, 101 - 70000, 501, 10);
	there(ACK, 101, 501 - 70000, 10);
	assert_int_equal(invalid(), 2);
	expires(CT_TIMEOUT_TCP_ESTABLISHED, 432000 - 5);
	there(ACK, 101, 501, 10);
	back(ACK, 501, 111, 0);
	assert_int_equal(invalid(), 2);
	there(SYN | FIN, 111, 501, 0);        /* no end sends that */
	there(0, 111, 501, 0);
	assert_int_equal(invalid(), 4);
	lab_tcp((struct lab_packet){.from = lab.in, .dst = OUT, .sport = 5000, .dport = 80,
				    .flags = ACK, .seq = 111, .ack = 501, .len = 10, .damaged = true});
	assert_int_equal(invalid(), 5);
}

static void tcp_late(void **state)
{
	char why[100];

	(void)state;
	strict();
	there(ACK, 7000, 8000, 100); /* loose: picked up in the middle */
	assert_int_equal(conntrack_count(lab_table()), 1);
	back(ACK, 8000, 7100, 0);
	assert_int_equal(only()->tcp_state, CT_TCP_ESTABLISHED);
	assert_int_equal(invalid(), 0);
	node_sysctl_set(lab.r, "net.netfilter.nf_conntrack_tcp_loose", "0", why, sizeof(why));
	lab_tcp((struct lab_packet){.from = lab.in, .dst = OUT, .sport = 5001, .dport = 80,
				    .flags = ACK, .seq = 1, .ack = 1});
	assert_int_equal(invalid(), 1);
	assert_int_equal(conntrack_count(lab_table()), 1);
}

static void icmp_errors(void **state)
{
	struct firewall_params params = {0};
	char why[200];

	(void)state;
	/* From outside nothing may begin. */
	params.chains[FIREWALL_FORWARD].rules =
		&(struct firewall_rule){.action = FIREWALL_ALLOW, .in = lab.r_in};
	params.chains[FIREWALL_FORWARD].n_rules = 1;
	params.chains[FIREWALL_FORWARD].policy = FIREWALL_DENY;
	lab.filter->firewall = firewall_new(lab.r, &params, why, sizeof(why));
	/* A TTL that ends at out's side would need one more router: r's own error, then. */
	lab_udp((struct lab_packet){.from = lab.in, .dst = OUT, .sport = 1, .dport = 2, .ttl = 1});
	assert_int_equal(lab.got[0].icmp_type, ICMP4_TIME_EXCEEDED);
	assert_int_equal(conntrack_count(lab_table()), 0); /* nothing passed */
	back_udp();
	assert_int_equal(lab.got[0].count, 0);
	assert_int_equal(site_drops(&lab.r->site, DROP_FIREWALL_DENY), 1);
	out_udp();
	back_udp();
	assert_int_equal(lab.got[0].count, 1);
}

static void full(void **state)
{
	char why[100];

	(void)state;
	node_sysctl_set(lab.r, "net.netfilter.nf_conntrack_max", "3", why, sizeof(why));
	for (uint16_t port = 1; port <= 5; port++)
		lab_udp((struct lab_packet){.from = lab.in, .dst = OUT, .sport = port, .dport = 9});
	/* Those that were never answered make room, the oldest first. */
	assert_int_equal(conntrack_count(lab_table()), 3);
	assert_int_equal(lab.got[1].count, 5);
	/* Established connections do not. */
	conntrack_kill(lab_table(), lab_table()->queues[CT_TIMEOUT_UDP].head);
	conntrack_kill(lab_table(), lab_table()->queues[CT_TIMEOUT_UDP].head);
	conntrack_kill(lab_table(), lab_table()->queues[CT_TIMEOUT_UDP].head);
	node_sysctl_set(lab.r, "net.netfilter.nf_conntrack_max", "1", why, sizeof(why));
	establish();
	out_udp();
	assert_int_equal(site_drops(&lab.r->site, DROP_CONNTRACK_FULL), 1);
	assert_int_equal(conntrack_count(lab_table()), 1);
}

/* Who was assured stays, in TIME-WAIT too, where one without an answer would have to make room. */
static void full_of_assured(void **state)
{
	char why[100];

	(void)state;
	node_sysctl_set(lab.r, "net.netfilter.nf_conntrack_max", "1", why, sizeof(why));
	establish();
	there(FIN, 101, 501, 0);
	back(FIN, 501, 102, 0);
	there(ACK, 102, 502, 0);
	expires(CT_TIMEOUT_TCP_TIME_WAIT, 120);
	out_udp();
	assert_int_equal(site_drops(&lab.r->site, DROP_CONNTRACK_FULL), 1);
	expires(CT_TIMEOUT_TCP_TIME_WAIT, 120);
	lab_wait(121000);
	out_udp();
	assert_int_equal(site_drops(&lab.r->site, DROP_CONNTRACK_FULL), 1);
	assert_int_equal(conntrack_count(lab_table()), 1);
}

/* A reset by the server does not open the way for the client's next SYN; its answer does. One by the
 * client itself does at once. */
static void tcp_again_after_reset(void **state)
{
	uint8_t dir;
	struct ct_tuple t = {net_ip(IN), net_ip(OUT), 5000, 80, IPPROTO_TCP, 0};

	(void)state;
	establish();
	back(RST, 501, 0, 0);
	lab_wait(10);
	struct conn *old = conntrack_find(lab_table(), &t, &dir);
	assert_non_null(old);
	assert_int_equal(old->tcp_state, CT_TCP_CLOSE);
	there(SYN, 90000, 0, 0);
	assert_ptr_equal(conntrack_find(lab_table(), &t, &dir), old);
	assert_int_equal(old->tcp_state, CT_TCP_CLOSE);
	back(SYN | ACK, 70000, 90001, 0);
	assert_int_equal(old->tcp_state, CT_TCP_SYN_RECV);
	there(ACK, 90001, 70001, 0);
	assert_int_equal(old->tcp_state, CT_TCP_ESTABLISHED);
	there(RST, 90001, 0, 0);
	there(SYN, 110000, 0, 0);
	old = conntrack_find(lab_table(), &t, &dir);
	assert_non_null(old);
	assert_int_equal(old->packets[CT_ORIGINAL], 1); /* a new one */
	assert_int_equal(old->tcp_state, CT_TCP_SYN_SENT);
}

/* An error whose quote is right, but which is sent to someone else than the quoted packet's sender. */
static void icmp_error_astray(void **state)
{
	struct filter_pass pass = {0};
	struct packet *p;

	(void)state;
	out_udp();
	for (int astray = 0; astray < 2; astray++) {
		struct ipv4_hdr h = {.ihl = 5, .ttl = 64, .proto = IPPROTO_ICMP, .total_len = 56,
				     .src = net_ip(OUT), .dst = net_ip(astray ? "192.168.0.77" : IN)};
		struct ipv4_hdr quoted = {.ihl = 5, .ttl = 9, .proto = IPPROTO_UDP, .total_len = 28,
					  .src = net_ip(IN), .dst = net_ip(OUT)};
		struct icmp4 m = {.type = ICMP4_DESTINATION_UNREACHABLE, .code = ICMP4_PORT_UNREACHABLE};

		p = packet_new(lab.w);
		ipv4_emit(packet_put(p, IPV4_HLEN), &h);
		p->l4 = p->end;
		p->proto = IPPROTO_ICMP;
		p->in = &lab.r_out->link;
		icmp4_emit(packet_put(p, ICMP4_HLEN), &m);
		uint8_t *quote = packet_put(p, IPV4_HLEN);
		ipv4_emit(quote, &quoted);
		ipv4_set_checksum(quote);
		uint8_t *l4 = packet_put(p, 8);
		be16_store(l4, 4000);
		be16_store(l4 + 2, 53);
		be32_store(l4 + 4, 0);
		pass = (struct filter_pass){0};
		conntrack_in(lab_table(), p, &pass);
		assert_int_equal(pass.state, astray ? CT_INVALID : CT_RELATED);
		packet_free(p);
	}
}

/* Against a naive twin: a list that is searched from end to end, and a scan for what has ended. */
struct twin {
	struct ct_tuple t;
	vtime expires;
};

static void twin_agrees(void **state)
{
	static struct twin twins[400];
	uint32_t n = 0;
	struct rng rng;

	(void)state;
	rng_init(&rng, 7, "twin");
	for (int round = 0; round < 3000; round++) {
		uint16_t port = (uint16_t)(1 + rng_below(&rng, 300));
		uint32_t k = 0;

		lab_wait(rng_below(&rng, 400));
		for (uint32_t i = 0; i < n;)
			if (vtime_before(world_now(lab.w), twins[i].expires))
				i++;
			else
				twins[i] = twins[--n];
		assert_int_equal(conntrack_count(lab_table()), n);
		struct ct_tuple t = {net_ip(IN), net_ip(OUT), port, 9, IPPROTO_UDP, 0};
		while (k < n && !tuple_eq(&twins[k].t, &t))
			k++;
		uint8_t dir;
		assert_int_equal(conntrack_find(lab_table(), &t, &dir) != NULL, k < n);
		lab_udp((struct lab_packet){.from = lab.in, .dst = OUT, .sport = port, .dport = 9});
		twins[k].t = t;
		/* It passed the router a millisecond after it was sent, nine before now. */
		twins[k].expires = vtime_add(vtime_sub(world_now(lab.w), vtime_ms(9)), vtime_s(30));
		n += k == n;
	}
	assert_true(n > 100);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, lab_setup, lab_teardown)
	const struct CMUnitTest tests[] = {
		TEST(udp), TEST(icmp), TEST(tcp_life), TEST(tcp_reset), TEST(tcp_simultaneous),
		TEST(tcp_windows), TEST(tcp_late), TEST(icmp_errors), TEST(full),
		TEST(full_of_assured), TEST(twin_agrees),
		TEST(tcp_again_after_reset), TEST(icmp_error_astray),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
