/*
 * Which IP a frame carries, from what stands right before its l3: the EtherType, behind whatever
 * tags there are.
 */
#ifndef WIRE_FRAME_IP_H
#define WIRE_FRAME_IP_H

#include "core/packet.h"
#include "wire/be.h"
#include "wire/eth.h"

/* 4, 6, or 0 for anything else. */
static inline int frame_ip_version(const struct packet *p)
{
	if (p->l3 < p->head + ETH_HLEN)
		return 0;
	switch (be16_load(p->hdr + p->l3 - 2)) {
	case ETH_TYPE_IPV4:
		return 4;
	case ETH_TYPE_IPV6:
		return 6;
	}
	return 0;
}

#endif
