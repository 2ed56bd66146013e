#include "topo/yaml/include.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* The files that are being read, the innermost first. */
struct chain {
	const struct chain *up;
	const char *path;
	dev_t dev;
	ino_t ino;
	int depth;
};

struct loader {
	struct arena *arena;
	int files;
	GError **error;
};

char *include_path(struct place at, const char *path)
{
	g_autofree char *folder = g_path_get_dirname(at.file);

	if (g_path_is_absolute(path) || !strcmp(folder, "."))
		return g_strdup(path);
	return g_build_filename(folder, path, NULL);
}

static void map_merge(struct loader *l, struct yaml_node *base, const struct yaml_node *over, int depth);

static const char *link_name(const struct yaml_node *link)
{
	const struct yaml_pair *name = yaml_map_find(link, "name");

	return name && name->value->kind == YAML_SCALAR ? name->value->text : NULL;
}

/* The included link that a named one of the including file is about, or NULL. */
static struct yaml_node *link_find(const struct yaml_node *links, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		const char *other = link_name(links->items[i]);

		if (other && !strcmp(other, name))
			return links->items[i];
	}
	return NULL;
}

static void list_grow(struct loader *l, struct yaml_node *base, const struct yaml_node *over,
		      bool links)
{
	size_t included = base->n;

	for (size_t i = 0; i < over->n; i++) {
		const char *name = links ? link_name(over->items[i]) : NULL;
		struct yaml_node *there = name ? link_find(base, included, name) : NULL;

		if (there)
			map_merge(l, there, over->items[i], 1);
		else
			yaml_list_add(l->arena, base, over->items[i]);
	}
}

static bool list_grows(const char *key)
{
	return !strcmp(key, "links") || !strcmp(key, "run") || !strcmp(key, "expect") ||
	       !strcmp(key, "capture") || !strcmp(key, "series");
}

static void map_merge(struct loader *l, struct yaml_node *base, const struct yaml_node *over, int depth)
{
	for (size_t i = 0; i < over->n; i++) {
		const struct yaml_pair *pair = &over->pairs[i];
		struct yaml_pair *there = yaml_map_find(base, pair->key);

		if (!there) {
			yaml_map_add(l->arena, base, pair->key, pair->at, pair->value);
		} else if (there->value->kind == YAML_MAP && pair->value->kind == YAML_MAP) {
			map_merge(l, there->value, pair->value, depth + 1);
		} else if (!depth && list_grows(pair->key) && there->value->kind == YAML_LIST &&
			   pair->value->kind == YAML_LIST) {
			list_grow(l, there->value, pair->value, !strcmp(pair->key, "links"));
		} else if (!(yaml_is_null(pair->value) && there->value->kind != YAML_SCALAR)) {
			there->value = pair->value;
			there->at = pair->at;
		}
	}
}

static void loop_refuse(const struct chain *chain, const char *path, struct place at, GError **error)
{
	GString *way = g_string_new(path);

	for (const struct chain *c = chain; c; c = c->up) {
		g_string_prepend(way, " -> ");
		g_string_prepend(way, c->path);
	}
	place_error(error, at, "include loop: %s; expected a file that does not include this one",
		    way->str);
	g_string_free(way, TRUE);
}

static struct yaml_node *file_load(struct loader *l, const char *path, const struct chain *up,
				   struct place at);

/* Reads one included file and lays it over what was included before it. */
static bool include_one(struct loader *l, const struct chain *chain, const struct yaml_node *name,
			struct yaml_node *base)
{
	g_autofree char *path = NULL;
	struct yaml_node *root;

	if (name->kind != YAML_SCALAR || !*name->text) {
		place_error(l->error, name->at, "'include' lists files; expected a file name");
		return false;
	}
	path = include_path(name->at, name->text);
	root = file_load(l, path, chain, name->at);
	if (!root)
		return false;
	map_merge(l, base, root, 0);
	return true;
}

static bool includes_load(struct loader *l, const struct chain *chain,
			  const struct yaml_node *list, struct yaml_node *base)
{
	bool ok = true;

	if (list->kind == YAML_SCALAR)
		return yaml_is_null(list) || include_one(l, chain, list, base);
	if (list->kind == YAML_MAP) {
		place_error(l->error, list->at, "'include' is a map here; expected a list of files");
		return false;
	}
	for (size_t i = 0; i < list->n; i++)
		ok = include_one(l, chain, list->items[i], base) && ok;
	return ok;
}

/* A file is known by its device and inode, so that no detour through links or
 * ".." hides a loop. That the outermost one is missing is for yaml_load() to say. */
static bool chain_enter(struct loader *l, struct chain *chain, struct place at)
{
	struct stat info;

	if (stat(chain->path, &info)) {
		if (!chain->up)
			return true;
		place_error(l->error, at, "cannot include '%s': %s", chain->path, g_strerror(errno));
		return false;
	}
	chain->dev = info.st_dev;
	chain->ino = info.st_ino;
	if (chain->up && !S_ISREG(info.st_mode)) {	/* a pipe might never end */
		place_error(l->error, at, "cannot include '%s': not a regular file", chain->path);
		return false;
	}
	for (const struct chain *c = chain->up; c; c = c->up)
		if (c->dev == chain->dev && c->ino == chain->ino) {
			loop_refuse(chain->up, chain->path, at, l->error);
			return false;
		}
	if (chain->depth < INCLUDE_DEPTH_MAX && ++l->files <= INCLUDE_FILES_MAX)
		return true;
	place_error(l->error, at, "includes %s; expected fewer files",
		    chain->depth < INCLUDE_DEPTH_MAX ? "too many files" : "too deep");
	return false;
}

/* A tree with its includes below it. */
static struct yaml_node *tree_complete(struct loader *l, const struct chain *chain,
				       struct yaml_node *root)
{
	const struct yaml_pair *include;
	struct yaml_node *base;

	if (root->kind != YAML_MAP) {
		place_error(l->error, root->at, "is not a scenario; expected a map with 'nodes:'");
		return NULL;
	}
	include = yaml_map_find(root, "include");
	if (!include)
		return root;
	base = yaml_map_new(l->arena, root->at);
	if (!includes_load(l, chain, include->value, base))
		return NULL;
	map_merge(l, base, root, 0);
	return base;
}

static struct yaml_node *file_load(struct loader *l, const char *path, const struct chain *up,
				   struct place at)
{
	struct chain chain = { .up = up, .path = path, .depth = up ? up->depth + 1 : 0 };
	struct yaml_node *root;

	if (!chain_enter(l, &chain, at))
		return NULL;
	root = yaml_load(l->arena, path, path, l->error);
	return root ? tree_complete(l, &chain, root) : NULL;
}

struct yaml_node *include_load(struct arena *arena, const char *path, GError **error)
{
	struct loader l = { .arena = arena, .error = error };

	return file_load(&l, path, NULL, (struct place){ path, 1, 1 });
}

struct yaml_node *include_parse(struct arena *arena, const char *text, size_t length,
				const char *shown, GError **error)
{
	struct loader l = { .arena = arena, .error = error };
	struct chain chain = { .path = shown };
	struct yaml_node *root = yaml_parse(arena, text, length, shown, NULL, error);

	return root ? tree_complete(&l, &chain, root) : NULL;
}
