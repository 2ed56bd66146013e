/*
 * A world: virtual time, one scheduler, the packets, and who watches them.
 *
 * Everything that lives in a world reaches it through its site. Several worlds may exist in one
 * process; they share nothing.
 */
#ifndef CORE_WORLD_H
#define CORE_WORLD_H

#include "core/drop.h"
#include "core/packet.h"
#include "core/sched.h"

/*
 * A place where packets can die: a node or a link. It is the first member of both.
 * drops is NULL until the first one, then an array of DROP_REASON_COUNT counts.
 */
struct site {
	struct world *world;
	const char *name; /* owned by whoever made the site */
	uint64_t *drops;
};

/*
 * Someone who wants to know what becomes of packets (the captures). note() is called while the
 * packet still exists, at the moment something happened to it that its sender did not ask for:
 * it was lost, dropped, duplicated, reordered or corrupted. text is a sentence such as
 * "lost on wan: burst loss", valid during the call.
 */
struct observer {
	struct observer *next;
	void (*note)(struct observer *, const struct packet *, const char *text);
};

struct world {
	struct sched sched;
	uint64_t seed;
	struct packet_pool pool;
	uint64_t last_packet_id;
	struct packet_group **groups, *groups_free; /* group.h */
	uint32_t group_count, group_room;
	uint64_t on_wires; /* frames that a link holds, queued or in flight */
	struct observer *observers;
};

/* An empty world at time zero. */
struct world *world_new(uint64_t seed);

/* Everything that lived in it must be gone before. */
void world_free(struct world *w);

static inline vtime world_now(const struct world *w)
{
	return w->sched.now;
}

void world_observe(struct world *w, struct observer *o);
void world_unobserve(struct world *w, struct observer *o);

void site_init(struct site *s, struct world *w, const char *name);
void site_fini(struct site *s);

uint64_t site_drops(const struct site *s, enum drop_reason r);

/* Counts a drop without a packet at hand (it was never made). */
void site_count(struct site *s, enum drop_reason r);

/*
 * The end of a packet that was not delivered: counts the reason at the site, tells the observers
 * and frees the packet (consumes it). detail fills the reason's %llu.
 */
void packet_drop_detail(struct packet *p, struct site *where, enum drop_reason r, uint64_t detail);

static inline void packet_drop(struct packet *p, struct site *where, enum drop_reason r)
{
	packet_drop_detail(p, where, r, 0);
}

/* The same, with words of one's own for the captures instead of the reason's. */
void packet_drop_said(struct packet *p, struct site *where, enum drop_reason r, const char *fmt,
		      ...)
	__attribute__((format(printf, 4, 5)));

/*
 * The end of a frame that was not meant for this station (a flooded one, a group that nobody here
 * joined): counted at the site, but no fate of the packet. Consumes it.
 */
void packet_ignore(struct packet *p, struct site *where, enum drop_reason r);

/* Tells the observers something about a packet that lives on (borrows it). */
void packet_note(const struct packet *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The same about a packet that is gone: what is known of it only later. Its id is all there is. */
void packet_note_id(struct world *w, uint64_t id, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
