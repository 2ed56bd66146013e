/* Socket options: what is set is got, what cannot be is refused, TCP_INFO lies as Linux's does. */
#include "lab.h"

#include <linux/tcp.h>

enum { STREAM = 1, DGRAM = 2, SIX = 4 };

/* Set a value, get what Linux would give; on what kinds of socket the option is. */
static const struct {
	int level, name, set, get, on;
} table[] = {
	{SOL_SOCKET, SO_RCVBUF, 10000, 20000, STREAM | DGRAM},
	{SOL_SOCKET, SO_RCVBUF, 1, 2304, STREAM | DGRAM},
	{SOL_SOCKET, SO_SNDBUF, 10000, 20000, STREAM | DGRAM},
	{SOL_SOCKET, SO_SNDBUF, 1, 4608, STREAM | DGRAM},
	{SOL_SOCKET, SO_RCVBUF, 1 << 30, 425984, STREAM | DGRAM}, /* rmem_max */
	{SOL_SOCKET, SO_BROADCAST, 5, 1, DGRAM},
	{SOL_SOCKET, SO_REUSEADDR, 7, 1, STREAM | DGRAM},
	{SOL_SOCKET, SO_REUSEPORT, 7, 1, STREAM | DGRAM},
	{SOL_SOCKET, SO_KEEPALIVE, 1, 1, STREAM},
	{SOL_SOCKET, SO_RCVLOWAT, 100, 100, STREAM},
	{SOL_SOCKET, SO_RCVLOWAT, 0, 1, STREAM},
	{SOL_SOCKET, SO_MAX_PACING_RATE, 125000, 125000, STREAM},
	{SOL_SOCKET, SO_MAX_PACING_RATE, -1, -1, STREAM},
	{SOL_SOCKET, SO_TIMESTAMPNS, 1, 1, DGRAM},
	{IPPROTO_TCP, TCP_NODELAY, 1, 1, STREAM},
	{IPPROTO_TCP, TCP_CORK, 1, 1, STREAM},
	{IPPROTO_TCP, TCP_MAXSEG, 1000, 1000, STREAM},
	{IPPROTO_TCP, TCP_KEEPIDLE, 10, 10, STREAM},
	{IPPROTO_TCP, TCP_KEEPINTVL, 11, 11, STREAM},
	{IPPROTO_TCP, TCP_KEEPCNT, 12, 12, STREAM},
	{IPPROTO_TCP, TCP_SYNCNT, 3, 3, STREAM},
	{IPPROTO_TCP, TCP_LINGER2, 5, 5, STREAM},
	{IPPROTO_TCP, TCP_LINGER2, -9, -1, STREAM},
	{IPPROTO_TCP, TCP_DEFER_ACCEPT, 3, 3, STREAM},
	{IPPROTO_TCP, TCP_USER_TIMEOUT, 5000, 5000, STREAM},
	{IPPROTO_TCP, TCP_NOTSENT_LOWAT, 4096, 4096, STREAM},
	{IPPROTO_TCP, TCP_WINDOW_CLAMP, 5000, 5000, STREAM},
	{IPPROTO_TCP, TCP_QUICKACK, 0, 0, STREAM},
	{IPPROTO_TCP, TCP_FASTOPEN, 5, 5, STREAM},
	{IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1, 1, STREAM},
	{IPPROTO_TCP, TCP_FASTOPEN_NO_COOKIE, 1, 1, STREAM},
	{IPPROTO_IP, IP_TTL, 5, 5, STREAM | DGRAM},
	{IPPROTO_IP, IP_TTL, -1, 64, STREAM | DGRAM},
	{IPPROTO_IP, IP_TOS, 0x10, 0x10, STREAM | DGRAM},
	{IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO, IP_PMTUDISC_DO, STREAM | DGRAM},
	{IPPROTO_IP, IP_MULTICAST_TTL, 7, 7, DGRAM},
	{IPPROTO_IP, IP_RECVERR, 1, 1, DGRAM},
	{IPPROTO_IP, IP_PKTINFO, 1, 1, DGRAM},
	{IPPROTO_IP, IP_RECVTTL, 1, 1, DGRAM},
	{IPPROTO_IP, IP_RECVTOS, 1, 1, DGRAM},
	{IPPROTO_IPV6, IPV6_V6ONLY, 1, 1, STREAM | DGRAM | SIX},
	{IPPROTO_IPV6, IPV6_UNICAST_HOPS, 9, 9, STREAM | DGRAM | SIX},
	{IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 9, 9, DGRAM | SIX},
	{IPPROTO_IPV6, IPV6_TCLASS, 0x20, 0x20, STREAM | DGRAM | SIX},
	{IPPROTO_IPV6, IPV6_MTU_DISCOVER, 2, 2, STREAM | DGRAM | SIX},
	{IPPROTO_IPV6, IPV6_RECVERR, 1, 1, DGRAM | SIX},
	{IPPROTO_IPV6, IPV6_RECVPKTINFO, 1, 1, DGRAM | SIX},
	{IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1, 1, DGRAM | SIX},
	{IPPROTO_IPV6, IPV6_RECVTCLASS, 1, 1, DGRAM | SIX},
};

static void test_round_trip(void **state)
{
	struct lab *l = *state;

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		for (int kind = STREAM; kind <= DGRAM; kind++) {
			int fd = nt_socket(l->a, table[i].on & SIX ? AF_INET6 : AF_INET,
					   kind == STREAM ? SOCK_STREAM : SOCK_DGRAM, 0);

			if (table[i].on & kind) {
				set_int(l->a, fd, table[i].level, table[i].name, table[i].set);
				int got = get_int(l->a, fd, table[i].level, table[i].name);

				if (got != table[i].get)
					fail_msg("row %zu: %d became %d, not %d", i, table[i].set,
						 got, table[i].get);
			}
			nt_close(l->a, fd);
		}
}

static void test_refused(void **state)
{
	struct lab *l = *state;
	int tcp = nt_socket(l->a, AF_INET, SOCK_STREAM, 0), udp = nt_socket(l->a, AF_INET, SOCK_DGRAM, 0);
	int v = 1;
	socklen_t len = sizeof(v);
	static const struct { int level, name, value, why; } wrong[] = {
		{SOL_SOCKET, 9999, 1, ENOPROTOOPT},
		{IPPROTO_SCTP, 1, 1, ENOPROTOOPT},
		{SOL_SOCKET, SO_ERROR, 1, ENOPROTOOPT},
		{SOL_SOCKET, SO_TYPE, 1, ENOPROTOOPT},
		{SOL_SOCKET, SO_PROTOCOL, 1, ENOPROTOOPT},
		{SOL_SOCKET, SO_DOMAIN, 1, ENOPROTOOPT},
		{SOL_SOCKET, SO_ACCEPTCONN, 1, ENOPROTOOPT},
		{IPPROTO_TCP, TCP_INFO, 1, ENOPROTOOPT},
		{IPPROTO_TCP, TCP_MAXSEG, 20, EINVAL},
		{IPPROTO_TCP, TCP_KEEPCNT, 1000, EINVAL},
		{IPPROTO_TCP, TCP_KEEPIDLE, 0, EINVAL},
		{IPPROTO_TCP, TCP_USER_TIMEOUT, -1, EINVAL},
		{IPPROTO_IP, IP_TTL, 0, EINVAL},
		{IPPROTO_IP, IP_TTL, 256, EINVAL},
		{IPPROTO_IP, IP_MTU_DISCOVER, 99, EINVAL},
		{IPPROTO_IP, IP_MTU, 1500, ENOPROTOOPT},
		{IPPROTO_IPV6, IPV6_V6ONLY, 1, ENOPROTOOPT},
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_errno(nt_setsockopt(l->a, tcp, wrong[i].level, wrong[i].name, &wrong[i].value,
					   sizeof(int)), wrong[i].why);
	assert_errno(nt_setsockopt(l->a, udp, IPPROTO_TCP, TCP_NODELAY, &v, sizeof(v)), ENOPROTOOPT);
	assert_errno(nt_setsockopt(l->a, tcp, IPPROTO_TCP, TCP_NODELAY, &v, 2), EINVAL);
	assert_errno(nt_setsockopt(l->a, tcp, IPPROTO_TCP, TCP_NODELAY, NULL, 4), EFAULT);
	assert_errno(nt_setsockopt(l->a, tcp, SOL_SOCKET, SO_LINGER, &v, 4), EINVAL);
	assert_errno(nt_getsockopt(l->a, tcp, IPPROTO_TCP, TCP_NODELAY, NULL, &len), EFAULT);
	assert_errno(nt_getsockopt(l->a, tcp, IPPROTO_TCP, TCP_NODELAY, &v, NULL), EFAULT);
	assert_errno(nt_getsockopt(l->a, tcp, IPPROTO_IP, IP_MTU, &v, &len), ENOTCONN);
	assert_errno(nt_setsockopt(l->a, tcp, IPPROTO_TCP, TCP_CONGESTION, "nonsense", 8), ENOENT);
	assert_errno(nt_setsockopt(l->a, tcp, SOL_SOCKET, SO_BINDTODEVICE, "eth9", 4), ENODEV);
}

/* A byte will do at IPPROTO_IP, and what does not fit is cut. */
static void test_lengths(void **state)
{
	struct lab *l = *state;
	int fd = nt_socket(l->a, AF_INET, SOCK_STREAM, 0);
	uint8_t byte = 33, bytes[8] = {0};
	socklen_t len = 1;

	assert_int_equal(nt_setsockopt(l->a, fd, IPPROTO_IP, IP_TTL, &byte, 1), 0);
	assert_int_equal(nt_getsockopt(l->a, fd, IPPROTO_IP, IP_TTL, bytes, &len), 0);
	assert_int_equal(len, 1);
	assert_int_equal(bytes[0], 33);
	len = 8;
	assert_int_equal(nt_getsockopt(l->a, fd, IPPROTO_IP, IP_TTL, bytes, &len), 0);
	assert_int_equal(len, 4);
}

static void test_facts(void **state)
{
	struct lab *l = *state;
	int tcp = listening(l->a, 80), udp = nt_socket(l->a, AF_INET6, SOCK_DGRAM, 0);

	assert_int_equal(get_int(l->a, tcp, SOL_SOCKET, SO_TYPE), SOCK_STREAM);
	assert_int_equal(get_int(l->a, tcp, SOL_SOCKET, SO_PROTOCOL), IPPROTO_TCP);
	assert_int_equal(get_int(l->a, tcp, SOL_SOCKET, SO_DOMAIN), AF_INET);
	assert_int_equal(get_int(l->a, tcp, SOL_SOCKET, SO_ACCEPTCONN), 1);
	assert_int_equal(get_int(l->a, udp, SOL_SOCKET, SO_TYPE), SOCK_DGRAM);
	assert_int_equal(get_int(l->a, udp, SOL_SOCKET, SO_PROTOCOL), IPPROTO_UDP);
	assert_int_equal(get_int(l->a, udp, SOL_SOCKET, SO_DOMAIN), AF_INET6);
	assert_int_equal(get_int(l->a, udp, SOL_SOCKET, SO_ACCEPTCONN), 0);
}

static void test_structs(void **state)
{
	struct lab *l = *state;
	int fd = nt_socket(l->a, AF_INET, SOCK_STREAM, 0);
	struct linger linger = {.l_onoff = 4, .l_linger = 9};
	char name[16] = "";
	socklen_t len = sizeof(linger);

	assert_int_equal(nt_setsockopt(l->a, fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), 0);
	memset(&linger, 0, sizeof(linger));
	assert_int_equal(nt_getsockopt(l->a, fd, SOL_SOCKET, SO_LINGER, &linger, &len), 0);
	assert_int_equal(linger.l_onoff, 1);
	assert_int_equal(linger.l_linger, 9);

	len = sizeof(name);
	assert_int_equal(nt_getsockopt(l->a, fd, IPPROTO_TCP, TCP_CONGESTION, name, &len), 0);
	assert_string_equal(name, "cubic");
	assert_int_equal(len, 16);
	assert_int_equal(nt_setsockopt(l->a, fd, IPPROTO_TCP, TCP_CONGESTION, "reno", 4), 0);
	assert_int_equal(nt_getsockopt(l->a, fd, IPPROTO_TCP, TCP_CONGESTION, name, &len), 0);
	assert_string_equal(name, "reno");

	len = sizeof(name);
	assert_int_equal(nt_getsockopt(l->a, fd, SOL_SOCKET, SO_BINDTODEVICE, name, &len), 0);
	assert_int_equal(len, 0);
	assert_int_equal(nt_setsockopt(l->a, fd, SOL_SOCKET, SO_BINDTODEVICE, "eth0", 4), 0);
	len = sizeof(name);
	assert_int_equal(nt_getsockopt(l->a, fd, SOL_SOCKET, SO_BINDTODEVICE, name, &len), 0);
	assert_string_equal(name, "eth0");
	assert_int_equal(nt_setsockopt(l->a, fd, SOL_SOCKET, SO_BINDTODEVICE, "", 0), 0);
}

static void test_pacing_of_64_bits(void **state)
{
	struct lab *l = *state;
	int fd = nt_socket(l->a, AF_INET, SOCK_STREAM, 0);
	uint64_t rate = UINT64_C(20000000000), got;
	socklen_t len = sizeof(got);

	assert_int_equal(nt_setsockopt(l->a, fd, SOL_SOCKET, SO_MAX_PACING_RATE, &rate, sizeof(rate)), 0);
	assert_int_equal(nt_getsockopt(l->a, fd, SOL_SOCKET, SO_MAX_PACING_RATE, &got, &len), 0);
	assert_true(got == rate);
	assert_int_equal(get_int(l->a, fd, SOL_SOCKET, SO_MAX_PACING_RATE), -1);
}

static void test_tcp_info(void **state)
{
	struct lab *l = *state;
	struct tcp_info info;
	socklen_t len = sizeof(info);
	int c, s;

	stream_pair(l, &c, &s);
	assert_int_equal(nt_send(l->a, c, "0123456789", 10, 0), 10);
	pass(l->w, 100 * MS);
	memset(&info, 0, sizeof(info));
	assert_int_equal(nt_getsockopt(l->a, c, IPPROTO_TCP, TCP_INFO, &info, &len), 0);
	assert_int_equal(info.tcpi_state, 1);
	assert_int_equal(info.tcpi_snd_mss, 1448);
	assert_int_equal(info.tcpi_snd_cwnd, 10);
	/* The SYN had waited 20 ms for ARP: (7 * 40 + 20) / 8. */
	assert_in_range(info.tcpi_rtt, 37500, 37600);
	assert_in_range(info.tcpi_min_rtt, 20000, 20100);
	assert_int_equal(info.tcpi_pmtu, 1500);
	assert_int_equal(info.tcpi_bytes_acked, 11);
	assert_int_equal(info.tcpi_bytes_sent, 10);
	assert_int_equal(info.tcpi_data_segs_out, 1);
	assert_true(info.tcpi_options & TCPI_OPT_TIMESTAMPS && info.tcpi_options & TCPI_OPT_SACK);
	assert_true(info.tcpi_delivery_rate > 0);
	/* The leading members are what a caller with less room gets. */
	uint8_t head[8], *whole = (uint8_t *)&info;
	len = sizeof(head);
	assert_int_equal(nt_getsockopt(l->a, c, IPPROTO_TCP, TCP_INFO, head, &len), 0);
	assert_int_equal(len, 8);
	assert_memory_equal(head, whole, 8);
}

/* A listener's options are its children's. */
static void test_inherited(void **state)
{
	struct lab *l = *state;
	int listener = listening(l->b, 80), fd = nt_socket(l->a, AF_INET, SOCK_STREAM, 0), child;
	struct name to = name_of(l->a, "b", AF_INET, 80);
	struct linger linger = {.l_onoff = 1, .l_linger = 0};
	socklen_t len = sizeof(linger);

	set_int(l->b, listener, IPPROTO_TCP, TCP_NODELAY, 1);
	set_int(l->b, listener, SOL_SOCKET, SO_RCVBUF, 30000);
	set_int(l->b, listener, SOL_SOCKET, SO_RCVLOWAT, 50);
	nt_setsockopt(l->b, listener, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	nt_connect(l->a, fd, SA(&to), to.len);
	pass(l->w, 100 * MS);
	child = nt_accept(l->b, listener, NULL, NULL);
	assert_int_equal(get_int(l->b, child, IPPROTO_TCP, TCP_NODELAY), 1);
	assert_int_equal(get_int(l->b, child, SOL_SOCKET, SO_RCVBUF), 60000);
	assert_int_equal(get_int(l->b, child, SOL_SOCKET, SO_RCVLOWAT), 50);
	linger.l_onoff = 0;
	assert_int_equal(nt_getsockopt(l->b, child, SOL_SOCKET, SO_LINGER, &linger, &len), 0);
	assert_int_equal(linger.l_onoff, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_round_trip, lab_open, lab_close),
		cmocka_unit_test_setup_teardown(test_refused, lab_open, lab_close),
		cmocka_unit_test_setup_teardown(test_lengths, lab_open, lab_close),
		cmocka_unit_test_setup_teardown(test_facts, lab_open, lab_close),
		cmocka_unit_test_setup_teardown(test_structs, lab_open, lab_close),
		cmocka_unit_test_setup_teardown(test_pacing_of_64_bits, lab_open, lab_close),
		cmocka_unit_test_setup_teardown(test_tcp_info, lab_open, lab_close),
		cmocka_unit_test_setup_teardown(test_inherited, lab_open, lab_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
