/* Streams from connect to the last FIN: every byte, both ways, half-closed, reset, timed out. */
#include "lab.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

static uint8_t byte_at(uint32_t at)
{
	return (uint8_t)(at * 7 + (at >> 8) * 13);
}

/* One side writes as much as it can, the other reads what is there. */
static void move(struct nt_host *from, int out, uint32_t *sent, uint32_t all, struct nt_host *to,
		 int in, uint32_t *got)
{
	uint8_t buf[4096];
	ssize_t n;

	while (*sent < all) {
		uint32_t len = all - *sent < sizeof(buf) ? all - *sent : (uint32_t)sizeof(buf);

		for (uint32_t i = 0; i < len; i++)
			buf[i] = byte_at(*sent + i);
		n = nt_send(from, out, buf, len, 0);
		if (n < 0) {
			assert_int_equal(errno, EAGAIN);
			break;
		}
		*sent += (uint32_t)n;
	}
	while ((n = nt_recv(to, in, buf, sizeof(buf), 0)) > 0) {
		for (ssize_t i = 0; i < n; i++)
			assert_int_equal(buf[i], byte_at(*got + (uint32_t)i));
		*got += (uint32_t)n;
	}
	if (n < 0)
		assert_int_equal(errno, EAGAIN);
}

static void transfer(struct lab *l, uint32_t all)
{
	uint32_t sent[2] = {0}, got[2] = {0};
	int c, s;

	stream_pair(l, &c, &s);
	for (int k = 0; k < 10000 && (got[0] < all || got[1] < all); k++) {
		move(l->a, c, &sent[0], all, l->b, s, &got[0]);
		move(l->b, s, &sent[1], all, l->a, c, &got[1]);
		pass(l->w, 5 * MS);
	}
	assert_int_equal(got[0], all);
	assert_int_equal(got[1], all);
	assert_int_equal(nt_close(l->a, c), 0);
	pass(l->w, 100 * MS);
	assert_int_equal(nt_recv(l->b, s, &sent, 1, 0), 0);
}

static void test_transfer(void **state)
{
	transfer(*state, 1000000);
}

static void test_transfer_lossy(void **state)
{
	const char *sets[] = {"links.wire.loss=3%", "links.wire.duplicate=1%",
			      "links.wire.reorder=2%", NULL};
	struct nt_options o = {.size = sizeof(o), .sets = sets};
	struct lab l = {.w = nt_load_text(TWO_HOSTS, "x.yaml", &o, NULL)};

	(void)state;
	l.a = nt_host(l.w, "a");
	l.b = nt_host(l.w, "b");
	transfer(&l, 300000);
	nt_free(l.w);
}

static void test_connect_states(void **state)
{
	struct lab *l = *state;
	int fd = nt_socket(l->a, AF_INET, SOCK_STREAM, 0), listener = listening(l->b, 80), child;
	struct name to = name_of(l->a, "b", AF_INET, 80);
	struct sockaddr_in peer, own;
	socklen_t len = sizeof(peer);

	assert_errno(nt_getpeername(l->a, fd, (struct sockaddr *)&peer, &len), ENOTCONN);
	assert_errno(nt_accept(l->b, listener, NULL, NULL), EAGAIN);
	assert_errno(nt_connect(l->a, fd, SA(&to), to.len), EINPROGRESS);
	assert_errno(nt_connect(l->a, fd, SA(&to), to.len), EALREADY);
	assert_errno(nt_send(l->a, fd, "x", 1, 0), EAGAIN);
	assert_int_equal(ready(l->a, fd, POLLOUT | POLLIN), 0);
	pass(l->w, 100 * MS);
	assert_int_equal(ready(l->a, fd, POLLOUT | POLLIN), POLLOUT);
	assert_int_equal(nt_connect(l->a, fd, SA(&to), to.len), 0);
	assert_errno(nt_connect(l->a, fd, SA(&to), to.len), EISCONN);
	assert_int_equal(nt_getpeername(l->a, fd, (struct sockaddr *)&peer, &len), 0);
	assert_int_equal(ntohs(peer.sin_port), 80);
	assert_int_equal(ready(l->b, listener, POLLIN), POLLIN);
	len = sizeof(peer);
	child = nt_accept(l->b, listener, (struct sockaddr *)&peer, &len);
	assert_true(child > listener);
	assert_int_equal(len, sizeof(peer));
	len = sizeof(own);
	assert_int_equal(nt_getsockname(l->a, fd, (struct sockaddr *)&own, &len), 0);
	assert_memory_equal(&own, &peer, sizeof(own));
}

static void test_refused(void **state)
{
	struct lab *l = *state;
	int fd = nt_socket(l->a, AF_INET, SOCK_STREAM, 0);
	struct name to = name_of(l->a, "b", AF_INET, 81);

	assert_errno(nt_connect(l->a, fd, SA(&to), to.len), EINPROGRESS);
	pass(l->w, 100 * MS);
	assert_int_equal(ready(l->a, fd, POLLIN | POLLOUT), POLLIN | POLLOUT | POLLERR | POLLHUP);
	assert_errno(nt_connect(l->a, fd, SA(&to), to.len), ECONNREFUSED);
	/* And from the beginning, this time looking at SO_ERROR. */
	assert_errno(nt_connect(l->a, fd, SA(&to), to.len), EINPROGRESS);
	pass(l->w, 100 * MS);
	assert_int_equal(get_int(l->a, fd, SOL_SOCKET, SO_ERROR), ECONNREFUSED);
	assert_int_equal(get_int(l->a, fd, SOL_SOCKET, SO_ERROR), 0);
	assert_errno(nt_connect(l->a, fd, SA(&to), to.len), ECONNABORTED);
}

/* A socket whose connection is over stays one that was connected. */
static void test_connect_again(void **state)
{
	struct lab *l = *state;
	struct name to = name_of(l->a, "b", AF_INET, 80);
	int c, s;

	stream_pair(l, &c, &s);
	assert_int_equal(nt_shutdown(l->a, c, SHUT_WR), 0);
	pass(l->w, 100 * MS);
	assert_int_equal(nt_shutdown(l->b, s, SHUT_WR), 0);
	pass(l->w, 100 * MS);
	assert_errno(nt_connect(l->a, c, SA(&to), to.len), EISCONN);
	assert_errno(nt_connect(l->b, s, SA(&to), to.len), EISCONN);
	pass(l->w, 100 * S);
	assert_errno(nt_connect(l->b, s, SA(&to), to.len), EISCONN);
}

static void test_half_close(void **state)
{
	struct lab *l = *state;
	char buf[10];
	int c, s;

	stream_pair(l, &c, &s);
	assert_int_equal(nt_send(l->a, c, "question", 8, 0), 8);
	assert_int_equal(nt_shutdown(l->a, c, SHUT_WR), 0);
	assert_errno(nt_send(l->a, c, "x", 1, 0), EPIPE);
	pass(l->w, 50 * MS);
	assert_int_equal(nt_recv(l->b, s, buf, sizeof(buf), 0), 8);
	assert_int_equal(nt_recv(l->b, s, buf, sizeof(buf), 0), 0);
	assert_int_equal(ready(l->b, s, POLLIN | POLLRDHUP), POLLIN | POLLRDHUP);
	assert_int_equal(nt_send(l->b, s, "answer", 6, 0), 6);
	pass(l->w, 50 * MS);
	assert_int_equal(nt_recv(l->a, c, buf, sizeof(buf), 0), 6);
	assert_int_equal(nt_close(l->b, s), 0);
	pass(l->w, 50 * MS);
	assert_int_equal(nt_recv(l->a, c, buf, sizeof(buf), 0), 0);
	assert_errno(nt_shutdown(l->a, c, 7), EINVAL);
}

static void test_reset(void **state)
{
	struct lab *l = *state;
	struct linger now = {.l_onoff = 1, .l_linger = 0};
	char byte;
	int c, s;

	stream_pair(l, &c, &s);
	assert_int_equal(nt_setsockopt(l->b, s, SOL_SOCKET, SO_LINGER, &now, sizeof(now)), 0);
	assert_int_equal(nt_close(l->b, s), 0);
	pass(l->w, 50 * MS);
	assert_true(ready(l->a, c, POLLIN) & (POLLERR | POLLHUP));
	assert_errno(nt_recv(l->a, c, &byte, 1, 0), ECONNRESET);
	assert_errno(nt_send(l->a, c, "x", 1, 0), EPIPE);
}

/* Nobody answers any more: the user timeout ends it, with ETIMEDOUT. */
static void test_timeout(void **state)
{
	struct nt_world *w = world_of_text(TWO_HOSTS "run: [{at: 1s, link: wire, state: down}]\n");
	struct lab l = {w, nt_host(w, "a"), nt_host(w, "b")};
	char byte;
	int c, s;

	(void)state;
	stream_pair(&l, &c, &s);
	set_int(l.a, c, IPPROTO_TCP, 18 /* TCP_USER_TIMEOUT */, 3000);
	assert_int_equal(nt_advance_to(w, 2 * S), 0);
	assert_int_equal(nt_send(l.a, c, "lost", 4, 0), 4);
	assert_int_equal(nt_advance_to(w, 20 * S), 0);
	assert_errno(nt_recv(l.a, c, &byte, 1, 0), ETIMEDOUT);
	nt_free(w);
}

static void test_queues(void **state)
{
	struct lab *l = *state;
	char buf[5000] = {0};
	int c, s, n;

	stream_pair(l, &c, &s);
	for (int k = 0; k < 10; k++)
		assert_int_equal(nt_send(l->a, c, buf, sizeof(buf), 0), sizeof(buf));
	assert_int_equal(nt_ioctl(l->a, c, SIOCOUTQ, &n), 0);
	assert_int_equal(n, 50000);
	assert_int_equal(nt_ioctl(l->a, c, SIOCOUTQNSD, &n), 0);
	/* The initial window is under way: ten segments, one of them the first write's short end. */
	assert_int_equal(n, 50000 - 9 * 1448 - (5000 - 3 * 1448));
	pass(l->w, S);
	assert_int_equal(nt_ioctl(l->a, c, SIOCOUTQ, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(nt_ioctl(l->b, s, FIONREAD, &n), 0);
	assert_int_equal(n, 50000);
	assert_errno(nt_ioctl(l->b, s, FIONBIO, &n), ENOTTY);
}

static void test_ipv6_and_mapped(void **state)
{
	struct lab *l = *state;
	struct sockaddr_in6 at = any6(80), from;
	int listener = nt_socket(l->b, AF_INET6, SOCK_STREAM, 0);
	struct name to[2] = {name_of(l->a, "b", AF_INET6, 80), name_of(l->a, "b", AF_INET, 80)};

	assert_int_equal(nt_bind(l->b, listener, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(nt_listen(l->b, listener, 2), 0);
	for (int k = 0; k < 2; k++) {
		int fd = nt_socket(l->a, k ? AF_INET : AF_INET6, SOCK_STREAM, 0);
		socklen_t len = sizeof(from);

		assert_errno(nt_connect(l->a, fd, SA(&to[k]), to[k].len), EINPROGRESS);
		pass(l->w, 100 * MS);
		assert_true(nt_accept(l->b, listener, (struct sockaddr *)&from, &len) >= 3);
		assert_int_equal(len, sizeof(from));
		assert_int_equal(from.sin6_family, AF_INET6);
		assert_int_equal(IN6_IS_ADDR_V4MAPPED(&from.sin6_addr) != 0, k);
	}
}

/* Once for the cookie, and then the question comes with the SYN: half a round trip, no more. */
static void test_fast_open(void **state)
{
	struct lab *l = *state;
	int listener = bound(l->b, SOCK_STREAM, 80), child;
	struct name to = name_of(l->a, "b", AF_INET, 80);
	char buf[20];

	assert_int_equal(nt_sysctl_set(l->b, "net.ipv4.tcp_fastopen", "3"), 0);
	set_int(l->b, listener, IPPROTO_TCP, 23 /* TCP_FASTOPEN */, 5);
	assert_int_equal(nt_listen(l->b, listener, 5), 0);
	for (int k = 0; k < 2; k++) {
		int fd = nt_socket(l->a, AF_INET, SOCK_STREAM, 0);
		ssize_t n = nt_sendto(l->a, fd, "question", 8, MSG_FASTOPEN, SA(&to), to.len);

		if (k == 0) {
			assert_int_equal(n, -1);
			assert_int_equal(errno, EINPROGRESS);
			pass(l->w, 100 * MS);
			assert_int_equal(nt_connect(l->a, fd, SA(&to), to.len), 0);
			assert_int_equal(nt_send(l->a, fd, "question", 8, 0), 8);
			pass(l->w, 100 * MS);
		} else {
			assert_int_equal(n, 8);
			pass(l->w, 11 * MS);
		}
		child = nt_accept(l->b, listener, NULL, NULL);
		assert_true(child >= 3);
		assert_int_equal(nt_recv(l->b, child, buf, sizeof(buf), 0), 8);
		pass(l->w, 100 * MS);
		if (k)
			assert_int_equal(nt_connect(l->a, fd, SA(&to), to.len), 0);
		assert_errno(nt_connect(l->a, fd, SA(&to), to.len), EISCONN);
		nt_close(l->a, fd);
		pass(l->w, S);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_transfer, lab_open, lab_close),
		cmocka_unit_test(test_transfer_lossy),
		cmocka_unit_test_setup_teardown(test_connect_states, lab_open, lab_close),
		cmocka_unit_test_setup_teardown(test_refused, lab_open, lab_close),
		cmocka_unit_test_setup_teardown(test_connect_again, lab_open, lab_close),
		cmocka_unit_test_setup_teardown(test_half_close, lab_open, lab_close),
		cmocka_unit_test_setup_teardown(test_reset, lab_open, lab_close),
		cmocka_unit_test(test_timeout),
		cmocka_unit_test_setup_teardown(test_fast_open, lab_open, lab_close),
		cmocka_unit_test_setup_teardown(test_queues, lab_open, lab_close),
		cmocka_unit_test_setup_teardown(test_ipv6_and_mapped, lab_open, lab_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
