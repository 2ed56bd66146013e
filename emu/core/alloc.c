#include "core/alloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *or_die(void *p, size_t size)
{
	if (p || size == 0)
		return p;
	fprintf(stderr, "netarium: out of memory (%zu bytes wanted)\n", size);
	exit(3);
}

void *nt_malloc(size_t size)
{
	return or_die(malloc(size), size);
}

void *nt_calloc(size_t n, size_t size)
{
	return or_die(calloc(n, size), n * size);
}

void *nt_realloc(void *p, size_t size)
{
	return or_die(realloc(p, size), size);
}

void *nt_copy(const void *p, size_t size)
{
	return size ? memcpy(nt_malloc(size), p, size) : NULL;
}

char *nt_strdup(const char *s)
{
	return strcpy(nt_malloc(strlen(s) + 1), s);
}

char *nt_asprintf(const char *fmt, ...)
{
	va_list ap;
	char *s = NULL;

	va_start(ap, fmt);
	int n = vasprintf(&s, fmt, ap);
	va_end(ap);
	return or_die(n < 0 ? NULL : s, 1);
}
