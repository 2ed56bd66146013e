/*
 * Two hosts behind one NAT that send to each other's outside endpoint, as hole punching has it (RFC 4787
 * 6): to the filter what the first sends has gone out, although it is refused on its way in again; what
 * the second sends back is an answer to it. A few such knocks are remembered, the oldest is forgotten
 * for the newest.
 */
#include "filter/nat_int.h"

#define KNOCK_TIME 120 /* s, as a UDP mapping (RFC 4787 REQ-5) */

static bool knocked(const struct nat *nat, const struct nat_map *from, const struct nat_map *at)
{
	vtime now = world_now(node_world(nat->node));
	bool any_port = nat_kinds_of(nat, from->proto).filtering == NAT_ADDRESS_DEPENDENT;

	for (uint32_t i = 0; i < NAT_KNOCKS; i++) {
		const struct nat_knock *k = &nat->knocks[i];

		if (k->proto == from->proto && k->from == from->outside &&
		    k->from_port == from->outside_port && k->at == at->outside &&
		    (any_port || k->at_port == at->outside_port) && vtime_before(now, k->until))
			return true;
	}
	return false;
}

bool nat_hairpin_admits(struct nat *nat, const struct nat_map *map, const struct nat_map *own)
{
	struct ipaddr from = ipaddr_from4(own->outside);

	/* Who sends to himself has sent there before it comes. */
	if (own == map || nat_map_admits(nat, map, &from, own->outside_port) || knocked(nat, map, own))
		return true;
	/* A mapping that goes with this packet is nobody's to answer to. */
	if (own->sessions || own->hairpins)
		nat->knocks[nat->next_knock++ % NAT_KNOCKS] = (struct nat_knock){
			.proto = own->proto,
			.from = own->outside,
			.from_port = own->outside_port,
			.at = map->outside,
			.at_port = map->outside_port,
			.until = vtime_add(world_now(node_world(nat->node)), vtime_s(KNOCK_TIME)),
		};
	return false;
}
