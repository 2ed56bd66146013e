/* Programs that talk over a real network. */
#include "transport_lab.h"

#include <string.h>

#include "process/sys.h"
#include "wire/icmp4.h"

struct talk {
	struct lab lab;
	struct processes *ps;
};

static int setup(void **state)
{
	struct talk *t = nt_calloc(1, sizeof(*t));

	lab_open(&t->lab);
	t->ps = processes_new(t->lab.w, NULL);
	*state = t;
	return 0;
}

static int teardown(void **state)
{
	struct talk *t = *state;

	processes_free(t->ps);
	lab_close(&t->lab);
	free(t);
	return 0;
}

static struct process *spawn(struct talk *t, struct node *n, const struct program *row)
{
	const char *error;
	struct process *p = process_spawn(t->ps, n, row, row->name, row->name, &error);

	assert_non_null(p);
	return p;
}

static int echo_server(struct process *p, int argc, char **argv)
{
	int fd = sys_socket(p, SOCKET_UDP, AF_INET6), n, served = 0;
	struct sys_info info;
	char buf[2000];

	(void)argc;
	(void)argv;
	assert_int_equal(sys_bind(p, fd, &(struct endpoint){.port = 7}), 0);
	while ((n = sys_recvfrom(p, fd, buf, sizeof(buf), &info, VTIME_NEVER)) >= 0) {
		assert_int_equal(sys_sendto(p, fd, buf, (size_t)n, &info.from), n);
		served++;
	}
	assert_int_equal(n, -EINTR);
	process_count(p, "served", (uint64_t)served);
	return 0;
}

static const struct program server = {.name = "server", .main = echo_server};

static int client_main(struct process *p, int argc, char **argv)
{
	int fd = sys_socket(p, SOCKET_UDP, AF_INET);
	struct endpoint to = endpoint_of("10.0.2.1", 7), peer;
	char buf[8];
	struct sys_info info;

	(void)argc;
	(void)argv;
	assert_int_equal(sys_peer(p, fd, &peer), -ENOTCONN);
	assert_int_equal(sys_connect(p, fd, &to), 0);
	assert_int_equal(sys_peer(p, fd, &peer), 0);
	assert_true(endpoint_eq(&peer, &to));
	assert_int_equal(sys_send(p, fd, "one", 3), 3);
	assert_int_equal(sys_recv(p, fd, buf, sizeof(buf)), 3);
	assert_int_equal(process_now(p).ns, vtime_ms(8).ns); /* ARP twice, then there and back */
	assert_memory_equal(buf, "one", 3);

	/* Only as much as the buffer holds, but its length is known. */
	assert_int_equal(sys_send(p, fd, "a longer text", 13), 13);
	assert_int_equal(sys_recvfrom(p, fd, buf, sizeof(buf), &info, VTIME_NEVER), 8);
	assert_int_equal(info.len, 13);
	assert_int_equal(info.ttl, 63);
	assert_int_equal(info.at.ns, vtime_ms(12).ns);
	assert_true(endpoint_eq(&info.from, &to));

	/* Deadlines: none at all, one that passes, one that does not. */
	assert_int_equal(sys_recvfrom(p, fd, buf, sizeof(buf), NULL, VTIME_ZERO), -EAGAIN);
	assert_int_equal(sys_recvfrom(p, fd, buf, sizeof(buf), NULL, vtime_ms(15)), -EAGAIN);
	assert_int_equal(process_now(p).ns, vtime_ms(15).ns);
	assert_int_equal(sys_send(p, fd, "two", 3), 3);
	assert_int_equal(sys_recvfrom(p, fd, buf, sizeof(buf), NULL, vtime_ms(20)), 3);
	assert_int_equal(process_now(p).ns, vtime_ms(19).ns);

	assert_int_equal(sys_close(p, fd), 0);
	assert_int_equal(sys_close(p, fd), -EBADF);
	assert_int_equal(sys_recv(p, fd, buf, sizeof(buf)), -EBADF);
	assert_int_equal(sys_send(p, 99, buf, 1), -EBADF);
	assert_int_equal(sys_send(p, -1, buf, 1), -EBADF);
	process_count(p, "ok", 1);
	return 0;
}

static const struct program client = {.name = "client", .main = client_main};

static void test_client_and_server(void **state)
{
	struct talk *t = *state;
	struct process *s = spawn(t, t->lab.b, &server), *c = spawn(t, t->lab.a, &client);

	lab_run(&t->lab, vtime_s(1));
	assert_true(process_ended(c));
	assert_non_null(metrics_find(process_metrics(c), "ok"));
	assert_false(process_ended(s));
	processes_stop(t->ps);
	assert_true(metrics_find(process_metrics(s), "served")->value == 3);
}

static int refused_main(struct process *p, int argc, char **argv)
{
	int fd = sys_socket(p, SOCKET_UDP, AF_INET);
	struct endpoint to = endpoint_of("10.0.2.1", 99);
	char buf[8];

	(void)argc;
	(void)argv;
	assert_int_equal(sys_connect(p, fd, &to), 0);
	assert_int_equal(sys_send(p, fd, "x", 1), 1);
	/* The error wakes who waits for data. */
	assert_int_equal(sys_recv(p, fd, buf, sizeof(buf)), -ECONNREFUSED);
	assert_int_equal(process_now(p).ns, vtime_ms(8).ns);
	process_count(p, "ok", 1);
	return 0;
}

static int poll_main(struct process *p, int argc, char **argv)
{
	struct endpoint echo = endpoint_of("10.0.2.1", 7), closed = endpoint_of("10.0.2.1", 99);
	int quiet = sys_socket(p, SOCKET_UDP, AF_INET), busy = sys_socket(p, SOCKET_UDP, AF_INET);
	int failing = sys_socket(p, SOCKET_UDP, AF_INET);
	struct sys_poll fds[3] = {
		{.fd = quiet, .events = SOCKET_READABLE},
		{.fd = busy, .events = SOCKET_READABLE},
		{.fd = failing, .events = 0},
	};
	struct socket_error *e;
	char buf[8];

	(void)argc;
	(void)argv;
	assert_int_equal(sys_poll(p, fds, 3, vtime_ms(5)), 0);
	assert_int_equal(process_now(p).ns, vtime_ms(5).ns);
	assert_int_equal(sys_poll(p, fds, 0, vtime_ms(10)), 0); /* poll as sleep */
	assert_int_equal(process_now(p).ns, vtime_ms(10).ns);

	assert_int_equal(sys_sendto(p, busy, "x", 1, &echo), 1);
	assert_int_equal(sys_poll(p, fds, 3, VTIME_NEVER), 1);
	assert_int_equal(process_now(p).ns, vtime_ms(18).ns);
	assert_int_equal(fds[0].ready, 0);
	assert_int_equal(fds[1].ready, SOCKET_READABLE);
	assert_int_equal(fds[2].ready, 0);
	assert_int_equal(sys_recv(p, busy, buf, sizeof(buf)), 1);

	assert_int_equal(sys_set(p, failing, SOCKET_RECVERR, 1), 0);
	assert_int_equal(sys_recv_error(p, failing, &e), 0);
	assert_int_equal(sys_sendto(p, failing, "x", 1, &closed), 1);
	assert_int_equal(sys_poll(p, fds, 3, VTIME_NEVER), 1);
	assert_int_equal(process_now(p).ns, vtime_ms(22).ns);
	assert_int_equal(fds[2].ready, SOCKET_FAILED);
	assert_int_equal(sys_recv_error(p, failing, &e), 1);
	assert_int_equal(e->err, ECONNREFUSED);
	sys_error_free(p, failing, e);

	fds[1].events |= SOCKET_WRITABLE;
	assert_int_equal(sys_poll(p, fds, 3, VTIME_NEVER), 1);
	assert_int_equal(fds[1].ready, SOCKET_WRITABLE);
	fds[0].fd = 77;
	assert_int_equal(sys_poll(p, fds, 3, VTIME_NEVER), -EBADF);
	process_count(p, "ok", 1);
	return 0;
}

static void test_errors_and_poll(void **state)
{
	static const struct program refused = {.name = "refused", .main = refused_main};
	static const struct program polls = {.name = "polls", .main = poll_main};
	struct talk *t = *state;
	struct process *c = spawn(t, t->lab.a, &refused);

	lab_run(&t->lab, vtime_s(1));
	assert_non_null(metrics_find(process_metrics(c), "ok"));
	processes_free(t->ps);
	lab_close(&t->lab);
	lab_open(&t->lab);
	t->ps = processes_new(t->lab.w, NULL);
	spawn(t, t->lab.b, &server);
	c = spawn(t, t->lab.a, &polls);
	lab_run(&t->lab, vtime_s(1));
	assert_true(process_ended(c));
	assert_non_null(metrics_find(process_metrics(c), "ok"));
}

static int flood_main(struct process *p, int argc, char **argv)
{
	int fd = sys_socket(p, SOCKET_UDP, AF_INET);
	struct endpoint to = endpoint_of("10.0.2.1", 9);
	struct slab *slab = sys_pattern(p);
	struct sys_poll poll = {.fd = fd, .events = SOCKET_WRITABLE};
	const struct socket_out m = {
		.to = &to, .slab = slab, .data = slab->bytes, .len = 1472, .tos = -1};

	(void)argc;
	(void)argv;
	/* 1538 bytes on a wire of 10 Mbit/s: 812.7 a second, after 93 that fit the buffer. */
	while (process_now(p).ns < NS_PER_S)
		assert_int_equal(sys_sendmsg(p, fd, &m), 1472);
	process_count(p, "blocking", 1);
	while (sys_try_sendmsg(p, fd, &m) == 1472)
		;
	assert_int_equal(sys_try_sendmsg(p, fd, &m), -EAGAIN);
	vtime before = process_now(p);
	assert_int_equal(sys_poll(p, &poll, 1, VTIME_NEVER), 1);
	assert_int_equal(poll.ready, SOCKET_WRITABLE);
	assert_in_range(process_now(p).ns - before.ns, 1, 1230400);
	assert_int_equal(sys_try_sendmsg(p, fd, &m), 1472);
	slab_unref(process_world(p), slab);
	process_count(p, "ok", 1);
	return 0;
}

/* Sending without a pause is held at the rate of the wire, as a real host's buffer does it. */
static void test_send_blocks(void **state)
{
	static const struct program flood = {.name = "flood", .main = flood_main};
	struct talk *t = *state;

	t->lab.changed.rate = 10000000;
	link_set_params(t->lab.ar, 0, &t->lab.changed);
	struct process *p = spawn(t, t->lab.a, &flood);
	lab_run(&t->lab, vtime_s(5));
	assert_true(process_ended(p));
	assert_non_null(metrics_find(process_metrics(p), "ok"));
	const struct link_counters *c = link_counters(t->lab.ar, 0);
	assert_in_range(c->sent, 812 + 93, 812 + 100); /* and an ARP or two */
	assert_int_equal(c->dropped, 0);
}

static int ping_main(struct process *p, int argc, char **argv)
{
	int fd = sys_socket(p, SOCKET_PING, AF_INET);
	struct endpoint to = endpoint_of("10.0.2.1", 0);
	uint8_t message[64], got[64];
	struct icmp4 m = {.type = ICMP4_ECHO};

	(void)argc;
	(void)argv;
	for (uint16_t seq = 1; seq <= 3; seq++) {
		memset(message, seq, sizeof(message));
		m.echo.seq = seq;
		icmp4_emit(message, &m);
		vtime sent = process_now(p);
		assert_int_equal(sys_sendto(p, fd, message, sizeof(message), &to), 64);
		assert_int_equal(sys_recv(p, fd, got, sizeof(got)), 64);
		assert_int_equal(vtime_sub(process_now(p), sent).ns, vtime_ms(seq == 1 ? 8 : 4).ns);
		assert_memory_equal(got + 8, message + 8, 56);
		sys_sleep_until(p, vtime_add(sent, vtime_s(1)));
	}
	process_count(p, "received", 3);
	return 0;
}

static void test_ping(void **state)
{
	static const struct program ping = {.name = "ping", .main = ping_main};
	struct talk *t = *state;
	struct process *p = spawn(t, t->lab.a, &ping);

	lab_run(&t->lab, vtime_s(5));
	assert_true(process_ended(p));
	assert_int_equal(process_end(p).ns, vtime_s(3).ns);
	assert_non_null(metrics_find(process_metrics(p), "received"));
}

static int many_fds_main(struct process *p, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	for (int i = 3; i < 3 + 1024; i++)
		assert_int_equal(sys_socket(p, SOCKET_UDP, AF_INET), i);
	assert_int_equal(sys_socket(p, SOCKET_UDP, AF_INET), -EMFILE);
	assert_int_equal(sys_close(p, 500), 0);
	assert_int_equal(sys_socket(p, SOCKET_UDP, AF_INET), 500); /* the lowest free one */
	return 0; /* all are closed with the process */
}

static void test_many_fds(void **state)
{
	static const struct program many = {.name = "many", .main = many_fds_main};
	struct talk *t = *state;
	struct process *p = spawn(t, t->lab.a, &many);

	lab_run(&t->lab, vtime_s(1));
	assert_true(process_ended(p));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_client_and_server), TEST(test_errors_and_poll), TEST(test_send_blocks),
		TEST(test_ping), TEST(test_many_fds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
