/*
 * What becomes of a frame that goes to many stations.
 *
 * A host that does not want a broadcast or multicast frame (drop_is_refusal()) has lost nothing:
 * no capture is told. Only when all copies of the frame are gone and nobody took one, the
 * observers are told so, once: "nobody took it: no socket on UDP port 67 at printer, phone".
 *
 * The copies (packet_copy()) share a count of who is still under way and the first few refusals.
 * A packet has one while it is PACKET_GROUP: from the place where a group frame is copied, and only
 * if somebody observes. A frame that is never copied needs none.
 */
#ifndef CORE_GROUP_H
#define CORE_GROUP_H

#include "core/drop.h"
#include "core/packet.h"

#define GROUP_REFUSALS 8

struct site;

struct packet_group {
	struct packet_group *next; /* in the free list */
	uint32_t index;            /* in the world's groups */
	uint32_t copies;
	uint32_t refused; /* how often; the first GROUP_REFUSALS are kept */
	bool taken;
	struct group_refusal {
		const struct site *where;
		uint64_t detail;
		enum drop_reason reason;
	} refusal[GROUP_REFUSALS];
};

/* p is about to be copied for several stations. Does nothing if nobody observes. */
void group_begin(struct packet *p);

/* A copy of p was made, which is PACKET_GROUP. */
void group_join(const struct packet *p);

/* p, which is PACKET_GROUP, is about to end: taken, or as said by another sentence. */
void group_leave(struct packet *p, bool taken);

/* p, of the group or not, is about to end because this station does not want it. */
void group_refuse(struct packet *p, const struct site *where, enum drop_reason r, uint64_t detail);

/* The world ends. */
void group_free_all(struct world *w);

#endif
