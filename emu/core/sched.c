#include "core/sched.h"

#include <assert.h>
#include <stdlib.h>

#include "core/alloc.h"

#define ARITY 4

void sched_init(struct sched *s)
{
	*s = (struct sched){.next_seq = 1};
}

void sched_fini(struct sched *s)
{
	free(s->heap);
	s->heap = NULL;
}

/*
 * The sifts keep the moving entry in registers and compare (time, number) as one 128-bit key. So
 * that there are always four children to choose among, two and two, the array is filled up behind
 * its end with entries that come after everything.
 */
#define HEAP_PADDING (ARITY - 1)

static const struct sched_entry last_of_all = {INT64_MAX, UINT64_MAX, NULL};

__extension__ typedef unsigned __int128 heap_key;

static inline heap_key key_make(int64_t at, uint64_t seq)
{
	return (heap_key)(uint64_t)at << 64 | seq;
}

static inline heap_key key_of(const struct sched_entry *e)
{
	return key_make(e->at, e->seq);
}

/* By members: what was stored as words and is read as a vector stalls. */
static inline void heap_put(struct sched_entry *heap, uint32_t i, heap_key key,
			    struct event *event)
{
	heap[i].at = (int64_t)(uint64_t)(key >> 64);
	heap[i].seq = (uint64_t)key;
	heap[i].event = event;
	event->slot = i + 1;
}

static inline void sift_up(struct sched *s, uint32_t i, heap_key key, struct event *event)
{
	struct sched_entry *heap = s->heap;

	while (i > 0) {
		uint32_t parent = (i - 1) / ARITY;
		heap_key parent_key = key_of(&heap[parent]);

		if (key >= parent_key)
			break;
		heap_put(heap, i, parent_key, heap[parent].event);
		i = parent;
	}
	heap_put(heap, i, key, event);
}

static inline uint32_t first_of(const struct sched_entry *heap, uint32_t i, uint32_t j)
{
	return key_of(&heap[j]) < key_of(&heap[i]) ? j : i;
}

static inline void sift_down(struct sched *s, uint32_t i, heap_key key, struct event *event)
{
	struct sched_entry *heap = s->heap;
	uint32_t count = s->count;

	for (uint32_t child; (child = i * ARITY + 1) < count;) {
		uint32_t left = first_of(heap, child, child + 1);
		uint32_t right = first_of(heap, child + 2, child + 3);
		uint32_t best = first_of(heap, left, right);
		heap_key best_key = key_of(&heap[best]);

		if (key <= best_key)
			break;
		heap_put(heap, i, best_key, heap[best].event);
		i = best;
	}
	heap_put(heap, i, key, event);
}

static inline void sift(struct sched *s, uint32_t i, heap_key key, struct event *event)
{
	if (i > 0 && key < key_of(&s->heap[(i - 1) / ARITY]))
		sift_up(s, i, key, event);
	else
		sift_down(s, i, key, event);
}

static void heap_remove(struct sched *s, uint32_t i)
{
	struct sched_entry last = s->heap[--s->count];

	s->heap[s->count] = last_of_all;
	if (i < s->count)
		sift(s, i, key_of(&last), last.event);
}

static void heap_grow(struct sched *s)
{
	uint32_t room = s->room ? 2 * s->room : 64;

	s->heap = nt_realloc(s->heap, ((size_t)room + HEAP_PADDING) * sizeof(*s->heap));
	for (uint32_t i = s->room; i < room + HEAP_PADDING; i++)
		s->heap[i] = last_of_all;
	s->room = room;
}

static inline bool is_firing(const struct sched *s, const struct event *e)
{
	return s->firing == e;
}

bool event_armed(const struct sched *s, const struct event *e)
{
	return e->slot != 0 && !is_firing(s, e);
}

vtime event_at(const struct sched *s, const struct event *e)
{
	return event_armed(s, e) ? vtime_ns(s->heap[e->slot - 1].at) : VTIME_NEVER;
}

void event_arm_ticket(struct sched *s, struct event *e, vtime at, uint64_t seq)
{
	heap_key key = key_make(vtime_max(at, s->now).ns, seq);

	if (e->slot == 0) {
		if (s->count == s->room)
			heap_grow(s);
		sift_up(s, s->count++, key, e);
		return;
	}
	if (is_firing(s, e))
		s->firing = NULL;
	sift(s, e->slot - 1, key, e);
}

void event_cancel(struct sched *s, struct event *e)
{
	if (e->slot == 0)
		return;
	if (is_firing(s, e))
		s->firing = NULL;
	heap_remove(s, e->slot - 1);
	e->slot = 0;
}

vtime sched_next(const struct sched *s)
{
	return s->count > s->aside ? vtime_ns(s->heap[0].at) : VTIME_NEVER;
}

static inline void fire_first(struct sched *s)
{
	struct event *e = s->heap[0].event;
	s->firing = e;
	s->fired++;
	e->fire(e);
	/* Neither re-armed nor cancelled: it leaves the heap now. (An owner that went away while
	 * its event fired has cancelled it, so e is not touched then.) */
	if (s->firing)
		event_cancel(s, e);
}

bool sched_step(struct sched *s, vtime limit)
{
	assert(!s->firing);
	if (s->count <= s->aside || s->heap[0].at > limit.ns)
		return false;
	s->now.ns = s->heap[0].at;
	fire_first(s);
	return true;
}

void sched_advance(struct sched *s, vtime t)
{
	assert(!s->firing && sched_next(s).ns >= t.ns);
	s->now = vtime_max(s->now, t);
	while (s->count && s->heap[0].at < t.ns)
		fire_first(s); /* those aside: one look stands for all, nothing has happened */
}
