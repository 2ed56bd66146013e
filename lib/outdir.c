#include "lib/outdir.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <json-glib/json-glib.h>

#include "capture/file.h"
#include "topo/outcome/results.h"

#define RESULTS_FILE "results.json"

const char *const outdir_folders[] = {RESULTS_CAPTURES, RESULTS_CONSOLE, SERIES_FOLDER};

/* FOLDER/NAME with one of our folders and a plain name: what a results.json may make us remove. */
static bool name_is_ours(const char *name)
{
	for (size_t i = 0; i < OUTDIR_FOLDERS; i++) {
		size_t len = strlen(outdir_folders[i]);

		if (!strncmp(name, outdir_folders[i], len) && name[len] == '/' && name[len + 1] != '.' &&
		    name[len + 1] && !strchr(name + len + 1, '/'))
			return true;
	}
	return false;
}

static void remove_named(const char *path, JsonNode *name)
{
	const char *text = JSON_NODE_HOLDS_VALUE(name) ? json_node_get_string(name) : NULL;

	if (!text || !name_is_ours(text))
		return;
	g_autofree char *file = g_strdup_printf("%s/%s", path, text);
	unlink(file);
}

static void remove_console(JsonObject *processes, const char *key, JsonNode *process, void *path)
{
	JsonObject *o = JSON_NODE_HOLDS_OBJECT(process) ? json_node_get_object(process) : NULL;

	(void)processes;
	(void)key;
	if (o && json_object_has_member(o, "console"))
		remove_named(path, json_object_get_member(o, "console"));
}

static void remove_capture(JsonArray *captures, guint i, JsonNode *name, void *path)
{
	(void)captures;
	(void)i;
	remove_named(path, name);
}

/* A series goes with what `netarium plot` has drawn of it. */
static void remove_series(JsonArray *series, guint i, JsonNode *entry, void *path)
{
	static const char *const drawn[] = {".gp", ".svg", ".png"};
	JsonObject *o = JSON_NODE_HOLDS_OBJECT(entry) ? json_node_get_object(entry) : NULL;
	JsonNode *name = o ? json_object_get_member(o, "file") : NULL;
	const char *text = name && JSON_NODE_HOLDS_VALUE(name) ? json_node_get_string(name) : NULL;

	(void)series;
	(void)i;
	if (!text || !g_str_has_suffix(text, ".csv"))
		return;
	remove_named(path, name);
	for (size_t k = 0; k < G_N_ELEMENTS(drawn); k++) {
		g_autofree char *file = g_strdup_printf("%.*s%s", (int)strlen(text) - 4, text, drawn[k]);
		g_autoptr(JsonNode) node = json_node_init_string(json_node_alloc(), file);

		remove_named(path, node);
	}
}

static void remove_overview(const char *path)
{
	static const char *const drawn[] = {"gp", "svg", "png"};

	for (size_t i = 0; i < G_N_ELEMENTS(drawn); i++) {
		g_autofree char *file = g_strdup_printf("%s/" SERIES_FOLDER "/overview.%s", path, drawn[i]);

		unlink(file);
	}
}

/* NULL: the file is no results.json of ours. */
static JsonObject *results_read(JsonParser *parser, const char *file)
{
	JsonNode *root;
	JsonObject *o;

	if (!json_parser_load_from_file(parser, file, NULL))
		return NULL;
	root = json_parser_get_root(parser);
	o = root && JSON_NODE_HOLDS_OBJECT(root) ? json_node_get_object(root) : NULL;
	return o && json_object_has_member(o, "virtual_seconds") ? o : NULL;
}

/* What the results.json of the run before names, and then that file. */
static void remove_results(const char *path)
{
	g_autofree char *file = g_strdup_printf("%s/" RESULTS_FILE, path);
	g_autoptr(JsonParser) parser = json_parser_new_immutable();
	JsonObject *o = results_read(parser, file);
	JsonNode *member;

	if (!o)
		return;
	member = json_object_get_member(o, "captures");
	if (member && JSON_NODE_HOLDS_ARRAY(member))
		json_array_foreach_element(json_node_get_array(member), remove_capture,
					   (void *)path);
	member = json_object_get_member(o, "series");
	if (member && JSON_NODE_HOLDS_ARRAY(member)) {
		json_array_foreach_element(json_node_get_array(member), remove_series,
					   (void *)path);
		remove_overview(path);
	}
	member = json_object_get_member(o, "processes");
	if (member && JSON_NODE_HOLDS_OBJECT(member))
		json_object_foreach_member(json_node_get_object(member), remove_console,
					   (void *)path);
	unlink(file);
}

/* Files whose writer was killed (capture/file.h). */
static void remove_parts(const char *folder)
{
	GDir *dir = g_dir_open(folder, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir)))
		if (name[0] == '.' && g_str_has_suffix(name, ".part")) {
			g_autofree char *file = g_strdup_printf("%s/%s", folder, name);

			unlink(file);
		}
	if (dir)
		g_dir_close(dir);
}

bool outdir_has_only_results(const char *path)
{
	g_autofree char *file = g_strdup_printf("%s/" RESULTS_FILE, path);
	g_autoptr(JsonParser) parser = json_parser_new_immutable();
	GDir *dir = results_read(parser, file) ? g_dir_open(path, 0, NULL) : NULL;
	const char *name;
	bool only = dir;

	while (only && (name = g_dir_read_name(dir))) {
		only = !strcmp(name, RESULTS_FILE);
		for (size_t i = 0; i < OUTDIR_FOLDERS && !only; i++)
			only = !strcmp(name, outdir_folders[i]);
	}
	if (dir)
		g_dir_close(dir);
	return only;
}

/* Two runs at once would take each other's files for what a killed run has left. */
static bool lock(struct outdir *o, char **error)
{
	const char *path = o->path;

	o->lock = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (o->lock < 0 || flock(o->lock, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
		return true;
	*error = g_strdup_printf("%s: another run is writing there; choose another folder with --out",
				 path);
	return false;
}

bool outdir_begin(struct outdir *o, const char *path, char **error)
{
	*o = (struct outdir){.path = g_strdup(path), .lock = -1};
	if (!file_folder(path, &o->made, error) || !lock(o, error))
		return false;
	if (o->made)
		return true;
	remove_results(path);
	remove_parts(path);
	for (size_t i = 0; i < OUTDIR_FOLDERS; i++) {
		g_autofree char *folder = g_strdup_printf("%s/%s", path, outdir_folders[i]);

		remove_parts(folder);
		o->kept[i] = rmdir(folder) < 0 && errno != ENOENT;
	}
	return true;
}

void outdir_end(struct outdir *o, bool keep)
{
	if (!o->path)
		return;
	if (o->made && !keep)
		rmdir(o->path);
	if (o->lock >= 0)
		close(o->lock);
	g_free(o->path);
	*o = (struct outdir){0};
}
