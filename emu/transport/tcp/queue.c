/*
 * The send queue: bytes that were written and are not acknowledged, in slabs.
 *
 * A ring of chunks. Large writes go to 64 KiB slabs of which a whole number of segments is used, so
 * that in bulk transfer no segment crosses from one to the next; where one does, that segment alone
 * is joined by a copy. Small writes take small slabs, unless others wait already.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "transport/tcp/internal.h"

#define CHUNKS_MIN 4u

/* core/packet.c's classes of slabs. */
static const uint32_t sizes[] = {192, 1984, 9216, 65536 + 64};
#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

static struct tcp_chunk *chunk_at(const struct tcp *tp, uint32_t i)
{
	return &tp->chunks[(tp->chunk_first + i) & (tp->chunk_room - 1)];
}

static struct tcp_chunk *chunk_push(struct tcp *tp)
{
	if (tp->chunk_count == tp->chunk_room) {
		uint32_t room = tp->chunk_room ? 2 * tp->chunk_room : CHUNKS_MIN;
		struct tcp_chunk *chunks = nt_malloc(room * sizeof(*chunks));

		for (uint32_t i = 0; i < tp->chunk_count; i++)
			chunks[i] = *chunk_at(tp, i);
		free(tp->chunks);
		tp->chunks = chunks;
		tp->chunk_room = room;
		tp->chunk_first = 0;
	}
	return chunk_at(tp, tp->chunk_count++);
}

static uint32_t slab_size(const struct tcp *tp, uint32_t len)
{
	uint32_t want = tp->write_seq != tp->snd_nxt && len < sizes[1] ? sizes[1] : len;
	unsigned class = 0;

	while (class < SIZES - 1 && sizes[class] < want)
		class++;
	return sizes[class];
}

static struct tcp_chunk *chunk_new(struct tcp *tp, uint32_t len)
{
	uint32_t size = slab_size(tp, len), mss = tp->mss_cache;
	struct tcp_chunk *c = chunk_push(tp);

	c->slab = slab_new(node_world(tcp_node(tp)), size);
	c->data = c->slab->bytes;
	c->seq = tp->write_seq;
	c->len = 0;
	c->room = mss && size >= mss ? size / mss * mss : size;
	return c;
}

/* Copies len bytes to the end of the queue. */
uint32_t tcp_queue_append(struct tcp *tp, const uint8_t *data, uint32_t len)
{
	uint32_t done = 0;

	while (done < len) {
		struct tcp_chunk *c = tp->chunk_count ? chunk_at(tp, tp->chunk_count - 1) : NULL;

		if (!c || !c->room)
			c = chunk_new(tp, len - done);
		uint32_t n = len - done < c->room ? len - done : c->room;
		memcpy((uint8_t *)c->data + c->len, data + done, n);
		c->len += n;
		c->room -= n;
		tp->write_seq += n;
		done += n;
	}
	return done;
}

void tcp_queue_share(struct tcp *tp, struct slab *slab, const uint8_t *data, uint32_t len)
{
	struct tcp_chunk *c = chunk_push(tp);

	*c = (struct tcp_chunk){slab_ref(slab), data, tp->write_seq, len, 0};
	tp->write_seq += len;
}

/* Lets go of what is acknowledged. */
void tcp_queue_release(struct tcp *tp)
{
	while (tp->chunk_count) {
		struct tcp_chunk *c = chunk_at(tp, 0);

		if (after(c->seq + c->len, tp->snd_una))
			break;
		slab_unref(node_world(tcp_node(tp)), c->slab);
		tp->chunk_first++;
		tp->chunk_count--;
		if (tp->chunk_cursor)
			tp->chunk_cursor--;
	}
}

void tcp_queue_clear(struct tcp *tp)
{
	for (uint32_t i = 0; i < tp->chunk_count; i++)
		slab_unref(node_world(tcp_node(tp)), chunk_at(tp, i)->slab);
	free(tp->chunks);
	tp->chunks = NULL;
	tp->chunk_count = tp->chunk_room = tp->chunk_cursor = 0;
}

/* Where seq is. New data follows the cursor; what is sent again is near the front. */
static uint32_t chunk_of(struct tcp *tp, uint32_t seq)
{
	bool fresh = !before(seq, tp->snd_nxt);
	uint32_t i = fresh ? tp->chunk_cursor : 0;

	while (!before(seq, chunk_at(tp, i)->seq + chunk_at(tp, i)->len)) {
		i++;
		assert(i < tp->chunk_count);
	}
	if (fresh)
		tp->chunk_cursor = i;
	return i;
}

static void join(struct tcp *tp, struct packet *p, uint32_t i, uint32_t seq, uint32_t len)
{
	struct world *w = node_world(tcp_node(tp));
	struct slab *s = slab_new(w, len);
	uint32_t done = 0;

	for (; done < len; i++) {
		assert(i < tp->chunk_count);
		const struct tcp_chunk *c = chunk_at(tp, i);
		uint32_t skip = seq + done - c->seq;
		uint32_t n = c->len - skip < len - done ? c->len - skip : len - done;

		memcpy(s->bytes + done, c->data + skip, n);
		done += n;
	}
	packet_set_payload(p, s, s->bytes, len);
	slab_unref(w, s);
}

/* Makes bytes seq .. seq + len of the queue p's payload. */
void tcp_queue_payload(struct tcp *tp, struct packet *p, uint32_t seq, uint32_t len)
{
	uint32_t i = chunk_of(tp, seq);
	const struct tcp_chunk *c = chunk_at(tp, i);
	uint32_t skip = seq - c->seq;

	if (__builtin_expect(c->len - skip >= len, 1))
		packet_set_payload(p, c->slab, c->data + skip, len);
	else
		join(tp, p, i, seq, len);
}
