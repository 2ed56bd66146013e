#include "topo/yaml/set.h"

#include <stdlib.h>
#include <string.h>

#include "core/nearest.h"
#include "topo/notation/notation.h"
#include "topo/schema/schema.h"

/* Where a walk along the path stands: a value, the row that describes it, and what
 * is left of the path. */
struct walk {
	struct arena *arena;
	struct place at;
	const struct schema_row *row;	/* NULL: the root, or an item of a list */
	const char *group;		/* of the map that the walk stands on */
	struct yaml_node **slot;	/* where that value hangs */
	const char *rest;
	GError **error;
};

/* The next step: up to a dot, or all that is left when names may hold dots. */
static char *step_take(struct walk *w, bool whole)
{
	size_t n = whole ? strlen(w->rest) : strcspn(w->rest, ".");
	char *step = arena_copy(w->arena, w->rest, n + 1);

	/* A range's ".." is no step: h[1..9]. */
	for (const char *open = memchr(w->rest, '[', n); open && !whole; open = NULL) {
		n = (size_t)(open - w->rest) + strcspn(open, "]");
		n += strcspn(w->rest + n, ".");
		step = arena_copy(w->arena, w->rest, n + 1);
	}
	step[n] = '\0';
	w->rest += n + (w->rest[n] == '.');
	return step;
}

/* What an item of `links` is called: its name, or a--b. */
static char *link_title(struct arena *arena, const struct yaml_node *link)
{
	const struct yaml_pair *name = yaml_map_find(link, "name");
	const struct yaml_pair *between = yaml_map_find(link, "between");
	struct end_text ends[2];
	char why[NOTATION_WHY];
	bool ok = false;

	if (name && name->value->kind == YAML_SCALAR)
		return arena_text(arena, name->value->text);
	if (link->kind == YAML_SCALAR) {
		ok = notation_pair(arena, link->text, ends, why);
	} else if (between && between->value->kind == YAML_LIST && between->value->n == 2) {
		struct yaml_node **items = between->value->items;

		ok = items[0]->kind == YAML_SCALAR && items[1]->kind == YAML_SCALAR &&
		     notation_end(arena, items[0]->text, &ends[0], why) &&
		     notation_end(arena, items[1]->text, &ends[1], why);
	}
	return ok ? arena_printf(arena, "%s--%s", ends[0].node, ends[1].node) : NULL;
}

/* "a -- b" becomes {between: [a, b]}, so that keys can be added to it. */
static struct yaml_node *link_widen(struct arena *arena, const struct yaml_node *link)
{
	g_auto(GStrv) ends = g_strsplit(link->text, "--", 2);
	struct yaml_node *map = yaml_map_new(arena, link->at);
	struct yaml_node *list = yaml_list_new(arena, link->at);

	for (int i = 0; i < 2; i++)
		yaml_list_add(arena, list, yaml_scalar_new(arena, arena_text(arena, g_strstrip(ends[i])),
							   link->at));
	yaml_map_add(arena, map, "between", link->at, list);
	return map;
}

static bool link_step(struct walk *w, struct yaml_node *links, const char *name)
{
	struct nearest nearest = nearest_to(name);

	for (size_t i = 0; i < links->n; i++) {
		char *title = link_title(w->arena, links->items[i]);

		if (title && !strcmp(title, name)) {
			if (links->items[i]->kind == YAML_SCALAR)
				links->items[i] = link_widen(w->arena, links->items[i]);
			w->slot = &links->items[i];
			return true;
		}
		nearest_try(&nearest, title);
	}
	place_error(w->error, w->at, "there is no link '%.80s'%s", name, nearest_hint(&nearest));
	return false;
}

static bool item_step(struct walk *w, struct yaml_node *list, const char *step)
{
	char *end;
	unsigned long i = strtoul(step, &end, 10);

	if (g_ascii_isdigit(*step) && !*end && i < list->n) {
		w->slot = &list->items[i];
		return true;
	}
	if (w->row && !strcmp(w->row->key, "links"))
		return link_step(w, list, step);
	if (!list->n)
		place_error(w->error, w->at, "'%.60s' is no item of '%s', which is empty", step, w->row->key);
	else
		place_error(w->error, w->at, "'%.60s' is no item of '%s'; expected 0 to %zu", step,
			    w->row->key, list->n - 1);
	return false;
}

/* Into a map, by a key that it has or may have. */
static bool key_step(struct walk *w, struct yaml_node *map, const char *step)
{
	const struct schema_row *row = schema_find(w->group, step);
	struct yaml_pair *pair = yaml_map_find(map, step);
	bool nodes = !strcmp(w->group, "nodes");
	struct nearest nearest = nearest_to(step);

	if (!row) {
		schema_unknown_key(w->group, step, w->at, w->error);
		return false;
	}
	if (!pair && nodes) {
		for (size_t i = 0; i < map->n; i++)
			nearest_try(&nearest, map->pairs[i].key);
		place_error(w->error, w->at, "there is no node '%.80s'%s", step, nearest_hint(&nearest));
		return false;
	}
	if (!pair) {
		yaml_map_add(w->arena, map, step, w->at, yaml_scalar_new(w->arena, "", w->at));
		pair = yaml_map_find(map, step);
	}
	w->row = row;
	w->slot = &pair->value;
	return true;
}

static bool step(struct walk *w, unsigned forms, const char *map_group)
{
	struct yaml_node *node = *w->slot;
	bool dotted = map_group && (!strcmp(map_group, "sysctl") || !strcmp(map_group, "metrics"));

	if (node->kind == YAML_LIST && (forms & FORM_LIST)) {
		if (!item_step(w, node, step_take(w, false)))
			return false;
		w->group = w->row->item_map;
		return true;
	}
	if (!(forms & FORM_MAP)) {
		place_error(w->error, w->at, "'%s' has nothing below it; expected the path to end there",
			    w->row ? w->row->key : "an item");
		return false;
	}
	if (node->kind != YAML_MAP)	/* a scalar gives way: loss: 1% to loss.burst=4 */
		*w->slot = node = yaml_map_new(w->arena, w->at);
	w->group = map_group;
	return key_step(w, node, step_take(w, dotted));
}

/* Follows the path; afterwards *w->slot is what is to be set. */
static bool path_walk(struct walk *w)
{
	bool item = false;

	while (*w->rest) {
		bool was_list = (*w->slot)->kind == YAML_LIST && !item;
		unsigned forms = !w->row ? FORM_MAP : item ? w->row->items : w->row->forms;
		const char *group = !w->row ? "scenario" : item ? w->row->item_map : w->row->map;

		if (w->row && !item && (forms & FORM_LIST) && (*w->slot)->kind != YAML_LIST &&
		    !(forms & FORM_MAP)) {
			place_error(w->error, w->at, "'%s' has no items here; expected the path to end "
				    "there", w->row->key);
			return false;
		}
		if (!step(w, forms, group))
			return false;
		item = was_list;
	}
	return true;
}

bool set_apply(struct arena *arena, struct yaml_node *root, const char *option, GError **error)
{
	g_autofree char *shown = g_strdup_printf("--set %s", option);
	struct place at = { g_intern_string(shown), 0, 0 };
	const char *equals = strchr(option, '=');
	struct walk w = { .arena = arena, .at = at, .slot = &root, .error = error };
	struct yaml_node *value;
	char *path;

	if (!equals || equals == option) {
		place_error(error, at, "expected PATH=VALUE such as links.wan.loss=2%%");
		return false;
	}
	path = arena_copy(arena, option, (size_t)(equals - option) + 1);
	path[equals - option] = '\0';
	if (g_str_has_suffix(path, ".")) {
		place_error(error, at, "the path ends in a dot; expected a key behind it");
		return false;
	}
	if (!strcmp(path, "include") || g_str_has_prefix(path, "include.")) {
		place_error(error, at, "files are included before anything is set; "
			    "expected another key");
		return false;
	}
	w.rest = path;
	value = *equals && equals[1] ? yaml_parse(arena, equals + 1, strlen(equals + 1), at.file, &at, error)
				     : yaml_scalar_new(arena, "", at);
	if (!value || !path_walk(&w))
		return false;
	*w.slot = value;
	return true;
}
