/* Private to load.c and those who load for it: an entry of results.json's list of series, and
 * what becomes of it. */
#ifndef CLI_PLOT_ENTRY_H
#define CLI_PLOT_ENTRY_H

#include <json-glib/json-glib.h>

#include "cli/plot/load.h"

/* A member; "" and 0 if it is not there. */
const char *entry_text(JsonObject *o, const char *key);
double entry_number(JsonObject *o, const char *key);

/* Its file: a plain name in series/ that ends in .csv, or NULL. */
const char *entry_file(JsonObject *o);

/* The same without its suffix; g_free(). */
char *entry_stem(JsonObject *o);

/* The file of a run's folder, open; NULL: *error is one sentence. */
struct plot_csv *entry_csv(const char *out, JsonObject *o, char **error);

/* Take an entry into the set. False: *error is one sentence. */
bool plot_tcp_load(struct plot_set *set, const char *out, JsonObject *o,
		   const struct plot_choice *choice, char **error);
bool plot_way_load(struct plot_set *set, const char *out, JsonObject *o, char **error);

/* Nothing ever waited, or nothing was carried. */
bool plot_way_dull(const struct plot_way *w);

void plot_tcp_free(void *tcp);
void plot_way_free(void *way);

#endif
