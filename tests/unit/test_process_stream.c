/* Blocking stream calls: what they return, when, and what they wait for. */
#include "programs_lab.h"

#include <errno.h>
#include <netinet/in.h>

#include "process/sys.h"

static int (*client_main)(struct process *);
static int (*server_main)(struct process *);

static int run_client(struct process *p, int argc, char **argv)
{
	(void)argc, (void)argv;
	return client_main(p);
}

static int run_server(struct process *p, int argc, char **argv)
{
	(void)argc, (void)argv;
	return server_main(p);
}

static const struct program client_program = {.name = "client", .main = run_client};
static const struct program server_program = {.name = "server", .main = run_server};
static struct process *server;

/* Runs both to the client's end: its status must be 0. */
static void play(int (*there)(struct process *), int (*here)(struct process *))
{
	const char *error;
	struct process *p;

	client_main = here;
	server_main = there;
	server = there ? process_spawn(lab.ps, lab.web, &server_program, "s", "s", &error) : NULL;
	lab_run_until(&lab, vtime_add(world_now(lab.world), vtime_ms(1)));
	p = process_spawn(lab.ps, lab.client, &client_program, "c", "c", &error);
	lab_finish(&lab, p);
	assert_int_equal(process_exit_status(p), 0);
}

static int dial(struct process *p)
{
	struct endpoint to = {.port = 80};
	int fd = sys_socket(p, SOCKET_TCP, AF_INET);

	assert_true(ipaddr_parse("10.0.1.2", &to.addr));
	assert_int_equal(sys_connect(p, fd, &to), 0);
	return fd;
}

static int listen_on(struct process *p)
{
	struct endpoint here = {.addr = ipaddr_any4, .port = 80};
	int fd = sys_socket(p, SOCKET_TCP, AF_INET);

	assert_int_equal(sys_bind(p, fd, &here), 0);
	assert_int_equal(sys_listen(p, fd, 10), 0);
	return fd;
}

/* A process a connection, as servers do. */
static void echo(struct process *p, void *arg)
{
	char buf[100];
	int64_t n;

	(void)arg;
	while ((n = sys_read(p, 3, buf, sizeof(buf))) > 0)
		assert_int_equal(sys_write(p, 3, buf, (size_t)n), n);
	assert_true(n == 0 || n == -EINTR);
}

static int echo_server(struct process *p)
{
	int fd = listen_on(p), c;
	struct endpoint peer;

	while ((c = sys_accept(p, fd, &peer, VTIME_NEVER)) >= 0)
		assert_int_equal(sys_give(p, c, process_fork(p, echo, NULL)), 3);
	assert_int_equal(c, -EINTR);
	return 0;
}

static int echo_client(struct process *p)
{
	char buf[16];
	int a = dial(p), b = dial(p);
	vtime start = process_now(p);

	assert_int_equal(sys_write(p, a, "first", 5), 5);
	assert_int_equal(sys_write(p, b, "second", 6), 6);
	assert_int_equal(sys_read_until(p, a, buf, 16, 0, VTIME_ZERO), -EAGAIN);
	assert_int_equal(sys_read_until(p, a, buf, 16, 0, vtime_add(start, vtime_ms(5))), -EAGAIN);
	assert_int_equal(vtime_sub(process_now(p), start).ns, 5 * NS_PER_MS);
	assert_int_equal(sys_read_whole(p, b, buf, 6, VTIME_NEVER), 6);
	assert_memory_equal(buf, "second", 6);
	assert_int_equal(vtime_sub(process_now(p), start).ns, 40 * NS_PER_MS);
	assert_int_equal(sys_read_until(p, a, buf, 2, MSG_PEEK, VTIME_NEVER), 2);
	assert_int_equal(sys_read(p, a, buf, 16), 5);
	assert_memory_equal(buf, "first", 5);
	assert_int_equal(sys_shutdown(p, a, SHUT_WR), 0);
	assert_int_equal(sys_write(p, a, "x", 1), -EPIPE);
	assert_int_equal(sys_read_whole(p, a, buf, 16, VTIME_NEVER), 0);
	return 0;
}

static void test_echo(void **state)
{
	(void)state;
	play(echo_server, echo_client);
}

static int refused_client(struct process *p)
{
	struct endpoint to = {.port = 81};
	int fd = sys_socket(p, SOCKET_TCP, AF_INET);
	vtime start = process_now(p);

	assert_true(ipaddr_parse("10.0.1.2", &to.addr));
	assert_int_equal(sys_connect(p, fd, &to), -ECONNREFUSED);
	assert_int_equal(vtime_sub(process_now(p), start).ns, 40 * NS_PER_MS);
	assert_int_equal(sys_listen(p, 99, 1), -EBADF);
	assert_int_equal(sys_read(p, 99, &to, 1), -EBADF);
	assert_int_equal(sys_accept(p, fd, NULL, VTIME_ZERO), -EINVAL);
	fd = sys_socket(p, SOCKET_UDP, AF_INET);
	assert_int_equal(sys_listen(p, fd, 1), -EOPNOTSUPP);
	assert_int_equal(sys_accept(p, fd, NULL, VTIME_ZERO), -EOPNOTSUPP);
	assert_int_equal(sys_write(p, fd, "x", 1), -EOPNOTSUPP);
	assert_null(sys_congestion(p, fd));
	assert_true(ipaddr_parse("10.9.0.1", &to.addr));
	fd = sys_socket(p, SOCKET_TCP, AF_INET);
	assert_int_equal(sys_connect_until(p, fd, &to, vtime_add(process_now(p), vtime_s(1))), -EAGAIN);
	return 0;
}

static void test_refused(void **state)
{
	(void)state;
	lab_route(lab.gw, "10.9.0.0/16", NULL, ROUTE_BLACKHOLE);
	play(NULL, refused_client);
}

/* Reads nothing for 3 s, then everything. */
static int slow_server(struct process *p)
{
	int fd = sys_accept(p, listen_on(p), NULL, VTIME_NEVER);
	uint64_t got = 0;
	int64_t n;

	sys_sleep(p, vtime_s(3));
	while ((n = sys_read_until(p, fd, NULL, 1 << 20, MSG_TRUNC, VTIME_NEVER)) > 0)
		got += (uint64_t)n;
	process_count(p, "got", got);
	return 0;
}

/* A full buffer blocks a write, poll says when there is room again. */
static int full_client(struct process *p)
{
	struct sys_poll poll = {.fd = dial(p), .events = SOCKET_WRITABLE};
	struct slab *slab = sys_pattern(p);
	vtime start = process_now(p);
	uint64_t sent = 0;
	int64_t n;

	assert_int_equal(sys_poll(p, &poll, 1, VTIME_NEVER), 1);
	do {
		while ((n = sys_try_write_slab(p, poll.fd, slab, slab->bytes, 65536)) > 0)
			sent += (uint64_t)n;
		assert_int_equal(n, -EAGAIN);
		n = sys_poll(p, &poll, 1, vtime_add(start, vtime_s(2)));
	} while (n == 1);
	assert_int_equal(n, 0); /* two seconds on, and still full */
	assert_true(sent > 100000);
	assert_int_equal(sys_poll(p, &poll, 1, VTIME_NEVER), 1);
	assert_true(vtime_sub(process_now(p), start).ns > 3 * NS_PER_S - 50 * NS_PER_MS);
	assert_int_equal(sys_write_slab(p, poll.fd, slab, slab->bytes, 65536), 65536);
	sent += 65536;
	slab_unref(process_world(p), slab);
	process_count(p, "sent", sent);
	sys_shutdown(p, poll.fd, SHUT_WR);
	assert_int_equal(sys_read(p, poll.fd, &n, 1), 0);
	return 0;
}

static void test_full(void **state)
{
	(void)state;
	play(slow_server, full_client);
	lab_run_until(&lab, vtime_add(world_now(lab.world), vtime_s(1)));
	assert_true(process_ended(server));
	assert_true(lab_metric(server, "got") > 100000);
}

static int linger_client(struct process *p)
{
	int fd = dial(p);
	vtime start = process_now(p);

	assert_int_equal(sys_linger(p, fd, 10), 0);
	assert_int_equal(sys_write(p, fd, "hello", 5), 5);
	assert_int_equal(sys_close(p, fd), 0);
	/* The FIN is acknowledged after a round trip; a delayed ACK may add 40 ms. */
	assert_true(vtime_sub(process_now(p), start).ns >= 40 * NS_PER_MS);
	assert_true(vtime_sub(process_now(p), start).ns <= 80 * NS_PER_MS);
	fd = dial(p);
	start = process_now(p);
	assert_int_equal(sys_linger(p, fd, 0), 0);
	assert_int_equal(sys_close(p, fd), 0); /* a reset, at once */
	assert_int_equal(vtime_sub(process_now(p), start).ns, 0);
	return 0;
}

static int reset_server(struct process *p)
{
	int fd = listen_on(p), c = sys_accept(p, fd, NULL, VTIME_NEVER);
	char buf[10];

	assert_int_equal(sys_read(p, c, buf, 10), 5);
	assert_int_equal(sys_read(p, c, buf, 10), 0);
	c = sys_accept(p, fd, NULL, VTIME_NEVER);
	assert_int_equal(sys_read(p, c, buf, 10), -ECONNRESET);
	process_count(p, "got", 1);
	return 0;
}

static void test_linger(void **state)
{
	(void)state;
	play(reset_server, linger_client);
	lab_run_until(&lab, vtime_add(world_now(lab.world), vtime_s(1)));
	assert_true(lab_metric(server, "got") == 1);
}

static int options_client(struct process *p)
{
	struct tcp_info info;
	int fd = dial(p), v;

	assert_int_equal(sys_set(p, fd, SOCKET_NODELAY, 1), 0);
	assert_int_equal(sys_get(p, fd, SOCKET_NODELAY, &v), 0);
	assert_int_equal(v, 1);
	assert_string_equal(sys_congestion(p, fd), "cubic");
	assert_int_equal(sys_set_congestion(p, fd, "reno"), 0);
	assert_string_equal(sys_congestion(p, fd), "reno");
	assert_int_equal(sys_set_congestion(p, fd, "nosuch"), -ENOENT);
	assert_int_equal(sys_tcp_info(p, fd, &info), 0);
	assert_int_equal(info.tcpi_state, 1);
	assert_int_equal(info.tcpi_rtt, 40000);
	assert_int_equal(info.tcpi_snd_mss, 1448);
	assert_int_equal(info.tcpi_snd_cwnd, 10);
	assert_int_equal(info.tcpi_pmtu, 1500);
	return 0;
}

static void test_options(void **state)
{
	(void)state;
	play(echo_server, options_client);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, lab_setup_warm, lab_teardown)
	const struct CMUnitTest tests[] = {
		T(test_echo), T(test_refused), T(test_full), T(test_linger), T(test_options),
	};
#undef T
	return cmocka_run_group_tests(tests, NULL, NULL);
}
