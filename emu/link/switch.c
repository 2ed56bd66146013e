#include "link/switch.h"

#include <stdlib.h>

#include "core/alloc.h"
#include "core/group.h"
#include "link/mac_table.h"
#include "wire/eth.h"

#define VLANS 4096
#define NO_VLAN 0

struct switch_port {
	struct iface iface; /* first: the table and the list speak of interfaces */
	struct eth_switch *owner;
	uint16_t vlan;   /* of untagged frames, both ways; NO_VLAN: a trunk that takes none */
	uint64_t *trunk; /* a bit for each VLAN that is tagged here; NULL: an access port */
};

struct eth_switch {
	struct site site;
	struct iface *ports, **last_port;
	uint32_t port_count;
	struct mac_table table;
	bool up;
	uint64_t forwarded, flooded;
};

static inline struct switch_port *port_of(struct iface *i)
{
	return container_of(i, struct switch_port, iface);
}

static inline bool port_tags(const struct switch_port *port, uint16_t vlan)
{
	return port->trunk && port->trunk[vlan / 64] >> (vlan % 64) & 1;
}

static inline bool port_carries(const struct switch_port *port, uint16_t vlan)
{
	return vlan == port->vlan || port_tags(port, vlan);
}

/*
 * The VLAN of a frame that came in here (802.1Q 8.6.1, 8.6.2): an untagged frame, or one with a
 * mere priority tag, belongs to the port's own VLAN; a tagged one must be of a VLAN that is
 * tagged here, or the native one of a trunk. NO_VLAN: not allowed.
 */
static uint16_t port_classify(const struct switch_port *port, const struct eth_hdr *h)
{
	if (!h->tagged || h->vlan.vid == 0)
		return port->vlan;
	if (port->trunk && port_carries(port, h->vlan.vid))
		return h->vlan.vid;
	return NO_VLAN;
}

/* Gives the frame the header that this port and VLAN want; h is the header that it has. */
static void frame_retag(struct packet *p, const struct eth_hdr *h, const struct switch_port *port,
			uint16_t vlan)
{
	struct eth_hdr out = *h;

	out.tagged = vlan != port->vlan;
	if (!out.tagged && !h->tagged)
		return;
	out.vlan.vid = vlan;
	p->head = (uint16_t)(p->head + eth_hlen(h));
	eth_emit(packet_push(p, (uint16_t)eth_hlen(&out)), &out);
}

static void port_send(struct iface *to, struct packet *p, const struct eth_hdr *h, uint16_t vlan)
{
	frame_retag(p, h, port_of(to), vlan);
	iface_send(to, p);
}

/* Every other port of the VLAN gets a copy, the last one the frame itself. */
static void flood(struct eth_switch *s, struct packet *p, const struct eth_hdr *h, uint16_t vlan)
{
	struct iface *in = p->in, *last = NULL;

	if (mac_is_multicast(&h->dst))
		group_begin(p);
	for (struct iface *to = s->ports; to; to = to->next) {
		if (to == in || !iface_running(to) || !port_carries(port_of(to), vlan))
			continue;
		if (last)
			port_send(last, packet_copy(p), h, vlan);
		last = to;
	}
	if (!last) {
		packet_drop(p, &s->site, DROP_SWITCH_NO_PORT);
		return;
	}
	s->forwarded++;
	s->flooded++;
	port_send(last, p, h, vlan);
}

/* 01:80:c2:00:00:00 to 0f: between neighbours, never forwarded (802.1D 7.12.6, 802.1Q 8.6.3). */
static bool mac_is_reserved(const struct mac *m)
{
	return (mac_to_u64(m) & ~UINT64_C(0xf)) == UINT64_C(0x0180c2000000);
}

static void frame_forward(struct eth_switch *s, struct packet *p, const struct eth_hdr *h,
			  uint16_t vlan)
{
	vtime now = world_now(s->site.world);
	struct iface *to = NULL;

	mac_table_learn(&s->table, h->src, vlan, p->in, now);
	if (mac_is_reserved(&h->dst)) {
		packet_drop(p, &s->site, DROP_SWITCH_RESERVED);
		return;
	}
	if (!mac_is_multicast(&h->dst))
		to = mac_table_lookup(&s->table, h->dst, vlan, now);
	if (to && !iface_running(to)) {
		/* Its stations may have moved to where a link works. */
		mac_table_flush(&s->table, to);
		to = NULL;
	}
	if (!to) {
		flood(s, p, h, vlan);
	} else if (to == p->in) {
		packet_drop(p, &s->site, DROP_SWITCH_SAME_PORT);
	} else {
		s->forwarded++;
		port_send(to, p, h, vlan);
	}
}

static void switch_input(struct iface *in, struct packet *p)
{
	struct switch_port *port = port_of(in);
	struct eth_switch *s = port->owner;
	struct eth_hdr h;
	enum eth_result r;

	if (!s->up) {
		packet_drop(p, &s->site, DROP_NODE_DOWN);
		return;
	}
	r = eth_parse(p->hdr + p->head, (size_t)(p->end - p->head), &h);
	/* An 802.3 length instead of a type is no concern of a switch's. No station sends from a
	 * group address, or from none. */
	if (r == ETH_SHORT || r == ETH_BAD_VID || mac_is_multicast(&h.src) || mac_is_zero(&h.src)) {
		packet_drop(p, &s->site, DROP_ETH_MALFORMED);
		return;
	}
	uint16_t vlan = port_classify(port, &h);
	if (vlan == NO_VLAN) {
		packet_drop_detail(p, &s->site, DROP_VLAN_MISMATCH, h.vlan.vid);
		return;
	}
	frame_forward(s, p, &h, vlan);
}

struct eth_switch *switch_new(struct world *w, const char *name, uint32_t table, vtime ageing)
{
	struct eth_switch *s = nt_calloc(1, sizeof(*s));

	site_init(&s->site, w, nt_strdup(name));
	s->last_port = &s->ports;
	s->up = true;
	mac_table_init(&s->table, table, ageing);
	return s;
}

void switch_free(struct eth_switch *s)
{
	if (!s)
		return;
	for (struct iface *i = s->ports, *next; i; i = next) {
		next = i->next;
		free(port_of(i)->trunk);
		iface_fini(i);
		free(port_of(i));
	}
	mac_table_fini(&s->table);
	free((char *)s->site.name);
	site_fini(&s->site);
	free(s);
}

struct site *switch_site(struct eth_switch *s)
{
	return &s->site;
}

struct iface *switch_add_port(struct eth_switch *s, const char *name, struct mac mac,
			      const struct switch_port_params *params)
{
	struct switch_port *port = nt_calloc(1, sizeof(*port));

	iface_init(&port->iface, &s->site, name, mac, switch_input);
	port->iface.index = ++s->port_count;
	port->owner = s;
	port->vlan = params ? params->vlan : SWITCH_VLAN_DEFAULT;
	if (params && params->trunk) {
		port->trunk = nt_calloc(VLANS / 64, sizeof(*port->trunk));
		for (uint32_t i = 0; i < params->trunk_count; i++)
			port->trunk[params->trunk[i] / 64] |= UINT64_C(1)
							      << (params->trunk[i] % 64);
	}
	*s->last_port = &port->iface;
	s->last_port = &port->iface.next;
	return &port->iface;
}

struct iface *switch_ports(struct eth_switch *s)
{
	return s->ports;
}

void switch_set_up(struct eth_switch *s, bool up)
{
	s->up = up;
	if (!up)
		mac_table_clear(&s->table);
}

uint64_t switch_forwarded(const struct eth_switch *s)
{
	return s->forwarded;
}

uint64_t switch_flooded(const struct eth_switch *s)
{
	return s->flooded;
}

uint32_t switch_table_count(struct eth_switch *s)
{
	return mac_table_count(&s->table, world_now(s->site.world));
}

struct iface *switch_lookup(struct eth_switch *s, struct mac mac, uint16_t vlan)
{
	return mac_table_lookup(&s->table, mac, vlan, world_now(s->site.world));
}
