#include "capture/names.h"

#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"

void capture_names_fini(struct names *n)
{
	for (uint32_t i = 0; i < n->count; i++)
		free(n->entry[i].name);
	free(n->entry);
	free(n->by_name);
	free(n->entries.at);
	*n = (struct names){0};
}

void capture_names_add(struct names *n, const struct ipaddr *addr, const char *name)
{
	struct names_entry *e;

	if (n->count == n->room) {
		n->room = n->room ? 2 * n->room : 64;
		n->entry = nt_realloc(n->entry, n->room * sizeof(*n->entry));
	}
	e = &n->entry[n->count++];
	e->name = nt_strdup(name);
	e->at = (uint32_t)n->entries.len;
	pcapng_name(&n->entries, addr, name);
	e->len = (uint32_t)n->entries.len - e->at;
	free(n->by_name);
	n->by_name = NULL;
}

void capture_names_write(const struct names *n, struct bytes *b)
{
	pcapng_names(b, n->entries.at, n->entries.len);
}

static int compare_names(const void *a, const void *b, void *user)
{
	const struct names *n = user;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	int order = strcmp(n->entry[x].name, n->entry[y].name);

	return order ? order : (x > y) - (x < y);
}

static void sort_names(struct names *n)
{
	n->by_name = nt_malloc((n->count + 1) * sizeof(*n->by_name));
	for (uint32_t i = 0; i < n->count; i++)
		n->by_name[i] = i;
	qsort_r(n->by_name, n->count, sizeof(*n->by_name), compare_names, n);
}

/* The first position in by_name whose name is not less. */
static uint32_t lower_bound(const struct names *n, const char *name)
{
	uint32_t low = 0, high = n->count;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (strcmp(n->entry[n->by_name[mid]].name, name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

void capture_names_write_of(struct names *n, const char *const *only, uint32_t count,
			    struct bytes *b)
{
	struct bytes entries = {0};

	if (!n->by_name)
		sort_names(n);
	for (uint32_t i = 0; i < count; i++) {
		for (uint32_t k = lower_bound(n, only[i]); k < n->count; k++) {
			const struct names_entry *e = &n->entry[n->by_name[k]];

			if (strcmp(e->name, only[i]) != 0)
				break;
			bytes_add(&entries, n->entries.at + e->at, e->len);
		}
	}
	pcapng_names(b, entries.at, entries.len);
	free(entries.at);
}
