/*
 * ARP for IPv4 over Ethernet (RFC 826): requests and replies, 28 bytes. Anything else that ARP
 * could carry is refused with its reason. Bytes after the 28 are padding and ignored.
 */
#ifndef WIRE_ARP_H
#define WIRE_ARP_H

#include <stddef.h>
#include <stdint.h>

#include "wire/ipaddr.h"
#include "wire/mac.h"

#define ARP_LEN 28

enum arp_op {
	ARP_REQUEST = 1,
	ARP_REPLY = 2,
};

enum arp_result {
	ARP_OK,
	ARP_SHORT,
	ARP_BAD_HTYPE,                  /* hardware type is not Ethernet */
	ARP_BAD_PTYPE,                  /* protocol is not IPv4 */
	ARP_BAD_HLEN,
	ARP_BAD_PLEN,
	ARP_BAD_OP,                     /* neither request nor reply */
};

struct arp {
	enum arp_op op;
	struct mac sha;                 /* sender, hardware and protocol address */
	struct ipaddr spa;
	struct mac tha;                 /* target */
	struct ipaddr tpa;
};

enum arp_result arp_parse(const uint8_t *p, size_t len, struct arp *a);

/* Writes ARP_LEN bytes. */
void arp_emit(uint8_t *p, const struct arp *a);

/* "bad operation" and so on; never NULL. */
const char *arp_result_name(enum arp_result r);

#endif
