#include "link/backlog.h"

#include <stdlib.h>

#include "core/alloc.h"

#define BACKLOG_FIRST_SIZE 4

/* A ring of twice the size with the same entries, or the first one. */
static struct backlog *backlog_grow(struct backlog *old)
{
	uint32_t size = old ? 2 * (old->mask + 1) : BACKLOG_FIRST_SIZE;
	struct backlog *b = nt_malloc(sizeof(*b) + size * sizeof(b->ring[0]));

	*b = (struct backlog){.mask = size - 1};
	if (old) {
		b->bytes = old->bytes;
		b->count = old->count;
		for (uint32_t i = 0; i < old->count; i++)
			b->ring[i] = *backlog_at(old, i);
		free(old);
	}
	return b;
}

void backlog_push(struct backlog **b, const struct backlog_entry *e)
{
	if (!*b || (*b)->count > (*b)->mask)
		*b = backlog_grow(*b);
	*backlog_at(*b, (*b)->count) = *e;
	(*b)->count++;
	(*b)->bytes += e->bytes;
}
