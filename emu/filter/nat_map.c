#include "filter/nat_map.h"

#include <stdlib.h>

#include "core/alloc.h"

#define FIRST_SIZE 64

static uint32_t hash(const struct nat_maps *m, uint8_t proto, const struct nat_endpoint *e)
{
	uint64_t h = m->key ^ ((uint64_t)proto << 16 | e->port);

	h = (h ^ e->addr.q[0]) * 0x9e3779b97f4a7c15;
	h = (h ^ h >> 32 ^ e->addr.q[1]) * 0xd6e8feb86659fd93;
	return (uint32_t)(h >> 32) & (m->size - 1);
}

static bool same(const struct nat_endpoint *a, const struct nat_endpoint *b)
{
	return a->port == b->port && ipaddr_eq(&a->addr, &b->addr);
}

void nat_maps_init(struct nat_maps *m, struct node *n)
{
	char *stream = nt_asprintf("%s nat", n->site.name);

	rng_init(&m->rng, node_world(n)->seed, stream);
	free(stream);
	m->key = rng_u64(&m->rng);
}

void nat_maps_fini(struct nat_maps *m)
{
	for (struct nat_map *map = m->spare, *next; map; map = next) {
		next = map->next_inside;
		free(map);
	}
	free(m->inside);
	free(m->outside);
}

static void put(struct nat_maps *m, struct nat_map *map)
{
	struct nat_map **in = &m->inside[hash(m, map->proto, &map->inside)];
	struct nat_map **out = &m->outside[hash(m, map->proto, &map->outside)];

	map->next_inside = *in;
	*in = map;
	map->next_outside = *out;
	*out = map;
}

static void grow(struct nat_maps *m)
{
	struct nat_map **old = m->inside;
	uint32_t size = m->size;

	m->size = size ? size * 2 : FIRST_SIZE;
	free(m->outside);
	m->inside = nt_calloc(m->size, sizeof(*m->inside));
	m->outside = nt_calloc(m->size, sizeof(*m->outside));
	for (uint32_t i = 0; i < size; i++)
		for (struct nat_map *map = old[i], *next; map; map = next) {
			next = map->next_inside;
			put(m, map);
		}
	free(old);
}

struct nat_map *nat_map_by_inside(const struct nat_maps *m, uint8_t proto,
				  const struct nat_endpoint *inside,
				  const struct nat_endpoint *remote)
{
	struct nat_map *map = m->size ? m->inside[hash(m, proto, inside)] : NULL;

	while (map && (map->proto != proto || !same(&map->inside, inside) ||
		       !same(&map->remote, remote)))
		map = map->next_inside;
	return map;
}

struct nat_map *nat_map_by_outside(const struct nat_maps *m, uint8_t proto,
				   const struct nat_endpoint *outside)
{
	struct nat_map *map = m->size ? m->outside[hash(m, proto, outside)] : NULL;

	while (map && (map->proto != proto || !same(&map->outside, outside)))
		map = map->next_outside;
	return map;
}

struct nat_map *nat_map_add(struct nat_maps *m, const struct nat_map *like)
{
	struct nat_map *map = m->spare;

	if (map)
		m->spare = map->next_inside;
	else
		map = nt_malloc(sizeof(*map));
	*map = *like;
	map->refs = 0;
	map->sessions = NULL;
	if (m->count >= m->size)
		grow(m);
	put(m, map);
	m->count++;
	return map;
}

void nat_map_reap(struct nat_maps *m, struct nat_map *map)
{
	struct nat_map **in, **out;

	if (map->refs)
		return;
	in = &m->inside[hash(m, map->proto, &map->inside)];
	out = &m->outside[hash(m, map->proto, &map->outside)];
	while (*in != map)
		in = &(*in)->next_inside;
	while (*out != map)
		out = &(*out)->next_outside;
	*in = map->next_inside;
	*out = map->next_outside;
	map->next_inside = m->spare;
	m->spare = map;
	m->count--;
}

void nat_map_join(struct nat_map *map, struct conn *c)
{
	c->map = map;
	c->map_next = map->sessions;
	map->sessions = c;
	map->refs++;
}

void nat_map_leave(struct nat_maps *m, struct conn *c)
{
	struct nat_map *map = c->map;
	struct conn **at = &map->sessions;

	while (*at != c)
		at = &(*at)->map_next;
	*at = c->map_next;
	c->map = NULL;
	map->refs--;
	nat_map_reap(m, map);
}
