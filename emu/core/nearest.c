#include "core/nearest.h"

#include <stdio.h>
#include <string.h>

#define LONGEST 63

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;

	return m < c ? m : c;
}

/* Not tolower(): names are the same in every locale. */
static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

unsigned nearest_distance(const char *a, const char *b)
{
	unsigned rows[3][LONGEST + 1];
	unsigned *before = rows[0], *last = rows[1], *now = rows[2], *spare;
	size_t n = strnlen(a, LONGEST), m = strnlen(b, LONGEST);

	for (size_t j = 0; j <= m; j++)
		last[j] = (unsigned)j;
	memcpy(before, last, sizeof(rows[0]));
	for (size_t i = 1; i <= n; i++) {
		now[0] = (unsigned)i;
		for (size_t j = 1; j <= m; j++) {
			char x = lower(a[i - 1]), y = lower(b[j - 1]);

			now[j] = min3(last[j] + 1, now[j - 1] + 1, last[j - 1] + (x != y));
			if (i > 1 && j > 1 && x == lower(b[j - 2]) &&
			    y == lower(a[i - 2]) && before[j - 2] + 1 < now[j])
				now[j] = before[j - 2] + 1;
		}
		spare = before;
		before = last;
		last = now;
		now = spare;
	}
	return last[m];
}

struct nearest nearest_to(const char *name)
{
	return (struct nearest){ .name = name, .steps = (unsigned)(strnlen(name, LONGEST) + 1) / 3 + 1 };
}

void nearest_try(struct nearest *n, const char *known)
{
	unsigned steps;

	if (!known)
		return;
	steps = nearest_distance(n->name, known);
	if (steps < n->steps) {
		n->steps = steps;
		n->best = known;
	}
}

void nearest_try_all(struct nearest *n, const char *const *known)
{
	for (; known && *known; known++)
		nearest_try(n, *known);
}

const char *nearest_hint(struct nearest *n)
{
	if (n->best)
		snprintf(n->hint, sizeof(n->hint), "; did you mean '%.100s'?", n->best);
	return n->hint;
}
