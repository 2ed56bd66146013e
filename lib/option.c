#include "lib/option.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include "lib/result.h"

enum kind {
	ENGINE,     /* `what` is an enum socket_option */
	CONTROL,    /* `what` is a WANTS_ bit */
	FUNCTION,
};

enum {
	READ = 1 << 0,   /* setsockopt: ENOPROTOOPT */
	V6 = 1 << 1,     /* AF_INET6 sockets only */
	STREAM = 1 << 2, /* SOCK_STREAM only */
	DGRAM = 1 << 3,  /* SOCK_DGRAM only */
	BYTE = 1 << 4,   /* may be a byte, as everything of IPPROTO_IP */
};

struct row {
	int level, name;
	enum kind kind;
	unsigned how;
	int what;
	option_get *get;
	option_set *set;
};

#define SOCKET(name, o, ...) {SOL_SOCKET, name, ENGINE, .what = o, __VA_ARGS__}
#define TCP(name, o) {IPPROTO_TCP, name, ENGINE, STREAM, o, NULL, NULL}
#define IP(name, o, ...) {IPPROTO_IP, name, ENGINE, .what = o, __VA_ARGS__}
#define IP6(name, o, h) {IPPROTO_IPV6, name, ENGINE, .what = o, .how = V6 | (h)}

static const struct row rows[] = {
	SOCKET(SO_RCVBUF, SOCKET_RCVBUF, .how = 0),
	SOCKET(SO_SNDBUF, SOCKET_SNDBUF, .how = 0),
	SOCKET(SO_BROADCAST, SOCKET_BROADCAST, .how = 0),
	SOCKET(SO_REUSEADDR, SOCKET_REUSEADDR, .how = 0),
	SOCKET(SO_REUSEPORT, SOCKET_REUSEPORT, .how = 0),
	SOCKET(SO_KEEPALIVE, SOCKET_KEEPALIVE, .how = STREAM),
	SOCKET(SO_ERROR, SOCKET_ERROR, .how = READ),
	{SOL_SOCKET, SO_TYPE, FUNCTION, READ, 0, option_type, NULL},
	{SOL_SOCKET, SO_PROTOCOL, FUNCTION, READ, 0, option_protocol, NULL},
	{SOL_SOCKET, SO_DOMAIN, FUNCTION, READ, 0, option_domain, NULL},
	{SOL_SOCKET, SO_ACCEPTCONN, FUNCTION, READ, 0, option_accepting, NULL},
	{SOL_SOCKET, SO_LINGER, FUNCTION, 0, 0, option_get_linger, option_set_linger},
	{SOL_SOCKET, SO_BINDTODEVICE, FUNCTION, 0, 0, option_get_device, option_set_device},
	{SOL_SOCKET, SO_RCVLOWAT, FUNCTION, 0, 0, option_get_rcvlowat, option_set_rcvlowat},
	{SOL_SOCKET, SO_MAX_PACING_RATE, FUNCTION, STREAM, 0, option_get_pacing, option_set_pacing},
	{SOL_SOCKET, SO_TIMESTAMPNS, CONTROL, DGRAM, WANTS_TIMESTAMP, NULL, NULL},

	TCP(TCP_NODELAY, SOCKET_NODELAY),
	TCP(TCP_CORK, SOCKET_CORK),
	TCP(TCP_MAXSEG, SOCKET_MAXSEG),
	TCP(TCP_QUICKACK, SOCKET_QUICKACK),
	TCP(TCP_KEEPIDLE, SOCKET_KEEPIDLE),
	TCP(TCP_KEEPINTVL, SOCKET_KEEPINTVL),
	TCP(TCP_KEEPCNT, SOCKET_KEEPCNT),
	TCP(TCP_SYNCNT, SOCKET_SYNCNT),
	TCP(TCP_LINGER2, SOCKET_LINGER2),
	TCP(TCP_DEFER_ACCEPT, SOCKET_DEFER_ACCEPT),
	TCP(TCP_USER_TIMEOUT, SOCKET_USER_TIMEOUT),
	TCP(TCP_NOTSENT_LOWAT, SOCKET_NOTSENT_LOWAT),
	TCP(TCP_WINDOW_CLAMP, SOCKET_WINDOW_CLAMP),
	TCP(TCP_FASTOPEN, SOCKET_FASTOPEN),
	TCP(TCP_FASTOPEN_CONNECT, SOCKET_FASTOPEN_CONNECT),
	TCP(TCP_FASTOPEN_NO_COOKIE, SOCKET_FASTOPEN_NO_COOKIE),
	{IPPROTO_TCP, TCP_INFO, FUNCTION, STREAM | READ, 0, option_tcp_info, NULL},
	{IPPROTO_TCP, TCP_CONGESTION, FUNCTION, STREAM, 0, option_get_congestion,
	 option_set_congestion},

	IP(IP_TTL, SOCKET_TTL, .how = BYTE),
	IP(IP_TOS, SOCKET_TOS, .how = BYTE),
	IP(IP_MULTICAST_TTL, SOCKET_MULTICAST_TTL, .how = BYTE | DGRAM),
	IP(IP_MTU_DISCOVER, SOCKET_PMTUDISC, .how = BYTE),
	IP(IP_MTU, SOCKET_MTU, .how = READ),
	IP(IP_RECVERR, SOCKET_RECVERR, .how = BYTE),
	{IPPROTO_IP, IP_PKTINFO, CONTROL, DGRAM | BYTE, WANTS_PKTINFO, NULL, NULL},
	{IPPROTO_IP, IP_RECVTTL, CONTROL, DGRAM | BYTE, WANTS_TTL, NULL, NULL},
	{IPPROTO_IP, IP_RECVTOS, CONTROL, DGRAM | BYTE, WANTS_TOS, NULL, NULL},

	IP6(IPV6_UNICAST_HOPS, SOCKET_TTL, 0),
	IP6(IPV6_MULTICAST_HOPS, SOCKET_MULTICAST_TTL, DGRAM),
	IP6(IPV6_TCLASS, SOCKET_TOS, 0),
	IP6(IPV6_MTU_DISCOVER, SOCKET_PMTUDISC, 0),
	IP6(IPV6_MTU, SOCKET_MTU, READ),
	IP6(IPV6_RECVERR, SOCKET_RECVERR, 0),
	IP6(IPV6_V6ONLY, SOCKET_V6ONLY, 0),
	{IPPROTO_IPV6, IPV6_RECVPKTINFO, CONTROL, DGRAM | V6, WANTS_PKTINFO6, NULL, NULL},
	{IPPROTO_IPV6, IPV6_RECVHOPLIMIT, CONTROL, DGRAM | V6, WANTS_HOPLIMIT, NULL, NULL},
	{IPPROTO_IPV6, IPV6_RECVTCLASS, CONTROL, DGRAM | V6, WANTS_TCLASS, NULL, NULL},
};

/* NULL: this socket has no such option. */
static const struct row *row_of(const struct descriptor *d, int level, int name)
{
	bool stream = descriptor_is_stream(d);

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct row *r = &rows[i];

		if (r->level != level || r->name != name)
			continue;
		return (r->how & V6 && !d->socket->v6) || (r->how & STREAM && !stream) ||
				       (r->how & DGRAM && stream)
			       ? NULL
			       : r;
	}
	return NULL;
}

int option_give(const void *from, socklen_t size, void *value, socklen_t *len)
{
	if (*len > size)
		*len = size;
	memcpy(value, from, *len);
	return 0;
}

int option_give_int(int from, void *value, socklen_t *len)
{
	return option_give(&from, sizeof(from), value, len);
}

int option_take_int(const void *value, socklen_t len, int *to)
{
	if (len < sizeof(*to))
		return -EINVAL;
	memcpy(to, value, sizeof(*to));
	return 0;
}

static int take(const struct row *r, const void *value, socklen_t len, int *to)
{
	if (r->how & BYTE && len && len < sizeof(*to)) {
		*to = *(const uint8_t *)value;
		return 0;
	}
	return option_take_int(value, len, to);
}

/* Linux's do_ip_getsockopt(): what fits a byte is given as one to who has room for no more. */
static int give(const struct row *r, int from, void *value, socklen_t *len)
{
	uint8_t byte = (uint8_t)from;

	if (r->how & BYTE && *len && *len < sizeof(from) && from >= 0 && from <= 255)
		return option_give(&byte, 1, value, len);
	return option_give_int(from, value, len);
}

static int set(struct descriptor *d, const struct row *r, const void *value, socklen_t len)
{
	int v, err;

	if (r->how & READ)
		return -ENOPROTOOPT;
	if (r->kind == FUNCTION)
		return r->set(d, value, len);
	err = take(r, value, len, &v);
	if (err)
		return err;
	if (r->kind == ENGINE)
		return socket_set(d->socket, (enum socket_option)r->what, v);
	d->wants = v ? d->wants | (uint32_t)r->what : d->wants & ~(uint32_t)r->what;
	return 0;
}

static int get(struct descriptor *d, const struct row *r, void *value, socklen_t *len)
{
	int v = 0, err = 0;

	if (r->kind == FUNCTION)
		return r->get(d, value, len);
	if (r->kind == ENGINE)
		err = socket_get(d->socket, (enum socket_option)r->what, &v);
	else
		v = (d->wants & (uint32_t)r->what) != 0;
	return err ? err : give(r, v, value, len);
}

int nt_setsockopt(struct nt_host *h, int fd, int level, int name, const void *value, socklen_t len)
{
	struct descriptor *d = descriptor_of(h, fd);
	const struct row *r;

	if (!d)
		return -1;
	r = row_of(d, level, name);
	if (!r)
		return status(-ENOPROTOOPT);
	if (!value && len)
		return status(-EFAULT);
	return status(len > INT32_MAX ? -EINVAL : set(d, r, value, len));
}

int nt_getsockopt(struct nt_host *h, int fd, int level, int name, void *value, socklen_t *len)
{
	struct descriptor *d = descriptor_of(h, fd);
	const struct row *r;

	if (!d)
		return -1;
	r = row_of(d, level, name);
	if (!r)
		return status(-ENOPROTOOPT);
	if (!len || (!value && *len))
		return status(-EFAULT);
	return status(*len > INT32_MAX ? -EINVAL : get(d, r, value, len));
}
