/*
 * Whole connections through the public library, over a wire that is this file: two hosts, each on a
 * port of frames, and between the ports whatever the input says. A frame may be dropped, sent twice,
 * held back, cut, replayed later, damaged, or have its TCP header changed with the checksum made
 * right again. However that goes, each byte that is delivered is the byte that was sent there; and
 * when the wire did no more than wires do (no header was changed), everything arrives once the input
 * is used up.
 *
 * Changed with a right checksum are only fields that do not say which bytes these are: flags, the
 * acknowledgement, window, urgent pointer, options, and the sequence number of segments without data.
 *
 * The input: four bytes of set-up, then one or more for each frame.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>

#include "netarium.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define S INT64_C(1000000000)
#define FRAME_MAX 1600
#define KEPT 8

static const char text[] =
	"addressing: {ipv4: none, ipv6: none}\n"
	"nodes:\n"
	"  a: {address: [10.0.0.1/24, 'fd00::1/64']}\n"
	"  b: {address: [10.0.0.2/24, 'fd00::2/64']}\n"
	"  x: {kind: external, interfaces: {left: {}, right: {}}}\n"
	"links:\n"
	"  - {between: [a, 'x:left'], rate: 10Mbit/s, rtt: 20ms}\n"
	"  - {between: ['x:right', b], rate: 10Mbit/s, rtt: 20ms}\n";

struct frame {
	uint8_t data[FRAME_MAX];
	size_t len;
};

struct end {
	struct nt_host *host;
	int fd;
	uint32_t sent, received;
	bool finished, over, failed;
};

static struct {
	const uint8_t *data;
	size_t size, at;
	struct nt_world *w;
	struct nt_port *port[2];
	struct frame kept[2][KEPT], held[2];
	unsigned next_kept[2];
	struct end end[2];
	uint32_t to_send;
	bool changed, ipv6;
} z;

static uint8_t next_byte(void)
{
	return z.at < z.size ? z.data[z.at++] : 0;
}

static uint8_t byte_at(uint32_t at, int who)
{
	return (uint8_t)(at * 7 + (at >> 8) + (uint32_t)who * 31);
}

/* ---- the wire ---- */

static uint16_t sum_of(const uint8_t *b, size_t len, uint32_t sum)
{
	for (size_t i = 0; i < len; i++)
		sum += i & 1 ? b[i] : (uint32_t)b[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* Where the TCP header of a whole segment is; 0: it is none. */
static size_t tcp_at(const uint8_t *f, size_t len)
{
	if (len >= 54 && f[12] == 8 && f[13] == 0 && f[14] == 0x45 && f[23] == IPPROTO_TCP)
		return 34;
	if (len >= 74 && f[12] == 0x86 && f[13] == 0xdd && f[20] == IPPROTO_TCP)
		return 54;
	return 0;
}

/* From the header's start to the end of the IP packet: Ethernet may have padded the frame. */
static size_t tcp_len(const uint8_t *f, size_t at)
{
	return at == 34 ? ((size_t)f[16] << 8 | f[17]) - 20 : (size_t)f[18] << 8 | f[19];
}

static void checksum_again(uint8_t *f, size_t at, size_t len)
{
	uint32_t sum = IPPROTO_TCP + (uint32_t)len;
	size_t addresses = at == 34 ? 8 : 32;

	f[at + 16] = f[at + 17] = 0;
	sum += sum_of(f + at - addresses, addresses, 0);
	uint16_t c = (uint16_t)~sum_of(f + at, len, sum);
	f[at + 16] = (uint8_t)(c >> 8);
	f[at + 17] = (uint8_t)c;
}

static void add(uint8_t *at, int by)
{
	uint32_t v = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];

	v += (uint32_t)by;
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(v >> (24 - 8 * i));
}

static void change(struct frame *f)
{
	size_t at = tcp_at(f->data, f->len), len, hlen;
	uint8_t how = next_byte(), value = next_byte(), *h = f->data + at;

	if (!at)
		return;
	len = tcp_len(f->data, at);
	hlen = (size_t)(h[12] >> 4) * 4;
	if (at + len > f->len || hlen < 20 || hlen > len)
		return;
	z.changed = true;
	switch (how & 7) {
	case 0:
		h[13] ^= value & 0xfd; /* all flags but SYN, which takes a number */
		break;
	case 1:
		if (len == hlen && !(h[13] & 2))
			add(h + 4, (int8_t)value * (how & 8 ? 1 : 1371));
		break;
	case 2:
		add(h + 8, (int8_t)value * (how & 8 ? 1 : 1371));
		break;
	case 3:
		h[14] = value;
		break;
	case 4:
		h[18] = value;
		break;
	default:
		if (hlen > 20)
			h[20 + value % (hlen - 20)] ^= (uint8_t)(how * 29 | 1);
		break;
	}
	checksum_again(f->data, at, len);
}

static void pass_on(int to, const struct frame *f)
{
	nt_port_inject(z.port[to], f->data, f->len);
}

static void release(int to)
{
	struct frame *f = &z.held[to];

	if (f->len)
		pass_on(to, f);
	f->len = 0;
}

/* A frame left one port: what becomes of it on its way to the other. */
static void wire(struct nt_port *port, int64_t at, const void *data, size_t len, void *arg)
{
	int to = arg == &z.port[0];
	uint8_t command = next_byte();
	struct frame f = {.len = len};

	(void)at;
	if (len > FRAME_MAX || (to ? port != z.port[0] : port != z.port[1]))
		abort();
	memcpy(f.data, data, len);
	z.kept[to][z.next_kept[to]++ % KEPT] = f;
	switch (command & 15) {
	case 8:
	case 9: /* lost */
		return;
	case 10:
		pass_on(to, &f);
		break;
	case 11: /* overtaken by the next */
		if (!z.held[to].len) {
			z.held[to] = f;
			return;
		}
		break;
	case 12: /* one byte is damaged, which every checksum finds; ARP has none */
		if (tcp_at(f.data, f.len))
			f.data[14 + next_byte() % (f.len - 14)] ^= (uint8_t)(command | 1);
		break;
	case 13:
		change(&f);
		break;
	case 14: /* and an old one again */
		if (z.kept[to][command >> 5].len)
			pass_on(to, &z.kept[to][command >> 5]);
		break;
	case 15: /* cut */
		f.len = 14 + next_byte() % (f.len - 13);
		break;
	default:
		break;
	}
	pass_on(to, &f);
	release(to);
}

/* ---- the ends ---- */

static void check(int who, const uint8_t *buf, size_t n)
{
	struct end *e = &z.end[who];

	for (size_t i = 0; i < n; i++)
		if (buf[i] != byte_at(e->received + (uint32_t)i, !who)) {
			fprintf(stderr, "byte %u of %d is wrong\n", e->received + (uint32_t)i, who);
			abort();
		}
	e->received += (uint32_t)n;
	if (e->received > z.end[!who].sent) {
		fprintf(stderr, "more than was sent\n");
		abort();
	}
}

static void give(int who)
{
	struct end *e = &z.end[who];
	uint8_t buf[3000];

	while (e->sent < z.to_send) {
		uint32_t n = z.to_send - e->sent;

		if (n > sizeof(buf))
			n = sizeof(buf);
		for (uint32_t i = 0; i < n; i++)
			buf[i] = byte_at(e->sent + i, who);
		ssize_t r = nt_send(e->host, e->fd, buf, n, 0);
		if (r < 0) {
			e->failed |= errno != EAGAIN;
			return;
		}
		e->sent += (uint32_t)r;
	}
	if (!e->finished)
		e->failed |= nt_shutdown(e->host, e->fd, SHUT_WR) != 0;
	e->finished = true;
}

static void take(int who)
{
	struct end *e = &z.end[who];
	uint8_t buf[4000];
	ssize_t n;

	while ((n = nt_recv(e->host, e->fd, buf, sizeof(buf), 0)) > 0)
		check(who, buf, (size_t)n);
	e->over |= n == 0;
	e->failed |= n < 0 && errno != EAGAIN;
}

static void work(int listener)
{
	for (int who = 0; who < 2; who++) {
		struct end *e = &z.end[who];

		if (who && e->fd < 0)
			e->fd = nt_accept(e->host, listener, NULL, NULL);
		if (e->fd < 0 || e->failed)
			continue;
		struct pollfd p = {.fd = e->fd, .events = POLLOUT};
		if (nt_poll(e->host, &p, 1) && p.revents & POLLOUT)
			give(who);
		e->failed |= (p.revents & POLLERR) != 0; /* a wire that loses all: ETIMEDOUT */
		if (!e->over)
			take(who);
	}
}

static bool all_done(void)
{
	return (z.end[0].over || z.end[0].failed) && (z.end[1].over || z.end[1].failed);
}

/* What the first bytes of the input ask of both ends. */
static void set_up(int fd, struct nt_host *h, uint8_t options)
{
	static const char *const controls[] = {"cubic", "reno", "bbr", "vegas"};
	const char *cc = controls[options >> 6];
	const int on = 1, small = 4000;

	nt_setsockopt(h, fd, IPPROTO_TCP, TCP_CONGESTION, cc, (socklen_t)strlen(cc));
	if (options & 1)
		nt_setsockopt(h, fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (options & 2)
		nt_setsockopt(h, fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	if (options & 4)
		nt_setsockopt(h, fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	if (options & 8)
		nt_sysctl_set(h, "net.ipv4.tcp_sack", "0");
	if (options & 16)
		nt_sysctl_set(h, "net.ipv4.tcp_timestamps", "0");
	if (options & 32)
		nt_sysctl_set(h, "net.ipv4.tcp_ecn", "1");
}

static struct sockaddr_storage address(socklen_t *len)
{
	struct sockaddr_storage at;

	*len = nt_lookup(z.end[1].host, z.ipv6 ? "fd00::2" : "10.0.0.2", AF_UNSPEC, 80, &at);
	if (!*len)
		abort();
	return at;
}

static void talk(void)
{
	int family = z.ipv6 ? AF_INET6 : AF_INET, listener;
	socklen_t len;
	struct sockaddr_storage at = address(&len);

	z.end[0].fd = nt_socket(z.end[0].host, family, SOCK_STREAM, 0);
	listener = nt_socket(z.end[1].host, family, SOCK_STREAM, 0);
	z.end[1].fd = -1;
	set_up(z.end[0].fd, z.end[0].host, next_byte());
	set_up(listener, z.end[1].host, next_byte());
	if (nt_bind(z.end[1].host, listener, (struct sockaddr *)&at, len) ||
	    nt_listen(z.end[1].host, listener, 5))
		abort();
	nt_connect(z.end[0].host, z.end[0].fd, (struct sockaddr *)&at, len);
	while (!all_done() && nt_now(z.w) < 4000 * S) {
		int64_t next = nt_next_event(z.w);

		/* Nothing comes any more that could overtake it. */
		if (next > nt_now(z.w) + S) {
			release(0);
			release(1);
			next = nt_next_event(z.w);
		}
		if (next == NT_NEVER || nt_advance_to(z.w, next))
			break;
		work(listener);
	}
	for (int who = 0; who < 2; who++)
		if (!z.changed && !z.end[0].failed && !z.end[1].failed &&
		    z.end[1].fd >= 0 && z.end[who].received != z.to_send) {
			fprintf(stderr, "stuck: %d has %u of %u at %.3f s\n", who,
				z.end[who].received, z.to_send, (double)nt_now(z.w) / S);
			abort();
		}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *why = NULL;
	static const char *const sides[] = {"x:left", "x:right"};

	memset(&z, 0, sizeof(z));
	z.data = data;
	z.size = size;
	z.w = nt_load_text(text, "fuzz.yaml", NULL, &why);
	if (!z.w) {
		fprintf(stderr, "%s\n", why);
		abort();
	}
	z.end[0].host = nt_host(z.w, "a");
	z.end[1].host = nt_host(z.w, "b");
	for (int k = 0; k < 2; k++)
		z.port[k] = nt_port_open(z.w, sides[k], NT_PORT_FRAME, wire, &z.port[k], NULL);
	z.to_send = 500u + next_byte() * 200u;
	z.ipv6 = next_byte() & 1;
	talk();
	nt_free(z.w);
	return 0;
}
