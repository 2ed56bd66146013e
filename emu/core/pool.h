/*
 * Objects of one size, of which there may be very many: cut from chunks, so that none pays for an
 * allocator's own bytes, and kept for the next one when they are given back. The chunks go together,
 * with pool_fini(). Taking one allocates only when all are in use; where an object lies in memory
 * must matter to nobody.
 */
#ifndef CORE_POOL_H
#define CORE_POOL_H

#include <stdbool.h>
#include <stddef.h>

struct pool {
	size_t size;         /* of an object: a multiple of 8 */
	void *spare;         /* given back: each begins with the address of the next */
	void *chunks;        /* each begins with the address of the next */
	char *fresh, *limit; /* of the newest chunk: what nobody has had yet */
};

void pool_init(struct pool *pool, size_t size);
void pool_fini(struct pool *pool);

/* Not cleared. */
void *pool_take(struct pool *pool);

static inline void pool_give(struct pool *pool, void *object)
{
	*(void **)object = pool->spare;
	pool->spare = object;
}

#endif
