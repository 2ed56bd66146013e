#include "topo/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <glib.h>

#define BLOCK_MIN 4096
#define BLOCK_MAX (1 << 20)
#define ALIGN sizeof(max_align_t)

#define LARGE (64 << 10)		/* growing arrays of this size have a block of their own */

struct block {
	struct block *next, *prev;
	size_t size, used;
	_Alignas(max_align_t) char bytes[];
};

struct arena {
	struct block *blocks;		/* the first is the one in use */
	struct block *large;		/* one growing array each */
	size_t next_size;
};

struct arena *arena_new(void)
{
	struct arena *a = g_new0(struct arena, 1);

	a->next_size = BLOCK_MIN;
	return a;
}

static void blocks_free(struct block *b)
{
	for (struct block *next; b; b = next) {
		next = b->next;
		g_free(b);
	}
}

void arena_free(struct arena *a)
{
	if (!a)
		return;
	blocks_free(a->blocks);
	blocks_free(a->large);
	g_free(a);
}

static struct block *block_add(struct arena *a, size_t need)
{
	size_t size = need > a->next_size ? need : a->next_size;
	struct block *b = g_malloc0(sizeof(*b) + size);

	b->size = size;
	b->next = a->blocks;
	a->blocks = b;
	if (a->next_size < BLOCK_MAX)
		a->next_size *= 2;
	return b;
}

void *arena_alloc(struct arena *a, size_t size)
{
	struct block *b = a->blocks;
	void *piece;

	size = (size + ALIGN - 1) / ALIGN * ALIGN;
	if (!b || b->size - b->used < size)
		b = block_add(a, size);
	piece = b->bytes + b->used;
	b->used += size;
	return piece;
}

void *arena_copy(struct arena *a, const void *from, size_t n)
{
	void *to = arena_alloc(a, n);

	if (n)
		memcpy(to, from, n);
	return to;
}

char *arena_text(struct arena *a, const char *text)
{
	return arena_copy(a, text, strlen(text) + 1);
}

char *arena_printf(struct arena *a, const char *format, ...)
{
	va_list args;
	char *text, *kept;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	kept = arena_text(a, text);
	g_free(text);
	return kept;
}

static void *large_new(struct arena *a, size_t size)
{
	struct block *b = g_malloc0(sizeof(*b) + size);

	b->size = b->used = size;
	b->next = a->large;
	if (a->large)
		a->large->prev = b;
	a->large = b;
	return b->bytes;
}

static void large_free(struct arena *a, void *array)
{
	struct block *b = (struct block *)((char *)array - offsetof(struct block, bytes));

	if (b->prev)
		b->prev->next = b->next;
	else
		a->large = b->next;
	if (b->next)
		b->next->prev = b->prev;
	g_free(b);
}

void *arena_grow(struct arena *a, void *array, size_t n, size_t element)
{
	size_t had = n * element, wanted = element * (n ? 2 * n : 1);
	void *wider;

	if (n & (n - 1))
		return array;
	wider = wanted >= LARGE ? large_new(a, wanted) : arena_alloc(a, wanted);
	if (n)
		memcpy(wider, array, had);
	if (had >= LARGE)
		large_free(a, array);
	return wider;
}
