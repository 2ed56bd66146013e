#include "programs/traceroute/traceroute.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "wire/icmp4.h"
#include "wire/icmp6.h"

#define FIRST_PORT 33434
#define CONSTANT_PORT 53
#define POLL_MAX 64

static int prepare(struct trace *t, int fd, const char **what)
{
	struct node *n = process_node(t->process);
	struct endpoint local = {.addr = ipaddr_any6};
	struct ip_iface *dev;
	int err;

	sys_set(t->process, fd, SOCKET_RECVERR, 1);
	sys_set(t->process, fd, SOCKET_PMTUDISC, t->dont_fragment ? IP_PMTU_PROBE : IP_PMTU_DONT);
	if (t->tos >= 0)
		sys_set(t->process, fd, SOCKET_TOS, t->tos);
	if (t->device) {
		*what = "setsockopt SO_BINDTODEVICE";
		dev = node_iface_find(n, t->device);
		err = dev ? sys_set(t->process, fd, SOCKET_DEVICE, (int)dev->link.index) : -ENODEV;
		if (err)
			return err;
	}
	if (t->source) {
		*what = "bind";
		err = ipaddr_parse(t->source, &local.addr) ? sys_bind(t->process, fd, &local)
							    : -EADDRNOTAVAIL;
		if (err)
			return err;
	}
	return 0;
}

int trace_open(struct trace *t, const char **what)
{
	if (t->method != TRACE_ICMP)
		return 0;
	*what = "socket";
	t->icmp = sys_socket(t->process, SOCKET_PING, t->v6 ? AF_INET6 : AF_INET);
	if (t->icmp < 0)
		return t->icmp;
	int err = prepare(t, t->icmp, what);
	if (err)
		return err;
	*what = "connect";
	return sys_connect(t->process, t->icmp, &t->to);
}

static uint16_t first_seq(const struct trace *t)
{
	return (uint16_t)(t->port < 0 ? 1 : t->port);
}

static int open_udp(struct trace *t, uint32_t index, const char **what)
{
	struct trace_probe *b = &t->probes[index];
	struct endpoint to = t->to;
	int err;

	if (t->method == TRACE_UDP_CONSTANT)
		to.port = (uint16_t)(t->port < 0 ? CONSTANT_PORT : t->port);
	else
		to.port = (uint16_t)((t->port < 0 ? FIRST_PORT : t->port) + (int)index);
	*what = "socket";
	b->fd = sys_socket(t->process, SOCKET_UDP, t->v6 ? AF_INET6 : AF_INET);
	if (b->fd < 0) {
		err = b->fd;
		b->fd = 0;
		return err;
	}
	err = prepare(t, b->fd, what);
	if (err)
		return err;
	*what = "connect";
	return sys_connect(t->process, b->fd, &to);
}

int trace_send(struct trace *t, uint32_t index, const char **what)
{
	struct trace_probe *b = &t->probes[index];
	uint16_t seq = (uint16_t)(first_seq(t) + index);
	struct socket_out m = {.data = t->slab->bytes, .len = t->data_len, .slab = t->slab,
			       .ttl = (uint8_t)(index / (uint32_t)t->queries + 1), .tos = -1};
	uint8_t head[8];
	int err = 0;

	if (t->method == TRACE_ICMP) {
		if (t->v6)
			icmp6_emit(head, &(struct icmp6){.type = ICMP6_MSG_ECHO_REQUEST,
							 .echo.seq = seq});
		else
			icmp4_emit(head, &(struct icmp4){.type = ICMP4_ECHO, .echo.seq = seq});
		m.head = head;
		m.head_len = sizeof head;
	} else {
		err = open_udp(t, index, what);
	}
	if (err)
		return err;
	*what = "send";
	b->sent = true;
	b->sent_at = process_now(t->process);
	for (int tries = 0; tries < 16; tries++) {
		err = sys_sendmsg(t->process, t->method == TRACE_ICMP ? t->icmp : b->fd, &m);
		/* An earlier probe's error may stand in the way once; its entry tells more. */
		if (err >= 0 || t->method != TRACE_ICMP || err == -EINTR || err == -EMSGSIZE)
			break;
	}
	if (err == -EINTR)
		t->killed = true;
	return err >= 0 || err == -EINTR || err == -EMSGSIZE ? 0 : err;
}

void trace_finish(struct trace *t, struct trace_probe *b)
{
	b->done = true;
	if (b->fd)
		sys_close(t->process, b->fd);
	b->fd = 0;
}

static void note4(struct trace_probe *b, const struct socket_error *e)
{
	static const char words[] = {
		[ICMP4_NET_UNREACHABLE] = 'N', [ICMP4_NET_UNKNOWN] = 'N',
		[ICMP4_SOURCE_HOST_ISOLATED] = 'N', [ICMP4_NET_TOS_UNREACHABLE] = 'N',
		[ICMP4_HOST_UNREACHABLE] = 'H', [ICMP4_HOST_UNKNOWN] = 'H',
		[ICMP4_HOST_TOS_UNREACHABLE] = 'H', [ICMP4_PROTOCOL_UNREACHABLE] = 'P',
		[ICMP4_SOURCE_ROUTE_FAILED] = 'S', [ICMP4_NET_PROHIBITED] = 'X',
		[ICMP4_HOST_PROHIBITED] = 'X', [ICMP4_ADMIN_PROHIBITED] = 'X',
		[ICMP4_PRECEDENCE_VIOLATION] = 'V', [ICMP4_PRECEDENCE_CUTOFF] = 'C',
	};

	if (e->type == ICMP4_TIME_EXCEEDED && e->code == ICMP4_TTL_EXCEEDED)
		return;
	b->final = e->type == ICMP4_DESTINATION_UNREACHABLE;
	if (!b->final)
		snprintf(b->note, sizeof b->note, "!<%u-%u>", e->type, e->code);
	else if (e->code == ICMP4_FRAGMENTATION_NEEDED)
		snprintf(b->note, sizeof b->note, "!F-%u", e->mtu);
	else if (e->code < sizeof words && words[e->code])
		snprintf(b->note, sizeof b->note, "!%c", words[e->code]);
	else if (e->code != ICMP4_PORT_UNREACHABLE)
		snprintf(b->note, sizeof b->note, "!<%u>", e->code);
}

static void note6(struct trace_probe *b, const struct socket_error *e)
{
	static const char words[] = {
		[ICMP6_NO_ROUTE] = 'N', [ICMP6_ADMIN_PROHIBITED] = 'X', [ICMP6_BEYOND_SCOPE] = 'S',
		[ICMP6_ADDRESS_UNREACHABLE] = 'H', [ICMP6_PORT_UNREACHABLE] = 0,
	};

	if (e->type == ICMP6_MSG_TIME_EXCEEDED && e->code == ICMP6_HOP_LIMIT_EXCEEDED)
		return;
	b->final = e->type != ICMP6_MSG_TIME_EXCEEDED;
	if (e->type == ICMP6_MSG_PACKET_TOO_BIG)
		snprintf(b->note, sizeof b->note, "!F-%u", e->mtu);
	else if (e->type == ICMP6_MSG_PARAMETER_PROBLEM && e->code == ICMP6_UNKNOWN_NEXT_HEADER)
		snprintf(b->note, sizeof b->note, "!P");
	else if (e->type != ICMP6_MSG_DESTINATION_UNREACHABLE)
		snprintf(b->note, sizeof b->note, "!<%u-%u>", e->type, e->code);
	else if (e->code < sizeof words && words[e->code])
		snprintf(b->note, sizeof b->note, "!%c", words[e->code]);
	else if (e->code != ICMP6_PORT_UNREACHABLE)
		snprintf(b->note, sizeof b->note, "!<%u>", e->code);
}

static void take_error(struct trace *t, struct trace_probe *b, const struct socket_error *e)
{
	struct endpoint local;

	b->answered = true;
	b->took = vtime_sub(e->at, b->sent_at);
	if (e->origin == SOCKET_ORIGIN_LOCAL) {
		/* It did not even leave: this host is the hop that says so. */
		if (sys_local(t->process, t->method == TRACE_ICMP ? t->icmp : b->fd, &local) == 0)
			b->from = local.addr;
		b->final = true;
		snprintf(b->note, sizeof b->note, "!F-%u", e->mtu);
	} else {
		b->from = e->offender;
		if (e->origin == SOCKET_ORIGIN_ICMP6)
			note6(b, e);
		else
			note4(b, e);
	}
	trace_finish(t, b);
}

static void take_reply(struct trace *t, struct trace_probe *b, const struct sys_info *info)
{
	b->answered = b->final = true;
	b->took = vtime_sub(info->at, b->sent_at);
	b->from = info->from.addr;
	trace_finish(t, b);
}

/* The probe under way that an echo message belongs to; NULL: none. */
static struct trace_probe *probe_of(struct trace *t, uint32_t end, const uint8_t *icmp)
{
	uint16_t index = (uint16_t)((icmp[6] << 8 | icmp[7]) - first_seq(t));
	struct trace_probe *b = index < end ? &t->probes[index] : NULL;

	return b && b->sent && !b->done ? b : NULL;
}

static void receive_icmp(struct trace *t, uint32_t end)
{
	struct socket_error *e;
	struct sys_info info;
	struct trace_probe *b;
	uint8_t buf[8];
	int n;

	while (sys_recv_error(t->process, t->icmp, &e) == 1) {
		if (e->len >= sizeof buf && (b = probe_of(t, end, e->data)))
			take_error(t, b, e);
		sys_error_free(t->process, t->icmp, e);
	}
	for (;;) {
		n = sys_recvfrom(t->process, t->icmp, buf, sizeof buf, &info, VTIME_ZERO);
		if (n == -EAGAIN || n == -EINTR)
			break;
		if (n == sizeof buf && (b = probe_of(t, end, buf)))
			take_reply(t, b, &info);
	}
}

static void receive_udp(struct trace *t, struct trace_probe *b)
{
	struct socket_error *e;
	struct sys_info info;
	int fd = b->fd;

	if (sys_recv_error(t->process, fd, &e) == 1) {
		struct socket_error copy = *e;

		sys_error_free(t->process, fd, e);
		take_error(t, b, &copy);
	} else if (sys_recvfrom(t->process, fd, NULL, 0, &info, VTIME_ZERO) >= 0) {
		take_reply(t, b, &info);
	}
}

void trace_receive(struct trace *t, uint32_t start, uint32_t end, vtime until)
{
	struct sys_poll polls[POLL_MAX];
	uint32_t owner[POLL_MAX], count = 0;

	if (t->method == TRACE_ICMP) {
		polls[count++] = (struct sys_poll){.fd = t->icmp, .events = SOCKET_READABLE};
	} else {
		for (uint32_t i = start; i < end && count < POLL_MAX; i++) {
			if (!t->probes[i].fd)
				continue;
			owner[count] = i;
			polls[count++] = (struct sys_poll){.fd = t->probes[i].fd,
							   .events = SOCKET_READABLE};
		}
	}
	int n = sys_poll(t->process, polls, count, until);
	if (n == -EINTR)
		t->killed = true;
	if (n <= 0)
		return;
	if (t->method == TRACE_ICMP) {
		receive_icmp(t, end);
		return;
	}
	for (uint32_t i = 0; i < count; i++)
		if (polls[i].ready)
			receive_udp(t, &t->probes[owner[i]]);
}
