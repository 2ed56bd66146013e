/*
 * A scenario's whole way from bytes to the checked model. Whatever the bytes are,
 * the answer is a scenario or an error whose lines start with a place.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "topo/scenario.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libfyaml 0.7.12 forgets a buffer when a long quoted scalar turns out to be wrong. */
const char *__lsan_default_suppressions(void)
{
	return "leak:libfyaml.so\n";
}

static void require(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "fuzz_yaml: %s\n", what);
	abort();
}

static void model_check(const struct scenario *s)
{
	require(s->n_nodes > 0, "a scenario has nodes");
	for (uint32_t i = 0; i < s->n_links; i++)
		for (int side = 0; side < 2; side++) {
			const struct topo_end *end = &s->links[i].end[side];

			require(end->node < s->n_nodes, "a link ends at a node");
			require(end->iface < s->nodes[end->node].n_ifaces, "and at its interface");
			require(s->nodes[end->node].ifaces[end->iface].link == i, "which knows it");
			require(s->links[i].dir[side].loss.kind != TOPO_LOSS_BERNOULLI ||
				(s->links[i].dir[side].loss.share > 0 &&
				 s->links[i].dir[side].loss.share <= 1), "a share is 0 to 1");
		}
	for (uint32_t i = 0; i < s->n_steps; i++) {
		require(s->steps[i].after == TOPO_NONE || s->steps[i].after < s->n_steps, "after a step");
		for (uint32_t k = 0; k < s->steps[i].n_nodes; k++)
			require(s->steps[i].nodes[k] < s->n_nodes, "on a node");
	}
}

/* A line for each error, each with its place, and not too many. */
static void errors_check(const char *message)
{
	char **lines = g_strsplit(message, "\n", 0);
	guint n = g_strv_length(lines);

	require(n <= PLACE_ERRORS_MAX + 1, "there are only so many errors");
	for (guint i = 0; i < n; i++)
		require(strstr(lines[i], ": ") != NULL || (i == PLACE_ERRORS_MAX &&
							    g_str_has_prefix(lines[i], "and ")),
			"an error has a place");
	g_strfreev(lines);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	GError *error = NULL;
	struct scenario *s = scenario_parse((const char *)data, size, "fuzz.yaml", NULL, &error);

	require(!s == !!error, "either a scenario or an error");
	if (s)
		model_check(s);
	if (error) {
		errors_check(error->message);
		g_error_free(error);
	}
	scenario_free(s);
	return 0;
}
