#include "topo/play/inject.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "ip/ip.h"
#include "ip/port.h"
#include "process/sys.h"
#include "topo/play/inject_fill.h"
#include "wire/arp.h"
#include "wire/print.h"

#define LINE 400
#define NO_LINK "no interface has a link"

/* The program of one step's packets. */
struct injection {
	struct program program; /* first */
	const struct internet *in;
	const struct topo_inject *inject;
};

struct injections {
	struct injection *list;
	uint32_t n;
};

const char *const inject_metrics[] = {"sent", "errors", "bytes", NULL};

/* ---- one packet ---- */

/* One that has left: what could not leave has no line on the console and no bytes. */
static void count(struct inject_run *s, const uint8_t *bytes, size_t len, bool frame)
{
	char line[LINE];

	s->bytes += len;
	if (frame)
		wire_print(line, sizeof(line), bytes, len);
	else
		wire_print_ip(line, sizeof(line), bytes, len);
	process_printf(s->process, "%.6f %s\n", vtime_seconds(process_now(s->process)), line);
}

/* Of a fragment: which one. */
static struct packet *packet_make(struct inject_run *s, struct ip_iface *i, const uint8_t *bytes,
				  size_t len, bool frame, uint32_t part, uint32_t parts)
{
	struct ip_port port = {.iface = i};
	struct packet *p = ip_port_packet(&port, frame, bytes, len);

	if (parts)
		packet_note(p, "injected by %s: fragment %u of %u", process_name(s->process), part,
			    parts);
	else
		packet_note(p, "injected by %s", process_name(s->process));
	return p;
}

static void frame_send(struct inject_run *s, struct ip_iface *i, const uint8_t *frame, size_t len,
		       uint32_t part, uint32_t parts)
{
	struct packet *p = packet_make(s, i, frame, len, true, part, parts);

	count(s, frame, len, true);
	if (s->inject->in) {
		iface_receive(&i->link, p);
	} else {
		s->node->originated++;
		iface_send(&i->link, p);
	}
}

/* An Ethernet header, and behind it what is at s->frame + ETH_VLAN_HLEN; returns where it begins. */
static uint8_t *ether_put(struct inject_run *s, struct eth_hdr *eth)
{
	uint8_t *at = s->frame + ETH_VLAN_HLEN - eth_hlen(eth);

	craft_ether(s->crafter, eth, at);
	return at;
}

/* Of the interface at the other end of the link. */
static struct mac peer_mac(const struct inject_run *s, const struct ip_iface *i)
{
	const struct scenario *scenario = s->in->scenario;
	uint32_t n = scenario_node(scenario, s->node->site.name);
	uint32_t k = n == TOPO_NONE ? n : scenario_iface(&scenario->nodes[n], i->link.name);
	const struct topo_iface *iface = k == TOPO_NONE ? NULL : &scenario->nodes[n].ifaces[k];

	if (!iface || iface->link == TOPO_NONE)
		return mac_broadcast;
	return link_end(s->in->links[iface->link], !iface->side)->mac;
}

static struct mac next_mac(struct inject_run *s, const struct ipaddr *next_hop)
{
	struct ip_iface *owner = inject_owner(s->in, next_hop);

	if (ipaddr_is_multicast(next_hop))
		return mac_from_multicast(next_hop);
	return owner ? owner->link.mac : mac_broadcast;
}

/* An IP packet as a frame of its own: with `eth`, or into an interface. */
static bool framed_send(struct inject_run *s, const struct craft_ip *ip, const uint8_t *packet,
			size_t len, uint32_t part, uint32_t parts)
{
	struct ipaddr next_hop = ip->dst;
	struct ip_iface *i = s->inject->in ? s->dev : inject_way(s, &ip->dst, &next_hop);
	struct eth_hdr eth = s->inject->eth;

	if (!i)
		return inject_failed(s, NO_LINK);
	eth.src = inject_mac_of(s, &s->inject->src, s->inject->in ? peer_mac(s, i) : i->link.mac);
	if (s->inject->in && !ipaddr_is_multicast(&ip->dst))
		eth.dst = inject_mac_of(s, &s->inject->dst, i->link.mac);
	else
		eth.dst = inject_mac_of(s, &s->inject->dst, next_mac(s, &next_hop));
	if (!eth.type)
		eth.type = ipaddr_is4(&ip->src) ? ETH_TYPE_IPV4 : ETH_TYPE_IPV6;
	memcpy(s->frame + ETH_VLAN_HLEN, packet, len);
	frame_send(s, i, ether_put(s, &eth), eth_hlen(&eth) + len, part, parts);
	return true;
}

/* part of parts; 0 of 0: the packet is whole. */
static bool ip_put(struct inject_run *s, const struct craft_ip *ip, const uint8_t *packet, size_t len,
		   uint32_t part, uint32_t parts)
{
	struct packet *p;
	int err;

	if (!len)
		return inject_failed(s, "the packet would be longer than 65535 bytes");
	if (s->inject->has_eth || s->inject->in)
		return framed_send(s, ip, packet, len, part, parts);
	if (!s->node->ifaces)
		return inject_failed(s, NO_LINK);
	p = packet_make(s, s->node->ifaces, packet, len, false, part, parts);
	err = ip_send_crafted(s->node, p, &ip->dst, s->dev);
	if (err == -EOPNOTSUPP)
		return inject_failed(s, "it is for this node itself; expected 'into'");
	if (err == -EMSGSIZE)
		return inject_failed(s, "%zu bytes are more than the way's MTU; expected 'fragments'", len);
	if (err)
		return inject_failed(s, "%s", strerror(-err));
	count(s, packet, len, false);
	return true;
}

static bool parts_send(struct inject_run *s, const struct craft *c, size_t len)
{
	const struct topo_inject *i = s->inject;
	uint32_t payload = (uint32_t)len - craft_ip_len(c);
	uint32_t n = i->part_len ? (payload + i->part_len - 1) / i->part_len : i->n_parts;

	for (uint32_t k = 0; k < n; k++) {
		struct craft_part part = {.offset = k * i->part_len, .bytes = i->part_len};
		int more = -1;

		if (!i->part_len) {
			part = i->parts[k].part;
			more = i->parts[k].more;
		}
		uint64_t end = part.other.at ? part.offset + (uint64_t)part.other.len
					     : part.offset + (uint64_t)part.bytes;
		part.more = more < 0 ? end < payload : more;
		if (!ip_put(s, &c->ip, s->part,
			    craft_fragment(s->crafter, c, s->packet, len, &part, s->part), k + 1, n))
			return false;
	}
	return true;
}

static bool ip_send_one(struct inject_run *s)
{
	struct craft c;
	size_t len;

	if (!inject_fill(s, s->inject, NULL, &c))
		return false;
	len = craft_packet(s->crafter, &c, s->packet);
	if (len && (s->inject->n_parts || s->inject->part_len))
		return parts_send(s, &c, len);
	return ip_put(s, &c.ip, s->packet, len, 0, 0);
}

static bool arp_send_one(struct inject_run *s)
{
	const struct topo_inject *i = s->inject;
	struct eth_hdr eth = i->eth;
	struct craft_arp arp;
	struct ip_iface *dev;

	if (!inject_fill_arp(s, &dev, &arp))
		return false;
	eth.src = inject_mac_of(s, &i->src, i->in ? peer_mac(s, dev) : dev->link.mac);
	eth.dst = inject_mac_of(s, &i->dst, arp.op == ARP_REPLY ? arp.tha : mac_broadcast);
	if (!eth.type)
		eth.type = ETH_TYPE_ARP;
	size_t len = craft_arp(s->crafter, &arp, s->frame + ETH_VLAN_HLEN);
	frame_send(s, dev, ether_put(s, &eth), eth_hlen(&eth) + len, 0, 0);
	return true;
}

static bool frame_send_one(struct inject_run *s)
{
	struct ip_iface *dev = inject_way(s, &ipaddr_any4, NULL);

	if (!dev)
		return inject_failed(s, NO_LINK);
	frame_send(s, dev, s->inject->frame.at, s->inject->frame.len, 0, 0);
	return true;
}

/* ---- the program ---- */

static void send_one(struct inject_run *s)
{
	enum craft_kind kind = s->inject->craft.kind;
	bool sent;

	s->scratch = arena_new();
	sent = kind == CRAFT_ARP     ? arp_send_one(s)
	       : kind == CRAFT_FRAME ? frame_send_one(s)
				     : ip_send_one(s);
	arena_free(s->scratch);
	s->sent += sent;
	s->errors += !sent;
	if (!sent)
		process_printf(s->process, "inject: %s\n", s->why);
}

static void run(struct inject_run *s)
{
	const struct topo_inject *i = s->inject;

	for (uint32_t k = 0; k < i->count; k++) {
		if (k && i->every.ns && sys_sleep(s->process, i->every))
			break;
		send_one(s);
	}
	/* With nothing to count, the reason is what there is to say. */
	if (!s->sent)
		return;
	process_count(s->process, "sent", s->sent);
	process_count(s->process, "errors", s->errors);
	process_count(s->process, "bytes", s->bytes);
}

static int inject_main(struct process *p, int argc, char **argv)
{
	const struct injection *own = (const struct injection *)process_program(p);
	g_autofree char *stream = g_strdup_printf("inject %s", process_name(p));
	struct inject_run s = {
		.process = p,
		.node = process_node(p),
		.in = own->in,
		.inject = own->inject,
		.crafter = crafter_new(),
		.packet = nt_malloc(CRAFT_MAX),
		.part = nt_malloc(CRAFT_MAX),
		.frame = nt_malloc(CRAFT_MAX + ETH_VLAN_HLEN),
	};

	(void)argc;
	(void)argv;
	s.dev = own->inject->dev ? node_iface_find(s.node, own->inject->dev) : NULL;
	rng_init(&s.rng, own->in->world->seed, stream);
	run(&s);
	crafter_free(s.crafter);
	free(s.packet);
	free(s.part);
	free(s.frame);
	return s.errors != 0;
}

/* ---- one for each step ---- */

struct injections *injections_new(const struct internet *in)
{
	const struct scenario *s = in->scenario;
	struct injections *all = g_new0(struct injections, 1);

	all->list = g_new0(struct injection, s->n_steps + 1);
	for (uint32_t k = 0; k < s->n_steps; k++) {
		if (s->steps[k].kind != TOPO_STEP_DO || !s->steps[k].commands[0].inject)
			continue;
		all->list[all->n++] = (struct injection){
			.program = {.name = "inject", .metrics = inject_metrics, .main = inject_main},
			.in = in,
			.inject = s->steps[k].commands[0].inject,
		};
	}
	return all;
}

void injections_free(struct injections *all)
{
	if (all)
		g_free(all->list);
	g_free(all);
}

const struct program *injection_program(const struct injections *all, const struct topo_inject *i)
{
	uint32_t k = 0;

	while (all->list[k].inject != i)
		k++;
	return &all->list[k].program;
}
