/*
 * A YAML file as a small tree that knows where each key and each value stands.
 *
 * libfyaml reads the text event by event; what is kept is only what a scenario
 * needs: maps in the order of the file, lists, and scalars as text. Aliases are
 * copied in place and `<<: *anchor` merges, so that whoever reads a tree sees
 * neither. Everything lives in one arena.
 *
 * Hostile input is bounded: YAML_FILE_MAX bytes, YAML_DEPTH_MAX levels,
 * YAML_ALIAS_MAX nodes made by aliases. Bytes that are not UTF-8 text, duplicate
 * keys, keys that are not scalars, tags, a second document and an empty one are
 * refused, each with one sentence; what is no YAML at all in our own words
 * (fault.h). Of a duplicate key the first value stays, and the tree is given
 * all the same, with the error, so that the rest can be looked at.
 */
#ifndef TOPO_YAML_H
#define TOPO_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include <glib.h>

#include "topo/arena.h"
#include "topo/yaml/place.h"

#define YAML_FILE_MAX (4u << 20)
#define YAML_DEPTH_MAX 32
#define YAML_ALIAS_MAX 100000

enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml_pair {
	const char *key;
	struct place at;		/* of the key */
	struct yaml_node *value;
};

struct yaml_node {
	enum yaml_kind kind;
	bool quoted;			/* a scalar in quotes: text, whatever it looks like */
	int8_t lead;			/* columns from `at` to a scalar's first letter; -1: the text is
					 * not in the file letter by letter (escapes, several lines) */
	bool bad;			/* something in here was refused: schema/schema.h, read/read.h */
	struct place at;
	size_t n;			/* of pairs or items */
	union {
		const char *text;
		struct yaml_pair *pairs;
		struct yaml_node **items;
	};
	uint32_t *index;		/* of a large map: see map.c */
	size_t index_size;
};

/* Reads the file at `path`; `shown` is what errors call it. */
struct yaml_node *yaml_load(struct arena *arena, const char *path, const char *shown,
			    GError **error);

/* The same for `length` bytes of text. If `fixed` is not NULL, every node gets
 * that place instead of its own (for text that came from the command line). */
struct yaml_node *yaml_parse(struct arena *arena, const char *text, size_t length,
			     const char *shown, const struct place *fixed, GError **error);

/* New nodes. */
struct yaml_node *yaml_scalar_new(struct arena *arena, const char *text, struct place at);
struct yaml_node *yaml_map_new(struct arena *arena, struct place at);
struct yaml_node *yaml_list_new(struct arena *arena, struct place at);

/* The pair with that key, or NULL (also when `map` is not a map). The pointer is
 * good until the next yaml_map_add() to this map. */
struct yaml_pair *yaml_map_find(const struct yaml_node *map, const char *key);

/* Appends a pair whose key is not in the map yet. */
void yaml_map_add(struct arena *arena, struct yaml_node *map, const char *key, struct place at,
		  struct yaml_node *value);

void yaml_list_add(struct arena *arena, struct yaml_node *list, struct yaml_node *item);

/* Where the byte at `offset` of a scalar's text stands, or the scalar, if that cannot be said. */
struct place yaml_place(const struct yaml_node *scalar, size_t offset);

/* Whether this is a plain scalar that YAML reads as null: nothing, ~ or null. */
bool yaml_is_null(const struct yaml_node *node);

#endif
