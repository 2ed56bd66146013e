/* What udhcpc must not believe and dhcpd not answer, and dhcpd's pool against a naive twin. */
#include "dhcp_office.h"

#include "core/rng.h"
#include "programs/dhcpd/dhcpd.h"

/* ---- a server that the test plays ---- */

static struct socket *played;

static void play_open(int host, uint16_t port)
{
	struct endpoint local = {.addr = ipaddr_any4, .port = port};

	played = socket_new(office.node[host], SOCKET_UDP, AF_INET);
	assert_int_equal(socket_set(played, SOCKET_BROADCAST, 1), 0);
	assert_int_equal(socket_set(played, SOCKET_DEVICE, 1), 0);
	assert_int_equal(socket_bind(played, &local), 0);
}

static void play_send(const struct dhcp4 *m, uint16_t port)
{
	struct endpoint to = {.addr = ipaddr_broadcast4, .port = port};
	uint8_t data[DHCP4_MAX];
	const struct socket_out out = {
		.to = &to, .data = data, .len = (uint32_t)dhcp4_emit(data, sizeof(data), m), .tos = -1};

	assert_int_equal(socket_send(played, &out), 0);
}

/* The next message of the client. */
static struct dhcp4 play_receive(void)
{
	struct socket_in in;
	struct dhcp4 m;
	uint8_t data[DHCP4_MAX];

	for (int ms = 0; socket_recv(played, &in) != 0; ms++) {
		assert_true(ms < 20000);
		pass(1);
	}
	assert_true(in.len <= sizeof(data));
	packet_read(in.packet, in.offset, 0, data, in.len);
	packet_free(in.packet);
	assert_int_equal(dhcp4_parse(data, in.len, &m), DHCP4_OK);
	return m;
}

/* A good answer to m. */
static struct dhcp4 play_answer(const struct dhcp4 *m, enum dhcp4_type type)
{
	struct dhcp4 a = dhcp4_empty();

	a.reply = true;
	a.type = (uint8_t)type;
	a.xid = m->xid;
	a.chaddr = m->chaddr;
	a.server_id = addr_of("10.0.0.1");
	if (type == DHCP4_NAK)
		return a;
	a.yiaddr = addr_of("10.0.0.77");
	a.subnet_len = IPADDR_V4_BITS + 24;
	a.has_lease = true;
	a.lease = 600;
	return a;
}

/* RFC 2131 table 3: what is wrong with each, one thing at a time. */
static const struct {
	const char *yiaddr, *server;
	uint32_t xid;
	uint8_t chaddr, subnet;
	bool no_time;
	const char *says;
} faults[] = {
	{.yiaddr = "0.0.0.0", .says = "with an address that no host can have"},
	{.yiaddr = "255.255.255.255", .says = "with an address that no host can have"},
	{.yiaddr = "224.0.0.5", .says = "with an address that no host can have"},
	{.yiaddr = "240.1.2.3", .says = "with an address that no host can have"},
	{.yiaddr = "127.0.0.1", .says = "with an address that no host can have"},
	{.yiaddr = "0.1.2.3", .says = "with an address that no host can have"},
	{.yiaddr = "10.0.0.0", .says = "with an address that no host can have"},
	{.yiaddr = "10.0.0.255", .says = "with an address that no host can have"},
	{.yiaddr = "10.0.0.79", .subnet = 28, .says = "with an address that no host can have"},
	{.no_time = true, .says = "with a lease of no time"},
	{.server = "0.0.0.0", .says = "without a server's identifier"},
	{.xid = 1, .says = "with another transaction's number"},
	{.chaddr = 1, .says = "for another hardware address"},
};

#define FAULTS (sizeof(faults) / sizeof(faults[0]))

static struct dhcp4 spoil(struct dhcp4 a, size_t k)
{
	if (faults[k].yiaddr)
		a.yiaddr = addr_of(faults[k].yiaddr);
	if (faults[k].server)
		a.server_id = addr_of(faults[k].server);
	if (faults[k].subnet)
		a.subnet_len = (uint8_t)(IPADDR_V4_BITS + faults[k].subnet);
	if (faults[k].no_time)
		a.lease = 0;
	a.xid ^= faults[k].xid;
	a.chaddr.b[5] ^= faults[k].chaddr;
	return a;
}

/* How often it said so. */
static unsigned times(const struct process *p, const char *type, const char *what)
{
	char line[128];
	unsigned n = 0;

	snprintf(line, sizeof(line), "udhcpc: ignoring %s %s\n", type, what);
	for (const char *at = process_console(p, NULL); (at = strstr(at, line)); at++)
		n++;
	return n;
}

static void offers_ignored(void **state)
{
	struct process *c;
	struct dhcp4 m, a;

	(void)state;
	play_open(0, DHCP4_SERVER_PORT);
	c = start(1, "udhcpc -a 0");
	m = play_receive();
	for (size_t k = 0; k < FAULTS; k++) {
		a = spoil(play_answer(&m, DHCP4_OFFER), k);
		play_send(&a, DHCP4_CLIENT_PORT);
		pass(5);
		assert_int_equal(lab_metric(c, "ignored"), (double)(k + 1));
		assert_true(times(c, "OFFER", faults[k].says) > 0);
	}
	/* Another host's is none of its business. */
	a = play_answer(&m, DHCP4_OFFER);
	a.xid++;
	a.chaddr.b[5]++;
	play_send(&a, DHCP4_CLIENT_PORT);
	pass(5);
	assert_int_equal(lab_metric(c, "ignored"), (double)FAULTS);
	a = play_answer(&m, DHCP4_OFFER);
	play_send(&a, DHCP4_CLIENT_PORT);
	m = play_receive();
	assert_int_equal(m.type, DHCP4_REQUEST);
	socket_close(played);
}

static void acks_ignored(void **state)
{
	struct ipaddr other = addr_of("10.0.0.9");
	struct process *c;
	struct dhcp4 m, a;

	(void)state;
	play_open(0, DHCP4_SERVER_PORT);
	c = start(1, "udhcpc -a 0");
	m = play_receive();
	a = play_answer(&m, DHCP4_OFFER);
	play_send(&a, DHCP4_CLIENT_PORT);
	m = play_receive();
	assert_int_equal(m.type, DHCP4_REQUEST);
	for (size_t k = 0; k < FAULTS; k++) {
		a = spoil(play_answer(&m, DHCP4_ACK), k);
		play_send(&a, DHCP4_CLIENT_PORT);
		pass(5);
		assert_int_equal(lab_metric(c, "bound"), 0);
	}
	/* A server that it did not choose neither gives nor refuses. */
	for (int type = DHCP4_ACK; type <= DHCP4_NAK; type++) {
		a = play_answer(&m, (enum dhcp4_type)type);
		a.server_id = other;
		play_send(&a, DHCP4_CLIENT_PORT);
		pass(5);
	}
	assert_int_equal(lab_metric(c, "ignored"), (double)(FAULTS + 2));
	assert_int_equal(times(c, "NAK", "from a server that was not asked"), 1);
	a = play_answer(&m, DHCP4_ACK);
	play_send(&a, DHCP4_CLIENT_PORT);
	pass(5);
	assert_int_equal(lab_metric(c, "bound"), 1);
	assert_true(has(1, "10.0.0.77"));
	/* And when it renews. */
	pass(301000);
	m = play_receive();
	a = spoil(play_answer(&m, DHCP4_ACK), 9);
	play_send(&a, DHCP4_CLIENT_PORT);
	pass(5);
	assert_true(has(1, "10.0.0.77"));
	assert_int_equal(lab_metric(c, "ignored"), (double)(FAULTS + 3));
	socket_close(played);
}

/* ---- a client that the test plays ---- */

static void requests_ignored(void **state)
{
	struct process *d = start(0, "dhcpd --ping 0");
	struct dhcp4 m = dhcp4_empty(), bad;
	uint8_t junk[300] = {1, 1, 6};
	struct endpoint to = {.addr = ipaddr_broadcast4, .port = DHCP4_SERVER_PORT};
	const struct socket_out out = {.to = &to, .data = junk, .len = sizeof(junk), .tos = -1};
	uint64_t sent;

	(void)state;
	pass(10);
	play_open(1, DHCP4_CLIENT_PORT);
	m.type = DHCP4_DISCOVER;
	m.xid = 7;
	m.chaddr = office.iface[1]->link.mac;
	sent = office.node[0]->originated;
	bad = m;
	bad.chaddr.b[0] = 3; /* a group */
	play_send(&bad, DHCP4_SERVER_PORT);
	bad.chaddr = (struct mac){.b = {0}};
	play_send(&bad, DHCP4_SERVER_PORT);
	bad = m;
	bad.reply = true;
	play_send(&bad, DHCP4_SERVER_PORT);
	bad = m;
	bad.giaddr = addr_of("10.0.0.9");
	play_send(&bad, DHCP4_SERVER_PORT);
	bad = m;
	bad.type = DHCP4_OFFER;
	play_send(&bad, DHCP4_SERVER_PORT);
	assert_int_equal(socket_send(played, &out), 0);
	pass(100);
	assert_int_equal(lab_metric(d, "ignored"), 6);
	/* What has no meaning: a request for nothing, information for nobody here. */
	bad = m;
	bad.type = DHCP4_REQUEST;
	play_send(&bad, DHCP4_SERVER_PORT);
	bad.type = DHCP4_INFORM;
	bad.ciaddr = addr_of("8.8.8.8");
	play_send(&bad, DHCP4_SERVER_PORT);
	bad.type = DHCP4_DECLINE;
	bad.requested = addr_of("10.0.0.100");
	play_send(&bad, DHCP4_SERVER_PORT);
	bad.type = DHCP4_RELEASE;
	play_send(&bad, DHCP4_SERVER_PORT);
	pass(100);
	assert_int_equal(office.node[0]->originated, sent);
	assert_int_equal(lab_metric(d, "leases"), 0);
	play_send(&m, DHCP4_SERVER_PORT);
	pass(100);
	assert_int_equal(lab_metric(d, "offers"), 1);
	socket_close(played);
}

/* ---- the pool ---- */

/* The same answers by looking at everything. */
static struct lease *naive_of_client(struct dhcpd *d, const struct dhcp4 *m)
{
	for (uint32_t k = 0; k < d->n_pool; k++)
		if (!d->pool[k].fixed && d->pool[k].state != LEASE_DECLINED && lease_is_of(&d->pool[k], m))
			return &d->pool[k];
	return NULL;
}

static struct lease *naive_at(struct dhcpd *d, const struct ipaddr *addr)
{
	for (uint32_t k = 0; k < d->n_pool; k++)
		if (ipaddr_eq(&d->pool[k].addr, addr))
			return &d->pool[k];
	return NULL;
}

static struct lease *naive_choose(struct dhcpd *d, const struct dhcp4 *m)
{
	struct lease *l = naive_of_client(d, m), *oldest = NULL;

	if (l)
		return l;
	l = ipaddr_is_any(&m->requested) ? NULL : naive_at(d, &m->requested);
	if (l && !l->fixed && lease_state_now(d, l) == LEASE_FREE)
		return l;
	for (uint32_t k = 0; k < d->n_pool; k++) {
		l = &d->pool[k];
		if (l->fixed || lease_state_now(d, l) != LEASE_FREE)
			continue;
		if (!l->client_len && l->state == LEASE_FREE)
			return l;
		if (!oldest || vtime_before(l->until, oldest->until))
			oldest = l;
	}
	return oldest;
}

static uint32_t naive_bound(struct dhcpd *d)
{
	uint32_t n = 0;

	for (uint32_t k = 0; k < d->n_pool; k++)
		n += lease_state_now(d, &d->pool[k]) == LEASE_BOUND;
	return n;
}

static void pool_as_naive(void **state)
{
	struct dhcpd d = {.first = addr_of("10.0.0.10"), .last = addr_of("10.0.0.60"),
			  .self = addr_of("10.0.0.20"),
			  .hosts = {{.by_mac = true, .mac = {.b = {9, 9}}, .addr = addr_of("10.0.0.30")},
				    {.name = "nobody", .addr = addr_of("10.0.0.200")}},
			  .n_hosts = 2};
	struct rng rng;
	unsigned full = 0;

	(void)state;
	rng_init(&rng, 1, "pool");
	d.p = start(3, "sleep 10000000");
	pass(10);
	pool_new(&d);
	assert_int_equal(d.n_pool, 51);
	for (int round = 0; round < 20000; round++) {
		struct dhcp4 m = dhcp4_empty();
		uint32_t what = rng_below(&rng, 8);
		struct ipaddr addr = ipaddr_from4(0x0a000000 + rng_below(&rng, 70));
		struct lease *l;

		m.chaddr.b[5] = (uint8_t)rng_below(&rng, 90);
		if (rng_below(&rng, 3) == 0)
			m.requested = addr;
		l = pool_choose(&d, &m);
		assert_ptr_equal(l, naive_choose(&d, &m));
		assert_ptr_equal(pool_of_client(&d, &m), naive_of_client(&d, &m));
		full += !l;
		if (what < 5 && l)
			lease_give(&d, l, &m, what < 4 ? LEASE_BOUND : LEASE_OFFERED,
				   vtime_add(world_now(office.lab.world),
					     what ? vtime_s(1 + rng_below(&rng, 300)) : vtime_s(40)));
		l = pool_at(&d, &addr);
		assert_ptr_equal(l, naive_at(&d, &addr));
		if (what == 5 && l)
			lease_free(&d, l);
		else if (what == 6 && l && rng_below(&rng, 4) == 0)
			lease_set_aside(&d, l, vtime_add(world_now(office.lab.world), vtime_s(100)));
		assert_int_equal(pool_bound(&d), naive_bound(&d));
		if (what == 7)
			pass(rng_below(&rng, 20000));
	}
	assert_true(full > 100); /* it was used up at times */
	pool_free(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(offers_ignored), CASE(acks_ignored), CASE(requests_ignored), CASE(pool_as_naive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
