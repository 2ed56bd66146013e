#include "cli/plot/load.h"

#include <math.h>
#include <string.h>

#include "cli/plot/entry.h"

static int by_rows(gconstpointer a, gconstpointer b)
{
	double x = entry_number(*(JsonObject *const *)a, "rows");
	double y = entry_number(*(JsonObject *const *)b, "rows");

	return (x < y) - (x > y);
}

static int by_bytes(gconstpointer a, gconstpointer b)
{
	const struct plot_tcp *x = *(struct plot_tcp *const *)a, *y = *(struct plot_tcp *const *)b;

	return x->bytes != y->bytes ? (x->bytes < y->bytes) - (x->bytes > y->bytes)
				    : strcmp(x->name, y->name);
}

/* The entries that are of use: connections in `tcp`, the others in `rest`. */
static void entries_sort(JsonArray *series, GPtrArray *tcp, GPtrArray *rest)
{
	for (guint i = 0; series && i < json_array_get_length(series); i++) {
		JsonNode *n = json_array_get_element(series, i);
		JsonObject *o = JSON_NODE_HOLDS_OBJECT(n) ? json_node_get_object(n) : NULL;

		if (!o || !entry_file(o) || entry_number(o, "rows") < 1)
			continue;
		g_ptr_array_add(strcmp(entry_text(o, "what"), "tcp") ? rest : tcp, o);
	}
	g_ptr_array_sort(tcp, by_rows);
}

static bool entries_load(struct plot_set *set, const char *out, JsonArray *series,
			 const struct plot_choice *choice, char **error)
{
	g_autoptr(GPtrArray) tcp = g_ptr_array_new(), rest = g_ptr_array_new();
	bool ok = true;

	entries_sort(series, tcp, rest);
	for (guint i = 0; ok && i < tcp->len; i++)
		if (choice->all || set->tcp->len < PLOT_MOST)
			ok = plot_tcp_load(set, out, tcp->pdata[i], choice, error);
		else
			set->left_out++;
	for (guint i = 0; ok && i < rest->len; i++) {
		struct plot_way *before = set->ways->len ? set->ways->pdata[set->ways->len - 1] : NULL;

		ok = plot_way_load(set, out, rest->pdata[i], error);
		/* Another direction begins: was the one before worth it? */
		if (ok && before && !choice->all && set->ways->len > 1 &&
		    set->ways->pdata[set->ways->len - 2] == before &&
		    (plot_way_dull(before) || set->ways->len > PLOT_MOST)) {
			g_ptr_array_remove_index(set->ways, set->ways->len - 2);
			set->left_out++;
		}
	}
	if (set->ways->len && !choice->all && plot_way_dull(set->ways->pdata[set->ways->len - 1])) {
		g_ptr_array_remove_index(set->ways, set->ways->len - 1);
		set->left_out++;
	}
	g_ptr_array_sort(set->tcp, by_bytes);
	return ok;
}

/* Whether the process can have a connection that is open from its `begin` on. */
static bool may_own(JsonObject *process, const struct plot_tcp *t)
{
	static const char *const programs[] = {"iperf3", "nc", "rr"};
	const char *command = entry_text(process, "command");
	bool ended = json_object_has_member(process, "end");

	if (strcmp(entry_text(process, "node"), t->node) || entry_number(process, "start") > t->begin ||
	    (ended && entry_number(process, "end") < t->begin))
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(programs); i++) {
		size_t n = strlen(programs[i]);

		if (!strncmp(command, programs[i], n) && (!command[n] || command[n] == ' '))
			return true;
	}
	return false;
}

/* Of which step or service each connection is, where only one of its node can have opened it. */
static void steps_find(struct plot_set *set, JsonNode *processes)
{
	JsonObject *all = processes && JSON_NODE_HOLDS_OBJECT(processes) ? json_node_get_object(processes)
									 : NULL;

	for (guint i = 0; all && i < set->tcp->len; i++) {
		struct plot_tcp *t = set->tcp->pdata[i];
		JsonObjectIter at;
		const char *name;
		JsonNode *node;
		int owners = 0;

		json_object_iter_init_ordered(&at, all);
		while (json_object_iter_next_ordered(&at, &name, &node)) {
			if (!JSON_NODE_HOLDS_OBJECT(node) || !may_own(json_node_get_object(node), t))
				continue;
			g_free(t->step);
			t->step = owners++ ? NULL : g_strdup(name);
		}
	}
}

bool plot_load(struct plot_set *set, const char *out, const struct plot_choice *choice, char **error)
{
	g_autofree char *path = g_strdup_printf("%s/results.json", out);
	g_autoptr(JsonParser) parser = json_parser_new_immutable();
	g_autoptr(GError) why = NULL;
	JsonNode *root, *series;
	JsonObject *o;

	*set = (struct plot_set){0};
	set->tcp = g_ptr_array_new_with_free_func(plot_tcp_free);
	set->ways = g_ptr_array_new_with_free_func(plot_way_free);
	if (!json_parser_load_from_mapped_file(parser, path, &why)) {
		*error = why->domain == G_FILE_ERROR
			? g_strdup_printf("%s: is no folder that a run has left; there is no results.json "
					  "in it", out)
			: g_strdup_printf("%s: is not JSON", path);
		return false;
	}
	root = json_parser_get_root(parser);
	o = root && JSON_NODE_HOLDS_OBJECT(root) ? json_node_get_object(root) : NULL;
	series = o ? json_object_get_member(o, "series") : NULL;
	if (!o || !series || !JSON_NODE_HOLDS_ARRAY(series) ||
	    !json_array_get_length(json_node_get_array(series))) {
		*error = g_strdup_printf("%s: nothing was recorded over time; 'series: [tcp, queues, "
					 "links]' in the scenario, or run it with --set series=all", out);
		return false;
	}
	set->scenario = g_strdup(entry_text(o, "scenario"));
	set->run = g_path_get_basename(out);
	set->span.from = isnan(choice->from) ? 0 : choice->from;
	set->span.to = isnan(choice->to) ? entry_number(o, "virtual_seconds") : choice->to;
	if (set->span.to <= set->span.from)
		set->span.to = set->span.from + 1e-3;
	if (!entries_load(set, out, json_node_get_array(series), choice, error))
		return false;
	steps_find(set, json_object_get_member(o, "processes"));
	return true;
}

void plot_set_fini(struct plot_set *set)
{
	if (set->tcp)
		g_ptr_array_unref(set->tcp);
	if (set->ways)
		g_ptr_array_unref(set->ways);
	g_free(set->scenario);
	g_free(set->run);
	*set = (struct plot_set){0};
}
