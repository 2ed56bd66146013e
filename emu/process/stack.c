#include "process/stack.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/alloc.h"

#if defined(__has_include)
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#endif
#endif
#ifndef VALGRIND_STACK_REGISTER
#define VALGRIND_STACK_REGISTER(start, end) 0
#define VALGRIND_STACK_DEREGISTER(id) (void)(id)
#endif

#ifdef FIBER_ASAN
#include <sanitizer/asan_interface.h>
#else
#define ASAN_UNPOISON_MEMORY_REGION(addr, size) ((void)(addr), (void)(size))
#endif

#define STACKS_PER_ARENA 16
#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102 /* Debian 12's headers do not know it */
#endif
#define CANARY UINT64_C(0x6e657461726975ff)
/* Tops of stacks would all fall into the same cache sets; these steps spread them. */
#define COLOURS 8
#define COLOUR_STEP 128

struct arena {
	struct arena *next;
	char *memory;
	size_t size;
	struct stack stacks[STACKS_PER_ARENA];
};

struct stack_pool {
	struct stack *free;
	struct arena *arenas;
	size_t guard;
	uint32_t count, used;
};

struct stack_pool *stack_pool_new(void)
{
	struct stack_pool *pool = nt_calloc(1, sizeof(*pool));

	pool->guard = (size_t)sysconf(_SC_PAGESIZE);
	return pool;
}

void stack_pool_free(struct stack_pool *pool)
{
	assert(pool->used == 0);
	for (struct arena *a = pool->arenas, *next; a; a = next) {
		next = a->next;
		for (int i = 0; i < STACKS_PER_ARENA; i++)
			VALGRIND_STACK_DEREGISTER(a->stacks[i].valgrind_id);
		munmap(a->memory, a->size);
		free(a);
	}
	free(pool);
}

uint32_t stack_pool_count(const struct stack_pool *pool)
{
	return pool->count;
}

static uint64_t *canary_of(const struct stack *s)
{
	return (uint64_t *)s->bottom;
}

/* Since Linux 6.13 a guard costs no mapping of its own: half the time, and there is no limit. */
static bool guard_place(char *at, size_t size)
{
	return madvise(at, size, MADV_GUARD_INSTALL) == 0 || mprotect(at, size, PROT_NONE) == 0;
}

static void stack_init(struct stack *s, char *slot, size_t guard, uint32_t number)
{
	s->bottom = slot + guard;
	s->top = s->bottom + FIBER_STACK - number % COLOURS * COLOUR_STEP;
	s->guarded = guard_place(slot, guard);
	if (!s->guarded)
		*canary_of(s) = CANARY;
	s->valgrind_id = (unsigned)VALGRIND_STACK_REGISTER(s->bottom, s->top);
}

static void pool_grow(struct stack_pool *pool)
{
	struct arena *a = nt_calloc(1, sizeof(*a));
	size_t slot = pool->guard + FIBER_STACK;

	a->size = STACKS_PER_ARENA * slot;
	a->memory = mmap(NULL, a->size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
	if (a->memory == MAP_FAILED)
		nt_malloc(SIZE_MAX / 2); /* the one sentence of core/alloc.h */
	madvise(a->memory, a->size, MADV_NOHUGEPAGE);
	a->next = pool->arenas;
	pool->arenas = a;
	for (int i = STACKS_PER_ARENA - 1; i >= 0; i--) {
		struct stack *s = &a->stacks[i];

		stack_init(s, a->memory + (size_t)i * slot, pool->guard,
			   pool->count + (uint32_t)i);
		s->next = pool->free;
		pool->free = s;
	}
	pool->count += STACKS_PER_ARENA;
}

struct stack *stack_take(struct stack_pool *pool)
{
	if (!pool->free)
		pool_grow(pool);
	struct stack *s = pool->free;
	pool->free = s->next;
	pool->used++;
	return s;
}

void stack_give(struct stack_pool *pool, struct stack *s)
{
	assert(s->guarded || *canary_of(s) == CANARY);
	ASAN_UNPOISON_MEMORY_REGION(s->bottom, FIBER_STACK);
	s->next = pool->free;
	pool->free = s;
	pool->used--;
}
