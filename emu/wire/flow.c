#include "wire/flow.h"

#include <netinet/in.h>

#include "wire/frame_ip.h"
#include "wire/ipv4.h"
#include "wire/ipv6_ext.h"

#define UDP_LITE 136
#define HEADER_ROOM 128 /* fixed header and as many extension headers as are looked at */

/* One round of SplitMix64: every bit of the result depends on every bit of both. */
static uint64_t flow_mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) + UINT64_C(0x9e3779b97f4a7c15);
	hash = (hash ^ hash >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	hash = (hash ^ hash >> 27) * UINT64_C(0x94d049bb133111eb);
	return hash ^ hash >> 31;
}

static bool flow_has_ports(uint8_t proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_SCTP ||
	       proto == IPPROTO_DCCP || proto == UDP_LITE;
}

/* Protocol and both ports, if there are any, as one word. */
static uint64_t flow_word(const struct packet *p, uint8_t proto, size_t l4, bool fragment)
{
	uint8_t ports[4] = {0};

	if (!fragment && flow_has_ports(proto))
		packet_read(p, p->l3, (uint32_t)l4, ports, sizeof(ports));
	return (uint64_t)proto << 32 | be32_load(ports);
}

static uint64_t flow_hash4(const struct packet *p, uint64_t hash)
{
	struct ipv4_hdr h;
	uint8_t bytes[IPV4_HLEN];

	if (packet_read(p, p->l3, 0, bytes, sizeof(bytes)) < sizeof(bytes))
		return hash;
	ipv4_load(bytes, &h);
	hash = flow_mix(hash, (uint64_t)be32_load(bytes + 12) << 32 | be32_load(bytes + 16));
	return flow_mix(hash, flow_word(p, h.proto, ipv4_hlen(&h), ipv4_is_fragment(&h)));
}

static uint64_t flow_hash6(const struct packet *p, uint64_t hash)
{
	struct ipv6_ext ext = {.l4_off = IPV6_HLEN};
	uint8_t bytes[HEADER_ROOM];
	uint32_t have = packet_read(p, p->l3, 0, bytes, sizeof(bytes));

	if (have < IPV6_HLEN)
		return hash;
	for (int at = 8; at < IPV6_HLEN; at += 8)
		hash = flow_mix(hash, be64_load(bytes + at));
	ext.proto = bytes[6];
	if (ipv6_has_ext(ext.proto))
		ipv6_ext_walk(bytes, have, &ext);
	return flow_mix(hash, flow_word(p, ext.proto, ext.l4_off, ext.frag_off != 0));
}

uint64_t packet_flow_hash(const struct packet *p, uint64_t key)
{
	switch (frame_ip_version(p)) {
	case 4:
		return flow_hash4(p, key);
	case 6:
		return flow_hash6(p, key);
	}
	return flow_mix(key, p->l3 >= p->head + 2 ? be16_load(p->hdr + p->l3 - 2) : 0);
}
