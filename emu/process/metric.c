#include "process/metric.h"

#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"

static struct metric *find(const struct metrics *m, const char *name)
{
	for (uint32_t i = 0; i < m->count; i++)
		if (strcmp(m->items[i].name, name) == 0)
			return &m->items[i];
	return NULL;
}

void metrics_set(struct metrics *m, const char *name, double value, bool count)
{
	struct metric *at = find(m, name);

	if (!at) {
		if (m->count == m->room) {
			m->room = m->room ? 2 * m->room : 8;
			m->items = nt_realloc(m->items, m->room * sizeof(*m->items));
		}
		at = &m->items[m->count++];
	}
	*at = (struct metric){name, value, count};
}

const struct metric *metrics_find(const struct metrics *m, const char *name)
{
	return find(m, name);
}

void metrics_fini(struct metrics *m)
{
	free(m->items);
	*m = (struct metrics){0};
}
