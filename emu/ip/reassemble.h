/*
 * Between the two files of reassembly: reassemble.c keeps the fragments, reassemble_join.c makes
 * one packet of them. In all of them l3 is the IP header and l4 where the fragment's data begins.
 */
#ifndef IP_REASSEMBLE_H
#define IP_REASSEMBLE_H

#include "core/packet.h"

/*
 * Joins the data of a complete datagram, len bytes in fragments linked by next in their order,
 * into the first, which is returned; consumes the others. Headers are as they were.
 */
struct packet *fragments_join(struct packet *first, uint32_t len);

/* The IP header of a datagram with len bytes of data that was never cut; ecn is added to it. */
void headers_whole4(struct packet *p, uint32_t len, uint8_t ecn, bool df);

/* The same; takes the fragment header, which ends at l4, out. */
void headers_whole6(struct packet *p, uint32_t len, uint8_t ecn);

#endif
