#include "filter/nat_map.h"

#include <stdlib.h>

#include "core/alloc.h"

#define FIRST_SIZE 64

static uint32_t hash(const struct nat_maps *m, uint8_t proto, const uint64_t addr[2], uint16_t port)
{
	uint64_t h = m->key ^ ((uint64_t)proto << 16 | port);

	h = (h ^ addr[0]) * 0x9e3779b97f4a7c15;
	h = (h ^ h >> 32 ^ addr[1]) * 0xd6e8feb86659fd93;
	return (uint32_t)(h >> 32) & (m->size - 1);
}

static struct nat_map **inside_bucket(const struct nat_maps *m, const struct nat_map *map)
{
	return &m->inside[hash(m, map->proto, map->inside.q, map->inside_port)];
}

static struct nat_map **outside_bucket(const struct nat_maps *m, const struct nat_map *map)
{
	return &m->outside[hash(m, map->proto, (uint64_t[]){0, map->outside}, map->outside_port)];
}

void nat_maps_init(struct nat_maps *m, struct node *n)
{
	char *stream = nt_asprintf("%s nat", n->site.name);

	rng_init(&m->rng, node_world(n)->seed, stream);
	free(stream);
	m->key = rng_u64(&m->rng);
	pool_init(&m->pool, sizeof(struct nat_map));
}

void nat_maps_fini(struct nat_maps *m)
{
	pool_fini(&m->pool);
	free(m->inside);
	free(m->outside);
}

static void put(struct nat_maps *m, struct nat_map *map)
{
	struct nat_map **in = inside_bucket(m, map), **out = outside_bucket(m, map);

	map->next_inside = *in;
	*in = map;
	map->next_outside = *out;
	*out = map;
}

/* Half as many buckets as mappings: a connection, which stands in its table twice, has no more. */
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

struct nat_map *nat_map_by_inside(const struct nat_maps *m, const struct nat_map *like)
{
	struct nat_map *map = m->size ? *inside_bucket(m, like) : NULL;

	while (map && (map->proto != like->proto || map->inside_port != like->inside_port ||
		       map->remote_port != like->remote_port || map->remote != like->remote ||
		       !ipaddr_eq(&map->inside, &like->inside)))
		map = map->next_inside;
	return map;
}

struct nat_map *nat_map_by_outside(const struct nat_maps *m, const struct nat_map *like)
{
	struct nat_map *map = m->size ? *outside_bucket(m, like) : NULL;

	while (map && (map->proto != like->proto || map->outside_port != like->outside_port ||
		       map->outside != like->outside))
		map = map->next_outside;
	return map;
}

struct nat_map *nat_map_add(struct nat_maps *m, const struct nat_map *like)
{
	struct nat_map *map = pool_take(&m->pool);

	*map = *like;
	map->sessions = NULL;
	map->hairpins = 0;
	if (m->count >= m->size * 2)
		grow(m);
	put(m, map);
	m->count++;
	return map;
}

void nat_map_reap(struct nat_maps *m, struct nat_map *map)
{
	struct nat_map **in, **out;

	if (map->sessions || map->hairpins)
		return;
	in = inside_bucket(m, map);
	out = outside_bucket(m, map);
	while (*in != map)
		in = &(*in)->next_inside;
	while (*out != map)
		out = &(*out)->next_outside;
	*in = map->next_inside;
	*out = map->next_outside;
	pool_give(&m->pool, map);
	m->count--;
}

void nat_map_hairpin(struct nat_map *map, struct conn *c)
{
	map->hairpins++;
	c->hairpin = true;
}

void nat_map_unhairpin(struct nat_maps *m, const struct nat_map *like)
{
	struct nat_map *map = nat_map_by_outside(m, like);

	map->hairpins--;
	nat_map_reap(m, map);
}

void nat_map_join(struct nat_map *map, struct conn *c)
{
	struct conn *newest = map->sessions;

	c->map = map;
	c->map_next = newest ? newest->map_next : c;
	if (newest)
		newest->map_next = c;
	map->sessions = c;
}

void nat_map_leave(struct nat_maps *m, struct conn *c)
{
	struct nat_map *map = c->map;
	struct conn *before = map->sessions;

	/* The oldest, which is the likeliest to go, stands behind the newest. */
	while (before->map_next != c)
		before = before->map_next;
	before->map_next = c->map_next;
	if (map->sessions == c)
		map->sessions = before == c ? NULL : before;
	c->map = NULL;
	nat_map_reap(m, map);
}
