/* What a lease does to the host, and what its end undoes. */
#include "programs/udhcpc/udhcpc.h"

#include <errno.h>

#include "ip/neigh.h"
#include "ip/route.h"
#include "process/host.h"

static const struct prefix everything = {.addr = {{.b = {[10] = 0xff, 0xff}}}, .len = IPADDR_V4_BITS};

/* Without a subnet mask: the one of the address's class, as before there were masks (RFC 950). */
static uint8_t network_len(const struct dhcp4 *m)
{
	uint8_t first = m->yiaddr.b[12];

	if (m->subnet_len)
		return m->subnet_len;
	return (uint8_t)(IPADDR_V4_BITS + (first < 128 ? 8 : first < 192 ? 16 : 24));
}

static void put_routers(struct udhcpc *c)
{
	const struct dhcp4_addrs *routers = &c->lease.routers;
	char text[IPADDR_TEXT];

	/* The first is preferred (RFC 2132 3.5); a second default route would need a metric. */
	if (routers->count && route_add(process_node(c->p), &everything, ROUTE_UNICAST,
					&routers->at[0], c->dev, 0, 0, ROUTE_DHCP) == -EEXIST)
		process_printf(c->p, "udhcpc: there is a default route already; %s is not used\n",
			       ipaddr_format(text, sizeof(text), &routers->at[0]));
}

static void configure(struct udhcpc *c)
{
	ip_addr_add(c->dev, &c->lease.yiaddr, network_len(&c->lease));
	put_routers(c);
	host_set_resolvers(process_node(c->p), HOST_DHCP, c->lease.dns.at, c->lease.dns.count);
	resolve_publish(c->p, &c->lease.yiaddr);
	c->bound = true;
	process_count(c->p, "bound", 1);
	if (c->probe_ms)
		arp_announce(c->dev, &c->lease.yiaddr);
}

static vtime seconds_after(vtime from, uint32_t s)
{
	return s == DHCP4_INFINITE ? VTIME_NEVER : vtime_add(from, vtime_s(s));
}

static void set_times(struct udhcpc *c, vtime asked)
{
	uint32_t lease = c->lease.has_lease ? c->lease.lease : DHCP4_INFINITE;
	uint32_t t1 = c->lease.t1, t2 = c->lease.t2;

	/* RFC 2131 4.4.5: half, and seven eighths, unless the server says otherwise and makes sense. */
	if (lease == DHCP4_INFINITE) {
		t1 = t2 = DHCP4_INFINITE;
	} else {
		if (!t2 || t2 >= lease)
			t2 = (uint32_t)((uint64_t)lease * 7 / 8);
		if (!t1 || t1 > t2)
			t1 = lease / 2;
	}
	c->granted = asked;
	c->t1 = seconds_after(asked, t1);
	c->t2 = seconds_after(asked, t2);
	c->expires = seconds_after(asked, lease);
	process_metric(c->p, "lease_time", (double)lease);
}

void udhcpc_take(struct udhcpc *c, const struct dhcp4 *ack, vtime asked)
{
	char addr[IPADDR_TEXT], server[IPADDR_TEXT];

	if (c->bound && !ipaddr_eq(&ack->yiaddr, &c->lease.yiaddr))
		udhcpc_lose(c);
	c->lease = *ack;
	set_times(c, asked);
	process_printf(c->p, "udhcpc: lease of %s obtained from %s, lease time %u\n",
		       ipaddr_format(addr, sizeof(addr), &ack->yiaddr),
		       ipaddr_format(server, sizeof(server), &ack->server_id),
		       ack->has_lease ? ack->lease : DHCP4_INFINITE);
	if (c->bound)
		return;
	configure(c);
	process_count(c->p, "leases", ++c->leases);
	if (c->leases == 1)
		process_metric(c->p, "address_time",
			       vtime_seconds(vtime_sub(process_now(c->p), process_start(c->p))));
}

/* The routes over the interface go with its last address. */
void udhcpc_lose(struct udhcpc *c)
{
	if (!c->bound)
		return;
	c->bound = false;
	process_count(c->p, "bound", 0);
	resolve_withdraw(c->p, &c->lease.yiaddr);
	host_set_resolvers(process_node(c->p), HOST_DHCP, NULL, 0);
	if (c->lease.routers.count)
		route_remove(process_node(c->p), &everything, &c->lease.routers.at[0], c->dev, 0);
	ip_addr_remove(c->dev, &c->lease.yiaddr);
}
