/*
 * This machine's kernel as the host under test, in a network namespace of its own behind a TUN
 * device, in real time: it shows whether a script says what Linux does. Needs root.
 */
#include "tests/script/script.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/inet_diag.h>
#include <linux/tcp.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <linux/sockios.h>

static struct {
	int tun;
	bool ipv6;
	struct addresses addr;
	int64_t zero;
	char congestion[16];
} live;

static int64_t clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static int64_t live_now(void)
{
	return clock_ns() - live.zero;
}

static void __attribute__((noreturn)) give_up(const char *what)
{
	fprintf(stderr, "SKIP: live: %s: %s\n", what, strerror(errno));
	exit(77);
}

static void shell(const char *command)
{
	if (system(command) != 0)
		give_up(command);
}

static int live_sysctl(const char *name, const char *value)
{
	char path[200];
	FILE *f;

	if (strcmp(name, "net.ipv4.tcp_congestion_control") == 0) {
		snprintf(live.congestion, sizeof(live.congestion), "%s", value);
		return 0;
	}
	snprintf(path, sizeof(path), "/proc/sys/%s", name);
	for (char *p = path; *p; p++)
		if (*p == '.')
			*p = '/';
	f = fopen(path, "w");
	if (!f)
		return -1;
	fputs(value, f);
	return fclose(f) == 0 ? 0 : -1;
}

static void live_open(const struct script *s, const struct addresses *a)
{
	struct ifreq r = {.ifr_flags = IFF_TUN | IFF_NO_PI};
	char command[300];

	if (unshare(CLONE_NEWNET) < 0)
		give_up("unshare");
	live.ipv6 = s->ipv6;
	live.addr = *a;
	live.tun = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
	strcpy(r.ifr_name, "tun0");
	if (live.tun < 0 || ioctl(live.tun, TUNSETIFF, &r) < 0)
		give_up("tun");
	snprintf(command, sizeof(command),
		 s->ipv6 ? "ip link set lo up; ip link set tun0 mtu %u up; "
			   "ip -6 addr add fd3d:a0b:17d6::1/64 dev tun0 nodad; "
			   "ip -6 route add default dev tun0"
			 : "ip link set lo up; ip link set tun0 mtu %u up; "
			   "ip addr add 192.168.0.1/16 dev tun0; ip route add default dev tun0",
		 s->mtu);
	shell(command);
	strcpy(live.congestion, "cubic");
	live_sysctl("net.ipv4.tcp_rmem", "4096 131072 6291456"); /* as a 6.1 kernel has them */
	live_sysctl("net.ipv4.tcp_wmem", "4096 16384 4194304");
	live_sysctl("net.ipv4.tcp_no_metrics_save", "1");
	live_sysctl("net.ipv4.tcp_syn_linear_timeouts", "0"); /* newer than 6.1 */
}

static void live_start(void)
{
	live.zero = clock_ns() + 20000000;
}

static bool is_tcp(const uint8_t *packet)
{
	return packet[packet[0] >> 4 == 6 ? 6 : 9] == IPPROTO_TCP;
}

static void drain(void)
{
	static uint8_t packet[SCRIPT_PACKET];
	ssize_t n;

	while ((n = read(live.tun, packet, sizeof(packet))) > 0) {
		/* The kernel's own chatter (router solicitations, MLD) is not the script's. */
		if (is_tcp(packet))
			engine_sent(live_now(), packet, (size_t)n);
	}
}

static void live_run(int64_t t, bool inclusive, bool stop)
{
	static uint8_t packet[SCRIPT_PACKET];

	(void)inclusive;
	for (;;) {
		int64_t left = t - live_now();
		struct pollfd p = {.fd = live.tun, .events = POLLIN};
		struct timespec wait = {.tv_sec = left / 1000000000, .tv_nsec = left % 1000000000};

		if (left <= 0)
			break;
		if (ppoll(&p, 1, &wait, NULL) <= 0)
			continue;
		ssize_t n = read(live.tun, packet, sizeof(packet));
		if (n > 0 && is_tcp(packet)) {
			engine_sent(live_now(), packet, (size_t)n);
			if (stop)
				return;
		}
	}
	drain();
}

static void live_inject(const uint8_t *packet, size_t len)
{
	drain();
	if (write(live.tun, packet, len) != (ssize_t)len)
		give_up("write");
}

static void live_close(void)
{
	close(live.tun);
}

static int result(long r)
{
	return r < 0 ? -errno : (int)r;
}

static socklen_t address(struct sockaddr_storage *s, const struct ipaddr *a, uint16_t port)
{
	memset(s, 0, sizeof(*s));
	if (live.ipv6) {
		struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)s;

		v6->sin6_family = AF_INET6;
		v6->sin6_port = (uint16_t)(port << 8 | port >> 8);
		if (a)
			memcpy(&v6->sin6_addr, a, 16);
		return sizeof(*v6);
	}
	struct sockaddr_in *v4 = (struct sockaddr_in *)s;

	v4->sin_family = AF_INET;
	v4->sin_port = (uint16_t)(port << 8 | port >> 8);
	if (a)
		memcpy(&v4->sin_addr, (const uint8_t *)a + 12, 4);
	return sizeof(*v4);
}

static int live_socket(bool ipv6)
{
	int one = 1, h = socket(ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	if (h >= 0) {
		setsockopt(h, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
		setsockopt(h, IPPROTO_TCP, TCP_CONGESTION, live.congestion,
			   (socklen_t)strlen(live.congestion));
	}
	return result(h);
}

static int live_bind(int h, uint16_t port)
{
	struct sockaddr_storage s;
	socklen_t n = address(&s, NULL, port);

	return result(bind(h, (struct sockaddr *)&s, n));
}

static int live_listen(int h, int backlog)
{
	return result(listen(h, backlog));
}

static int live_accept(int h)
{
	return result(accept4(h, NULL, NULL, SOCK_NONBLOCK));
}

static int live_connect(int h, uint16_t port)
{
	struct sockaddr_storage s;
	socklen_t n = address(&s, &live.addr.remote, port);

	return result(connect(h, (struct sockaddr *)&s, n));
}

static int live_send(int h, const uint8_t *data, size_t len, int flags)
{
	struct sockaddr_storage s;
	socklen_t n = address(&s, &live.addr.remote, 8080);

	if (flags & MSG_FASTOPEN)
		return result(sendto(h, data, len, flags | MSG_NOSIGNAL, (struct sockaddr *)&s, n));
	return result(send(h, data, len, flags | MSG_NOSIGNAL));
}

static int live_recv(int h, uint8_t *data, size_t len, int flags)
{
	return result(recv(h, data, len, flags));
}

static int live_shutdown(int h, int how)
{
	return result(shutdown(h, how));
}

static int live_close_socket(int h)
{
	return result(close(h));
}

static const struct {
	const char *name;
	int level, option;
} names[] = {
	{"SO_REUSEADDR", SOL_SOCKET, SO_REUSEADDR}, {"SO_KEEPALIVE", SOL_SOCKET, SO_KEEPALIVE},
	{"SO_RCVBUF", SOL_SOCKET, SO_RCVBUF},       {"SO_SNDBUF", SOL_SOCKET, SO_SNDBUF},
	{"SO_ERROR", SOL_SOCKET, SO_ERROR}, {"SO_OOBINLINE", SOL_SOCKET, SO_OOBINLINE},
	{"TCP_NODELAY", IPPROTO_TCP, TCP_NODELAY},
	{"TCP_CORK", IPPROTO_TCP, TCP_CORK},        {"TCP_MAXSEG", IPPROTO_TCP, TCP_MAXSEG},
	{"TCP_QUICKACK", IPPROTO_TCP, TCP_QUICKACK}, {"TCP_KEEPIDLE", IPPROTO_TCP, TCP_KEEPIDLE},
	{"TCP_KEEPINTVL", IPPROTO_TCP, TCP_KEEPINTVL}, {"TCP_KEEPCNT", IPPROTO_TCP, TCP_KEEPCNT},
	{"TCP_SYNCNT", IPPROTO_TCP, TCP_SYNCNT},    {"TCP_LINGER2", IPPROTO_TCP, TCP_LINGER2},
	{"TCP_DEFER_ACCEPT", IPPROTO_TCP, TCP_DEFER_ACCEPT},
	{"TCP_USER_TIMEOUT", IPPROTO_TCP, TCP_USER_TIMEOUT},
	{"TCP_NOTSENT_LOWAT", IPPROTO_TCP, TCP_NOTSENT_LOWAT},
	{"TCP_WINDOW_CLAMP", IPPROTO_TCP, TCP_WINDOW_CLAMP},
	{"TCP_FASTOPEN", IPPROTO_TCP, TCP_FASTOPEN},
	{"TCP_FASTOPEN_CONNECT", IPPROTO_TCP, TCP_FASTOPEN_CONNECT},
	{"TCP_FASTOPEN_NO_COOKIE", IPPROTO_TCP, TCP_FASTOPEN_NO_COOKIE},
	{"IP_TOS", IPPROTO_IP, 1},
	{"IP_MTU_DISCOVER", IPPROTO_IP, 10},        {"IP_RECVERR", IPPROTO_IP, 11},
	{"IPV6_TCLASS", IPPROTO_IPV6, 67},          {"IPV6_RECVERR", IPPROTO_IPV6, 25},
	{"SO_MAX_PACING_RATE", SOL_SOCKET, SO_MAX_PACING_RATE},
};

static int live_set(int h, const char *option, const char *text)
{
	int value = atoi(text + strspn(text, "["));
	struct linger l;

	if (strcmp(option, "SO_LINGER") == 0) {
		if (sscanf(text, "{onoff=%d, linger=%d}", &l.l_onoff, &l.l_linger) != 2)
			return -EINVAL;
		return result(setsockopt(h, SOL_SOCKET, SO_LINGER, &l, sizeof(l)));
	}
	if (strcmp(option, "TCP_CONGESTION") == 0)
		return result(setsockopt(h, IPPROTO_TCP, TCP_CONGESTION, text + 2,
					 (socklen_t)strcspn(text + 2, "\"]")));
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(names[i].name, option) == 0)
			return result(setsockopt(h, names[i].level, names[i].option, &value,
						 sizeof(value)));
	return -ENOPROTOOPT;
}

static int live_get(int h, const char *option, int *value)
{
	socklen_t n = sizeof(*value);

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(names[i].name, option) == 0)
			return result(getsockopt(h, names[i].level, names[i].option, value, &n));
	return -ENOPROTOOPT;
}

static int live_poll(int h)
{
	struct pollfd p = {.fd = h, .events = POLLIN | POLLOUT | POLLRDHUP};

	return poll(&p, 1, 0) < 0 ? 0 : p.revents;
}

static int live_queued(int h, bool out)
{
	int n = 0;

	return ioctl(h, out ? SIOCOUTQ : SIOCINQ, &n) < 0 ? -errno : n;
}

#define FIELD(name) if (strcmp(field, #name) == 0) { *value = (int64_t)t.name; return 0; }
/* What the congestion control says of itself. */
static int live_control(int h, const char *field, int64_t *value)
{
	union tcp_cc_info c;
	socklen_t n = sizeof(c);

	if (getsockopt(h, IPPROTO_TCP, TCP_CC_INFO, &c, &n) < 0 || !n)
		return -1;
	if (strcmp(field, "bbr_bw") == 0) {
		*value = (int64_t)((uint64_t)c.bbr.bbr_bw_hi << 32 | c.bbr.bbr_bw_lo);
		return 0;
	}
#define CONTROL(of, name) if (strcmp(field, #name) == 0) { *value = (int64_t)c.of.name; return 0; }
	CONTROL(bbr, bbr_min_rtt) CONTROL(bbr, bbr_pacing_gain) CONTROL(bbr, bbr_cwnd_gain)
	CONTROL(dctcp, dctcp_ce_state) CONTROL(dctcp, dctcp_alpha) CONTROL(dctcp, dctcp_ab_ecn)
	CONTROL(dctcp, dctcp_ab_tot)
#undef CONTROL
	return -1;
}

static int live_info(int h, const char *field, int64_t *value)
{
	struct tcp_info t = {0};
	socklen_t n = sizeof(t);

	if (getsockopt(h, IPPROTO_TCP, TCP_INFO, &t, &n) < 0)
		return -1;
	FIELD(tcpi_state) FIELD(tcpi_ca_state) FIELD(tcpi_retransmits) FIELD(tcpi_probes)
	FIELD(tcpi_backoff) FIELD(tcpi_rto) FIELD(tcpi_ato) FIELD(tcpi_snd_mss)
	FIELD(tcpi_rcv_mss) FIELD(tcpi_unacked) FIELD(tcpi_sacked) FIELD(tcpi_lost)
	FIELD(tcpi_retrans) FIELD(tcpi_rtt) FIELD(tcpi_rttvar) FIELD(tcpi_snd_ssthresh)
	FIELD(tcpi_snd_cwnd) FIELD(tcpi_advmss) FIELD(tcpi_reordering) FIELD(tcpi_total_retrans)
	FIELD(tcpi_rcv_ssthresh) FIELD(tcpi_pmtu) FIELD(tcpi_notsent_bytes)
	FIELD(tcpi_bytes_acked) FIELD(tcpi_bytes_received) FIELD(tcpi_delivered)
	FIELD(tcpi_busy_time) FIELD(tcpi_rwnd_limited) FIELD(tcpi_sndbuf_limited)
	FIELD(tcpi_rcv_ooopack) FIELD(tcpi_last_data_sent) FIELD(tcpi_last_data_recv)
	FIELD(tcpi_last_ack_recv)
	FIELD(tcpi_delivered_ce) FIELD(tcpi_segs_in) FIELD(tcpi_segs_out) FIELD(tcpi_min_rtt)
	FIELD(tcpi_options) FIELD(tcpi_rcv_rtt) FIELD(tcpi_rcv_space) FIELD(tcpi_pacing_rate)
	FIELD(tcpi_max_pacing_rate) FIELD(tcpi_delivery_rate) FIELD(tcpi_bytes_sent)
	FIELD(tcpi_delivery_rate_app_limited) FIELD(tcpi_bytes_retrans) FIELD(tcpi_dsack_dups)
	FIELD(tcpi_reord_seen) FIELD(tcpi_data_segs_in) FIELD(tcpi_data_segs_out)
	FIELD(tcpi_snd_wscale) FIELD(tcpi_rcv_wscale)
#undef FIELD
	if (strcmp(field, "tcpi_fastopen_client_fail") == 0) {
		*value = t.tcpi_fastopen_client_fail;
		return 0;
	}
	return live_control(h, field, value);
}

const struct host host_live = {
	.name = "live", .slack = 30000000, .open = live_open, .sysctl = live_sysctl,
	.start = live_start, .close = live_close, .now = live_now, .run = live_run,
	.inject = live_inject, .socket = live_socket, .bind = live_bind, .listen = live_listen,
	.accept = live_accept, .connect = live_connect, .send = live_send, .recv = live_recv,
	.shutdown = live_shutdown, .close_socket = live_close_socket, .set = live_set,
	.get = live_get, .poll = live_poll, .queued = live_queued, .info = live_info,
};
