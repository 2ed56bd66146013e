#include "process/names.h"

#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"

struct entry {
	const char *name;
	struct ipaddr addr;
};

/* by_name and by_addr are indices of entries, sorted; ties keep the order of adding. */
struct names {
	struct entry *entries;
	uint32_t *by_name, *by_addr;
	uint32_t count, room;
	bool sorted;
};

struct names *names_new(void)
{
	return nt_calloc(1, sizeof(struct names));
}

static void forget_order(struct names *t)
{
	free(t->by_name);
	free(t->by_addr);
	t->by_name = t->by_addr = NULL;
	t->sorted = false;
}

void names_free(struct names *t)
{
	if (!t)
		return;
	forget_order(t);
	free(t->entries);
	free(t);
}

void names_add(struct names *t, const char *name, const struct ipaddr *addr)
{
	forget_order(t);
	if (t->count == t->room) {
		t->room = t->room ? 2 * t->room : 8;
		t->entries = nt_realloc(t->entries, t->room * sizeof(*t->entries));
	}
	t->entries[t->count++] = (struct entry){name, *addr};
}

static int fold(char c)
{
	return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : (unsigned char)c;
}

static int name_cmp(const char *a, const char *b)
{
	while (*a && fold(*a) == fold(*b)) {
		a++;
		b++;
	}
	return fold(*a) - fold(*b);
}

static int index_cmp(uint32_t a, uint32_t b)
{
	return (a > b) - (a < b);
}

static int by_name_cmp(const void *a, const void *b, void *arg)
{
	const struct names *t = arg;
	uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
	int c = name_cmp(t->entries[i].name, t->entries[j].name);

	return c ? c : index_cmp(i, j);
}

static int by_addr_cmp(const void *a, const void *b, void *arg)
{
	const struct names *t = arg;
	uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
	int c = ipaddr_cmp(&t->entries[i].addr, &t->entries[j].addr);

	return c ? c : index_cmp(i, j);
}

void names_remove(struct names *t, const char *name, const struct ipaddr *addr)
{
	uint32_t i = 0;

	while (i < t->count && (!ipaddr_eq(&t->entries[i].addr, addr) ||
				name_cmp(t->entries[i].name, name) != 0))
		i++;
	if (i == t->count)
		return;
	forget_order(t);
	memmove(&t->entries[i], &t->entries[i + 1], (t->count - i - 1) * sizeof(*t->entries));
	t->count--;
}

static uint32_t *sorted_index(struct names *t, int (*cmp)(const void *, const void *, void *))
{
	uint32_t *index = nt_malloc(t->count * sizeof(*index));

	for (uint32_t i = 0; i < t->count; i++)
		index[i] = i;
	qsort_r(index, t->count, sizeof(*index), cmp, t);
	return index;
}

static void sort(struct names *t)
{
	if (t->sorted || t->count == 0)
		return;
	t->by_name = sorted_index(t, by_name_cmp);
	t->by_addr = sorted_index(t, by_addr_cmp);
	t->sorted = true;
}

/* The first place in by_name whose name is not less. */
static uint32_t name_lower_bound(const struct names *t, const char *name)
{
	uint32_t low = 0, high = t->count;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (name_cmp(t->entries[t->by_name[mid]].name, name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

uint32_t names_find(struct names *t, const char *name, struct ipaddr *out, uint32_t max)
{
	uint32_t n = 0;

	if (!t)
		return 0;
	sort(t);
	for (uint32_t i = name_lower_bound(t, name); i < t->count; i++) {
		const struct entry *e = &t->entries[t->by_name[i]];

		if (name_cmp(e->name, name) != 0)
			break;
		if (n < max)
			out[n] = e->addr;
		n++;
	}
	return n;
}

const char *names_reverse(struct names *t, const struct ipaddr *addr)
{
	if (!t)
		return NULL;
	sort(t);
	uint32_t low = 0, high = t->count;
	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (ipaddr_cmp(&t->entries[t->by_addr[mid]].addr, addr) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == t->count)
		return NULL;
	const struct entry *e = &t->entries[t->by_addr[low]];
	return ipaddr_eq(&e->addr, addr) ? e->name : NULL;
}
