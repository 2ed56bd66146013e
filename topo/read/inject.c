#include "topo/read/inject.h"

#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>

#include "process/paper.h"
#include "topo/notation/packet.h"

#define GRID 8 /* RFC 791: what fragment offsets count in */

bool inject_refuse(struct inject_reader *ir, struct place at, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *words = g_strdup_vprintf(format, args);
	va_end(args);
	place_error(ir->r->error, at, "%s", words);
	return false;
}

uint32_t inject_field(const struct yaml_node *map, const char *key, uint32_t otherwise)
{
	const struct yaml_node *value = value_of(map, key);
	char why[NOTATION_WHY];
	uint32_t n = otherwise;

	if (value)
		value_good(notation_field(value->text, &n, why));
	return n;
}

int32_t inject_lie(const struct yaml_node *map, const char *key)
{
	return value_of(map, key) ? (int32_t)inject_field(map, key, 0) : CRAFT_TRUE;
}

bool inject_family(struct inject_reader *ir, struct topo_inject *i, int family, const char *key,
		   struct place at)
{
	if (i->family && i->family != family)
		return inject_refuse(ir, at, "'%s' is of IPv%d, but '%s' is of IPv%d; expected both of one",
				     key, family == AF_INET ? 4 : 6, ir->family_of,
				     family == AF_INET ? 6 : 4);
	i->family = family;
	ir->family_of = key;
	return true;
}

/* ---- ends ---- */

bool inject_end_read(struct inject_reader *ir, const struct yaml_node *value, struct inject_end *end)
{
	char why[NOTATION_WHY];

	G_STATIC_ASSERT(NOTATION_WHY >= PAPER_WHY);
	return (notation_packet_end(ir->r->arena, value->text, end, why) &&
		(!end->host || end->literal || read_host_known(ir->r->s, ir->node, end->host, why))) ||
	       inject_refuse(ir, value->at, "%s", why);
}

/* The one interface of a node that has a link, unless one was named. */
static bool only_iface(struct inject_reader *ir, struct place at, uint32_t n, bool named,
		       uint32_t *iface)
{
	const struct topo_node *node = &ir->r->s->nodes[n];
	uint32_t links = 0;

	if (*iface != TOPO_NONE)
		return true;
	for (uint32_t k = 0; k < node->n_ifaces; k++)
		if (node->ifaces[k].link != TOPO_NONE) {
			*iface = k;
			links++;
		}
	if (links == 1)
		return true;
	if (named)
		return inject_refuse(ir, at, "'%s' has %u interfaces with a link; expected one such as "
				     "%s:eth0", node->name, links, node->name);
	return inject_refuse(ir, at, "'%s' has %u interfaces with a link; expected 'dev' with the name of "
			     "one", node->name, links);
}

bool inject_mac_read(struct inject_reader *ir, const struct yaml_node *value, struct inject_mac *mac)
{
	struct end_text end;
	char why[NOTATION_WHY];

	*mac = (struct inject_mac){ .node = TOPO_NONE, .iface = TOPO_NONE };
	if (!value)
		return true;
	mac->given = true;
	if (mac_parse(value->text, &mac->mac))
		return true;
	if (!notation_end(ir->r->arena, value->text, &end, why))
		return inject_refuse(ir, value->at, "'%s' is no Ethernet address; expected one such as "
				     "02:00:00:00:00:01, or a node, or node:interface, whose it is",
				     value->text);
	return read_end(ir->r, value, &mac->node, &mac->iface) &&
	       only_iface(ir, value->at, mac->node, true, &mac->iface);
}

/* ---- data ---- */

static bool data_map_read(struct inject_reader *ir, const struct yaml_node *map,
			  struct craft_bytes *data, uint32_t *random)
{
	const struct yaml_node *hex = value_of(map, "hex"), *text = value_of(map, "text");
	const struct yaml_node *zeros = value_of(map, "zeros"), *drawn = value_of(map, "random");
	char why[NOTATION_WHY];

	if (!hex + !text + !zeros + !drawn != 3)
		return inject_refuse(ir, map->at, "'data' says %s; expected one of text, hex, random and "
				     "zeros", hex || text || zeros || drawn ? "more than one thing"
									    : "nothing");
	if (drawn && !random)
		return inject_refuse(ir, drawn->at, "a fragment cannot hold bytes by chance; expected text, "
				     "hex or zeros");
	if (drawn)
		*random = (uint32_t)value_bytes(drawn);
	else if (hex && !notation_hex(ir->r->arena, hex->text, data, why))
		return inject_refuse(ir, hex->at, "%s", why);
	else if (text)
		*data = (struct craft_bytes){ (const uint8_t *)text->text, (uint32_t)strlen(text->text) };
	else if (zeros)
		*data = (struct craft_bytes){ arena_alloc(ir->r->arena, value_bytes(zeros)),
					      (uint32_t)value_bytes(zeros) };
	return true;
}

bool inject_data_read(struct inject_reader *ir, const struct yaml_node *value,
		      struct craft_bytes *data, uint32_t *random)
{
	if (!value)
		return true;
	if (value->kind == YAML_MAP) {
		if (!data_map_read(ir, value, data, random))
			return false;
	} else {
		*data = (struct craft_bytes){ (const uint8_t *)value->text,
					      (uint32_t)strlen(value->text) };
	}
	return data->len <= CRAFT_MAX ||
	       inject_refuse(ir, value->at, "%u bytes are more than an IP packet holds; expected at most "
			     "65515", data->len);
}

/* ---- fragments ---- */

static bool part_read(struct inject_reader *ir, const struct yaml_node *map, struct inject_part *part)
{
	const struct yaml_node *offset = value_of(map, "offset"), *bytes = value_of(map, "bytes");
	const struct yaml_node *more = value_of(map, "more"), *data = value_of(map, "data");

	part->part.offset = offset ? (uint32_t)value_bytes(offset) : 0;
	part->part.bytes = bytes ? (uint32_t)value_bytes(bytes) : CRAFT_MAX;
	part->more = more ? !strcmp(more->text, "true") : -1;
	if (part->part.offset % GRID)
		return inject_refuse(ir, offset->at, "offset %u is no multiple of 8; expected %u or %u",
				     part->part.offset, part->part.offset / GRID * GRID,
				     part->part.offset / GRID * GRID + GRID);
	if (data && bytes)
		return inject_refuse(ir, bytes->at, "'bytes' and 'data' do not go together; expected one");
	return inject_data_read(ir, data, &part->part.other, NULL);
}

static bool parts_read(struct inject_reader *ir, const struct yaml_node *value, struct topo_inject *i)
{
	struct inject_part *parts;

	if (!value)
		return true;
	if (value->kind == YAML_SCALAR) {
		i->part_len = (uint32_t)value_bytes(value);
		return i->part_len % GRID == 0 ||
		       inject_refuse(ir, value->at, "fragments of %u bytes, which is no multiple of 8; "
				     "expected %u or %u", i->part_len, i->part_len / GRID * GRID,
				     i->part_len / GRID * GRID + GRID);
	}
	parts = arena_array(ir->r->arena, struct inject_part, value->n);
	i->parts = parts;
	for (; i->n_parts < value->n; i->n_parts++)
		if (!part_read(ir, value->items[i->n_parts], &parts[i->n_parts]))
			return false;
	return value->n ||
	       inject_refuse(ir, value->at, "no fragment is listed; expected at least one");
}

/* ---- what goes around ---- */

static bool eth_read(struct inject_reader *ir, const struct yaml_node *map, struct topo_inject *i)
{
	const struct yaml_node *vlan = value_of(map, "vlan");

	if (!map)
		return true;
	i->has_eth = true;
	i->eth.type = (uint16_t)inject_field(map, "type", 0);
	i->eth.tagged = vlan != NULL;
	i->eth.vlan.vid = vlan ? (uint16_t)value_count_of(vlan) : 0;
	return inject_mac_read(ir, value_of(map, "src"), &i->src) &&
	       inject_mac_read(ir, value_of(map, "dst"), &i->dst);
}

/* The interface is one of each node that sends. */
static bool dev_read(struct inject_reader *ir, const struct yaml_node *map, const uint32_t *nodes,
		     uint32_t n_nodes, struct topo_inject *i)
{
	const struct yaml_node *dev = value_of(map, "dev"), *into = value_of(map, "into");

	if (dev && into)
		return inject_refuse(ir, into->at, "'dev' and 'into' do not go together; expected one");
	i->in = into != NULL;
	if (into)
		dev = into;
	if (!dev)
		return true;
	i->dev = dev->text;
	for (uint32_t k = 0; k < n_nodes; k++) {
		const struct topo_node *node = &ir->r->s->nodes[nodes[k]];

		if (scenario_iface(node, dev->text) != TOPO_NONE)
			continue;
		return inject_refuse(ir, dev->at, "'%s' has no interface '%s'%s", node->name, dev->text,
				     read_iface_hint(ir->r, node, dev->text));
	}
	return true;
}

/* What goes together, once all is known. */
static bool whole_check(struct inject_reader *ir, const struct yaml_node *map,
			const uint32_t *nodes, uint32_t n_nodes, const struct topo_inject *i)
{
	bool link = i->craft.kind == CRAFT_ARP || i->craft.kind == CRAFT_FRAME;

	if (link && value_of(map, "fragments"))
		return inject_refuse(ir, value_of(map, "fragments")->at, "only IP packets have fragments; "
				     "expected tcp, udp, icmp, icmp6 or ip beside it");
	if (i->craft.kind == CRAFT_FRAME && i->has_eth)
		return inject_refuse(ir, value_of(map, "eth")->at, "a 'frame' has its Ethernet header "
				     "already; expected one of them");
	for (uint32_t k = 0; i->craft.kind == CRAFT_FRAME && !i->dev && k < n_nodes; k++) {
		uint32_t iface = TOPO_NONE;

		if (!only_iface(ir, value_of(map, "frame")->at, nodes[k], false, &iface))
			return false;
	}
	if (i->in && !link && !i->from.host)
		return inject_refuse(ir, map->at, "what comes in from nobody; expected 'from' with 'into'");
	return true;
}

const struct topo_inject *read_inject(struct reader *r, const struct yaml_node *map,
				      const uint32_t *nodes, uint32_t n_nodes)
{
	struct topo_inject *i = arena_array(r->arena, struct topo_inject, 1);
	struct inject_reader ir = { .r = r, .node = &r->s->nodes[nodes[0]] };
	const struct yaml_node *count = value_of(map, "count"), *every = value_of(map, "every");

	i->at = map->at;
	i->count = count ? (uint32_t)value_count_of(count) : 1;
	i->every = every ? value_time(every) : VTIME_ZERO;
	inject_mac_read(&ir, NULL, &i->src);
	inject_mac_read(&ir, NULL, &i->dst);
	return inject_packet(&ir, map, true, i) && parts_read(&ir, value_of(map, "fragments"), i) &&
	       eth_read(&ir, value_of(map, "eth"), i) && dev_read(&ir, map, nodes, n_nodes, i) &&
	       whole_check(&ir, map, nodes, n_nodes, i) ? i : NULL;
}

/* ---- in words ---- */

/* Words for a command line: what a shell would take apart becomes '?'. */
static char *plain(struct arena *arena, const char *text)
{
	char *copy = arena_text(arena, text);

	for (char *p = copy; *p; p++)
		if (!g_ascii_isalnum(*p) && !strchr(".:/[]_-", *p))
			*p = '?';
	return copy;
}

const char *read_inject_text(struct reader *r, const struct yaml_node *map,
			     const struct topo_inject *i)
{
	static const char *const names[] = { "tcp", "udp", "icmp", "icmp6", "ip", "arp", "frame" };
	const struct yaml_node *layer = value_of(map, names[i->craft.kind]), *word;
	static const struct {
		const char *key, *before;
	} words[] = {
		{ "flags", "" },     { "type", "" },	{ "op", "" },  { "from", "from " },
		{ "spa", "from " },  { "to", "to " },	{ "tpa", "to " },
	};
	char *text = arena_printf(r->arena, "inject %s", names[i->craft.kind]);

	for (size_t k = 0; k < G_N_ELEMENTS(words); k++)
		if ((word = value_of(layer, words[k].key)))
			text = arena_printf(r->arena, "%s %s%s", text, words[k].before,
					    plain(r->arena, word->text));
	return text;
}
