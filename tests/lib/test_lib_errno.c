/* The errno values of every call, one wrong thing at a time. */
#include "lab.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

/* A descriptor that is none: every call says so. */
static void test_bad_descriptor(void **state)
{
	struct lab *l = *state;
	struct name n = name_of(l->a, "b", AF_INET, 9);
	struct msghdr m = {.msg_iovlen = 0};
	int v = 0, mine = nt_socket(l->a, AF_INET, SOCK_STREAM, 0);
	const int bad[] = {-1, 0, 2, 3, 4, 1000000};

	assert_int_equal(mine, 3);
	assert_int_equal(nt_close(l->a, mine), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		int fd = bad[i];

		assert_errno(nt_close(l->a, fd), EBADF);
		assert_errno(nt_bind(l->a, fd, SA(&n), n.len), EBADF);
		assert_errno(nt_listen(l->a, fd, 1), EBADF);
		assert_errno(nt_accept(l->a, fd, NULL, NULL), EBADF);
		assert_errno(nt_connect(l->a, fd, SA(&n), n.len), EBADF);
		assert_errno(nt_shutdown(l->a, fd, SHUT_WR), EBADF);
		assert_errno(nt_getsockname(l->a, fd, SA(&n), &n.len), EBADF);
		assert_errno(nt_getpeername(l->a, fd, SA(&n), &n.len), EBADF);
		assert_errno(nt_send(l->a, fd, &v, 1, 0), EBADF);
		assert_errno(nt_sendto(l->a, fd, &v, 1, 0, SA(&n), n.len), EBADF);
		assert_errno(nt_sendmsg(l->a, fd, &m, 0), EBADF);
		assert_errno(nt_recv(l->a, fd, &v, 1, 0), EBADF);
		assert_errno(nt_recvfrom(l->a, fd, &v, 1, 0, SA(&n), &n.len), EBADF);
		assert_errno(nt_recvmsg(l->a, fd, &m, 0), EBADF);
		assert_errno(nt_setsockopt(l->a, fd, SOL_SOCKET, SO_RCVBUF, &v, sizeof(v)), EBADF);
		assert_errno(nt_getsockopt(l->a, fd, SOL_SOCKET, SO_RCVBUF, &v, &n.len), EBADF);
		assert_errno(nt_ioctl(l->a, fd, SIOCOUTQ, &v), EBADF);
		assert_errno(nt_watch(l->a, fd, NULL, NULL), EBADF);
		if (fd >= 0)
			assert_int_equal(ready(l->a, fd, POLLIN), POLLNVAL);
	}
	/* Descriptors are a host's own. */
	assert_int_equal(nt_socket(l->b, AF_INET, SOCK_STREAM, 0), 3);
	assert_errno(nt_close(l->a, 3), EBADF);
}

static void test_socket(void **state)
{
	struct lab *l = *state;

	assert_errno(nt_socket(l->a, AF_UNIX, SOCK_STREAM, 0), EAFNOSUPPORT);
	assert_errno(nt_socket(l->a, AF_INET, SOCK_SEQPACKET, 0), ESOCKTNOSUPPORT);
	assert_errno(nt_socket(l->a, AF_INET, SOCK_RAW, IPPROTO_TCP), EPERM);
	assert_errno(nt_socket(l->a, AF_INET, SOCK_STREAM, IPPROTO_UDP), EPROTONOSUPPORT);
	assert_errno(nt_socket(l->a, AF_INET, SOCK_DGRAM, IPPROTO_ICMPV6), EPROTONOSUPPORT);
	assert_int_equal(nt_socket(l->a, AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), 3);
	for (int k = 1; k < 1024; k++)
		assert_int_equal(nt_socket(l->a, AF_INET, SOCK_DGRAM, 0), 3 + k);
	assert_errno(nt_socket(l->a, AF_INET, SOCK_DGRAM, 0), EMFILE);
	assert_int_equal(nt_close(l->a, 500), 0);
	assert_int_equal(nt_socket(l->a, AF_INET, SOCK_DGRAM, 0), 500);
}

static void test_bind(void **state)
{
	struct lab *l = *state;
	struct sockaddr_in at = any4(80);
	struct sockaddr_in6 at6 = any6(80);
	int fd = nt_socket(l->a, AF_INET, SOCK_STREAM, 0), other;

	assert_errno(nt_bind(l->a, fd, NULL, 16), EFAULT);
	assert_errno(nt_bind(l->a, fd, (struct sockaddr *)&at, 15), EINVAL);
	assert_errno(nt_bind(l->a, fd, (struct sockaddr *)&at, 0), EINVAL);
	assert_errno(nt_bind(l->a, fd, (struct sockaddr *)&at6, sizeof(at6)), EAFNOSUPPORT);
	inet_pton(AF_INET, "192.0.2.1", &at.sin_addr);
	assert_errno(nt_bind(l->a, fd, (struct sockaddr *)&at, sizeof(at)), EADDRNOTAVAIL);
	at = any4(80);
	assert_int_equal(nt_bind(l->a, fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_errno(nt_bind(l->a, fd, (struct sockaddr *)&at, sizeof(at)), EINVAL);
	other = nt_socket(l->a, AF_INET, SOCK_STREAM, 0);
	assert_errno(nt_bind(l->a, other, (struct sockaddr *)&at, sizeof(at)), EADDRINUSE);
	other = nt_socket(l->a, AF_INET6, SOCK_STREAM, 0);
	assert_errno(nt_bind(l->a, other, (struct sockaddr *)&at, sizeof(at)), EAFNOSUPPORT);
	assert_errno(nt_bind(l->a, other, (struct sockaddr *)&at6, 20), EINVAL);
	assert_errno(nt_bind(l->a, other, (struct sockaddr *)&at6, sizeof(at6)), EADDRINUSE);
	set_int(l->a, other, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	assert_int_equal(nt_bind(l->a, other, (struct sockaddr *)&at6, sizeof(at6)), 0);
}

static void test_connect(void **state)
{
	struct lab *l = *state;
	int fd = nt_socket(l->a, AF_INET, SOCK_STREAM, 0), udp = nt_socket(l->a, AF_INET, SOCK_DGRAM, 0);
	int six = nt_socket(l->a, AF_INET6, SOCK_STREAM, 0);
	struct name b = name_of(l->a, "b", AF_INET, 80), b6 = name_of(l->a, "b", AF_INET6, 80);
	struct name away = name_of(l->a, "203.0.113.1", AF_INET, 80);

	assert_errno(nt_connect(l->a, fd, NULL, 16), EFAULT);
	assert_errno(nt_connect(l->a, fd, SA(&b), 4), EINVAL);
	assert_errno(nt_connect(l->a, fd, SA(&b6), b6.len), EAFNOSUPPORT);
	assert_errno(nt_connect(l->a, six, SA(&b), b.len), EAFNOSUPPORT);
	assert_errno(nt_connect(l->a, udp, SA(&b6), b6.len), EAFNOSUPPORT);
	assert_errno(nt_connect(l->a, fd, SA(&away), away.len), ENETUNREACH);
	assert_errno(nt_connect(l->a, udp, SA(&away), away.len), ENETUNREACH);
	b.at.ss_family = 77;
	assert_errno(nt_connect(l->a, fd, SA(&b), b.len), EAFNOSUPPORT);
}

static void test_names(void **state)
{
	struct lab *l = *state;
	int fd = bound(l->a, SOCK_STREAM, 80);
	struct sockaddr_in at;
	socklen_t len = sizeof(at);

	assert_errno(nt_getsockname(l->a, fd, NULL, &len), EFAULT);
	assert_errno(nt_getsockname(l->a, fd, (struct sockaddr *)&at, NULL), EFAULT);
	assert_errno(nt_getpeername(l->a, fd, (struct sockaddr *)&at, &len), ENOTCONN);
	len = 2; /* cut, and told how long it is */
	memset(&at, 0xee, sizeof(at));
	assert_int_equal(nt_getsockname(l->a, fd, (struct sockaddr *)&at, &len), 0);
	assert_int_equal(len, sizeof(at));
	assert_int_equal(at.sin_family, AF_INET);
	assert_int_equal(at.sin_port, 0xeeee);
}

static void test_streams_and_datagrams(void **state)
{
	struct lab *l = *state;
	int tcp = nt_socket(l->a, AF_INET, SOCK_STREAM, 0), udp = nt_socket(l->a, AF_INET, SOCK_DGRAM, 0), v;
	struct name b = name_of(l->a, "b", AF_INET, 0);
	char byte = 0;

	assert_errno(nt_listen(l->a, udp, 1), EOPNOTSUPP);
	assert_errno(nt_accept(l->a, udp, NULL, NULL), EOPNOTSUPP);
	assert_errno(nt_accept(l->a, tcp, NULL, NULL), EINVAL);
	assert_errno(nt_shutdown(l->a, tcp, SHUT_RDWR), ENOTCONN);
	assert_errno(nt_shutdown(l->a, udp, 9), EINVAL);
	assert_errno(nt_send(l->a, tcp, &byte, 1, 0), EPIPE);
	assert_errno(nt_recv(l->a, tcp, &byte, 1, 0), ENOTCONN);
	assert_errno(nt_recv(l->a, udp, &byte, 1, 0), EAGAIN);
	assert_errno(nt_recv(l->a, udp, NULL, 1, 0), EFAULT);
	assert_errno(nt_send(l->a, udp, NULL, 1, 0), EFAULT);
	assert_errno(nt_send(l->a, tcp, &byte, 1, MSG_OOB), EOPNOTSUPP);
	assert_errno(nt_recv(l->a, udp, &byte, 1, MSG_OOB), EOPNOTSUPP);
	assert_errno(nt_recv(l->a, tcp, &byte, 1, MSG_OOB), EINVAL);
	assert_errno(nt_recv(l->a, udp, &byte, 1, MSG_ERRQUEUE), EAGAIN);
	assert_errno(nt_sendto(l->a, udp, &byte, 1, 0, SA(&b), b.len), EINVAL);  /* port 0 */
	assert_errno(nt_sendto(l->a, udp, &byte, 1, 0, SA(&b), 3), EINVAL);
	assert_errno(nt_recvfrom(l->a, udp, &byte, 1, 0, SA(&b), NULL), EFAULT);
	assert_errno(nt_sendmsg(l->a, udp, NULL, 0), EFAULT);
	assert_errno(nt_recvmsg(l->a, udp, NULL, 0), EFAULT);
	assert_errno(nt_ioctl(l->a, udp, SIOCOUTQNSD, &v), ENOTTY);
	assert_errno(nt_ioctl(l->a, tcp, SIOCOUTQ, NULL), EFAULT);
	tcp = listening(l->a, 80);
	assert_errno(nt_ioctl(l->a, tcp, SIOCINQ, &v), EINVAL);
	assert_errno(nt_recv(l->a, tcp, &byte, 1, 0), ENOTCONN);
	assert_errno(nt_send(l->a, tcp, &byte, 1, 0), EPIPE);
}

/* A list of pieces that is nowhere, while there are said to be some. */
static void test_pieces_nowhere(void **state)
{
	struct lab *l = *state;
	struct name b = name_of(l->a, "b", AF_INET, 9);
	int fd[3] = {nt_socket(l->a, AF_INET, SOCK_DGRAM, 0)};

	assert_int_equal(nt_connect(l->a, fd[0], SA(&b), b.len), 0);
	fd[1] = nt_socket(l->a, AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
	stream_pair(l, &fd[2], &(int){0});
	for (int k = 0; k < 3; k++) {
		struct msghdr m = {.msg_iovlen = 1};

		assert_errno(nt_sendmsg(l->a, fd[k], &m, 0), EFAULT);
		assert_errno(nt_recvmsg(l->a, fd[k], &m, 0), EFAULT);
		m.msg_iovlen = 5000; /* above IOV_MAX: that is seen first */
		assert_errno(nt_sendmsg(l->a, fd[k], &m, 0), EMSGSIZE);
		assert_errno(nt_recvmsg(l->a, fd[k], &m, 0), EMSGSIZE);
		m.msg_iovlen = 0;
		assert_errno(nt_recvmsg(l->a, fd[k], &m, MSG_ERRQUEUE), EAGAIN);
	}
	assert_int_equal(nt_sendmsg(l->a, fd[0], &(struct msghdr){.msg_iovlen = 0}, 0), 0);
}

static void test_broadcast(void **state)
{
	struct lab *l = *state;
	int udp = nt_socket(l->a, AF_INET, SOCK_DGRAM, 0);
	struct name all = name_of(l->a, "255.255.255.255", AF_INET, 9);

	assert_errno(nt_sendto(l->a, udp, "x", 1, 0, SA(&all), all.len), EACCES);
	set_int(l->a, udp, SOL_SOCKET, SO_BROADCAST, 1);
	assert_int_equal(nt_sendto(l->a, udp, "x", 1, 0, SA(&all), all.len), 1);
}

static void test_down(void **state)
{
	struct nt_world *w = world_of_text(TWO_HOSTS "run: [{at: 1s, node: a, state: down}]\n");
	struct nt_host *a = nt_host(w, "a");
	struct name b = name_of(a, "b", AF_INET, 9);
	int udp = nt_socket(a, AF_INET, SOCK_DGRAM, 0);

	(void)state;
	pass(w, 2 * S);
	assert_errno(nt_sendto(a, udp, "x", 1, 0, SA(&b), b.len), ENETDOWN);
	nt_free(w);
}

static void test_sysctl(void **state)
{
	struct lab *l = *state;
	char value[40];

	assert_int_equal(nt_sysctl_get(l->a, "net.ipv4.tcp_sack", value, sizeof(value)), 0);
	assert_string_equal(value, "1");
	assert_int_equal(nt_sysctl_set(l->a, "net.ipv4.tcp_sack", "0"), 0);
	assert_int_equal(nt_sysctl_get(l->a, "net/ipv4/tcp_sack", value, sizeof(value)), 0);
	assert_string_equal(value, "0");
	assert_int_equal(nt_sysctl_get(l->b, "net.ipv4.tcp_sack", value, sizeof(value)), 0);
	assert_string_equal(value, "1");
	assert_int_equal(nt_sysctl_set(l->a, "net.ipv4.tcp_rmem", "4096 131072 6291456"), 0);
	assert_int_equal(nt_sysctl_get(l->a, "net.ipv4.tcp_rmem", value, sizeof(value)), 0);
	assert_string_equal(value, "4096\t131072\t6291456");
	assert_errno(nt_sysctl_get(l->a, "net.ipv4.tcp_rmem", value, 4), ERANGE);
	assert_errno(nt_sysctl_get(l->a, "net.ipv4.nothing", value, sizeof(value)), ENOENT);
	assert_errno(nt_sysctl_set(l->a, "net.ipv4.nothing", "1"), ENOENT);
	assert_errno(nt_sysctl_set(l->a, "net.ipv4.tcp_sack", "many"), EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_bad_descriptor, lab_open, lab_close),
		cmocka_unit_test_setup_teardown(test_socket, lab_open, lab_close),
		cmocka_unit_test_setup_teardown(test_bind, lab_open, lab_close),
		cmocka_unit_test_setup_teardown(test_connect, lab_open, lab_close),
		cmocka_unit_test_setup_teardown(test_names, lab_open, lab_close),
		cmocka_unit_test_setup_teardown(test_streams_and_datagrams, lab_open, lab_close),
		cmocka_unit_test_setup_teardown(test_pieces_nowhere, lab_open, lab_close),
		cmocka_unit_test_setup_teardown(test_broadcast, lab_open, lab_close),
		cmocka_unit_test(test_down),
		cmocka_unit_test_setup_teardown(test_sysctl, lab_open, lab_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
