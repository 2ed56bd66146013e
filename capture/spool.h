/*
 * The way of packet records into a pcapng file, with a stop in memory (capture.h says why).
 *
 * Records are built in place: spool_room() gives the address, spool_take() accepts what was built
 * there. They fill a chunk that grows from 4 KiB to the limit; then the older of the two chunks
 * goes into the file, and is filled anew. A large packet may make a chunk larger than the limit.
 */
#ifndef CAPTURE_SPOOL_H
#define CAPTURE_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes;
struct fates;
struct file;

struct spool_chunk {
	uint8_t *at;
	size_t used, room;
	uint64_t max_id;
};

struct spool {
	struct spool_chunk chunk[2];
	struct spool_chunk *newer;
	size_t limit;
	uint64_t flushed_id; /* largest packet id in the file; 0: nothing is */
	uint64_t header_len; /* of the header in the file */
	struct file *file;   /* owned */
	const struct fates *fates;
	/* Appends the file's header as it is during the run. */
	void (*header)(struct spool *, struct bytes *);
};

/* A spool into the file (owned from now on) with chunks of at most limit bytes. */
void spool_init(struct spool *s, struct file *file, size_t limit, const struct fates *fates,
		void (*header)(struct spool *, struct bytes *));

/* Also removes the file, if it was not finished. */
void spool_fini(struct spool *s);

/* For spool_room(): makes room in the newer chunk. */
void spool_make_room(struct spool *s, size_t size);

/* Where a record of `size` bytes may be built; valid until the next call. */
static inline uint8_t *spool_room(struct spool *s, size_t size)
{
	if (__builtin_expect(s->newer->room - s->newer->used < size, 0))
		spool_make_room(s, size);
	return s->newer->at + s->newer->used;
}

/* Accepts the record of that packet. */
static inline void spool_take(struct spool *s, size_t size, uint64_t id)
{
	s->newer->used += size;
	if (id > s->newer->max_id)
		s->newer->max_id = id;
}

/*
 * The end: the file gets its final header, all records with all their comments and the trailer,
 * and is put in place. late: the smallest id of packets whose fates came when records of theirs
 * were in some file; UINT64_MAX: there are none. False: *error says which file failed and why,
 * freed by the caller.
 */
bool spool_finish(struct spool *s, const struct bytes *header, const struct bytes *trailer,
		  uint64_t late, char **error);

#endif
