#include "topo/play/trace.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "topo/yaml/include.h"

/* Reads numbers until the end; false sets the error at the line that is wrong. */
static bool lines_read(FILE *file, const char *path, GArray *ms, GError **error)
{
	struct place at = { g_intern_string(path), 0, 1 };
	char line[64], *end;

	while (fgets(line, sizeof(line), file)) {
		guint64 n = g_ascii_strtoull(line, &end, 10);
		uint32_t value = (uint32_t)n;

		at.line++;
		if (end == line || (*end != '\n' && *end != '\r' && *end) || n > G_MAXUINT32 ||
		    !g_ascii_isdigit(line[0])) {
			place_error(error, at, "is not a line of a trace; expected a whole number of "
				    "milliseconds");
			return false;
		}
		if (ms->len && value < g_array_index(ms, uint32_t, ms->len - 1)) {
			place_error(error, at, "goes back in time; expected %u or more",
				    g_array_index(ms, uint32_t, ms->len - 1));
			return false;
		}
		if (ms->len >= TRACE_FILE_MAX / 2) {
			place_error(error, at, "is too long a trace; expected fewer lines");
			return false;
		}
		g_array_append_val(ms, value);
	}
	at.line += !at.line;
	if (ms->len && g_array_index(ms, uint32_t, ms->len - 1))
		return true;
	place_error(error, at, "lasts no time; expected at least one line above 0");
	return false;
}

static struct topo_trace *trace_read(struct arena *arena, const char *path, FILE *file, GError **error)
{
	GArray *ms = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	struct topo_trace *trace = NULL;

	if (lines_read(file, path, ms, error)) {
		trace = arena_alloc(arena, sizeof(*trace));
		trace->path = arena_text(arena, path);
		trace->ms = arena_copy(arena, ms->data, ms->len * sizeof(uint32_t));
		trace->n = ms->len;
	}
	g_array_free(ms, TRUE);
	return trace;
}

const struct topo_trace *trace_load(struct arena *arena, GHashTable *seen, struct place at,
				    const char *name, GError **error)
{
	g_autofree char *path = include_path(at, name);
	struct topo_trace *trace = g_hash_table_lookup(seen, path);
	struct stat info;
	FILE *file;

	if (trace)
		return trace;
	file = fopen(path, "r");
	if (!file) {
		place_error(error, at, "trace '%s' cannot be read: %s", path, g_strerror(errno));
		return NULL;
	}
	if (fstat(fileno(file), &info) || !S_ISREG(info.st_mode))	/* a pipe might never end */
		place_error(error, at, "trace '%s' is not a regular file", path);
	else
		trace = trace_read(arena, path, file, error);
	fclose(file);
	if (trace)
		g_hash_table_insert(seen, (char *)trace->path, trace);
	return trace;
}
