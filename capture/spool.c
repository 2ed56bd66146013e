#include "capture/spool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "capture/fate.h"
#include "capture/file.h"
#include "capture/pcapng.h"
#include "core/alloc.h"

#define CHUNK_FIRST 4096
#define READ_BACK (UINT32_C(1) << 20) /* no record is as large */

void spool_init(struct spool *s, struct file *file, size_t limit, const struct fates *fates,
		void (*header)(struct spool *, struct bytes *))
{
	*s = (struct spool){.limit = limit, .file = file, .fates = fates, .header = header};
	s->newer = &s->chunk[0];
}

void spool_fini(struct spool *s)
{
	free(s->chunk[0].at);
	free(s->chunk[1].at);
	file_abort(s->file);
	*s = (struct spool){0};
}

/* The record's comments if they are not in it yet; 0: it is as it should be. What it has is the
 * beginning of what it should have, so the sizes tell. */
static uint32_t comments_missing(const struct fates *fates, const uint8_t *record, uint32_t size,
				 const char *texts[FATES_OF_MAX])
{
	uint32_t count = fates_of(fates, pcapng_packet_id(record), texts);
	size_t want = pcapng_packet_size(pcapng_packet_captured(record));

	for (uint32_t i = 0; i < count; i++)
		want += 4 + pcapng_pad((uint32_t)strlen(texts[i]));
	return size == want ? 0 : count;
}

/* Writes whole records, giving them the comments that they lack. */
static void records_write(struct file *f, const struct fates *fates, const uint8_t *at, size_t len)
{
	const char *texts[FATES_OF_MAX];
	struct bytes commented = {0};
	const uint8_t *span = at, *end = at + len;

	while (at < end && !fates_empty(fates)) {
		uint32_t size = le32_load(at + 4);
		uint32_t count = comments_missing(fates, at, size, texts);

		if (count) {
			file_write(f, span, (size_t)(at - span));
			commented.len = 0;
			pcapng_packet_commented(&commented, at, texts, count);
			file_write(f, commented.at, commented.len);
			span = at + size;
		}
		at += size;
	}
	file_write(f, span, (size_t)(end - span));
	free(commented.at);
}

static bool records_lack(const struct fates *fates, const uint8_t *at, size_t len)
{
	const char *texts[FATES_OF_MAX];
	uint32_t size;

	for (const uint8_t *end = at + len; at < end; at += size) {
		size = le32_load(at + 4);
		if (comments_missing(fates, at, size, texts))
			return true;
	}
	return false;
}

static void chunk_flush(struct spool *s, struct spool_chunk *c)
{
	if (!c->used)
		return;
	if (!s->header_len) {
		struct bytes b = {0};

		s->header(s, &b);
		file_write(s->file, b.at, b.len);
		s->header_len = b.len;
		free(b.at);
	}
	records_write(s->file, s->fates, c->at, c->used);
	if (c->max_id > s->flushed_id)
		s->flushed_id = c->max_id;
	c->used = 0;
	c->max_id = 0;
}

void spool_make_room(struct spool *s, size_t size)
{
	struct spool_chunk *c = s->newer;

	if (c->used && c->used + size > s->limit) {
		c = s->newer = c == &s->chunk[0] ? &s->chunk[1] : &s->chunk[0];
		chunk_flush(s, c);
	}
	if (c->used + size > c->room) {
		size_t room = c->room ? c->room : CHUNK_FIRST;

		while (room < c->used + size)
			room *= 2;
		if (room > s->limit && c->used + size <= s->limit)
			room = s->limit;
		c->at = nt_realloc(c->at, room);
		c->room = room;
	}
}

/*
 * Calls visit with all records of the file, many whole ones at a time, until it returns false.
 * Returns false then, and when the file could not be read.
 */
static bool records_read_back(struct spool *s, uint64_t end,
			      bool (*visit)(const struct fates *, const uint8_t *, size_t, void *),
			      void *user)
{
	size_t have = 0;
	uint8_t *buf = nt_malloc(READ_BACK);
	uint64_t at = s->header_len;
	bool on = true;

	while (on && (at < end || have)) {
		size_t room = READ_BACK - have, whole = 0;
		size_t want = end - at < room ? (size_t)(end - at) : room;

		if (want && file_read_back(s->file, at, buf + have, want) != want) {
			file_fail(s->file, EIO); /* somebody has cut it */
			on = false;
			break;
		}
		at += want;
		have += want;
		while (have - whole >= 8 && le32_load(buf + whole + 4) <= have - whole &&
		       le32_load(buf + whole + 4))
			whole += le32_load(buf + whole + 4);
		if (!whole) {
			file_fail(s->file, EIO); /* somebody has changed it */
			on = false;
			break;
		}
		on = visit(s->fates, buf, whole, user);
		memmove(buf, buf + whole, have - whole);
		have -= whole;
	}
	free(buf);
	return on;
}

static bool visit_check(const struct fates *fates, const uint8_t *at, size_t len, void *user)
{
	(void)user;
	return !records_lack(fates, at, len);
}

static bool visit_write(const struct fates *fates, const uint8_t *at, size_t len, void *user)
{
	struct file *f = user;

	records_write(f, fates, at, len);
	return !file_error(f);
}

/* Writes the file once more, header and all; the new one takes the old one's place. */
static void spool_rewrite(struct spool *s, const struct bytes *header)
{
	struct file *again = file_again(s->file);

	file_write(again, header->at, header->len);
	if (!records_read_back(s, file_size(s->file), visit_write, again) && !file_error(again))
		file_fail(again, EIO);
	file_abort(s->file);
	s->file = again;
}

bool spool_finish(struct spool *s, const struct bytes *header, const struct bytes *trailer,
		  uint64_t late, char **error)
{
	struct spool_chunk *older = s->newer == &s->chunk[0] ? &s->chunk[1] : &s->chunk[0];
	uint64_t spooled = s->flushed_id;
	uint8_t length[8];
	struct file *f;
	bool ok;

	if (!s->header_len) {
		file_write(s->file, header->at, header->len);
		s->header_len = header->len;
	}
	chunk_flush(s, older);
	chunk_flush(s, s->newer);
	/* A header only ever grows: by secrets, by the word that the run was interrupted. */
	if (s->header_len != header->len ||
	    (late <= spooled &&
	     !records_read_back(s, file_size(s->file), visit_check, NULL))) {
		if (!file_error(s->file))
			spool_rewrite(s, header);
	}
	f = s->file;
	file_write(f, trailer->at, trailer->len);
	/* The section is everything behind its header, whose length is its second word. */
	le64_store(length, file_size(f) - le32_load(header->at + 4));
	if (!file_error(f))
		file_rewrite(f, PCAPNG_SECTION_LENGTH_AT, length, sizeof(length));
	ok = file_commit(f, error);
	s->file = NULL;
	return ok;
}
