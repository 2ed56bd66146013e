/* The packet path: frames into records, fates into the table. */
#include "capture/capture_private.h"

#include <stdio.h>

#include "capture/file.h"
#include "capture/filter.h"
#include "capture/pcap.h"
#include "core/alloc.h"
#include "wire/be.h"

/* The set's error is the first one of its files. */
static void error_look(struct capture_set *set, const struct file *f)
{
	if (!set->error && file_error(f))
		set->error = nt_strdup(file_error(f));
}

/* Copies the first n bytes of p's frame. */
static inline void frame_copy(uint8_t *to, const struct packet *p, uint32_t n)
{
	uint32_t headers = (uint32_t)(p->end - p->head);

	if (n <= headers) {
		memcpy(to, p->hdr + p->head, n);
		return;
	}
	memcpy(to, p->hdr + p->head, headers);
	memcpy(to + headers, p->data, n - headers);
}

void record_pcapng(struct tap *tap, const struct packet *p, enum tap_dir dir, vtime at)
{
	struct capture_tap *t = container_of(tap, struct capture_tap, tap);
	struct capture *c = t->capture;
	uint32_t len = packet_len(p), captured = len < c->snaplen ? len : c->snaplen;
	uint32_t copied = c->filter ? len : captured;
	uint64_t flushed = c->spool.flushed_id;
	uint8_t *record = spool_room(&c->spool, pcapng_packet_size(copied));

	t->received++;
	if (__builtin_expect(flushed != c->spool.flushed_id, 0)) {
		if (c->spool.flushed_id > c->set->flushed_id)
			c->set->flushed_id = c->spool.flushed_id;
		error_look(c->set, c->spool.file);
	}
	frame_copy(pcapng_packet_begin(record), p, copied);
	if (c->filter && !filter_passes(c->filter, pcapng_packet_begin(record), len))
		return;
	t->accepted++;
	c->frames++;
	spool_take(&c->spool, pcapng_packet_end(record, t->index, at, captured, len, dir, p->id),
		   p->id);
	fates_seen(&c->set->fates, p->id);
}

void record_pcap(struct tap *tap, const struct packet *p, enum tap_dir dir, vtime at)
{
	struct capture_tap *t = container_of(tap, struct capture_tap, tap);
	struct capture *c = t->capture;
	uint32_t len = packet_len(p);

	(void)dir;
	if (len > c->frame_room) {
		c->frame_room = len < 2048 ? 2048 : len;
		c->frame = nt_realloc(c->frame, c->frame_room);
	}
	frame_copy(c->frame, p, len);
	if (c->filter && !filter_passes(c->filter, c->frame, len))
		return;
	c->frames++;
	pcap_out_frame(c->pcap, c->frame, len < c->snaplen ? len : c->snaplen, len, at);
	error_look(c->set, c->file);
}

static void fate_note(struct capture_set *set, uint64_t id, const char *text)
{
	fates_note(&set->fates, id, text);
	/* Ids grow with time: of this packet, nothing can be in a file yet if it is younger. */
	if (id <= set->flushed_id && id < set->late && fates_was_seen(&set->fates, id))
		set->late = id;
}

static bool is_fragment(const struct packet *p)
{
	uint8_t ip[8];

	if (packet_read(p, p->l3, 0, ip, sizeof(ip)) < sizeof(ip))
		return false;
	/* RFC 791: more fragments follow, or the offset is not zero. RFC 8200: next header 44. */
	return ip[0] >> 4 == 4 ? (be16_load(ip + 6) & 0x3fff) != 0 : ip[0] >> 4 == 6 && ip[6] == 44;
}

/*
 * A packet's fate is its own, and that of the packet whose fragment or duplicate it is: that one
 * is what its sender's capture has shown. A fragment is told by its IP header.
 */
void record_fate(struct observer *o, const struct packet *p, const char *text)
{
	struct capture_set *set = container_of(o, struct capture_set, observer);

	fate_note(set, p->id, text);
	if (p->parent) {
		char of_parent[320];

		snprintf(of_parent, sizeof(of_parent), "%s: %s",
			 is_fragment(p) ? "fragment" : "duplicate", text);
		fate_note(set, p->parent, of_parent);
	}
}
