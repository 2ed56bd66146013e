/*
 * A scenario file with what it includes, as one tree.
 *
 * `include: [lib/home.yaml]` is read first, each file with its own includes, with
 * paths relative to the file that names them; then the including file is laid
 * over it. Maps merge key by key and the later one wins. The top-level lists
 * `links`, `run`, `expect` and `capture` grow: what is included comes first. A
 * link in the form of a map with the `name` of an included one is merged into it.
 * Every other list is replaced as a whole.
 */
#ifndef TOPO_YAML_INCLUDE_H
#define TOPO_YAML_INCLUDE_H

#include "topo/yaml/yaml.h"

/* At most this many files in a chain, and in all. */
#define INCLUDE_DEPTH_MAX 16
#define INCLUDE_FILES_MAX 256

/* The merged tree of the file at `path`; NULL with an error at the place that names
 * the file which is missing or loops. */
struct yaml_node *include_load(struct arena *arena, const char *path, GError **error);

/* The same for text that is no file; includes are relative to `shown`. */
struct yaml_node *include_parse(struct arena *arena, const char *text, size_t length,
				const char *shown, GError **error);

/* `path` as written in the file that `at` lies in, relative to the working
 * directory; the caller frees it. */
char *include_path(struct place at, const char *path);

#endif
