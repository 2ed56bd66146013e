/* The headers of a step `inject:`, each by a function that knows its keys. */
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "topo/notation/packet.h"
#include "topo/read/inject.h"
#include "wire/arp.h"
#include "wire/icmp4.h"
#include "wire/icmp6.h"
#include "wire/tcp.h"

#define QUOTES_MOST 3 /* errors about errors about errors */

/* ---- what several have ---- */

static bool checksum_read(struct inject_reader *ir, const struct yaml_node *map,
			  struct craft_checksum *sum)
{
	const struct yaml_node *value = value_of(map, "checksum");
	char why[NOTATION_WHY];

	return !value || notation_checksum(value->text, sum, why) ||
	       inject_refuse(ir, value->at, "%s", why);
}

static bool end_read(struct inject_reader *ir, const struct yaml_node *map, const char *key, bool ports,
		     struct topo_inject *i, struct inject_end *end)
{
	const struct yaml_node *value = value_of(map, key);

	if (!value)
		return true;
	if (!inject_end_read(ir, value, end))
		return false;
	if (!ports && end->has_port)
		return inject_refuse(ir, value->at, "'%s' has a port, which is of tcp and udp; expected a "
				     "name or an address", value->text);
	return !end->literal ||
	       inject_family(ir, i, ipaddr_is4(&end->net.addr) ? AF_INET : AF_INET6, key, value->at);
}

static bool ends_read(struct inject_reader *ir, const struct yaml_node *map, const char *layer,
		      bool ports, struct topo_inject *i)
{
	const struct yaml_node *to = value_of(map, "to");

	if (!to)
		return inject_refuse(ir, map->at, "'%s' does not say for whom it is; expected 'to', such as "
				     "to: %s", layer, ports ? "web:80" : "web");
	if (!end_read(ir, map, "from", ports, i, &i->from) || !end_read(ir, map, "to", ports, i, &i->to))
		return false;
	if (ports && !i->to.has_port)
		return inject_refuse(ir, to->at, "'%s' has no port; expected one such as %s%s%s:80",
				     to->text, strchr(to->text, ':') ? "[" : "", to->text,
				     strchr(to->text, ':') ? "]" : "");
	return i->to.host ||
	       inject_refuse(ir, to->at, "'%s' is no host; expected one such as web%s", to->text, to->text);
}

/* Words one by one: of a text with commas, or of a list. */
static bool options_read(struct inject_reader *ir, const struct yaml_node *value,
			 bool (*one)(const char *, uint8_t[40], uint32_t *, char *),
			 struct craft_bytes *options)
{
	uint8_t *bytes = arena_alloc(ir->r->arena, 40);
	char why[NOTATION_WHY];

	*options = (struct craft_bytes){ bytes, 0 };
	for (size_t k = 0; k < value_count(value); k++) {
		const struct yaml_node *item = value_item(value, k);
		g_auto(GStrv) words = g_strsplit(item->text, ",", -1);

		for (char **word = words; *word; word++)
			if (!one(g_strstrip(*word), bytes, &options->len, why))
				return inject_refuse(ir, item->at, "%s", why);
	}
	return true;
}

/* ---- transport ---- */

static bool seq_read(struct inject_reader *ir, const struct yaml_node *map, const char *key,
		     struct inject_number *n)
{
	const struct yaml_node *value = value_of(map, key);
	char why[NOTATION_WHY];

	return !value || notation_seq(value->text, n, why) || inject_refuse(ir, value->at, "%s", why);
}

static bool tcp_read(struct inject_reader *ir, const struct yaml_node *map, struct topo_inject *i)
{
	const struct yaml_node *flags = value_of(map, "flags");
	char why[NOTATION_WHY];

	i->craft.tcp.flags = TCPHDR_SYN;
	if (flags && !notation_tcp_flags(flags->text, &i->craft.tcp.flags, why))
		return inject_refuse(ir, flags->at, "%s", why);
	i->craft.tcp.window = (uint16_t)inject_field(map, "window", UINT16_MAX);
	i->craft.tcp.urgent = (uint16_t)inject_field(map, "urgent", 0);
	i->craft.tcp.doff = inject_lie(map, "doff");
	return ends_read(ir, map, "tcp", true, i) && seq_read(ir, map, "seq", &i->seq) &&
	       seq_read(ir, map, "ack", &i->ack) &&
	       options_read(ir, value_of(map, "options"), notation_tcp_option, &i->craft.tcp.options);
}

static bool udp_read(struct inject_reader *ir, const struct yaml_node *map, struct topo_inject *i)
{
	i->craft.udp.length = inject_lie(map, "length");
	return ends_read(ir, map, "udp", true, i);
}

/* ---- ICMP ---- */

struct type_name {
	const char *name;
	uint8_t type, code;
};

static const struct type_name types4[] = {
	{ "echo-reply", ICMP4_ECHO_REPLY, 0 },
	{ "destination-unreachable", ICMP4_DESTINATION_UNREACHABLE, 0 },
	{ "redirect", ICMP4_REDIRECT, 0 },
	{ "echo-request", ICMP4_ECHO, 0 },
	{ "time-exceeded", ICMP4_TIME_EXCEEDED, 0 },
	{ "parameter-problem", ICMP4_PARAMETER_PROBLEM, 0 },
	{ "fragmentation-needed", ICMP4_DESTINATION_UNREACHABLE, ICMP4_FRAGMENTATION_NEEDED },
	{ NULL, 0, 0 },
}, types6[] = {
	{ "destination-unreachable", ICMP6_MSG_DESTINATION_UNREACHABLE, 0 },
	{ "packet-too-big", ICMP6_MSG_PACKET_TOO_BIG, 0 },
	{ "time-exceeded", ICMP6_MSG_TIME_EXCEEDED, 0 },
	{ "parameter-problem", ICMP6_MSG_PARAMETER_PROBLEM, 0 },
	{ "echo-request", ICMP6_MSG_ECHO_REQUEST, 0 },
	{ "echo-reply", ICMP6_MSG_ECHO_REPLY, 0 },
	{ "router-solicitation", ICMP6_MSG_ROUTER_SOLICITATION, 0 },
	{ "router-advertisement", ICMP6_MSG_ROUTER_ADVERTISEMENT, 0 },
	{ "neighbour-solicitation", ICMP6_MSG_NEIGHBOR_SOLICITATION, 0 },
	{ "neighbour-advertisement", ICMP6_MSG_NEIGHBOR_ADVERTISEMENT, 0 },
	{ "redirect", ICMP6_MSG_REDIRECT, 0 },
	{ NULL, 0, 0 },
};

static void type_read(const struct yaml_node *map, const struct type_name *names, struct craft *c)
{
	const struct yaml_node *value = value_of(map, "type");
	const char *text = value ? value->text : "echo-request";

	while (names->name && strcmp(names->name, text))
		names++;
	c->icmp.type = names->name ? names->type : (uint8_t)inject_field(map, "type", 0);
	c->icmp.code = (uint8_t)inject_field(map, "code", names->code);
}

/* The second word of the header: as a number, or what it means in some types. */
static bool rest_read(struct inject_reader *ir, const struct yaml_node *map, bool v6,
		      struct topo_inject *i)
{
	static const char *const parts[] = { "id", "seq", "mtu", "pointer", "gateway" };
	const struct yaml_node *gateway = value_of(map, "gateway");
	uint32_t pointer = inject_field(map, "pointer", 0);

	i->craft.icmp.rest = inject_field(map, "rest", 0) | inject_field(map, "id", 0) << 16 |
			     inject_field(map, "seq", 0) | inject_field(map, "mtu", 0) |
			     (v6 ? pointer : pointer << 24);
	for (size_t k = 0; value_of(map, "rest") && k < G_N_ELEMENTS(parts); k++)
		if (value_of(map, parts[k]))
			return inject_refuse(ir, value_of(map, parts[k])->at, "'rest' holds '%s' already; "
					     "expected one of them", parts[k]);
	return !gateway || end_read(ir, map, "gateway", false, i, &i->gateway);
}

static bool quote_read(struct inject_reader *ir, const struct yaml_node *map, struct topo_inject *i)
{
	const struct yaml_node *bytes = value_of(map, "bytes");
	struct inject_reader inner = *ir;
	struct topo_inject *quote;

	if (!map)
		return true;
	if (++inner.depth > QUOTES_MOST)
		return inject_refuse(ir, map->at, "a quote in a quote in a quote; expected fewer");
	quote = arena_array(ir->r->arena, struct topo_inject, 1);
	quote->family = i->family;
	i->quote = quote;
	i->quote_len = bytes ? (uint32_t)value_bytes(bytes) : 0;
	return inject_packet(&inner, map, false, quote);
}

static bool icmp_any_read(struct inject_reader *ir, const struct yaml_node *map, bool v6,
			  struct topo_inject *i)
{
	const char *key = v6 ? "icmp6" : "icmp";
	const struct yaml_node *quote = value_of(map, "quote"), *data = value_of(map, "data");

	type_read(map, v6 ? types6 : types4, &i->craft);
	if (quote && data)
		return inject_refuse(ir, data->at, "'quote' and 'data' do not go together; expected one");
	return inject_family(ir, i, v6 ? AF_INET6 : AF_INET, key, map->at) &&
	       ends_read(ir, map, key, false, i) && rest_read(ir, map, v6, i) &&
	       quote_read(ir, quote, i);
}

static bool icmp_read(struct inject_reader *ir, const struct yaml_node *map, struct topo_inject *i)
{
	return icmp_any_read(ir, map, false, i);
}

static bool icmp6_read(struct inject_reader *ir, const struct yaml_node *map, struct topo_inject *i)
{
	return icmp_any_read(ir, map, true, i);
}

/* ---- IP ---- */

static bool alone_read(struct inject_reader *ir, const struct yaml_node *map, struct topo_inject *i)
{
	if (!value_of(map, "protocol"))
		return inject_refuse(ir, map->at, "'ip' stands alone and does not say what it carries; "
				     "expected 'protocol', or tcp, udp, icmp or icmp6 beside it");
	return ends_read(ir, map, "ip", false, i);
}

static bool ip_family(struct inject_reader *ir, const struct yaml_node *map, struct topo_inject *i)
{
	static const char *const fours[] = { "df", "rf", "options", "ihl", "checksum" };

	for (size_t k = 0; k < G_N_ELEMENTS(fours); k++)
		if (value_of(map, fours[k]) &&
		    !inject_family(ir, i, AF_INET, fours[k], value_of(map, fours[k])->at))
			return false;
	return !value_of(map, "flow") ||
	       inject_family(ir, i, AF_INET6, "flow", value_of(map, "flow")->at);
}

static bool beside_check(struct inject_reader *ir, const struct yaml_node *map, const char *layer)
{
	static const char *const theirs[] = { "from", "to", "data" };

	for (size_t k = 0; k < G_N_ELEMENTS(theirs); k++)
		if (value_of(map, theirs[k]))
			return inject_refuse(ir, value_of(map, theirs[k])->at, "'%s' stands in 'ip'; "
					     "expected it in '%s'", theirs[k], layer);
	return true;
}

/* `map` may be NULL: all as it should be. */
static bool ip_read(struct inject_reader *ir, const struct yaml_node *map, uint8_t proto,
		    struct topo_inject *i)
{
	const struct yaml_node *df = value_of(map, "df"), *rf = value_of(map, "rf");
	struct craft_ip *ip = &i->craft.ip;

	i->has_ttl = value_of(map, "ttl") != NULL;
	i->has_id = value_of(map, "id") != NULL;
	ip->ttl = (uint8_t)inject_field(map, "ttl", 0);
	ip->tos = (uint8_t)inject_field(map, "tos", 0);
	ip->id = (uint16_t)inject_field(map, "id", 0);
	ip->flow = inject_field(map, "flow", 0);
	ip->proto = (uint8_t)inject_field(map, "protocol", proto);
	ip->df = df && !strcmp(df->text, "true");
	ip->rf = rf && !strcmp(rf->text, "true");
	ip->version = inject_lie(map, "version");
	ip->ihl = inject_lie(map, "ihl");
	ip->length = inject_lie(map, "length");
	return ip_family(ir, map, i) && checksum_read(ir, map, &ip->checksum) &&
	       options_read(ir, value_of(map, "options"), notation_ip_option, &ip->options);
}

/* ---- link ---- */

static bool arp_read(struct inject_reader *ir, const struct yaml_node *map, struct topo_inject *i)
{
	const struct yaml_node *op = value_of(map, "op");

	i->craft.kind = CRAFT_ARP;
	i->arp.op = !op || !strcmp(op->text, "request") ? ARP_REQUEST
		  : !strcmp(op->text, "reply") ? ARP_REPLY : (uint16_t)inject_field(map, "op", 0);
	if (!value_of(map, "tpa"))
		return inject_refuse(ir, map->at, "'arp' does not say for whom it is; expected 'tpa', such "
				     "as tpa: victim");
	return inject_family(ir, i, AF_INET, "arp", map->at) &&
	       inject_mac_read(ir, value_of(map, "sha"), &i->arp.sha) &&
	       inject_mac_read(ir, value_of(map, "tha"), &i->arp.tha) &&
	       end_read(ir, map, "spa", false, i, &i->arp.spa) &&
	       end_read(ir, map, "tpa", false, i, &i->arp.tpa);
}

static bool frame_read(struct inject_reader *ir, const struct yaml_node *value, struct topo_inject *i)
{
	char why[NOTATION_WHY];

	i->craft.kind = CRAFT_FRAME;
	if (!notation_hex(ir->r->arena, value->text, &i->frame, why))
		return inject_refuse(ir, value->at, "%s", why);
	if (i->frame.len < ETH_HLEN)
		return inject_refuse(ir, value->at, "a frame of %u bytes; expected at least the 14 of an "
				     "Ethernet header", i->frame.len);
	return i->frame.len <= CRAFT_MAX ||
	       inject_refuse(ir, value->at, "a frame of %u bytes; expected at most 65535", i->frame.len);
}

/* ---- the whole ---- */

static const struct layer {
	const char *key;
	enum craft_kind kind;
	uint8_t proto;
	bool (*read)(struct inject_reader *, const struct yaml_node *, struct topo_inject *);
	bool link; /* no IP, and not in a quote */
} layers[] = {
	{ "tcp", CRAFT_TCP, IPPROTO_TCP, tcp_read, false },
	{ "udp", CRAFT_UDP, IPPROTO_UDP, udp_read, false },
	{ "icmp", CRAFT_ICMP, IPPROTO_ICMP, icmp_read, false },
	{ "icmp6", CRAFT_ICMP6, IPPROTO_ICMPV6, icmp6_read, false },
	{ "arp", CRAFT_ARP, 0, arp_read, true },
	{ "frame", CRAFT_FRAME, 0, frame_read, true },
};

static bool layer_find(struct inject_reader *ir, const struct yaml_node *map, bool whole,
		       const struct layer **layer)
{
	*layer = NULL;
	for (size_t k = 0; k < G_N_ELEMENTS(layers); k++) {
		if (!value_of(map, layers[k].key))
			continue;
		if (*layer)
			return inject_refuse(ir, value_of(map, layers[k].key)->at, "'%s' and '%s' do not go "
					     "together; expected one", (*layer)->key, layers[k].key);
		*layer = &layers[k];
	}
	if (*layer && (*layer)->link && value_of(map, "ip"))
		return inject_refuse(ir, value_of(map, "ip")->at, "'%s' has no IP header; expected it "
				     "without 'ip'", (*layer)->key);
	return *layer || value_of(map, "ip") ||
	       inject_refuse(ir, map->at, "no packet is described; expected one of tcp, udp, icmp, icmp6, %s",
			     whole ? "ip, arp and frame" : "and ip");
}

bool inject_packet(struct inject_reader *ir, const struct yaml_node *map, bool whole,
		   struct topo_inject *i)
{
	const struct yaml_node *ip = value_of(map, "ip"), *own;
	const struct layer *layer;

	if (!layer_find(ir, map, whole, &layer))
		return false;
	own = layer ? value_of(map, layer->key) : ip;
	if (layer && layer->link)
		return layer->read(ir, own, i);
	i->craft.kind = layer ? layer->kind : CRAFT_IP;
	if (layer ? !layer->read(ir, own, i) || !beside_check(ir, ip, layer->key)
		  : !alone_read(ir, own, i))
		return false;
	return ip_read(ir, ip, layer ? layer->proto : 0, i) &&
	       (!layer || checksum_read(ir, own, &i->craft.checksum)) &&
	       inject_data_read(ir, value_of(own, "data"), &i->craft.data, &i->random);
}
