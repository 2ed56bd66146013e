/*
 * What became of packets: a table from packet ids to sentences ("lost on wan: burst loss").
 *
 * Captures say which packets they have recorded (fates_seen); everything that happens to packets is
 * noted (fates_note); whoever writes a record asks for its sentences (fates_of). Fates of packets
 * that are in a capture are kept to the end, since a later fate may make the record be written
 * again: some 50 bytes for a record that takes more in the file. Fates of packets that no capture
 * has seen are kept only while they are among the newest FATES_UNSEEN: most of those packets are
 * dead, but one that was merely delayed may still come by.
 *
 * Which packets were seen is kept as one bit each, in pages over the newest ids. A page is given to
 * younger ids when FATES_PAGES others have come after it; whatever is older counts as seen.
 */
#ifndef CAPTURE_FATE_H
#define CAPTURE_FATE_H

#include <stdbool.h>
#include <stdint.h>

#define FATES_UNSEEN 65536
#define FATES_PAGES 1024   /* of 4 KiB: 33 million packets */
#define FATES_PAGE_BITS 15
#define FATES_OF_MAX 64    /* sentences of one packet; more are not kept */

struct fates_entry {
	uint64_t id; /* 0: free */
	uint32_t first, last; /* notes */
};

struct fates_note {
	uint64_t id;
	uint32_t text;
	uint32_t next; /* of the same packet, later; FATES_NONE ends */
};

struct fates {
	struct {
		uint64_t number; /* page + 1; 0: none yet */
		uint64_t *bits;
	} page[FATES_PAGES];
	uint64_t last_page; /* page + 1 of last_bits; 0: none */
	uint64_t *last_bits;
	uint64_t *old_bits; /* takes bits of ids too old to be kept */

	struct fates_entry *table; /* open addressing; room is a power of two */
	uint32_t entries, room;
	struct fates_note *notes;
	uint32_t note_count, note_room, sweep_at;

	char **texts;
	uint32_t text_count, text_room;
	uint32_t *text_table; /* index + 1; 0: free */
	uint32_t text_table_room;
};

void fates_init(struct fates *f);
void fates_fini(struct fates *f);

/* For fates_seen(): makes last_bits those of the id's page. */
void fates_turn_page(struct fates *f, uint64_t page);

/* A capture has recorded this packet. */
static inline void fates_seen(struct fates *f, uint64_t id)
{
	uint64_t page = id >> FATES_PAGE_BITS;

	if (__builtin_expect(page + 1 != f->last_page, 0))
		fates_turn_page(f, page);
	f->last_bits[(id & ((1 << FATES_PAGE_BITS) - 1)) >> 6] |= UINT64_C(1) << (id & 63);
}

bool fates_was_seen(const struct fates *f, uint64_t id);

/* Something happened to the packet; the same sentence counts once. The text is copied. */
void fates_note(struct fates *f, uint64_t id, const char *text);

/* The packet's sentences in the order in which they were noted; returns how many. */
uint32_t fates_of(const struct fates *f, uint64_t id, const char *texts[FATES_OF_MAX]);

static inline bool fates_empty(const struct fates *f)
{
	return f->entries == 0;
}

#endif
