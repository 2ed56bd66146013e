/*
 * A host of the emulator as the host under test: one node, one interface, and a link to a bare
 * interface behind which there is the script. Every call happens at the exact instant that the
 * script says; nothing else makes time pass.
 */
#include "tests/script/script.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ip/ip.h"
#include "ip/neigh.h"
#include "link/link.h"
#include "transport/stream.h"
#include "transport/tcp/tcp.h"
#include "transport/tcp/info.h"
#include "wire/eth.h"
#include "wire/offload.h"

#define SOCKETS 512
#define ZERO INT64_C(100000000000) /* the script's time zero: a host that has been up for a while */

static struct {
	struct world *w;
	struct node *node;
	struct ip_iface *iface;
	struct iface far;
	struct site far_site;
	struct link *link;
	struct link_params params;
	struct addresses addr;
	struct socket *socket[SOCKETS];
	uint32_t sent;
	uint64_t *ids;          /* of those that were sent, by number - 1 */
	struct observer observer;
	struct told {
		uint64_t id;
		char text[SCRIPT_NOTE];
	} *told;
	uint32_t told_count, told_room;
} v;

static const struct mac near_mac = {{2, 0, 0, 0, 0, 1}}, far_mac = {{2, 0, 0, 0, 0, 2}};

/* The peer is always there: who asks for its address has the answer at once. */
static void neighbour_is_there(void)
{
	struct neigh *e = neigh_get(v.node, v.iface, &v.addr.remote);

	if (e)
		neigh_learn(v.node, e, &far_mac, NEIGH_ANSWERED, true);
}

static void far_input(struct iface *i, struct packet *p)
{
	static uint8_t bytes[SCRIPT_PACKET];
	uint32_t n;
	bool tcp;

	(void)i;
	packet_checksum_fill(p);
	n = packet_read(p, p->head, ETH_HLEN, bytes, sizeof(bytes));
	tcp = bytes[0] >> 4 == 4 ? bytes[9] == IPPROTO_TCP : bytes[6] == IPPROTO_TCP;
	if (be16_load(p->hdr + p->head + 12) == ETH_TYPE_ARP || !tcp) {
		neighbour_is_there();
	} else {
		v.ids = realloc(v.ids, (v.sent + 1) * sizeof(*v.ids));
		v.ids[v.sent++] = p->id;
		engine_sent(world_now(v.w).ns - ZERO, bytes, n);
	}
	packet_free(p);
}

static void virtual_note(struct observer *o, const struct packet *p, const char *text)
{
	(void)o;
	if (v.told_count == v.told_room) {
		v.told_room = v.told_room ? 2 * v.told_room : 64;
		v.told = realloc(v.told, v.told_room * sizeof(*v.told));
	}
	v.told[v.told_count].id = p->id;
	snprintf(v.told[v.told_count++].text, SCRIPT_NOTE, "%s", text);
}

static bool virtual_noted(uint32_t number, const char *text)
{
	bool said = false;

	for (uint32_t i = 0; i < v.told_count; i++)
		if (!number || v.told[i].id == v.ids[number - 1]) {
			if (strcmp(v.told[i].text, text) == 0)
				return true;
			if (number)
				fprintf(stderr, "  note: \"%s\"\n", v.told[i].text);
			said = true;
		}
	if (!said)
		fprintf(stderr, "  no note\n");
	return false;
}

static int virtual_sysctl(const char *name, const char *value)
{
	char why[200];

	if (node_sysctl_set(v.node, name, value, why, sizeof(why)) == 0)
		return 0;
	fprintf(stderr, "%s: %s\n", name, why);
	return -1;
}

static void virtual_open(const struct script *s, const struct addresses *a)
{
	struct prefix everything;
	char ignored[200];

	memset(&v, 0, sizeof(v));
	v.w = world_new(1);
	v.observer.note = virtual_note;
	world_observe(v.w, &v.observer);
	v.addr = *a;
	v.node = node_new(v.w, "host");
	transport_attach(v.node);
	/* No duplicate address detection, no neighbour that grows stale. */
	node_sysctl_set(v.node, "net.ipv6.conf.all.accept_dad", "0", ignored, sizeof(ignored));
	v.iface = node_add_iface(v.node, "tun0", near_mac);
	v.iface->link.mtu = s->mtu;
	site_init(&v.far_site, v.w, "script");
	iface_init(&v.far, &v.far_site, "far", far_mac, far_input);
	v.params = link_params_default;
	v.params.mtu = s->mtu;
	v.params.limit = 1000000;
	v.link = link_new(v.w, "tun", &v.iface->link, &v.far, &v.params, &v.params);
	ip_addr_add(v.iface, &a->local, ipaddr_is4(&a->local) ? 112 : 64);
	prefix_parse(s->ipv6 ? "::/0" : "0.0.0.0/0", &everything);
	route_add(v.node, &everything, ROUTE_UNICAST, NULL, v.iface, 0, 0, ROUTE_STATIC);
	neighbour_is_there();
}

static void virtual_start(void)
{
	while (sched_step(&v.w->sched, vtime_ns(ZERO)))
		;
	sched_advance(&v.w->sched, vtime_ns(ZERO));
	neighbour_is_there();
}

static void virtual_close(void)
{
	for (int i = 0; i < SOCKETS; i++)
		if (v.socket[i]) {
			stream_set_linger(v.socket[i], 0);
			socket_close(v.socket[i]);
		}
	transport_free(v.node);
	link_free(v.link);
	iface_fini(&v.far);
	site_fini(&v.far_site);
	node_free(v.node);
	world_free(v.w);
	free(v.ids);
	free(v.told);
}

static int64_t virtual_now(void)
{
	return world_now(v.w).ns - ZERO;
}

static void virtual_run(int64_t t, bool inclusive, bool stop)
{
	uint32_t before = v.sent;
	vtime limit = vtime_ns(ZERO + (inclusive ? t : t - 1));

	while (!(stop && v.sent != before) && sched_step(&v.w->sched, limit))
		;
	if (!stop && world_now(v.w).ns < ZERO + t)
		sched_advance(&v.w->sched, vtime_ns(ZERO + t));
}

static void virtual_inject(const uint8_t *packet, size_t len)
{
	struct eth_hdr eth = {.dst = near_mac, .src = far_mac,
			      .type = packet[0] >> 4 == 6 ? ETH_TYPE_IPV6 : ETH_TYPE_IPV4};
	struct packet *p = packet_new(v.w);

	/* Headers in front, payload behind, as frames arrive: the node pulls what it needs. */
	eth_emit(packet_push(p, ETH_HLEN), &eth);
	packet_copy_in(p, packet, (uint32_t)len);
	p->flags &= (uint8_t)~PACKET_VERIFIED;
	iface_receive(&v.iface->link, p);
}

static struct socket *at(int h)
{
	return v.socket[h];
}

static int keep(struct socket *s)
{
	for (int i = 0; i < SOCKETS; i++)
		if (!v.socket[i]) {
			v.socket[i] = s;
			return i;
		}
	abort();
}

static int virtual_socket(bool ipv6)
{
	struct socket *s = socket_new(v.node, SOCKET_TCP, ipv6 ? AF_INET6 : AF_INET);

	socket_set(s, SOCKET_REUSEADDR, 1);
	return keep(s);
}

static int virtual_bind(int h, uint16_t port)
{
	struct endpoint e = {.port = port, .addr = at(h)->v6 ? ipaddr_any6 : ipaddr_any4};

	return socket_bind(at(h), &e);
}

static int virtual_listen(int h, int backlog)
{
	return stream_listen(at(h), backlog);
}

static int virtual_accept(int h)
{
	struct socket *child;
	int err = stream_accept(at(h), &child);

	return err ? err : keep(child);
}

static int virtual_connect(int h, uint16_t port)
{
	struct endpoint e = {.port = port, .addr = v.addr.remote};

	return socket_connect(at(h), &e);
}

static int virtual_send(int h, const uint8_t *data, size_t len, int flags)
{
	struct endpoint e = {.port = 8080, .addr = v.addr.remote};

	return (int)stream_sendto(at(h), data, len, flags, &e);
}

static int virtual_recv(int h, uint8_t *data, size_t len, int flags)
{
	return (int)stream_recv(at(h), data, len, flags);
}

static int virtual_shutdown(int h, int how)
{
	return stream_shutdown(at(h), how);
}

static int virtual_close_socket(int h)
{
	socket_close(at(h));
	v.socket[h] = NULL;
	return 0;
}

static const struct {
	const char *name;
	enum socket_option option;
} names[] = {
	{"SO_REUSEADDR", SOCKET_REUSEADDR},   {"SO_KEEPALIVE", SOCKET_KEEPALIVE},
	{"SO_RCVBUF", SOCKET_RCVBUF},         {"SO_SNDBUF", SOCKET_SNDBUF},
	{"SO_ERROR", SOCKET_ERROR},           {"TCP_NODELAY", SOCKET_NODELAY},
	{"TCP_CORK", SOCKET_CORK},            {"TCP_MAXSEG", SOCKET_MAXSEG},
	{"TCP_QUICKACK", SOCKET_QUICKACK},    {"TCP_KEEPIDLE", SOCKET_KEEPIDLE},
	{"TCP_KEEPINTVL", SOCKET_KEEPINTVL},  {"TCP_KEEPCNT", SOCKET_KEEPCNT},
	{"TCP_SYNCNT", SOCKET_SYNCNT},        {"TCP_LINGER2", SOCKET_LINGER2},
	{"TCP_DEFER_ACCEPT", SOCKET_DEFER_ACCEPT}, {"TCP_USER_TIMEOUT", SOCKET_USER_TIMEOUT},
	{"TCP_NOTSENT_LOWAT", SOCKET_NOTSENT_LOWAT}, {"TCP_WINDOW_CLAMP", SOCKET_WINDOW_CLAMP},
	{"IP_TOS", SOCKET_TOS},               {"IP_MTU_DISCOVER", SOCKET_PMTUDISC},
	{"IP_RECVERR", SOCKET_RECVERR},       {"SO_MAX_PACING_RATE", SOCKET_MAX_PACING_RATE},
	{"IPV6_TCLASS", SOCKET_TOS},          {"IPV6_RECVERR", SOCKET_RECVERR},
	{"TCP_FASTOPEN", SOCKET_FASTOPEN},
	{"TCP_FASTOPEN_CONNECT", SOCKET_FASTOPEN_CONNECT},
	{"TCP_FASTOPEN_NO_COOKIE", SOCKET_FASTOPEN_NO_COOKIE},
};

static int set_congestion(int h, const char *text)
{
	char name[20];

	snprintf(name, sizeof(name), "%s", text + strspn(text, "[\""));
	name[strcspn(name, "\"]")] = '\0';
	return stream_set_congestion(at(h), name);
}

static int virtual_set(int h, const char *option, const char *text)
{
	int onoff, linger;

	if (strcmp(option, "SO_LINGER") == 0) {
		if (sscanf(text, "{onoff=%d, linger=%d}", &onoff, &linger) != 2)
			return -EINVAL;
		stream_set_linger(at(h), onoff ? linger : -1);
		return 0;
	}
	if (strcmp(option, "TCP_CONGESTION") == 0)
		return set_congestion(h, text);
	if (strcmp(option, "SO_OOBINLINE") == 0)
		return 0; /* it always is */
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(names[i].name, option) == 0)
			return socket_set(at(h), names[i].option, atoi(text + strspn(text, "[")));
	return -ENOPROTOOPT;
}

static int virtual_get(int h, const char *option, int *value)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(names[i].name, option) == 0)
			return socket_get(at(h), names[i].option, value);
	return -ENOPROTOOPT;
}

static int virtual_poll(int h)
{
	unsigned r = socket_ready(at(h));

	return (r & SOCKET_READABLE ? POLLIN : 0) | (r & SOCKET_WRITABLE ? POLLOUT : 0) |
	       (r & SOCKET_FAILED ? POLLERR : 0) | (r & SOCKET_HUNGUP ? POLLHUP : 0) |
	       (r & SOCKET_READ_CLOSED ? POLLRDHUP : 0);
}

static int virtual_queued(int h, bool out)
{
	return (int)(out ? stream_outq(at(h)) : stream_inq(at(h)));
}

static int virtual_info(int h, const char *field, int64_t *value)
{
	return info_get(at(h), field, value);
}

const struct host host_virtual = {
	.name = "virtual", .slack = 0, .open = virtual_open, .sysctl = virtual_sysctl,
	.start = virtual_start, .close = virtual_close, .now = virtual_now, .run = virtual_run,
	.inject = virtual_inject, .socket = virtual_socket, .bind = virtual_bind,
	.listen = virtual_listen, .accept = virtual_accept, .connect = virtual_connect,
	.send = virtual_send, .recv = virtual_recv, .shutdown = virtual_shutdown,
	.close_socket = virtual_close_socket, .set = virtual_set, .get = virtual_get,
	.poll = virtual_poll, .queued = virtual_queued, .info = virtual_info, .noted = virtual_noted,
};
