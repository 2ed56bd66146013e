/*
 * An Ethernet switch: learning, ageing, flooding, VLANs (IEEE 802.1D and 802.1Q).
 *
 * Each frame teaches the switch that its source is behind its port; a frame whose destination is
 * known goes out of that port only, all others (broadcast, multicast, unknown) out of every
 * other port of the VLAN. The table is bounded: when it is full, new stations are not learnt, and
 * frames to them are flooded. Entries that were not heard of for the ageing time are forgotten.
 * Flooding copies headers and shares the payload; all copies keep the packet's id.
 *
 * A port is an access port of one VLAN (untagged frames) or a trunk of several (tagged; an
 * untagged frame on a trunk belongs to its native VLAN). Forwarding itself takes no time: the
 * store and forward delay is the frame's time on the next link.
 */
#ifndef LINK_SWITCH_H
#define LINK_SWITCH_H

#include "link/iface.h"

#define SWITCH_TABLE_DEFAULT 8192
#define SWITCH_AGEING_DEFAULT_S 300
#define SWITCH_VLAN_DEFAULT 1

struct eth_switch; /* its first member is its site */

struct switch_port_params {
	uint16_t vlan;         /* access: its VLAN; trunk: the native VLAN (0: none) */
	const uint16_t *trunk; /* trunk: the tagged VLANs; borrowed; NULL: an access port */
	uint32_t trunk_count;
};

/* table: entries; ageing: VTIME_NEVER keeps them. The name is copied. */
struct eth_switch *switch_new(struct world *w, const char *name, uint32_t table, vtime ageing);
void switch_free(struct eth_switch *s);

struct site *switch_site(struct eth_switch *s);

/* Adds a port; the interface belongs to the switch. params NULL: access port of VLAN 1. */
struct iface *switch_add_port(struct eth_switch *s, const char *name, struct mac mac,
			      const struct switch_port_params *params);

struct iface *switch_ports(struct eth_switch *s); /* linked by next */

void switch_set_up(struct eth_switch *s, bool up);

/* Frames passed from port to port, and of these the flooded ones. */
uint64_t switch_forwarded(const struct eth_switch *s);
uint64_t switch_flooded(const struct eth_switch *s);

/* Stations known now, and the port of one (NULL: unknown); for tests and reports. */
uint32_t switch_table_count(struct eth_switch *s);
struct iface *switch_lookup(struct eth_switch *s, struct mac mac, uint16_t vlan);

#endif
