/*
 * Pairs of programs over random links, from a list of seeds: whatever the link, the sysctls, the
 * buffers and the order of calls, every byte that arrives is right, what need not fail does not,
 * everything ends, the naive twin (tcp_twin.h) agrees with every count, and nothing is left over.
 *
 *     test_tcp_soak [FIRST [COUNT]]      a failure says its seed; SOAK_SHOW=1 shows each seed
 */
#include "tcp_lab.h"
#include "tcp_twin.h"

#define PAIRS_MAX 4
#define SEEDS 400
#define BASE_PORT 2000

enum ending { END_ORDERLY, END_CLOSE, END_ABORT, END_EARLY, END_SHUT_RD, END_KINDS };

struct pair;

struct side {
	struct pair *pair;
	struct socket *s;
	struct event work, late;
	uint64_t to_send, sent, received, end_at;
	uint32_t write_max, read_max;
	int64_t pause_us;  /* between two calls; 0: as soon as it is woken */
	enum ending ending;
	bool over, eof, shut, more, slept, active, fastopen, connected;
	int err;
};

struct pair {
	struct soak *k;
	unsigned number;
	uint16_t port, cport;
	struct side side[2]; /* 0: the client, 1: who accepts (or the other client) */
	struct socket *listener;
	struct event start, accept, close_listener;
	bool v6, simultaneous, no_listener, listener_dies, must_arrive, reversed;
};

struct soak {
	struct lab l;
	struct rng r;
	struct pair pairs[PAIRS_MAX];
	unsigned pair_count, over;
	bool harsh;
	struct event flap;
};

static uint8_t buf[1 << 17];

static bool odds(struct soak *k, unsigned one_in)
{
	return rng_below(&k->r, one_in) == 0;
}

/* Small numbers as likely as large ones. */
static uint32_t any(struct soak *k, uint32_t low, uint32_t high)
{
	uint32_t bits = 32 - (uint32_t)__builtin_clz(high - low + 1);
	uint32_t span = 1u << rng_below(&k->r, bits + 1);

	if (span > high - low + 1)
		span = high - low + 1;
	return low + rng_below(&k->r, span);
}

static vtime soon(struct soak *k, int64_t us)
{
	return vtime_add(world_now(k->l.w), vtime_us(us));
}

static void arm(struct soak *k, struct event *e, int64_t us)
{
	event_arm(&k->l.w->sched, e, soon(k, us));
}

static struct node *node_of(const struct pair *p, int side)
{
	return (side == 0) != p->reversed ? p->k->l.a : p->k->l.b;
}

/* ---- one end ---- */

static void side_over(struct side *x)
{
	struct soak *k = x->pair->k;

	if (x->over)
		return;
	x->over = true;
	k->over++;
	event_cancel(&k->l.w->sched, &x->work);
	event_cancel(&k->l.w->sched, &x->late);
	if (x->s) {
		if (x->ending == END_ABORT)
			stream_set_linger(x->s, 0);
		socket_close(x->s);
	}
	x->s = NULL;
}

static void seed_show(struct soak *k)
{
	for (unsigned i = 0; i < k->pair_count; i++)
		for (int j = 0; j < 2; j++) {
			const struct side *x = &k->pairs[i].side[j];

			print_message("  pair %u side %d: over %d ending %d eof %d shut %d err %d pause %lld "
				      "sent %llu of %llu received %llu state %d%s%s\n", i, j, x->over,
				      x->ending, x->eof, x->shut, x->err, (long long)x->pause_us,
				      (unsigned long long)x->sent, (unsigned long long)x->to_send,
				      (unsigned long long)x->received, x->s ? tcp_of(x->s)->state : -1,
				      k->pairs[i].must_arrive ? " must" : "",
				      k->pairs[i].simultaneous ? " simultaneous" : "");
		}
}

static void side_fail(struct side *x, int err)
{
	x->err = err;
	if (x->pair->must_arrive) {
		seed_show(x->pair->k);
		fail_msg("%s: pair %u side %d: error %d", twin_context, x->pair->number,
			 (int)(x - x->pair->side), err);
	}
	side_over(x);
}

/* 1: something was read; 0: nothing is there; -1: over */
static int side_read(struct side *x)
{
	struct soak *k = x->pair->k;
	unsigned ready = socket_ready(x->s), salt = 2 * x->pair->number + (x == x->pair->side);
	size_t want = 1 + rng_below(&k->r, x->read_max);
	int peek = odds(k, 16) ? MSG_PEEK : 0;
	int64_t n;

	if (x->eof)
		return 0;
	n = stream_recv(x->s, buf, want, peek);
	if (n == -EAGAIN) {
		assert_false(ready & SOCKET_READABLE);
		return 0;
	}
	assert_true(ready & (SOCKET_READABLE | SOCKET_FAILED | SOCKET_HUNGUP));
	if (n < 0) {
		side_fail(x, (int)-n);
		return -1;
	}
	if (n == 0) {
		x->eof = true;
		return 1;
	}
	for (int64_t i = 0; i < n; i++)
		if (buf[i] != lab_byte(x->received + (uint64_t)i, salt))
			fail_msg("%s: pair %u: byte %llu is wrong", twin_context, x->pair->number,
				 (unsigned long long)(x->received + (uint64_t)i));
	if (!peek)
		x->received += (uint64_t)n;
	return 1;
}

static int side_write(struct side *x)
{
	struct soak *k = x->pair->k;
	unsigned ready, salt = 2 * x->pair->number + (x != x->pair->side);
	uint64_t left = x->to_send - x->sent;
	size_t want = 1 + rng_below(&k->r, x->write_max);
	int64_t n;

	if (x->shut || left == 0)
		return 0;
	/*
	 * A SYN cookie names the number of the SYN only up to 3, in Linux too: fewer bytes that
	 * overtake the first ACK are lost with it.
	 */
	if (x->sent == 0 && want < 4)
		want = 4;
	if (want > left)
		want = (size_t)left;
	for (size_t i = 0; i < want; i++)
		buf[i] = lab_byte(x->sent + i, salt);
	ready = socket_ready(x->s);
	if (odds(k, 8) && want <= 65536 && !x->fastopen) {
		struct slab *slab = slab_new(k->l.w, (uint32_t)want);

		memcpy(slab->bytes, buf, want);
		n = stream_send_slab(x->s, slab, slab->bytes, (uint32_t)want, 0);
		slab_unref(k->l.w, slab);
	} else {
		n = stream_send(x->s, buf, want, x->more && odds(k, 2) && left > want ? MSG_MORE : 0);
	}
	if (n == -EAGAIN || n == -EINPROGRESS) {
		assert_true(n == -EINPROGRESS || !(ready & SOCKET_WRITABLE));
		return 0;
	}
	if (n < 0) {
		side_fail(x, (int)-n);
		return -1;
	}
	assert_true((uint64_t)n <= left);
	x->sent += (uint64_t)n;
	return 1;
}

/*
 * Once segments may come, not below one: with the clamp raised again, by hand or by DRS, a window that
 * was shut in the meantime stays shut for ever, in Linux's arithmetic as in ours.
 */
static void clamp_window(struct side *x, uint32_t low, uint32_t high)
{
	const struct tcp *tp = tcp_of(x->s);

	if (tp->state != TCP_CLOSE && low <= tp->advmss)
		low = tp->advmss + 1;
	socket_set(x->s, SOCKET_WINDOW_CLAMP, (int)any(x->pair->k, low, high));
}

/* What is done between calls. */
static void side_fiddle(struct side *x)
{
	struct soak *k = x->pair->k;

	switch (rng_below(&k->r, 40)) {
	case 0:
		socket_set(x->s, SOCKET_NODELAY, (int)rng_below(&k->r, 2));
		break;
	case 1:
		socket_set(x->s, SOCKET_CORK, (int)rng_below(&k->r, 2));
		break;
	case 2:
		socket_set(x->s, SOCKET_QUICKACK, (int)rng_below(&k->r, 2));
		break;
	case 3:
		if (k->harsh)
			socket_set(x->s, SOCKET_RCVBUF, (int)any(k, 1, 100000));
		break;
	case 4:
		if (k->harsh)
			socket_set(x->s, SOCKET_SNDBUF, (int)any(k, 1, 100000));
		break;
	case 5:
		if (k->harsh)
			clamp_window(x, 1, 100000);
		break;
	case 6:
		stream_set_pacing(x->s, 20000 + any(k, 1, 10000000));
		break;
	case 7:
		stream_set_congestion(x->s, sysctl_congestion_controls[rng_below(&k->r, 5)]);
		break;
	case 8:
		if (k->harsh)
			socket_set(x->s, SOCKET_NOTSENT_LOWAT, (int)any(k, 1, 100000));
		break;
	default:
		break;
	}
}

static bool handshaking(const struct side *x)
{
	enum tcp_state st = tcp_of(x->s)->state;

	return st == TCP_SYN_SENT;
}

/* The end of a program's life with the socket. */
static void side_end(struct side *x)
{
	bool all = x->sent == x->to_send && !handshaking(x);
	uint64_t done = x->sent + x->received;

	switch (x->ending) {
	case END_ABORT:
	case END_EARLY:
		if (done >= x->end_at)
			side_over(x);
		else if (x->eof)
			side_over(x);
		return;
	case END_SHUT_RD:
		if (done >= x->end_at && !handshaking(x) && !(tcp_of(x->s)->shutdown & TCP_RCV_SHUTDOWN))
			stream_shutdown(x->s, SHUT_RD);
		if (all)
			side_over(x);
		return;
	case END_CLOSE:
		if (all && (x->eof || !x->pair->side[x == x->pair->side].to_send || odds(x->pair->k, 2)))
			side_over(x);
		return;
	default:
		if (all && !x->shut) {
			x->shut = true;
			int err = stream_shutdown(x->s, SHUT_WR);
			if (err)
				side_fail(x, -err);
		} else if (x->eof && x->shut) {
			side_over(x);
		}
	}
}

static void side_work(struct side *x)
{
	struct soak *k = x->pair->k;
	bool dry[2] = {false, false};

	/* Reading and writing in a random order, until neither goes on. */
	while (!x->over && !(dry[0] && dry[1])) {
		unsigned which = rng_below(&k->r, 2);
		int did = which ? side_write(x) : side_read(x);

		if (did < 0)
			return;
		dry[which] = did == 0;
		if (did)
			dry[!which] = false;
		side_fiddle(x);
		side_end(x);
		if (!x->over && did == 0 && dry[!which])
			side_end(x);
		if (x->pause_us && did)
			break;
	}
	if (!x->over && x->pause_us && !(dry[0] && dry[1]))
		arm(k, &x->late, 1 + any(k, 0, (uint32_t)x->pause_us));
}

static void side_fire(struct event *e)
{
	struct side *x = container_of(e, struct side, work);

	if (!x->over && x->s && !event_armed(&x->pair->k->l.w->sched, &x->late))
		side_work(x);
}

static void side_late(struct event *e)
{
	struct side *x = container_of(e, struct side, late);

	if (!x->over && x->s)
		side_work(x);
}

static void side_wake(struct socket *s)
{
	struct side *x = s->owner;

	arm(x->pair->k, &x->work, 0);
}

static void side_options(struct side *x)
{
	struct soak *k = x->pair->k;

	if (odds(k, 2))
		socket_set(x->s, SOCKET_NODELAY, 1);
	if (odds(k, 4))
		socket_set(x->s, SOCKET_RCVBUF, (int)any(k, 256, 300000));
	if (odds(k, 4))
		socket_set(x->s, SOCKET_SNDBUF, (int)any(k, 256, 300000));
	if (odds(k, 8))
		socket_set(x->s, SOCKET_MAXSEG, (int)any(k, 88, 9000));
	if (odds(k, 8))
		clamp_window(x, 1000, 200000);
	if (odds(k, 8))
		socket_set(x->s, SOCKET_NOTSENT_LOWAT, (int)any(k, 1, 50000));
	if (odds(k, 8))
		socket_set(x->s, SOCKET_LINGER2, (int)any(k, 1, 100));
	if (!x->pair->must_arrive) {
		socket_set(x->s, SOCKET_KEEPALIVE, 1);
		socket_set(x->s, SOCKET_KEEPIDLE, 20);
		socket_set(x->s, SOCKET_KEEPINTVL, 5);
		socket_set(x->s, SOCKET_KEEPCNT, 4);
		if (odds(k, 4))
			socket_set(x->s, SOCKET_USER_TIMEOUT, (int)any(k, 100, 30000));
	}
}

static void side_take(struct side *x, struct socket *s)
{
	x->s = s;
	s->owner = x;
	s->wake = side_wake;
	side_options(x);
	arm(x->pair->k, &x->work, any(x->pair->k, 0, 2000000));
}

/* ---- a pair ---- */

static struct endpoint there(const struct pair *p, int side, uint16_t port)
{
	bool a = node_of(p, side) == p->k->l.a;

	return lab_at(p->v6 ? a ? "2001:db8::1" : "2001:db8::2" : a ? "10.0.0.1" : "10.0.0.2", port);
}

static void pair_connect(struct pair *p, int side, uint16_t from, uint16_t to)
{
	struct side *x = &p->side[side];
	struct socket *s = socket_new(node_of(p, side), SOCKET_TCP, p->v6 ? AF_INET6 : AF_INET);
	struct endpoint here = there(p, side, from), peer = there(p, !side, to);
	int err = 0;

	assert_int_equal(socket_bind(s, &here), 0);
	if (x->fastopen)
		socket_set(s, SOCKET_FASTOPEN_CONNECT, 1);
	side_take(x, s);
	err = socket_connect(s, &peer);
	if (err && err != -EINPROGRESS)
		side_fail(x, -err);
}

static void pair_start(struct event *e)
{
	struct pair *p = container_of(e, struct pair, start);

	pair_connect(p, 0, p->cport, p->port);
	if (p->simultaneous)
		pair_connect(p, 1, p->port, p->cport);
}

/* The first connection of a pair is its other end; there is no second. */
static void pair_accept(struct event *e)
{
	struct pair *p = container_of(e, struct pair, accept);
	struct socket *s;

	while (p->listener && stream_accept(p->listener, &s) == 0) {
		if (p->side[1].s || p->side[1].over)
			socket_close(s);
		else
			side_take(&p->side[1], s);
	}
}

static void pair_wake(struct socket *s)
{
	struct pair *p = s->owner;

	if (!event_armed(&p->k->l.w->sched, &p->accept))
		arm(p->k, &p->accept, odds(p->k, 3) ? any(p->k, 0, 3000000) : 0);
}

static void pair_close_listener(struct event *e)
{
	struct pair *p = container_of(e, struct pair, close_listener);

	if (!p->listener)
		return;
	event_cancel(&p->k->l.w->sched, &p->accept);
	socket_close(p->listener);
	p->listener = NULL;
	if (!p->side[1].s)
		side_over(&p->side[1]); /* nobody comes any more */
}

/* The instant at which the sequence numbers of a side begin shortly before they wrap. */
static int64_t wrap_in(struct pair *p, int side)
{
	struct endpoint here = there(p, side, side ? p->port : p->cport);
	struct endpoint peer = there(p, !side, side ? p->cport : p->port);
	struct tcp_entry e = {.saddr = here.addr, .daddr = peer.addr, .sport = here.port,
			      .dport = peer.port};
	uint32_t now = tcp_isn(tcp_stack_of(node_of(p, side)), &e);

	return (int64_t)(0u - any(p->k, 1, 50000) - now) * 64 / 1000;
}

static void side_init(struct pair *p, int side)
{
	struct soak *k = p->k;
	struct side *x = &p->side[side];

	*x = (struct side){.pair = p, .write_max = any(k, 1, 65536), .read_max = any(k, 1, 65536),
			   .more = odds(k, 4)};
	event_init(&x->work, side_fire);
	event_init(&x->late, side_late);
	if (!odds(k, 5))
		x->to_send = any(k, 4, 120000);
	if (x->to_send > 300 * (uint64_t)x->write_max)
		x->to_send = 300 * x->write_max;
	if (odds(k, 3))
		x->pause_us = any(k, 1000, 400000);
}

static void pair_init(struct soak *k, unsigned number, uint32_t mtu)
{
	struct pair *p = &k->pairs[number];

	*p = (struct pair){.k = k, .number = number, .cport = (uint16_t)(BASE_PORT + number),
			   .port = (uint16_t)(80 + number)};
	event_init(&p->start, pair_start);
	event_init(&p->accept, pair_accept);
	event_init(&p->close_listener, pair_close_listener);
	p->v6 = mtu >= 1280 && odds(k, 2);
	p->reversed = odds(k, 2);
	p->simultaneous = odds(k, 8);
	p->no_listener = !p->simultaneous && odds(k, 24);
	p->listener_dies = !p->simultaneous && !p->no_listener && odds(k, 8);
	side_init(p, 0);
	side_init(p, 1);
	p->must_arrive = !p->no_listener && !p->listener_dies && !k->harsh && !odds(k, 3);
	for (int i = 0; i < 2; i++) {
		struct side *x = &p->side[i];

		x->fastopen = !p->simultaneous && i == 0 && x->to_send && odds(k, 3);
		if (p->must_arrive)
			x->ending = !p->side[!i].to_send && !x->fastopen && odds(k, 2) ? END_CLOSE
										       : END_ORDERLY;
		else
			x->ending = rng_below(&k->r, END_KINDS);
		x->end_at = any(k, 0, (uint32_t)(x->to_send + p->side[!i].to_send));
	}
	/* Two that close at once without waiting for each other may both be right and yet reset. */
	if (p->side[0].ending == END_CLOSE && p->side[1].ending == END_CLOSE)
		p->side[0].ending = END_ORDERLY;
	/* Two that read no more wait for each other to make room, as they would on Linux: for ever. */
	if (p->side[0].ending == END_SHUT_RD && p->side[1].ending == END_SHUT_RD)
		p->side[0].ending = END_ORDERLY;
	if (p->no_listener)
		side_over(&p->side[1]);
	else if (!p->simultaneous) {
		p->listener = lab_listen(node_of(p, 1), p->v6 ? AF_INET6 : AF_INET, p->port,
					 (int)(p->must_arrive ? 4 : rng_below(&k->r, 4)));
		p->listener->owner = p;
		p->listener->wake = pair_wake;
		if (odds(k, 3))
			socket_set(p->listener, SOCKET_RCVBUF, (int)any(k, 256, 100000));
		if (odds(k, 8))
			socket_set(p->listener, SOCKET_FASTOPEN, (int)any(k, 1, 4));
		if (!p->must_arrive && odds(k, 4))
			socket_set(p->listener, SOCKET_DEFER_ACCEPT, (int)any(k, 1, 5));
		arm(k, &p->close_listener,
		    p->listener_dies ? any(k, 1, 5000000) : (int64_t)2000 * 1000000);
	}
	arm(k, &p->start, odds(k, 3) ? wrap_in(p, p->simultaneous ? 0 : (int)rng_below(&k->r, 2))
				     : any(k, 0, 3000000));
}

/* ---- the world ---- */

struct knob {
	const char *name;
	uint32_t low, high;
};

static void random_sysctls(struct soak *k, struct node *n)
{
	static const struct knob knobs[] = {
		{"tcp_abc", 0, 1}, {"tcp_adv_win_scale", 1, 4}, {"tcp_base_mss", 200, 1400},
		{"tcp_challenge_ack_limit", 0, 100}, {"tcp_comp_sack_delay_ns", 0, 5000000},
		{"tcp_comp_sack_nr", 0, 255}, {"tcp_dsack", 0, 1}, {"tcp_early_retrans", 0, 4},
		{"tcp_ecn", 0, 2}, {"tcp_ecn_fallback", 0, 1}, {"tcp_fin_timeout", 1, 100},
		{"tcp_frto", 0, 2}, {"tcp_invalid_ratelimit", 0, 1000}, {"tcp_max_orphans", 100, 1000},
		{"tcp_max_reordering", 3, 300}, {"tcp_min_rtt_wlen", 0, 300},
		{"tcp_min_tso_segs", 1, 255}, {"tcp_moderate_rcvbuf", 0, 1},
		{"tcp_mtu_probing", 0, 2}, {"tcp_notsent_lowat", 1, 1000000},
		{"tcp_pacing_ca_ratio", 50, 300}, {"tcp_pacing_ss_ratio", 50, 300},
		{"tcp_recovery", 0, 7}, {"tcp_reordering", 1, 30}, {"tcp_rfc1337", 0, 1},
		{"tcp_sack", 0, 1}, {"tcp_slow_start_after_idle", 0, 1}, {"tcp_syncookies", 0, 1},
		{"tcp_thin_linear_timeouts", 0, 1}, {"tcp_timestamps", 0, 2},
		{"tcp_tso_rtt_log", 0, 12}, {"tcp_tw_reuse", 0, 2}, {"tcp_window_scaling", 0, 1},
		{"tcp_workaround_signed_windows", 0, 1},
	};
	unsigned share = 1 + rng_below(&k->r, 20);
	char name[64], value[64];

	for (unsigned i = 0; i < sizeof(knobs) / sizeof(knobs[0]); i++) {
		if (!odds(k, share))
			continue;
		snprintf(name, sizeof(name), "net.ipv4.%s", knobs[i].name);
		snprintf(value, sizeof(value), "%u", any(k, knobs[i].low, knobs[i].high));
		lab_sysctl(n, name, value);
	}
	/* A segment that overtakes the ACK of a cookie is reset, in Linux too. */
	if (k->harsh && odds(k, 3))
		lab_sysctl(n, "net.ipv4.tcp_syncookies", "2");
	/* Resolving a neighbour gives up sooner than TCP does. */
	lab_sysctl(n, "net.ipv4.neigh.default.mcast_solicit", "30");
	lab_sysctl(n, "net.ipv6.neigh.default.mcast_solicit", "30");
	/* An orphan before a small window gives up in time; where all must arrive it has more of it. */
	if (!k->harsh)
		lab_sysctl(n, "net.ipv4.tcp_orphan_retries", "15");
	/* A corrupted ARP answer (it has no checksum) is found out before a SYN is given up. */
	lab_sysctl(n, "net.ipv4.neigh.default.base_reachable_time_ms", "5000");
	lab_sysctl(n, "net.ipv4.neigh.default.delay_first_probe_time", "1");
	lab_sysctl(n, "net.ipv4.tcp_congestion_control",
		   sysctl_congestion_controls[rng_below(&k->r, 5)]);
	static const char *const fastopen[] = {"0", "1", "3", "7", "519", "1031", "1543"};
	lab_sysctl(n, "net.ipv4.tcp_fastopen", fastopen[rng_below(&k->r, 7)]);
	static const char *const names[] = {"net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"};
	for (int i = 0; i < 2; i++)
		if (odds(k, 3)) {
			uint32_t least = any(k, 512, 4096), def = any(k, least, 200000);

			snprintf(value, sizeof(value), "%u %u %u", least, def,
				 any(k, def, 4000000));
			lab_sysctl(n, names[i], value);
		}
}

static struct link_params random_link(struct soak *k, uint32_t mtu)
{
	struct link_params p = link_params_default;

	p.mtu = mtu;
	p.rate = odds(k, 10) ? 0 : 200000 + (uint64_t)any(k, 0, 100000000);
	p.delay = vtime_us(any(k, 0, 200000));
	if (odds(k, 3)) {
		p.jitter_kind = rng_below(&k->r, 4);
		p.jitter = vtime_us(any(k, 1, 30000));
	}
	if (odds(k, 2))
		p.loss = (struct loss_params){.kind = LOSS_RANDOM, .p = any(k, 1, 80) / 1000.0};
	else if (odds(k, 3))
		p.loss = (struct loss_params){.kind = LOSS_GILBERT_ELLIOTT, .p = 0.003, .r = 0.25,
					      .h = 0, .k = 1};
	if (odds(k, 3))
		p.reorder = any(k, 1, 200) / 1000.0;
	if (odds(k, 3))
		p.duplicate = any(k, 1, 100) / 1000.0;
	if (odds(k, 3))
		p.corrupt = any(k, 1, 30) / 1000.0;
	if (odds(k, 2))
		p.limit = any(k, 2, 100);
	if (odds(k, 2)) {
		p.queue = qdisc_defaults(QDISC_RED + rng_below(&k->r, QDISC_KIND_COUNT - 1));
		p.queue.ecn = odds(k, 2);
		if (p.queue.kind == QDISC_RED && p.limit < 40)
			p.limit = 40;
	}
	return p;
}

/* Down for a moment. */
static void flap(struct event *e)
{
	struct soak *k = container_of(e, struct soak, flap);
	bool up = link_up(k->l.link);

	link_set_up(k->l.link, !up);
	if (up || odds(k, 2))
		arm(k, &k->flap, any(k, 1, up ? 3000000 : 20000000));
}

static void fini(struct soak *k)
{
	struct sched *s = &k->l.w->sched;

	for (unsigned i = 0; i < k->pair_count; i++) {
		struct pair *p = &k->pairs[i];

		pair_close_listener(&p->close_listener);
		event_cancel(s, &p->close_listener);
		event_cancel(s, &p->start);
	}
	event_cancel(s, &k->flap);
	link_set_up(k->l.link, true);
}

static bool step(struct soak *k, vtime until)
{
	struct sched *s = &k->l.w->sched;
	vtime before_it = s->now;
	static uint64_t same;

	if (!sched_step(s, until))
		return false;
	same = s->now.ns == before_it.ns ? same + 1 : 0;
	if (same > 100000)
		fail_msg("%s: an event storm at %.6f s", twin_context, vtime_seconds(s->now));
	if (same == 0 || odds(k, 4))
		twin_check_node(odds(k, 2) ? k->l.a : k->l.b);
	return true;
}

static void check_arrived(struct soak *k)
{
	for (unsigned i = 0; i < k->pair_count; i++) {
		const struct pair *p = &k->pairs[i];

		for (int j = 0; p->must_arrive && j < 2; j++)
			if (p->side[j].received != p->side[!j].to_send) {
				seed_show(k);
				fail_msg("%s: pair %u side %d: not everything arrived", twin_context, i, j);
			}
	}
}

static void soak_seed(uint64_t seed)
{
	struct soak k = {.l.w = NULL};
	char context[32];

	snprintf(context, sizeof(context), "seed %llu", (unsigned long long)seed);
	twin_context = context;
	rng_init(&k.r, seed, "soak");
	k.harsh = odds(&k, 4);
	uint32_t mtu = odds(&k, 2) ? 1500 : odds(&k, 2) ? any(&k, 1280, 9000) : any(&k, 300, 1280);
	struct link_params ab = random_link(&k, mtu), ba = random_link(&k, mtu);
	struct lab *l = &k.l;
	lab_open(l, &ab, &ba, false);
	random_sysctls(&k, l->a);
	random_sysctls(&k, l->b);
	event_init(&k.flap, flap);
	if (k.harsh && odds(&k, 2))
		arm(&k, &k.flap, any(&k, 1, 5000000));
	k.pair_count = 1 + rng_below(&k.r, PAIRS_MAX);
	for (unsigned i = 0; i < k.pair_count; i++)
		pair_init(&k, i, mtu);
	if (getenv("SOAK_SHOW"))
		print_message("%s mtu %u\n", context, mtu);
	while (k.over < 2 * k.pair_count && step(&k, vtime_s(4000)))
		;
	if (k.over < 2 * k.pair_count) {
		seed_show(&k);
		fail_msg("%s: does not end", context);
	}
	check_arrived(&k);
	if (getenv("SOAK_SHOW"))
		print_message("  ends at %.3f s, %llu events\n", vtime_seconds(world_now(l->w)),
			      (unsigned long long)l->w->sched.fired);
	fini(&k);
	vtime until = vtime_add(world_now(l->w), vtime_s(3000));
	while ((tcp_stack_of(l->a)->count || tcp_stack_of(l->b)->count) && step(&k, until))
		;
	assert_int_equal(twin_check_node(l->a) + twin_check_node(l->b), 0);
	lab_run(l, vtime_s(100)); /* what is still under way */
	assert_int_equal(tcp_stack_of(l->a)->orphans + tcp_stack_of(l->b)->orphans, 0);
	link_free(l->link);
	transport_free(l->a);
	transport_free(l->b);
	node_free(l->a);
	node_free(l->b);
	assert_int_equal(l->w->pool.live, 0);
	assert_int_equal(l->w->sched.count, 0);
	twin_slabs(l->w);
	world_free(l->w);
}

static uint64_t first = 1, count = SEEDS;

static void test_soak(void **state)
{
	(void)state;
	for (uint64_t seed = first; seed < first + count; seed++)
		soak_seed(seed);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_soak)};

	if (argc > 1)
		first = strtoull(argv[1], NULL, 10);
	if (argc > 2)
		count = strtoull(argv[2], NULL, 10);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
