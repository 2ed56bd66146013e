/*
 * Memory that is handed out in pieces and freed as a whole: a scenario's tree and
 * model live as long as each other, are read-only once made, and are many small
 * things. Pieces are aligned for any type and zeroed.
 */
#ifndef TOPO_ARENA_H
#define TOPO_ARENA_H

#include <stddef.h>

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *a);

/* `size` zeroed bytes. */
void *arena_alloc(struct arena *a, size_t size);

/* An array of n zeroed elements; NULL for none. */
#define arena_array(a, type, n) ((type *)((n) ? arena_alloc((a), sizeof(type) * (n)) : NULL))

/* A copy of `n` bytes or of a string. */
void *arena_copy(struct arena *a, const void *from, size_t n);
char *arena_text(struct arena *a, const char *text);
char *arena_printf(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* `array` with room for one element more than the `n` it holds: itself, or when n
 * is a power of two (or 0) a copy twice as large. */
void *arena_grow(struct arena *a, void *array, size_t n, size_t element);

#endif
