/* Datagrams: bound, connected, echoed, refused, too large, cut, peeked at, in both families. */
#include "lab.h"

#include <linux/sockios.h>
#include <netinet/ip_icmp.h>
#include <sys/ioctl.h>

static void test_there_and_back(void **state)
{
	struct lab *l = *state;

	for (int family = 0; family < 2; family++) {
		int af = family ? AF_INET6 : AF_INET;
		int fd = nt_socket(l->a, af, SOCK_DGRAM, 0), echo = nt_socket(l->b, AF_INET6, SOCK_DGRAM, 0);
		struct sockaddr_in6 at = any6(7);
		struct name to = name_of(l->a, "b", af, 7), from = {.len = sizeof(from.at)};
		char buf[20];

		assert_int_equal(nt_bind(l->b, echo, (struct sockaddr *)&at, sizeof(at)), 0);
		assert_errno(nt_send(l->a, fd, "x", 1, 0), EDESTADDRREQ);
		assert_int_equal(nt_sendto(l->a, fd, "hello", 5, 0, SA(&to), to.len), 5);
		pass(l->w, 50 * MS);
		assert_int_equal(nt_recvfrom(l->b, echo, buf, sizeof(buf), 0, SA(&from), &from.len), 5);
		assert_int_equal(nt_sendto(l->b, echo, buf, 5, 0, SA(&from), from.len), 5);
		pass(l->w, 50 * MS);
		from.len = sizeof(from.at);
		assert_int_equal(nt_recvfrom(l->a, fd, buf, sizeof(buf), 0, SA(&from), &from.len), 5);
		assert_memory_equal(buf, "hello", 5);
		assert_int_equal(from.len, to.len);
		assert_memory_equal(&from.at, &to.at, to.len);
		nt_close(l->b, echo);
	}
}

static void test_refused(void **state)
{
	struct lab *l = *state;
	int fd = nt_socket(l->a, AF_INET, SOCK_DGRAM, 0);
	struct name to = name_of(l->a, "b", AF_INET, 99);

	assert_int_equal(nt_connect(l->a, fd, SA(&to), to.len), 0);
	assert_int_equal(nt_send(l->a, fd, "x", 1, 0), 1);
	pass(l->w, 50 * MS);
	assert_true(ready(l->a, fd, POLLIN) & POLLERR);
	assert_errno(nt_send(l->a, fd, "x", 1, 0), ECONNREFUSED);
	assert_int_equal(nt_send(l->a, fd, "x", 1, 0), 1);
	pass(l->w, 50 * MS);
	assert_errno(nt_recv(l->a, fd, &to, 1, 0), ECONNREFUSED);
	/* Let go of the peer: its errors are nobody's any more. */
	assert_int_equal(nt_connect(l->a, fd, &(struct sockaddr){.sa_family = AF_UNSPEC},
				    sizeof(struct sockaddr)), 0);
	assert_errno(nt_send(l->a, fd, "x", 1, 0), EDESTADDRREQ);
}

static void test_sizes(void **state)
{
	struct lab *l = *state;
	int fd = nt_socket(l->a, AF_INET, SOCK_DGRAM, 0), there = bound(l->b, SOCK_DGRAM, 9), n;
	struct name to = name_of(l->a, "b", AF_INET, 9);
	static char big[65536], buf[65536];

	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (char)(i * 31 + i / 256);
	assert_errno(nt_sendto(l->a, fd, big, 65508, 0, SA(&to), to.len), EMSGSIZE);
	assert_int_equal(nt_sendto(l->a, fd, big, 65507, 0, SA(&to), to.len), 65507);
	assert_int_equal(nt_sendto(l->a, fd, big, 0, 0, SA(&to), to.len), 0);
	pass(l->w, 100 * MS);
	assert_int_equal(nt_ioctl(l->b, there, FIONREAD, &n), 0);
	assert_int_equal(n, 65507);
	assert_int_equal(nt_recv(l->b, there, buf, 10, MSG_PEEK), 10);
	assert_int_equal(nt_recv(l->b, there, buf, 10, MSG_PEEK | MSG_TRUNC), 65507);
	assert_int_equal(nt_recv(l->b, there, buf, sizeof(buf), 0), 65507);
	assert_memory_equal(buf, big, 65507);
	assert_int_equal(nt_recv(l->b, there, buf, sizeof(buf), 0), 0);
	assert_errno(nt_recv(l->b, there, buf, sizeof(buf), 0), EAGAIN);
	set_int(l->a, fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO);
	assert_errno(nt_sendto(l->a, fd, big, 1473, 0, SA(&to), to.len), EMSGSIZE);
	assert_int_equal(nt_sendto(l->a, fd, big, 1472, 0, SA(&to), to.len), 1472);
}

/* MSG_MORE: three calls, one datagram. */
static void test_more(void **state)
{
	struct lab *l = *state;
	int fd = nt_socket(l->a, AF_INET, SOCK_DGRAM, 0), there = bound(l->b, SOCK_DGRAM, 9);
	struct name to = name_of(l->a, "b", AF_INET, 9);
	char buf[20];

	assert_int_equal(nt_sendto(l->a, fd, "one ", 4, MSG_MORE, SA(&to), to.len), 4);
	assert_int_equal(nt_send(l->a, fd, "two ", 4, MSG_MORE), 4);
	pass(l->w, 50 * MS);
	assert_errno(nt_recv(l->b, there, buf, sizeof(buf), 0), EAGAIN);
	assert_int_equal(nt_send(l->a, fd, "three", 5, 0), 5);
	pass(l->w, 50 * MS);
	assert_int_equal(nt_recv(l->b, there, buf, sizeof(buf), 0), 13);
	assert_memory_equal(buf, "one two three", 13);
}

static void fill_too_far(struct lab *l, int fd, int there, size_t kept, size_t more, int flags)
{
	static char big[70000];

	assert_int_equal(nt_send(l->a, fd, big, kept, MSG_MORE), kept);
	assert_errno(nt_send(l->a, fd, big, more, flags), EMSGSIZE);
	pass(l->w, 50 * MS);
	assert_errno(nt_recv(l->b, there, big, sizeof(big), 0), EAGAIN);
	assert_int_equal(nt_send(l->a, fd, "x", 1, 0), 1);
	pass(l->w, 50 * MS);
}

/*
 * A datagram in the making that would become too long is undone whole; only IPv4, told of more
 * than 64 KiB at once, keeps what it had. All as the kernel answered a probe (Linux 6.18).
 */
static void test_more_than_fits(void **state)
{
	struct lab *l = *state;
	static char buf[70000];

	for (int six = 0; six < 2; six++) {
		int family = six ? AF_INET6 : AF_INET, most = six ? 65527 : 65507;
		int fd = nt_socket(l->a, family, SOCK_DGRAM, 0);
		int there = nt_socket(l->b, AF_INET6, SOCK_DGRAM, 0);
		struct sockaddr_in6 at = any6(9);
		struct name to = name_of(l->a, "b", family, 9);

		assert_int_equal(nt_bind(l->b, there, (struct sockaddr *)&at, sizeof(at)), 0);
		assert_int_equal(nt_connect(l->a, fd, SA(&to), to.len), 0);
		fill_too_far(l, fd, there, 40000, 40000, MSG_MORE);
		assert_int_equal(nt_recv(l->b, there, buf, sizeof(buf), 0), 1);
		fill_too_far(l, fd, there, 40000, 40000, 0);
		assert_int_equal(nt_recv(l->b, there, buf, sizeof(buf), 0), 1);
		fill_too_far(l, fd, there, 100, 70000, 0);
		assert_int_equal(nt_recv(l->b, there, buf, sizeof(buf), 0), six ? 1 : 101);
		fill_too_far(l, fd, there, (size_t)most - 7, 8, MSG_MORE);
		assert_int_equal(nt_recv(l->b, there, buf, sizeof(buf), 0), 1);
		assert_int_equal(nt_send(l->a, fd, buf, (size_t)most, MSG_MORE), most);
		assert_int_equal(nt_send(l->a, fd, buf, 0, 0), 0);
		pass(l->w, 100 * MS);
		assert_int_equal(nt_recv(l->b, there, buf, sizeof(buf), 0), most);
		assert_errno(nt_send(l->a, fd, buf, (size_t)most + 1, MSG_MORE), EMSGSIZE);
		assert_int_equal(nt_send(l->a, fd, "abc", 3, MSG_MORE), 3);
		assert_errno(nt_send(l->a, fd, NULL, 10, 0), EFAULT);
		assert_int_equal(nt_send(l->a, fd, "x", 1, 0), 1);
		pass(l->w, 50 * MS);
		assert_int_equal(nt_recv(l->b, there, buf, sizeof(buf), 0), 1);
		assert_int_equal(nt_close(l->b, there), 0);
	}
}

static void test_send_buffer(void **state)
{
	struct lab *l = *state;
	int fd = nt_socket(l->a, AF_INET, SOCK_DGRAM, 0), sent = 0, n;
	struct name to = name_of(l->a, "b", AF_INET, 9);
	char buf[1472] = {0};

	while (nt_sendto(l->a, fd, buf, sizeof(buf), 0, SA(&to), to.len) > 0)
		sent++;
	assert_int_equal(errno, EAGAIN);
	assert_in_range(sent, 50, 200);
	assert_int_equal(nt_ioctl(l->a, fd, SIOCOUTQ, &n), 0);
	assert_true(n > sent * (int)sizeof(buf));
	assert_int_equal(ready(l->a, fd, POLLOUT), 0);
	pass(l->w, 10 * MS);
	assert_int_equal(ready(l->a, fd, POLLOUT), POLLOUT);
}

static void test_shutdown(void **state)
{
	struct lab *l = *state;
	int fd = nt_socket(l->a, AF_INET, SOCK_DGRAM, 0);
	struct name to = name_of(l->a, "b", AF_INET, 9);
	char byte;

	assert_errno(nt_shutdown(l->a, fd, SHUT_RDWR), ENOTCONN);
	assert_int_equal(nt_connect(l->a, fd, SA(&to), to.len), 0);
	assert_int_equal(nt_shutdown(l->a, fd, SHUT_RDWR), 0);
	assert_errno(nt_send(l->a, fd, "x", 1, 0), EPIPE);
	assert_int_equal(nt_recv(l->a, fd, &byte, 1, 0), 0);
	assert_true(ready(l->a, fd, POLLIN) & POLLHUP);
}

static void test_ping_socket(void **state)
{
	struct lab *l = *state;
	int fd = nt_socket(l->a, AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
	struct name to = name_of(l->a, "b", AF_INET, 0);
	struct { struct icmphdr h; char data[8]; } m = {.h = {.type = ICMP_ECHO}, .data = "payload"};

	m.h.un.echo.sequence = htons(5);
	assert_int_equal(nt_sendto(l->a, fd, &m, sizeof(m), 0, SA(&to), to.len), sizeof(m));
	pass(l->w, 50 * MS);
	memset(&m, 0, sizeof(m));
	assert_int_equal(nt_recv(l->a, fd, &m, sizeof(m), 0), sizeof(m));
	assert_int_equal(m.h.type, ICMP_ECHOREPLY);
	assert_int_equal(ntohs(m.h.un.echo.sequence), 5);
	assert_string_equal(m.data, "payload");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_there_and_back, lab_open, lab_close),
		cmocka_unit_test_setup_teardown(test_refused, lab_open, lab_close),
		cmocka_unit_test_setup_teardown(test_sizes, lab_open, lab_close),
		cmocka_unit_test_setup_teardown(test_more, lab_open, lab_close),
		cmocka_unit_test_setup_teardown(test_more_than_fits, lab_open, lab_close),
		cmocka_unit_test_setup_teardown(test_send_buffer, lab_open, lab_close),
		cmocka_unit_test_setup_teardown(test_shutdown, lab_open, lab_close),
		cmocka_unit_test_setup_teardown(test_ping_socket, lab_open, lab_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
