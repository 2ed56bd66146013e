/*
 * Ethernet II frames as tcpdump sees them (no preamble, no FCS), with at most one 802.1Q tag.
 * An 802.3 length instead of a type is told apart and not parsed further.
 */
#ifndef WIRE_ETH_H
#define WIRE_ETH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "wire/be.h"
#include "wire/mac.h"

#define ETH_HLEN 14                     /* untagged */
#define ETH_VLAN_HLEN 18                /* with an 802.1Q tag */
#define ETH_TAG_LEN 4
#define ETH_MIN_FRAME 60                /* without FCS */

enum eth_type {
	ETH_TYPE_MIN = 0x0600,          /* below are 802.3 lengths (IEEE 802.3 3.2.6) */
	ETH_TYPE_IPV4 = 0x0800,
	ETH_TYPE_ARP = 0x0806,
	ETH_TYPE_VLAN = 0x8100,         /* 802.1Q C-tag */
	ETH_TYPE_IPV6 = 0x86dd,
	ETH_TYPE_QINQ = 0x88a8,         /* 802.1ad S-tag */
};

enum eth_result {
	ETH_OK,
	ETH_SHORT,                      /* the frame ends inside the header or its tag */
	ETH_LLC,                        /* an 802.3 length: addresses are set, the rest is not */
	ETH_BAD_VID,                    /* VLAN 0xfff is reserved (802.1Q table 9-2) */
};

struct vlan {
	uint16_t vid;                   /* 0..4094; 0 is priority only */
	uint8_t pcp;                    /* 0..7 */
	bool dei;
};

struct eth_hdr {
	struct mac dst;
	struct mac src;
	uint16_t type;                  /* of the payload, past the tag; >= ETH_TYPE_MIN */
	bool tagged;
	struct vlan vlan;               /* zeros if not tagged */
};

static inline struct vlan vlan_from_tci(uint16_t tci)
{
	return (struct vlan){ .vid = tci & 0xfff, .pcp = (uint8_t)(tci >> 13),
			      .dei = tci >> 12 & 1 };
}

static inline uint16_t vlan_to_tci(const struct vlan *v)
{
	return (uint16_t)(v->pcp << 13 | (v->dei ? 0x1000 : 0) | (v->vid & 0xfff));
}

/* Bytes that the header takes on the wire. */
static inline size_t eth_hlen(const struct eth_hdr *h)
{
	return h->tagged ? ETH_VLAN_HLEN : ETH_HLEN;
}

static inline enum eth_result eth_parse(const uint8_t *p, size_t len, struct eth_hdr *h)
{
	if (len < ETH_HLEN)
		return ETH_SHORT;
	h->dst = mac_from_bytes(p);
	h->src = mac_from_bytes(p + 6);
	h->type = be16_load(p + 12);
	h->tagged = false;
	h->vlan = (struct vlan){ 0 };
	if (h->type == ETH_TYPE_VLAN) {
		if (len < ETH_VLAN_HLEN)
			return ETH_SHORT;
		h->tagged = true;
		h->vlan = vlan_from_tci(be16_load(p + 14));
		h->type = be16_load(p + 16);
		if (h->vlan.vid == 0xfff)
			return ETH_BAD_VID;
	}
	return h->type < ETH_TYPE_MIN ? ETH_LLC : ETH_OK;
}

/* Writes eth_hlen(h) bytes and returns their number. */
static inline size_t eth_emit(uint8_t *p, const struct eth_hdr *h)
{
	memcpy(p, h->dst.b, 6);
	memcpy(p + 6, h->src.b, 6);
	if (!h->tagged) {
		be16_store(p + 12, h->type);
		return ETH_HLEN;
	}
	be16_store(p + 12, ETH_TYPE_VLAN);
	be16_store(p + 14, vlan_to_tci(&h->vlan));
	be16_store(p + 16, h->type);
	return ETH_VLAN_HLEN;
}

#endif
