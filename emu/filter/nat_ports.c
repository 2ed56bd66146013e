/* Which address and port a mapping gets outside (RFC 4787 4.1, 4.2; RFC 5382 7; RFC 7857 3, 9). */
#include "filter/nat_int.h"

#include <netinet/in.h>

#define WELL_KNOWN_END 1024

static const struct ipaddr *iface_addr4(const struct ip_iface *i)
{
	for (const struct ip_addr *a = i->addrs; a; a = a->next)
		if (ipaddr_is4(&a->addr))
			return &a->addr;
	return NULL;
}

bool nat_is_outside_addr(const struct nat *nat, const struct ipaddr *addr)
{
	for (uint32_t i = 0; i < nat->params.n_pool; i++)
		if (ipaddr_eq(&nat->params.pool[i], addr))
			return true;
	for (uint32_t i = 0; i < nat->n_outside; i++)
		for (const struct ip_addr *a = nat->outside[i]->addrs; a; a = a->next)
			if (ipaddr_is4(&a->addr) && ipaddr_eq(&a->addr, addr))
				return true;
	return false;
}

static bool is_forwarded(const struct nat *nat, const struct nat_map *map)
{
	for (uint32_t i = 0; i < nat->params.n_forwards; i++) {
		const struct nat_forward *f = &nat->params.forwards[i];

		if (f->proto == map->proto && map->outside_port >= f->first &&
		    map->outside_port <= f->last &&
		    (ipaddr_is_any(&f->address) || ipaddr_to4(&f->address) == map->outside))
			return true;
	}
	return false;
}

/*
 * What a port is forwarded to goes out from that port, too: who was told of it by the host itself (a game
 * server, a telephone) finds it.
 */
static bool choose_forwarded(const struct nat *nat, struct nat_map *map, uint32_t address)
{
	for (uint32_t i = 0; i < nat->params.n_forwards; i++) {
		const struct nat_forward *f = &nat->params.forwards[i];
		uint32_t k = (uint32_t)map->inside_port - f->to_port;

		if (f->proto != map->proto || !ipaddr_eq(&f->to, &map->inside) || k > f->last - (uint32_t)f->first)
			continue;
		map->outside = ipaddr_is_any(&f->address) ? address : ipaddr_to4(&f->address);
		map->outside_port = (uint16_t)(f->first + k);
		if (!nat_map_by_outside(&nat->maps, map))
			return true;
	}
	return false;
}

/* Whether the router itself waits for something there. */
static bool is_own(const struct nat *nat, const struct nat_map *map)
{
	const struct ip_proto *row = ip_proto_find(nat->node, map->proto);
	struct ipaddr outside = ipaddr_from4(map->outside);

	return row && row->listens && row->listens(nat->node, &outside, map->outside_port);
}

/*
 * Whether what comes back would belong to another connection, one of this node's own. What somebody
 * outside sent here and nobody answered is none: it makes way (conntrack_confirm()).
 */
static bool is_taken(const struct nat *nat, const struct nat_map *map, const struct ct_tuple *t)
{
	struct ct_tuple back = {.src = t->dst, .sport = t->dport, .dst = ipaddr_from4(map->outside),
				.dport = map->outside_port, .proto = map->proto};
	uint8_t dir;
	const struct conn *c = conntrack_find(filter_of(nat->node)->conntrack, &back, &dir);

	return c && (c->replied || dir == CT_REPLY);
}

static bool is_free(const struct nat *nat, const struct nat_map *map, const struct ct_tuple *t)
{
	return !nat_map_by_outside(&nat->maps, map) && !is_forwarded(nat, map) &&
	       !is_own(nat, map) && !is_taken(nat, map, t);
}

/* Protocols whose ports cannot be changed keep them, or find no mapping. */
static bool has_free_ports(uint8_t proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_UDPLITE ||
	       proto == IPPROTO_DCCP || proto == IPPROTO_ICMP;
}

/* Well-known ports stay well-known, others do not become it, as far as there are both (REQ-3 a). */
static void keep_range(const struct nat_map *map, uint32_t *first, uint32_t *last)
{
	if (map->proto == IPPROTO_ICMP || *first >= WELL_KNOWN_END || *last < WELL_KNOWN_END)
		return;
	if (map->inside_port < WELL_KNOWN_END)
		*last = WELL_KNOWN_END - 1;
	else
		*first = WELL_KNOWN_END;
}

/* From a place that nobody can foresee on, the first free one. */
static bool choose_port(struct nat *nat, struct nat_map *map, const struct ct_tuple *t)
{
	const struct nat_params *params = &nat->params;
	uint32_t first = params->first_port, last = params->last_port, n, start;
	bool parity = params->port_parity && map->proto != IPPROTO_ICMP;

	map->outside_port = map->inside_port;
	if (!has_free_ports(map->proto))
		return is_free(nat, map, t);
	if (params->port_preservation && map->inside_port >= first && map->inside_port <= last &&
	    is_free(nat, map, t))
		return true;
	keep_range(map, &first, &last);
	n = last - first + 1;
	start = rng_below(&nat->maps.rng, n);
	for (uint32_t i = 0; i < n; i++) {
		map->outside_port = (uint16_t)(first + (start + i) % n);
		if ((!parity || !((map->outside_port ^ map->inside_port) & 1)) && is_free(nat, map, t))
			return true;
	}
	return false;
}

/* One inside address, one outside address (REQ-2): by its hash. Else in turns. */
static uint32_t pool_start(struct nat *nat, const struct nat_map *map)
{
	return nat->params.paired ? ipaddr_hash(&map->inside) : nat->next_pool++;
}

bool nat_choose_outside(struct nat *nat, struct nat_map *map, const struct ct_tuple *t,
			struct ip_iface *out)
{
	const struct ipaddr *own = iface_addr4(out);
	uint32_t n = nat->params.n_pool, start;

	if (!n) {
		if (!own)
			return false;
		map->outside = ipaddr_to4(own);
		return choose_forwarded(nat, map, map->outside) || choose_port(nat, map, t);
	}
	start = pool_start(nat, map);
	if (choose_forwarded(nat, map, ipaddr_to4(&nat->params.pool[start % n])))
		return true;
	for (uint32_t i = 0; i < n; i++) {
		map->outside = ipaddr_to4(&nat->params.pool[(start + i) % n]);
		if (choose_port(nat, map, t))
			return true;
		if (nat->params.paired)
			return false;
	}
	return false;
}
