#include "ip/addr_map.h"

#include <stdlib.h>

#include "core/alloc.h"

#define ROOM_MIN 8

static struct addr_entry *entry_at(const struct addr_map *m, unsigned i)
{
	return (struct addr_entry *)(m->entries + (size_t)i * m->size);
}

static uint16_t *bucket_of(const struct addr_map *m, const struct ipaddr *addr)
{
	return &m->buckets[ipaddr_hash(addr) & (m->room - 1u)];
}

void addr_map_init(struct addr_map *m, uint32_t size, uint16_t max)
{
	*m = (struct addr_map){.size = size, .max = max};
}

void addr_map_fini(struct addr_map *m)
{
	free(m->entries);
	free(m->buckets);
	*m = (struct addr_map){.size = m->size, .max = m->max};
}

void *addr_map_find(const struct addr_map *m, const struct ipaddr *addr)
{
	if (!m->count)
		return NULL;
	for (unsigned i = *bucket_of(m, addr); i; i = entry_at(m, i - 1)->next)
		if (ipaddr_eq(&entry_at(m, i - 1)->addr, addr))
			return entry_at(m, i - 1);
	return NULL;
}

static void link_in(struct addr_map *m, unsigned i)
{
	struct addr_entry *e = entry_at(m, i);
	uint16_t *bucket = bucket_of(m, &e->addr);

	e->next = *bucket;
	*bucket = (uint16_t)(i + 1);
}

static void link_out(struct addr_map *m, unsigned i)
{
	uint16_t *at = bucket_of(m, &entry_at(m, i)->addr);

	while (*at != i + 1)
		at = &entry_at(m, *at - 1u)->next;
	*at = entry_at(m, i)->next;
}

static void grow(struct addr_map *m)
{
	m->room = m->room ? (uint16_t)(2 * m->room) : ROOM_MIN;
	m->entries = nt_realloc(m->entries, (size_t)m->room * m->size);
	free(m->buckets);
	m->buckets = nt_calloc(m->room, sizeof(*m->buckets));
	for (unsigned i = 0; i < m->count; i++)
		link_in(m, i);
}

static unsigned least_touched(const struct addr_map *m)
{
	unsigned oldest = 0;

	for (unsigned i = 1; i < m->count; i++)
		if (vtime_before(entry_at(m, i)->touched, entry_at(m, oldest)->touched))
			oldest = i;
	return oldest;
}

void *addr_map_get(struct addr_map *m, const struct ipaddr *addr, bool *fresh)
{
	void *found = addr_map_find(m, addr);
	unsigned i;

	*fresh = !found;
	if (found)
		return found;
	if (m->count == m->room && m->room < m->max)
		grow(m);
	if (m->count < m->room) {
		i = m->count++;
	} else {
		i = least_touched(m);
		link_out(m, i);
	}
	memset(entry_at(m, i), 0, m->size);
	entry_at(m, i)->addr = *addr;
	link_in(m, i);
	return entry_at(m, i);
}
