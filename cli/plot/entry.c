#include "cli/plot/entry.h"

#include <string.h>

#include "topo/outcome/series.h"

const char *entry_text(JsonObject *o, const char *key)
{
	JsonNode *n = json_object_get_member(o, key);
	const char *text = n && JSON_NODE_HOLDS_VALUE(n) ? json_node_get_string(n) : NULL;

	return text ? text : "";
}

double entry_number(JsonObject *o, const char *key)
{
	JsonNode *n = json_object_get_member(o, key);

	return n && JSON_NODE_HOLDS_VALUE(n) ? json_node_get_double(n) : 0;
}

/* Pages have these names, and scripts of gnuplot hold them: a folder that came from somebody else is
 * not to end a string there, or a line. */
static bool name_is_harmless(const char *name)
{
	if (*name == '.' || *name == '-' || strpbrk(name, "/'"))
		return false;
	while (*name && !g_ascii_iscntrl(*name))
		name++;
	return !*name;
}

const char *entry_file(JsonObject *o)
{
	const char *file = entry_text(o, "file");

	if (!g_str_has_prefix(file, SERIES_FOLDER "/") || !g_str_has_suffix(file, ".csv"))
		return NULL;
	file += strlen(SERIES_FOLDER "/");
	return name_is_harmless(file) ? file : NULL;
}

char *entry_stem(JsonObject *o)
{
	const char *file = entry_file(o);

	return g_strndup(file, strlen(file) - strlen(".csv"));
}

struct plot_csv *entry_csv(const char *out, JsonObject *o, char **error)
{
	g_autofree char *path = g_strdup_printf("%s/" SERIES_FOLDER "/%s", out, entry_file(o));

	return plot_csv_open(path, error);
}
