#include "core/pool.h"

#include <assert.h>
#include <stdlib.h>

#include "core/alloc.h"

#define CHUNK 16384 /* bytes, about */

void pool_init(struct pool *pool, size_t size)
{
	assert(size % 8 == 0 && size >= sizeof(void *) && size <= CHUNK / 2);
	*pool = (struct pool){.size = size};
}

void pool_fini(struct pool *pool)
{
	for (void *c = pool->chunks, *next; c; c = next) {
		next = *(void **)c;
		free(c);
	}
	*pool = (struct pool){0};
}

void *pool_take(struct pool *pool)
{
	void *object = pool->spare;

	if (object) {
		pool->spare = *(void **)object;
		return object;
	}
	if (pool->fresh == pool->limit) {
		size_t room = CHUNK / pool->size * pool->size;
		char *chunk = nt_malloc(sizeof(void *) + room);

		*(void **)chunk = pool->chunks;
		pool->chunks = chunk;
		pool->fresh = chunk + sizeof(void *);
		pool->limit = pool->fresh + room;
	}
	object = pool->fresh;
	pool->fresh += pool->size;
	return object;
}
