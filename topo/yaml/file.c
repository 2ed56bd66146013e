#include "topo/yaml/yaml.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* At most one byte more than allowed, so that /dev/zero ends too. */
static char *bytes_read(FILE *file, size_t *length)
{
	char *bytes = g_malloc(YAML_FILE_MAX + 1);

	*length = fread(bytes, 1, YAML_FILE_MAX + 1, file);
	return bytes;
}

struct yaml_node *yaml_load(struct arena *arena, const char *path, const char *shown,
			    GError **error)
{
	struct place start = { g_intern_string(shown), 1, 1 };
	struct yaml_node *root = NULL;
	FILE *file = fopen(path, "rb");
	char *bytes = NULL;
	size_t length = 0;

	if (!file) {
		place_error(error, start, "cannot be read: %s", g_strerror(errno));
		return NULL;
	}
	errno = 0;
	bytes = bytes_read(file, &length);
	if (ferror(file))
		place_error(error, start, "cannot be read: %s", g_strerror(errno));
	else if (length > YAML_FILE_MAX)
		place_error(error, start, "is larger than %u MiB; expected a scenario, which is short",
			    YAML_FILE_MAX >> 20);
	else
		root = yaml_parse(arena, bytes, length, shown, NULL, error);
	fclose(file);
	g_free(bytes);
	return root;
}
