/* Callbacks: when something may be done, once, from an event of their own, and not after the end. */
#include "lab.h"

struct seen {
	int calls;
	short last;
	int64_t at;
};

static void note(struct nt_host *h, int fd, void *arg)
{
	struct seen *s = arg;

	s->calls++;
	s->last = ready(h, fd, POLLIN | POLLOUT | POLLRDHUP);
	s->at = nt_now(nt_host_world(h));
}

static void test_edges(void **state)
{
	struct lab *l = *state;
	struct seen seen = {0};
	char buf[100];
	int c, s;

	stream_pair(l, &c, &s);
	assert_int_equal(nt_watch(l->b, s, note, &seen), 0);
	assert_int_equal(seen.calls, 0);
	pass(l->w, 0);
	assert_int_equal(seen.calls, 1); /* it is writable */
	assert_int_equal(seen.last, POLLOUT);
	nt_send(l->a, c, "hello", 5, 0);
	pass(l->w, 50 * MS);
	assert_int_equal(seen.calls, 2);
	assert_int_equal(seen.last, POLLIN | POLLOUT);
	/* Nothing new: nothing said, though there is still something to read. */
	pass(l->w, S);
	assert_int_equal(seen.calls, 2);
	assert_int_equal(nt_recv(l->b, s, buf, sizeof(buf), 0), 5);
	nt_close(l->a, c);
	pass(l->w, 50 * MS);
	assert_int_equal(seen.calls, 3);
	assert_int_equal(seen.last, POLLIN | POLLOUT | POLLRDHUP);
	assert_int_equal(nt_watch(l->b, s, NULL, NULL), 0);
	nt_send(l->b, s, "x", 1, 0); /* is answered by a reset */
	pass(l->w, 50 * MS);
	assert_int_equal(seen.calls, 3);
}

static void test_low_water(void **state)
{
	struct lab *l = *state;
	struct seen seen = {0};
	int c, s;

	stream_pair(l, &c, &s);
	set_int(l->b, s, SOL_SOCKET, SO_RCVLOWAT, 10);
	nt_send(l->a, c, "hello", 5, 0);
	pass(l->w, 50 * MS);
	assert_int_equal(ready(l->b, s, POLLIN), 0);
	nt_send(l->a, c, "hello", 5, 0);
	pass(l->w, 50 * MS);
	assert_int_equal(ready(l->b, s, POLLIN), POLLIN);
	nt_watch(l->b, s, note, &seen);
	pass(l->w, 0);
	assert_int_equal(seen.last, POLLIN | POLLOUT);
}

/* Room in a datagram socket's send buffer is a matter of time. */
static void test_room(void **state)
{
	struct lab *l = *state;
	struct seen seen = {0};
	struct name to = name_of(l->a, "b", AF_INET, 9);
	char buf[1472] = {0};
	int fd = nt_socket(l->a, AF_INET, SOCK_DGRAM, 0);

	nt_watch(l->a, fd, note, &seen);
	pass(l->w, 0);
	assert_int_equal(seen.calls, 1);
	while (nt_sendto(l->a, fd, buf, sizeof(buf), 0, SA(&to), to.len) > 0)
		;
	assert_int_equal(errno, EAGAIN);
	pass(l->w, S);
	assert_int_equal(seen.calls, 2);
	assert_int_equal(seen.last, POLLOUT);
	assert_true(seen.at > 0 && seen.at < MS);
}

/* An echo server and a client that closes in its callback: all within nt_advance_to(). */
static void serve(struct nt_host *h, int fd, void *arg)
{
	char buf[1000];
	ssize_t n;

	while ((n = nt_recv(h, fd, buf, sizeof(buf), 0)) > 0)
		nt_send(h, fd, buf, (size_t)n, 0);
	if (n == 0) {
		++*(int *)arg;
		assert_int_equal(nt_close(h, fd), 0);
	}
}

static void take(struct nt_host *h, int fd, void *arg)
{
	int child;

	while ((child = nt_accept(h, fd, NULL, NULL)) >= 0)
		assert_int_equal(nt_watch(h, child, serve, arg), 0);
	assert_int_equal(errno, EAGAIN);
}

static void ask(struct nt_host *h, int fd, void *arg)
{
	int *step = arg;
	char buf[10];

	if (*step == 0) {
		assert_int_equal(nt_send(h, fd, "question", 8, 0), 8);
		*step = 1;
	} else if (nt_recv(h, fd, buf, sizeof(buf), 0) == 8) {
		*step = 2;
		assert_int_equal(nt_close(h, fd), 0);
	}
}

static void test_servers(void **state)
{
	struct lab *l = *state;
	struct name to = name_of(l->a, "b", AF_INET, 80);
	int over = 0, steps[20] = {0}, listener = listening(l->b, 80);

	nt_watch(l->b, listener, take, &over);
	for (int k = 0; k < 20; k++) {
		int fd = nt_socket(l->a, AF_INET, SOCK_STREAM, 0);

		assert_errno(nt_connect(l->a, fd, SA(&to), to.len), EINPROGRESS);
		nt_watch(l->a, fd, ask, &steps[k]);
	}
	pass(l->w, S);
	assert_int_equal(over, 20);
	for (int k = 0; k < 20; k++)
		assert_int_equal(steps[k], 2);
}

static void test_poll_many(void **state)
{
	struct lab *l = *state;
	int fd = nt_socket(l->a, AF_INET, SOCK_DGRAM, 0);
	struct pollfd p[] = {{fd, POLLOUT, 0}, {-5, POLLIN, 77}, {99, POLLIN, 0}, {fd, POLLIN, 0}};

	errno = 5;
	assert_int_equal(nt_poll(l->a, p, 4), 2);
	assert_int_equal(errno, 5);
	assert_int_equal(p[0].revents, POLLOUT);
	assert_int_equal(p[1].revents, 0);
	assert_int_equal(p[2].revents, POLLNVAL);
	assert_int_equal(p[3].revents, 0);
	assert_errno(nt_poll(l->a, NULL, 1), EFAULT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_edges, lab_open, lab_close),
		cmocka_unit_test_setup_teardown(test_low_water, lab_open, lab_close),
		cmocka_unit_test_setup_teardown(test_room, lab_open, lab_close),
		cmocka_unit_test_setup_teardown(test_servers, lab_open, lab_close),
		cmocka_unit_test_setup_teardown(test_poll_many, lab_open, lab_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
