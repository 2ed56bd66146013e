/*
 * Random packets through random NATs, from a list of seeds, against a naive model (nat_model.h). After
 * every packet: it arrived where the model says, with the ends and the checksum that it must
 * have, or was dropped for the reason that the model says; there are as many connections and mappings
 * as there must be; no outside endpoint is two mappings'. In the end nothing is left.
 *
 *     test_filter_soak [FIRST [COUNT]]      a failure says its seed
 */
#include "nat_model.h"

#include <stdlib.h>

#include "filter/nat_int.h"
#include "wire/ipv4.h"

#define STEPS 150
#define MARGIN_MS 40 /* so near to the end of a session nothing is sent: who is first would decide */

static uint64_t first_seed = 1, seeds = 600, playing;

/* ---- one packet ---- */

static void datagram_send(struct node *from, uint8_t proto, struct end src, struct end dst, uint32_t len,
			  bool filled)
{
	static const uint8_t zeros[2000];
	struct ip_flow f = {.src = ipaddr_from4(src.addr), .dst = ipaddr_from4(dst.addr), .proto = proto,
			    .pmtudisc = below(2) ? IP_PMTU_WANT : IP_PMTU_DONT};
	struct ip_path path;

	assert_int_equal(ip_path(from, &f, &path), 0);
	struct packet *p = ip_packet_new(from, true);
	uint8_t *at = packet_put(p, 8);
	memset(at, 0, 8);
	if (proto == IPPROTO_UDP) {
		be16_store(at, src.port);
		be16_store(at + 2, dst.port);
		be16_store(at + 4, (uint16_t)(8 + len));
	} else {
		at[0] = ICMP4_ECHO;
		be16_store(at + 4, src.port);
	}
	if (len)
		packet_copy_in(p, zeros, len);
	p->csum_at = (uint16_t)(p->l4 + (proto == IPPROTO_UDP ? 6 : 2));
	if (proto == IPPROTO_UDP)
		be16_store(p->hdr + p->csum_at, (uint16_t)~csum_fold(csum_pseudo(&f.src, &f.dst, proto,
										packet_l4_len(p))));
	p->flags |= PACKET_CSUM;
	if (filled)
		packet_checksum_fill(p);
	assert_int_equal(ip_send(from, p, &f, &path), 0);
	lab_wait(10);
}

static void arrived(const struct want *w, uint8_t proto, const unsigned before[3], uint32_t len)
{
	bool own = is_nats(w->dst.addr) || w->dst.addr == R_IN4;
	int at = own ? 2 : is_inside(w->dst.addr) ? 0 : 1;
	const struct lab_got *g = &lab.got[at];

	/* An echo is answered by the node itself: what is seen of it is the answer, where it began. */
	if (proto == IPPROTO_ICMP) {
		assert_int_equal(lab.got[0].count, before[0] + 1);
		assert_int_equal(ipaddr_to4(&lab.got[0].dst), w->session->a.addr);
		assert_int_equal(ipaddr_to4(&lab.got[0].src), w->session->b.addr);
		assert_true(lab.got[0].csum_ok);
		w->session->replied = true;
		return;
	}
	for (int i = 0; i < 3; i++)
		assert_int_equal(lab.got[i].count, before[i] + (i == at));
	assert_true(g->csum_ok);
	assert_int_equal(g->len, len);
	assert_int_equal(ipaddr_to4(&g->dst), w->dst.addr);
	assert_int_equal(g->dport, w->dst.port);
	if (!w->src_open) {
		assert_int_equal(ipaddr_to4(&g->src), w->src.addr);
		assert_int_equal(g->sport, w->src.port);
	}
}

/* The endpoint that the NAT has given to a new mapping. */
static struct end chosen(uint8_t proto, const struct session *s)
{
	struct ct_tuple t = {.src = ipaddr_from4(s->a.addr), .dst = ipaddr_from4(s->b.addr),
			     .sport = s->a.port, .dport = s->b.port, .proto = proto};
	uint8_t dir;
	struct conn *c = conntrack_find(lab_table(), &t, &dir);

	assert_non_null(c);
	return (struct end){ipaddr_to4(&c->way[CT_REPLY].tuple.dst), c->way[CT_REPLY].tuple.dport};
}

/* ---- what must be true at any time ---- */

static void tables_check(void)
{
	uint32_t n = 0, maps = 0;

	for (int i = 0; i < k.n_sessions; i++)
		n += alive(&k.sessions[i]);
	for (int m = 0; m < k.n_maps; m++) {
		maps += map_alive(m);
		for (int o = 0; o < m && map_alive(m); o++)
			assert_false(map_alive(o) && k.maps[o].proto == k.maps[m].proto &&
				     same(k.maps[o].outside, k.maps[m].outside));
	}
	assert_int_equal(conntrack_count(lab_table()), n);
	assert_int_equal(nat_mapping_count(lab.filter->nat), maps);
}

static void lists_sweep(void)
{
	int n = 0;

	for (int i = 0; i < k.n_sessions; i++)
		if (alive(&k.sessions[i]))
			k.sessions[n++] = k.sessions[i];
	k.n_sessions = n;
}

static void play(uint8_t proto, struct node *from, struct end src, struct end dst)
{
	uint32_t len = proto == IPPROTO_UDP && below(8) == 0 ? 1990 : below(40);
	unsigned before[3] = {lab.got[0].count, lab.got[1].count, lab.got[2].count};
	struct want w = expected(proto, src, dst);
	uint64_t drops;

	if (w.fate == DROPPED && w.why == NOT_KNOWN)
		return;
	drops = site_drops(&lab.r->site, w.why);
	datagram_send(from, proto, src, dst, len, below(2));
	if (w.fate == DROPPED) {
		assert_int_equal(site_drops(&lab.r->site, w.why), drops + 1);
		for (int i = 0; i < 3; i++)
			assert_int_equal(lab.got[i].count, before[i]);
		tables_check();
		return;
	}
	arrived(&w, proto, before, len);
	if (w.src_open) {
		struct end outside = chosen(proto, w.session);

		w.session->over = true; /* it is not there yet */
		choice_check(proto, w.inside, outside);
		if (proto == IPPROTO_UDP) {
			const struct lab_got *g = &lab.got[is_inside(w.dst.addr) ? 0 : 1];

			assert_int_equal(ipaddr_to4(&g->src), outside.addr);
			assert_int_equal(g->sport, outside.port);
		}
		assert_true(makes_way(proto, w.session->d, outside));
		w.session->over = false;
		w.session->c = outside;
		w.session->map = map_add(proto, w.inside, dst, outside);
	}
	tables_check();
}

/* An error about what a session has sent out: it reaches who sent it, in his words, or nobody. */
static void play_error(void)
{
	struct session s = k.sessions[below((uint32_t)k.n_sessions)];
	struct ipv4_hdr h = {.ihl = 5, .ttl = 9, .proto = IPPROTO_UDP, .total_len = 28,
			     .src = ipaddr_from4(s.c.addr), .dst = ipaddr_from4(s.d.addr)};
	struct lab_packet l = {.from = lab.out, .src = OUT};
	char to[IPADDR_TEXT];
	struct ip_flow f;
	struct ip_path path;
	uint8_t *at;

	if (s.proto != IPPROTO_UDP || s.map < 0 || !is_inside(s.a.addr) || is_inside(s.d.addr))
		return;
	l.dst = ipaddr_format(to, sizeof(to), &h.src);
	struct packet *p = lab_begin(&l, IPPROTO_ICMP, &f, &path);
	at = packet_put(p, ICMP4_HLEN);
	memset(at, 0, ICMP4_HLEN);
	at[0] = ICMP4_DESTINATION_UNREACHABLE;
	at[1] = ICMP4_HOST_UNREACHABLE;
	at = packet_put(p, IPV4_HLEN);
	ipv4_emit(at, &h);
	ipv4_set_checksum(at);
	at = packet_put(p, 8);
	memset(at, 0, 8);
	be16_store(at, s.c.port);
	be16_store(at + 2, s.d.port);
	lab.got[0].icmp_type = 0;
	lab.got[0].sport = lab.got[0].dport = 0;
	lab_end(&l, p, &f, &path, 2);
	assert_int_equal(lab.got[0].icmp_type, alive(&s) ? ICMP4_DESTINATION_UNREACHABLE : 0);
	assert_int_equal(lab.got[0].sport, alive(&s) ? s.a.port : 0);
	assert_int_equal(lab.got[0].dport, alive(&s) ? s.b.port : 0);
	assert_int_equal(site_drops(&lab.in->site, DROP_ICMP_CHECKSUM), 0);
	assert_int_equal(site_drops(&lab.in->site, DROP_ICMP_IGNORED), 0);
	tables_check();
}

/* ---- worlds ---- */

static void away_from_ends(void)
{
	for (int i = 0; i < k.n_sessions; i++) {
		int64_t left = vtime_sub(k.sessions[i].expires, world_now(lab.w)).ns / 1000000;

		if (!k.sessions[i].over && left > -MARGIN_MS && left < MARGIN_MS) {
			lab_wait(2 * MARGIN_MS);
			i = -1;
		}
	}
}

static void step(void)
{
	struct end inside = {insides[below(3)], (uint16_t)(1000 + below(5))};
	struct end outside = {outsides[below(2)], (uint16_t)(53 + below(2))};
	struct end nats = {k.params.n_pool ? 0xcb007164 + below(2) : R_OUT4, (uint16_t)(998 + below(14))};

	lab_wait(below(3) ? below(50) : below(12000));
	away_from_ends();
	lists_sweep();
	switch (below(8)) {
	case 0:
	case 1:
	case 2:
		play(IPPROTO_UDP, lab.in, inside, outside);
		break;
	case 3:
	case 4:
		play(IPPROTO_UDP, lab.out, outside, nats);
		break;
	case 5:
		play(IPPROTO_UDP, lab.in, inside, nats);
		break;
	case 6:
		outside.port = 0;
		play(IPPROTO_ICMP, lab.in, inside, outside);
		break;
	default:
		if (k.n_sessions)
			play_error();
	}
}

static void addresses_add(void)
{
	for (size_t i = 1; i < 3; i++) {
		struct ipaddr a = ipaddr_from4(insides[i]);

		assert_int_equal(ip_addr_add(lab.in->ifaces, &a, IPADDR_V4_BITS + 24), 0);
	}
	struct ipaddr a = ipaddr_from4(outsides[1]);
	assert_int_equal(ip_addr_add(lab.out->ifaces, &a, IPADDR_V4_BITS + 24), 0);
	for (uint32_t i = 0; i < k.params.n_pool; i++)
		assert_int_equal(ip_addr_add(lab.r_out, &k.pool[i], IPADDR_V4_BITS + 24), 0);
}

static void seconds_set(const char *name, uint32_t s)
{
	char key[80], value[16], why[100];

	snprintf(key, sizeof(key), "net.netfilter.nf_conntrack_%s", name);
	snprintf(value, sizeof(value), "%u", s);
	assert_int_equal(node_sysctl_set(lab.r, key, value, why, sizeof(why)), 0);
}

static void world_make(uint64_t seed)
{
	uint32_t udp, icmp;

	memset(&k, 0, sizeof(k));
	rng_init(&k.r, seed, "soak");
	k.pool[0] = net_ip("203.0.113.100");
	k.pool[1] = net_ip("203.0.113.101");
	k.forward = (struct nat_forward){.proto = IPPROTO_UDP, .first = 1002, .last = 1002, .to = net_ip(IN),
					 .to_port = 1004};
	k.params = (struct nat_params){
		.mapping = (enum nat_kind)below(3),
		.filtering = (enum nat_kind)below(3),
		.hairpinning = below(4) != 0,
		.port_preservation = below(3) != 0,
		.port_parity = below(2) != 0,
		.paired = below(2) != 0,
		.first_port = 1000,
		.last_port = (uint16_t)(1002 + below(11)),
		.pool = k.pool,
		.n_pool = below(3) ? 0 : 2,
		.forwards = &k.forward,
		.n_forwards = below(2),
	};
	udp = 5 + below(60);
	icmp = 5 + below(60);
	k.udp = vtime_s(udp);
	k.icmp = vtime_s(icmp);
	seconds_set("udp_timeout", udp);
	seconds_set("udp_timeout_stream", udp);
	seconds_set("icmp_timeout", icmp);
	addresses_add();
	lab.filter->nat = nat_new(lab.r, &k.params);
	nat_add_outside(lab.filter->nat, lab.r_out);
}

static void worlds(void **state)
{
	for (uint64_t seed = first_seed; seed < first_seed + seeds; seed++) {
		lab_setup(state);
		playing = seed;
		world_make(seed);
		for (int i = 0; i < STEPS; i++)
			step();
		lab_wait(130000);
		assert_int_equal(conntrack_count(lab_table()), 0);
		assert_int_equal(nat_mapping_count(lab.filter->nat), 0);
		lab_teardown(state);
	}
	playing = 0;
}

static int seed_say(void **state)
{
	(void)state;
	if (playing)
		print_message("seed %llu\n", (unsigned long long)playing);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(worlds)};

	if (argc > 1)
		first_seed = strtoull(argv[1], NULL, 10);
	if (argc > 2)
		seeds = strtoull(argv[2], NULL, 10);
	return cmocka_run_group_tests(tests, NULL, seed_say);
}
