#include "topo/yaml/yaml.h"

#include <string.h>

/*
 * A map of more than INDEX_FROM pairs has a hash index beside them (open
 * addressing, slots hold position + 1), so that a scenario with many thousand
 * nodes is read in linear time. The pairs stay in their order.
 */
#define INDEX_FROM 16

struct yaml_node *yaml_scalar_new(struct arena *arena, const char *text, struct place at)
{
	struct yaml_node *node = arena_alloc(arena, sizeof(*node));

	node->kind = YAML_SCALAR;
	node->at = at;
	node->text = text;
	return node;
}

struct yaml_node *yaml_map_new(struct arena *arena, struct place at)
{
	struct yaml_node *node = arena_alloc(arena, sizeof(*node));

	node->kind = YAML_MAP;
	node->at = at;
	return node;
}

struct yaml_node *yaml_list_new(struct arena *arena, struct place at)
{
	struct yaml_node *node = arena_alloc(arena, sizeof(*node));

	node->kind = YAML_LIST;
	node->at = at;
	return node;
}

static void index_put(struct yaml_node *map, size_t position)
{
	size_t slot = g_str_hash(map->pairs[position].key) % map->index_size;

	while (map->index[slot])
		slot = (slot + 1) % map->index_size;
	map->index[slot] = (uint32_t)position + 1;
}

static void index_rebuild(struct arena *arena, struct yaml_node *map)
{
	map->index_size = map->n * 4 + 1;
	map->index = arena_array(arena, uint32_t, map->index_size);
	for (size_t i = 0; i < map->n; i++)
		index_put(map, i);
}

struct yaml_pair *yaml_map_find(const struct yaml_node *map, const char *key)
{
	if (!map || map->kind != YAML_MAP)
		return NULL;
	if (!map->index) {
		for (size_t i = 0; i < map->n; i++)
			if (!strcmp(map->pairs[i].key, key))
				return &map->pairs[i];
		return NULL;
	}
	for (size_t slot = g_str_hash(key) % map->index_size; map->index[slot];
	     slot = (slot + 1) % map->index_size)
		if (!strcmp(map->pairs[map->index[slot] - 1].key, key))
			return &map->pairs[map->index[slot] - 1];
	return NULL;
}

void yaml_map_add(struct arena *arena, struct yaml_node *map, const char *key, struct place at,
		  struct yaml_node *value)
{
	map->pairs = arena_grow(arena, map->pairs, map->n, sizeof(map->pairs[0]));
	map->pairs[map->n++] = (struct yaml_pair){ key, at, value };
	if (map->n <= INDEX_FROM)
		return;
	if (map->n * 2 > map->index_size)
		index_rebuild(arena, map);
	else
		index_put(map, map->n - 1);
}

void yaml_list_add(struct arena *arena, struct yaml_node *list, struct yaml_node *item)
{
	list->items = arena_grow(arena, list->items, list->n, sizeof(list->items[0]));
	list->items[list->n++] = item;
}

struct place yaml_place(const struct yaml_node *scalar, size_t offset)
{
	struct place at = scalar->at;

	if (scalar->lead < 0 || !at.line)
		return at;
	at.col += (uint32_t)scalar->lead +
		  (uint32_t)g_utf8_pointer_to_offset(scalar->text, scalar->text + offset);
	return at;
}

bool yaml_is_null(const struct yaml_node *node)
{
	return node->kind == YAML_SCALAR && !node->quoted &&
	       (!*node->text || !strcmp(node->text, "~") || !strcmp(node->text, "null"));
}
