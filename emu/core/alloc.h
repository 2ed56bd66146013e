/*
 * Memory that cannot be had ends the process with one sentence: an emulation that went on
 * without a part of itself would no longer be the one that was asked for.
 */
#ifndef CORE_ALLOC_H
#define CORE_ALLOC_H

#include <stddef.h>

void *nt_malloc(size_t size);
void *nt_calloc(size_t n, size_t size);
void *nt_realloc(void *p, size_t size);
void *nt_copy(const void *p, size_t size); /* NULL if size is 0 */
char *nt_strdup(const char *s);
char *nt_asprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#define container_of(ptr, type, member) ((type *)((char *)(ptr) - offsetof(type, member)))

#endif
