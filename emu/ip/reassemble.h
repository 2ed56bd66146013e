/*
 * Reassembly, between its three files: reassemble.c takes a fragment in, reassemble_table.c keeps
 * the datagrams that are not whole yet, reassemble_join.c makes one packet of one that is.
 * Fragments wait in their datagram sorted by offset; in all of them l3 is the IP header and l4
 * where the fragment's data begins.
 *
 * A node's datagrams stand in a hash table, and in a list a family in the order in which they
 * began: that is the order in which they run out of time or, when there are too many, of luck. One
 * event a node serves all: it is armed for the first in either list.
 */
#ifndef IP_REASSEMBLE_H
#define IP_REASSEMBLE_H

#include "ip/node.h"

#define REASSEMBLY_BUCKETS 64 /* a power of two */

struct datagram {
	struct datagram *chain;        /* in its bucket */
	struct datagram *older, *newer; /* in its family's list */
	struct ipaddr src, dst;
	uint32_t id;
	uint8_t proto; /* IPv4 only: identifications are counted per protocol there */
	bool ip4;
	uint8_t ecn_seen; /* bit per enum ecn */
	vtime began;
	struct packet *first, *last; /* linked by next, ascending; l4: where their data begins */
	uint32_t have;               /* bytes of data */
	uint32_t len;                /* of the whole data, once the last fragment came; else 0 */
	uint32_t cost;               /* memory */
	uint32_t max_len, max_df_len; /* largest fragment, and largest with DF (IPv4) */
};

struct family {
	struct datagram *oldest, *newest;
	uint64_t cost;
};

struct reassembly {
	struct node *node;
	struct datagram *buckets[REASSEMBLY_BUCKETS];
	struct family families[2]; /* IPv6, IPv4 */
	struct datagram *spare;    /* not in use, linked by chain */
	struct event timeout;
};

/* What the headers of a fragment say. */
struct fragment {
	struct ipaddr src, dst;
	uint32_t id;
	uint32_t offset, end; /* of its data */
	uint8_t proto;
	bool ip4, mf, df;
	uint8_t ecn;
	uint32_t headers; /* in front of the data in the whole: what must fit into 65535 with it */
};

/* The node's; made if need be. */
struct reassembly *reassembly_of(struct node *n);

/* The datagram of that fragment; NULL: none yet. */
struct datagram *datagram_find(struct reassembly *r, const struct fragment *f);
struct datagram *datagram_new(struct reassembly *r, const struct fragment *f);

/* It needs so much more memory. */
void datagram_charge(struct reassembly *r, struct datagram *d, uint32_t cost);

/* Out of the table and gone; returns its fragments, or drops them. */
struct packet *datagram_end(struct reassembly *r, struct datagram *d);
void datagram_drop(struct reassembly *r, struct datagram *d, enum drop_reason why, uint64_t detail);

/* Drops the oldest of a family until what is left is allowed. */
void datagrams_make_room(struct reassembly *r, bool ip4);

/* Where a fragment's data lies in the whole. */
uint32_t fragment_offset(const struct datagram *d, const struct packet *p);
uint32_t fragment_end(const struct datagram *d, const struct packet *p);

/* Drops p and all that are linked to it. */
void fragments_drop(struct node *n, struct packet *p, enum drop_reason why, uint64_t detail);

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
