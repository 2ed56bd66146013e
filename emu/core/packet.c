#include "core/packet.h"

#include <stdlib.h>

#include "core/alloc.h"
#include "core/group.h"
#include "core/world.h"

/* Slab classes: a ping's data or an ICMP quote; an Ethernet frame; a jumbo frame; any datagram. */
static const uint32_t slab_sizes[] = {192, 1984, 9216, 65536 + 64};
static const uint32_t slabs_per_chunk[] = {256, 64, 8, 4};
#define SLAB_CLASSES (sizeof(slab_sizes) / sizeof(slab_sizes[0]))
#define PACKETS_PER_CHUNK 256

void packet_pool_init(struct packet_pool *pool)
{
	*pool = (struct packet_pool){0};
}

void packet_pool_fini(struct packet_pool *pool)
{
	for (uint32_t i = 0; i < pool->chunk_count; i++)
		free(pool->chunks[i]);
	free(pool->chunks);
	*pool = (struct packet_pool){0};
}

static void *chunk_new(struct packet_pool *pool, size_t size)
{
	if (pool->chunk_count == pool->chunk_room) {
		pool->chunk_room = pool->chunk_room ? 2 * pool->chunk_room : 16;
		pool->chunks =
			nt_realloc(pool->chunks, pool->chunk_room * sizeof(*pool->chunks));
	}
	return pool->chunks[pool->chunk_count++] = nt_malloc(size);
}

static void packets_grow(struct packet_pool *pool)
{
	struct packet *p = chunk_new(pool, PACKETS_PER_CHUNK * sizeof(*p));

	for (int i = PACKETS_PER_CHUNK - 1; i >= 0; i--) {
		p[i].next = pool->free;
		pool->free = &p[i];
	}
}

static inline struct packet *packet_take(struct world *w)
{
	struct packet_pool *pool = &w->pool;

	if (__builtin_expect(!pool->free, 0))
		packets_grow(pool);
	struct packet *p = pool->free;
	pool->free = p->next;
	pool->live++;
	return p;
}

struct packet *packet_new(struct world *w)
{
	struct packet *p = packet_take(w);

	memset(p, 0, offsetof(struct packet, hdr));
	p->world = w;
	p->id = ++w->last_packet_id;
	p->born = world_now(w);
	p->head = p->l3 = p->l4 = p->end = PACKET_L3;
	p->flags = PACKET_VERIFIED;
	return p;
}

static inline struct packet *packet_same(const struct packet *p)
{
	struct packet *q = packet_take(p->world);

	memcpy(q, p, offsetof(struct packet, hdr) + p->end);
	q->next = NULL;
	if (q->slab)
		slab_ref(q->slab);
	return q;
}

struct packet *packet_copy(const struct packet *p)
{
	if (p->flags & PACKET_GROUP)
		group_join(p);
	return packet_same(p);
}

struct packet *packet_clone(const struct packet *p)
{
	struct packet *q = packet_same(p);

	q->flags &= (uint8_t)~PACKET_GROUP;
	q->parent = p->id;
	q->id = ++p->world->last_packet_id;
	q->born = world_now(p->world);
	return q;
}

void packet_free(struct packet *p)
{
	struct packet_pool *pool = &p->world->pool;

	if (__builtin_expect(p->flags & PACKET_GROUP, 0))
		group_leave(p, true);
	if (p->slab)
		slab_unref(p->world, p->slab);
	p->next = pool->free;
	pool->free = p;
	pool->live--;
}

static void slabs_grow(struct packet_pool *pool, unsigned class)
{
	size_t each = (sizeof(struct slab) + slab_sizes[class] + 15) & ~(size_t)15;
	uint8_t *chunk = chunk_new(pool, slabs_per_chunk[class] * each);

	for (uint32_t i = slabs_per_chunk[class]; i-- > 0;) {
		struct slab *s = (struct slab *)(chunk + i * each);

		s->size = slab_sizes[class];
		s->class = (uint8_t)class;
		s->next = pool->slabs[class];
		pool->slabs[class] = s;
	}
}

struct slab *slab_new(struct world *w, uint32_t size)
{
	struct packet_pool *pool = &w->pool;
	unsigned class = 0;

	while (slab_sizes[class] < size) {
		class++;
		assert(class < SLAB_CLASSES);
	}
	if (!pool->slabs[class])
		slabs_grow(pool, class);
	struct slab *s = pool->slabs[class];
	pool->slabs[class] = s->next;
	s->refs = 1;
	return s;
}

void slab_unref(struct world *w, struct slab *s)
{
	assert(s->refs > 0);
	if (--s->refs > 0)
		return;
	s->next = w->pool.slabs[s->class];
	w->pool.slabs[s->class] = s;
}

void packet_copy_in(struct packet *p, const void *data, uint32_t len)
{
	assert(!p->slab);
	if (len == 0)
		return;
	p->slab = slab_new(p->world, len);
	memcpy(p->slab->bytes, data, len);
	p->data = p->slab->bytes;
	p->data_len = len;
}

bool packet_pull_payload(struct packet *p, uint16_t from, uint16_t n)
{
	uint32_t more = (uint32_t)(from + n - p->end);

	if (more > p->data_len || p->end + more > PACKET_HDR)
		return false;
	memcpy(p->hdr + p->end, p->data, more);
	p->end = (uint16_t)(p->end + more);
	p->data += more;
	p->data_len -= more;
	return true;
}

void packet_trim(struct packet *p, uint16_t from, uint32_t len)
{
	uint32_t headers = (uint32_t)(p->end - from);

	if (len >= headers + p->data_len)
		return;
	if (len >= headers) {
		p->data_len = len - headers;
	} else {
		p->end = (uint16_t)(from + len);
		p->data_len = 0;
	}
}

uint32_t packet_read(const struct packet *p, uint16_t from, uint32_t skip, void *buf, uint32_t len)
{
	uint32_t headers = (uint32_t)(p->end - from), done = 0;
	uint8_t *out = buf;

	if (skip < headers) {
		done = headers - skip < len ? headers - skip : len;
		memcpy(out, p->hdr + from + skip, done);
		skip = 0;
	} else {
		skip -= headers;
	}
	if (done < len && skip < p->data_len) {
		uint32_t n = p->data_len - skip < len - done ? p->data_len - skip : len - done;

		memcpy(out + done, p->data + skip, n);
		done += n;
	}
	return done;
}

struct packet *packet_slice(const struct packet *p, uint16_t from, uint32_t skip, uint32_t len)
{
	struct packet *q = packet_new(p->world);
	uint32_t headers = (uint32_t)(p->end - from);

	assert(skip + len <= headers + p->data_len);
	q->parent = p->id;
	q->in = p->in;
	q->flags = (uint8_t)(p->flags & ~PACKET_GROUP);
	q->proto = p->proto;
	if (skip < headers) {
		uint16_t n = (uint16_t)(headers - skip < len ? headers - skip : len);

		memcpy(packet_put(q, n), p->hdr + from + skip, n);
		len -= n;
		skip = 0;
	} else {
		skip -= headers;
	}
	if (len)
		packet_set_payload(q, p->slab, p->data + skip, len);
	return q;
}

uint8_t *packet_make_writable(struct packet *p)
{
	if (!p->slab)
		return NULL;
	struct slab *own = slab_new(p->world, p->data_len);
	memcpy(own->bytes, p->data, p->data_len);
	slab_unref(p->world, p->slab);
	p->slab = own;
	p->data = own->bytes;
	return own->bytes;
}
