/* udhcpc's messages, and its question whether an address is taken. */
#include "programs/udhcpc/udhcpc.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ip/neigh.h"

void udhcpc_open(struct udhcpc *c)
{
	const struct endpoint local = {.addr = ipaddr_any4, .port = DHCP4_CLIENT_PORT};
	int err;

	c->fd = sys_socket(c->p, SOCKET_UDP, AF_INET);
	sys_set(c->p, c->fd, SOCKET_BROADCAST, 1);
	sys_set(c->p, c->fd, SOCKET_DEVICE, (int)c->dev->link.index);
	err = sys_bind(c->p, c->fd, &local);
	if (err < 0) {
		process_printf(c->p, "udhcpc: bind: %s\n", strerror(-err));
		process_exit(c->p, 1);
	}
}

struct dhcp4 udhcpc_message(struct udhcpc *c, enum dhcp4_type type)
{
	struct dhcp4 m = dhcp4_empty();
	int64_t s = vtime_sub(process_now(c->p), c->began).ns / NS_PER_S;

	m.type = (uint8_t)type;
	m.xid = c->xid;
	m.secs = s > UINT16_MAX ? UINT16_MAX : (uint16_t)s;
	m.chaddr = c->dev->link.mac;
	m.broadcast = true;
	if (!c->no_client_id) {
		m.client_id[0] = 1; /* Ethernet */
		memcpy(m.client_id + 1, m.chaddr.b, sizeof(m.chaddr.b));
		m.client_id_len = 1 + sizeof(m.chaddr.b);
	}
	if (type != DHCP4_DECLINE && type != DHCP4_RELEASE) {
		m.max_size = 576;
		snprintf(m.hostname, sizeof(m.hostname), "%s", c->hostname);
		memcpy(m.params, c->params, c->params_len);
		m.params_len = c->params_len;
	}
	return m;
}

void udhcpc_send(struct udhcpc *c, const struct dhcp4 *m, const struct ipaddr *to)
{
	const struct endpoint peer = {.addr = to ? *to : ipaddr_broadcast4,
				      .port = DHCP4_SERVER_PORT};
	uint8_t data[DHCP4_MAX];
	size_t len = dhcp4_emit(data, sizeof(data), m);

	sys_sendto(c->p, c->fd, data, len, &peer);
}

/* Whether a host can have the address: of classes A to C, and not the network's own or its broadcast. */
static bool is_host(const struct dhcp4 *m)
{
	uint8_t first = m->yiaddr.b[12];
	struct prefix net = prefix_make(&m->yiaddr, m->subnet_len);
	struct ipaddr last = prefix_last(&net);

	if (first == 0 || first == 127 || first >= 224)
		return false;
	return m->subnet_len < IPADDR_V4_BITS || m->subnet_len >= IPADDR_BITS - 1 ||
	       (!ipaddr_eq(&m->yiaddr, &net.addr) && !ipaddr_eq(&m->yiaddr, &last));
}

/* What an answer lacks to be one (RFC 2131 table 3); NULL: nothing. */
static const char *fault_of(const struct dhcp4 *asked, const struct dhcp4 *m)
{
	if (m->xid != asked->xid)
		return "with another transaction's number";
	if (mac_to_u64(&m->chaddr) != mac_to_u64(&asked->chaddr))
		return "for another hardware address";
	if (ipaddr_is_any(&m->server_id))
		return "without a server's identifier";
	if (!ipaddr_is_any(&asked->server_id) && !ipaddr_eq(&m->server_id, &asked->server_id))
		return "from a server that was not asked";
	if (m->type == DHCP4_NAK)
		return NULL;
	if (!is_host(m))
		return "with an address that no host can have";
	return m->has_lease && !m->lease ? "with a lease of no time" : NULL;
}

/* Another host's: neither number nor hardware is ours. */
static bool is_others(const struct dhcp4 *asked, const struct dhcp4 *m)
{
	return !m->reply || (m->xid != asked->xid &&
			     mac_to_u64(&m->chaddr) != mac_to_u64(&asked->chaddr));
}

int udhcpc_wait(struct udhcpc *c, const struct dhcp4 *asked, unsigned types, vtime deadline,
		struct dhcp4 *m)
{
	const char *fault;
	uint8_t data[DHCP4_MAX];
	struct sys_info info;

	for (;;) {
		int n = sys_recvfrom(c->p, c->fd, data, sizeof(data), &info, deadline);

		if (n == -EINTR)
			return n;
		if (n == -EAGAIN)
			return 0;
		if (n < 0 || info.len > sizeof(data) ||
		    dhcp4_parse(data, (size_t)n, m) != DHCP4_OK || is_others(asked, m) ||
		    !(types & 1u << m->type))
			continue;
		fault = fault_of(asked, m);
		if (!fault)
			return m->type;
		process_printf(c->p, "udhcpc: ignoring %s %s\n", dhcp4_type_name(m->type), fault);
		process_count(c->p, "ignored", ++c->ignored);
	}
}

vtime udhcpc_jitter(struct udhcpc *c, vtime mean)
{
	int64_t ms = (int64_t)rng_below(process_rng(c->p), 2001) - 1000;

	return vtime_add(mean, vtime_ms(ms));
}

/* RFC 5227 1.1: the times of probing. */
#define PROBE_WAIT_MS 1000
#define PROBES 3
#define PROBE_MIN_MS 1000
#define PROBE_MAX_MS 2000
#define ANNOUNCE_WAIT_MS 2000

static vtime probe_gap(struct udhcpc *c)
{
	return vtime_ms(PROBE_MIN_MS +
			(int64_t)rng_below(process_rng(c->p), PROBE_MAX_MS - PROBE_MIN_MS + 1));
}

int udhcpc_in_use(struct udhcpc *c, const struct ipaddr *addr)
{
	struct arp_watch w = {.addr = *addr};
	int probes = c->probe_ms < 0 ? PROBES : c->probe_ms > 0, err = 0;

	arp_watch_add(c->dev, &w);
	if (c->probe_ms < 0)
		err = sys_sleep(c->p, vtime_ms(rng_below(process_rng(c->p), PROBE_WAIT_MS + 1)));
	for (int k = 0; k < probes && !w.seen && !err; k++) {
		bool last = k == probes - 1;

		arp_probe(c->dev, addr);
		err = sys_sleep(c->p, c->probe_ms > 0 ? vtime_ms(c->probe_ms)
				      : last	      ? vtime_ms(ANNOUNCE_WAIT_MS)
						      : probe_gap(c));
	}
	arp_watch_remove(c->dev, &w);
	return err ? err : w.seen;
}
