/*
 * Two connections through a network that does everything wrong: each frame may be mutated (with its
 * checksum made right again, so that TCP itself has to cope), dropped, duplicated, cut short, or
 * accompanied by a forged one. Nothing may crash or leak, and what is delivered must be what was
 * sent, byte for byte, as long as no payload was forged within the window.
 *
 * The input is a list of two-byte commands, one consumed for each frame that arrives at a node.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "link/link.h"
#include "transport/stream.h"
#include "transport/tcp/tcp.h"
#include "transport/transport.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CONNECTIONS 2
#define TO_SEND 30000u

struct side {
	struct socket *s;
	uint32_t sent, received;
	bool over;
};

static struct {
	struct world *w;
	struct node *n[2];
	struct ip_iface *i[2];
	struct link *link;
	struct ip_proto hostile; /* stands in front of TCP */
	const uint8_t *data;
	size_t size, at;
	bool forged; /* numbers that say which bytes these are were changed: not compared */
	bool mutated; /* a poisoned timestamp (RFC 7323 5.8) or window may well end all progress */
	struct side client[CONNECTIONS], server[CONNECTIONS];
	struct socket *listener;
} z;

static const struct ip_proto *honest;
static void (*tcp_take)(struct node *, struct packet *, const struct ip_info *);

static uint8_t byte_at(uint32_t at, unsigned who)
{
	return (uint8_t)(at * 7 + (at >> 8) + who * 31);
}

static uint8_t next_byte(void)
{
	return z.at < z.size ? z.data[z.at++] : 0;
}

static void checksum_again(struct packet *p, const struct ip_info *info)
{
	uint32_t len = packet_l4_len(p);

	if (p->end - p->l4 < TCP_HLEN)
		return;
	be16_store(p->hdr + p->l4 + TCP_CSUM_OFF,
		   (uint16_t)~csum_fold(csum_pseudo(&info->src, &info->dst, IPPROTO_TCP, len)));
	p->csum_at = (uint16_t)(p->l4 + TCP_CSUM_OFF);
	p->flags |= PACKET_CSUM;
}

/* Changes something of the header. Payload stays, but what it is taken for may change. */
static void mutate(struct packet *p, uint8_t how, uint8_t value)
{
	uint8_t *h = p->hdr + p->l4;
	uint32_t hlen = (uint32_t)(h[12] >> 4) * 4;

	z.mutated = true;
	switch (how & 7) {
	case 0:
		h[13] ^= value; /* flags */
		z.forged |= value & (TCPHDR_FIN | TCPHDR_SYN);
		break;
	case 1:
		be32_store(h + 4, be32_load(h + 4) + (uint32_t)((int8_t)value * 37));
		z.forged = true;
		break;
	case 2:
		be32_store(h + 8, be32_load(h + 8) + (uint32_t)((int8_t)value * 53));
		/* An ACK for what never arrived lets go of it. */
		z.forged = true;
		break;
	case 3:
		be16_store(h + 14, (uint16_t)(value * 3)); /* window */
		break;
	case 4:
		h[12] = (uint8_t)(value << 4 | (h[12] & 15)); /* offset: options become data */
		z.forged = true;
		break;
	default:
		if (hlen > TCP_HLEN && p->l4 + hlen <= p->end) { /* options */
			h[TCP_HLEN + value % (hlen - TCP_HLEN)] ^= (uint8_t)(how * 29 | 1);
			/* A SACK block that lies is only a performance matter unless acknowledged. */
		}
		break;
	}
}

static void hostile_input(struct node *n, struct packet *p, const struct ip_info *info)
{
	uint8_t command = next_byte(), value = next_byte();
	struct packet *twin;

	switch (command & 15) {
	case 1:
	case 2:
		packet_free(p); /* lost */
		return;
	case 3:
		twin = packet_copy(p);
		tcp_take(n, p, info);
		tcp_take(n, twin, info);
		return;
	case 4:
	case 5:
	case 6:
		if (!packet_pull(p, p->l4, TCP_HLEN))
			break;
		packet_pull(p, p->l4, (uint16_t)((p->hdr[p->l4 + 12] >> 4) * 4));
		mutate(p, (uint8_t)(command >> 4), value);
		checksum_again(p, info);
		break;
	case 7:
		twin = packet_copy(p);
		if (packet_pull(twin, twin->l4, TCP_HLEN)) {
			packet_pull(twin, twin->l4, (uint16_t)((twin->hdr[twin->l4 + 12] >> 4) * 4));
			mutate(twin, (uint8_t)(command >> 4), value);
			checksum_again(twin, info);
		}
		tcp_take(n, p, info);
		tcp_take(n, twin, info);
		return;
	case 8: {
		/* Cut short: less payload than was sent, which is legal. */
		uint32_t len = packet_l4_len(p);

		if (len > 60u + value && packet_pull(p, p->l4, TCP_HLEN) &&
		    !(p->hdr[p->l4 + 13] & TCPHDR_FIN)) {
			packet_trim(p, p->l4, len - value);
			checksum_again(p, info);
		}
		break;
	}
	default:
		break;
	}
	tcp_take(n, p, info);
}

static void pump_side(struct side *x, unsigned mine, unsigned theirs)
{
	uint8_t buf[2000];
	int64_t n;

	if (!x->s || x->over)
		return;
	while ((n = stream_recv(x->s, buf, sizeof(buf), 0)) > 0) {
		for (int64_t i = 0; i < n && !z.forged; i++)
			if (buf[i] != byte_at(x->received + (uint32_t)i, theirs)) {
				fprintf(stderr, "byte %u is wrong\n", x->received + (uint32_t)i);
				abort();
			}
		x->received += (uint32_t)n;
	}
	if (n < 0 && n != -EAGAIN)
		x->over = true;
	while (x->sent < TO_SEND) {
		uint32_t want = TO_SEND - x->sent < 1777 ? TO_SEND - x->sent : 1777;

		for (uint32_t i = 0; i < want; i++)
			buf[i] = byte_at(x->sent + i, mine);
		n = stream_send(x->s, buf, want, 0);
		if (n <= 0)
			break;
		x->sent += (uint32_t)n;
	}
	if (x->sent == TO_SEND)
		stream_shutdown(x->s, SHUT_WR);
}

static void pump(void)
{
	for (int i = 0; i < CONNECTIONS; i++) {
		if (!z.server[i].s)
			stream_accept(z.listener, &z.server[i].s);
		/* Which connection is which does not matter: both ends send alike. */
		pump_side(&z.client[i], 1, 2);
		pump_side(&z.server[i], 2, 1);
	}
}

static void node_setup(int k)
{
	static const char *const addr[] = {"10.0.0.1", "10.0.0.2"};
	struct mac mac = {.b = {2, 0, 0, 0, 0, (uint8_t)(k + 1)}};
	struct ipaddr a = ipaddr_any4;

	z.n[k] = node_new(z.w, k ? "b" : "a");
	z.i[k] = node_add_iface(z.n[k], "eth0", mac);
	ipaddr_parse(addr[k], &a);
	ip_addr_add(z.i[k], &a, 120);
	transport_attach(z.n[k]);
	for (int i = 0; i < IP_PROTOS; i++)
		if (z.n[k]->protos[i] && z.n[k]->protos[i]->proto == IPPROTO_TCP) {
			honest = z.n[k]->protos[i];
			z.hostile = *honest;
			tcp_take = honest->input;
			z.hostile.input = hostile_input;
			z.n[k]->protos[i] = &z.hostile;
		}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct link_params p = link_params_default;
	struct endpoint e = {.addr = ipaddr_any4, .port = 80};

	if (size < 1)
		return 0;
	memset(&z, 0, sizeof(z));
	z.data = data + 1;
	z.size = size - 1;
	z.w = world_new(data[0]);
	p.rate = 10000000;
	p.delay = vtime_ms(5);
	node_setup(0);
	node_setup(1);
	if (data[0] & 1)
		node_sysctl_set(z.n[0], "net.ipv4.tcp_sack", "0", (char[100]){0}, 100);
	if (data[0] & 2)
		node_sysctl_set(z.n[1], "net.ipv4.tcp_timestamps", "0", (char[100]){0}, 100);
	if (data[0] & 4)
		node_sysctl_set(z.n[1], "net.ipv4.tcp_window_scaling", "0", (char[100]){0}, 100);
	if (data[0] & 8)
		node_sysctl_set(z.n[0], "net.ipv4.tcp_mtu_probing", "2", (char[100]){0}, 100);
	if (data[0] & 16)
		node_sysctl_set(z.n[0], "net.ipv4.tcp_ecn", "1", (char[100]){0}, 100);
	z.link = link_new(z.w, "ab", &z.i[0]->link, &z.i[1]->link, &p, &p);
	z.listener = socket_new(z.n[1], SOCKET_TCP, AF_INET);
	socket_bind(z.listener, &e);
	stream_listen(z.listener, 8);
	ipaddr_parse("10.0.0.2", &e.addr);
	for (int i = 0; i < CONNECTIONS; i++) {
		z.client[i].s = socket_new(z.n[0], SOCKET_TCP, AF_INET);
		socket_connect(z.client[i].s, &e);
	}
	for (int64_t ms = 10; ms <= 10000000; ms += ms < 2000 ? 10 : 20000) {
		while (sched_step(&z.w->sched, vtime_ms(ms)))
			;
		sched_advance(&z.w->sched, vtime_ms(ms));
		pump();
	}
	for (int i = 0; i < CONNECTIONS; i++) {
		/* Commands are used up: what was not forged must have arrived. */
		if (!z.mutated && z.at >= z.size && z.client[i].s && z.server[i].s &&
		    !z.client[i].over && !z.server[i].over &&
		    (z.client[i].received != TO_SEND || z.server[i].received != TO_SEND)) {
			fprintf(stderr, "stalled: %u and %u bytes\n", z.client[i].received,
				z.server[i].received);
			abort();
		}
		if (z.client[i].s)
			socket_close(z.client[i].s);
		if (z.server[i].s)
			socket_close(z.server[i].s);
	}
	socket_close(z.listener);
	link_free(z.link);
	for (int k = 0; k < 2; k++) {
		transport_free(z.n[k]);
		node_free(z.n[k]);
	}
	if (z.w->pool.live) {
		fprintf(stderr, "%llu packets leaked\n", (unsigned long long)z.w->pool.live);
		abort();
	}
	world_free(z.w);
	return 0;
}
