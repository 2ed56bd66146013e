#include "topo/yaml/yaml.h"

#include <string.h>

#include <libfyaml.h>

#include "topo/yaml/fault.h"

/* A map or list that is still open. */
struct level {
	struct yaml_node *node;
	const char *key;		/* of the value that comes next; NULL: a key comes next */
	struct place key_at;
	bool again;			/* there is such a key: its value is read and forgotten */
	const char *anchor;		/* that names this node once it is whole */
};

struct reader {
	struct arena *arena;
	const char *file;
	const struct place *fixed;
	const char *text;
	size_t length;
	struct fy_parser *parser;
	struct level levels[YAML_DEPTH_MAX];
	int depth;
	GHashTable *anchors;		/* name -> node, looked up only */
	size_t copied;			/* nodes made by aliases */
	struct yaml_node *root;
	GError **error;
};

/* libfyaml points behind what opens a token: a quote, the star of an alias. */
static struct place opener_place(struct place at)
{
	if (at.line && at.col > 1)
		at.col--;
	return at;
}

static struct place mark_place(const struct reader *r, const struct fy_mark *mark)
{
	struct place at = { r->file, 1, 1 };

	if (r->fixed)
		return *r->fixed;
	if (mark) {
		at.line = (uint32_t)mark->line + 1;
		at.col = (uint32_t)mark->column + 1;
	}
	return at;
}

/* `from` with all below it, counted against the bound on aliases. */
static struct yaml_node *node_copy(struct reader *r, const struct yaml_node *from, struct place at)
{
	struct yaml_node *to;

	if (++r->copied > YAML_ALIAS_MAX) {
		if (r->copied == YAML_ALIAS_MAX + 1)
			place_error(r->error, at, "aliases grow to more than %d values; "
				    "expected a scenario that writes them out", YAML_ALIAS_MAX);
		return NULL;
	}
	to = arena_copy(r->arena, from, sizeof(*from));
	if (from->kind == YAML_SCALAR)
		return to;
	to->n = 0;
	to->pairs = NULL;
	to->index = NULL;
	to->index_size = 0;
	for (size_t i = 0; i < from->n; i++) {
		const struct yaml_node *child = from->kind == YAML_MAP ? from->pairs[i].value
								       : from->items[i];
		struct yaml_node *copy = node_copy(r, child, at);

		if (!copy)
			return NULL;
		if (from->kind == YAML_MAP)
			yaml_map_add(r->arena, to, from->pairs[i].key, from->pairs[i].at, copy);
		else
			yaml_list_add(r->arena, to, copy);
	}
	return to;
}

/* Puts the pairs of `from` where `<<` stood, but for keys that the map has itself. */
static bool map_merge(struct reader *r, struct yaml_node *map, const struct yaml_pair *merge)
{
	const struct yaml_node *from = merge->value, own = *map;

	if (from->kind != YAML_MAP) {
		place_error(r->error, merge->at, "'<<' merges a map; expected one such as *name");
		return false;
	}
	map->n = 0;
	map->pairs = NULL;
	map->index = NULL;
	map->index_size = 0;
	for (size_t i = 0; i < own.n; i++) {
		if (strcmp(own.pairs[i].key, "<<")) {
			yaml_map_add(r->arena, map, own.pairs[i].key, own.pairs[i].at,
				     own.pairs[i].value);
			continue;
		}
		for (size_t j = 0; j < from->n; j++)
			if (!yaml_map_find(&own, from->pairs[j].key))
				yaml_map_add(r->arena, map, from->pairs[j].key, from->pairs[j].at,
					     from->pairs[j].value);
	}
	return true;
}

static bool key_read(struct reader *r, struct level *level, const struct yaml_node *key)
{
	const struct yaml_pair *before;

	if (key->kind != YAML_SCALAR) {
		place_error(r->error, key->at, "a %s stands where a key should; expected one before it, such "
			    "as between: [a, b]", key->kind == YAML_MAP ? "map" : "list");
		return false;
	}
	before = yaml_map_find(level->node, key->text);
	if (before)
		place_error(r->error, key->at, "duplicate key '%.60s'; it stands in line %u already",
			    key->text, before->at.line);
	level->again = before != NULL;
	level->key = key->text;
	level->key_at = key->at;
	return true;
}

/* A whole value: the root, an item, a key, or the value of the last key. */
static bool value_add(struct reader *r, struct yaml_node *node)
{
	struct level *level;

	if (!r->depth) {
		r->root = node;
		return true;
	}
	level = &r->levels[r->depth - 1];
	if (level->node->kind == YAML_LIST) {
		yaml_list_add(r->arena, level->node, node);
	} else if (!level->key) {
		return key_read(r, level, node);
	} else {
		if (!level->again)
			yaml_map_add(r->arena, level->node, level->key, level->key_at, node);
		level->key = NULL;
	}
	return true;
}

static char *token_text(const struct reader *r, struct fy_token *token, size_t *length)
{
	const char *text = token ? fy_token_get_text(token, length) : NULL;
	char *copy;

	if (!text) {
		*length = 0;
		text = "";
	}
	copy = arena_alloc(r->arena, *length + 1);
	memcpy(copy, text, *length);
	return copy;
}

static void anchor_name(struct reader *r, const char *anchor, struct yaml_node *node)
{
	if (anchor)
		g_hash_table_replace(r->anchors, (char *)anchor, node);
}

static const char *anchor_text(struct reader *r, struct fy_token *anchor)
{
	size_t length;

	return anchor ? token_text(r, anchor, &length) : NULL;
}

static bool tag_refuse(struct reader *r, struct fy_token *tag)
{
	if (tag)
		place_error(r->error, mark_place(r, fy_token_start_mark(tag)),
			    "tags mean nothing in a scenario; expected the value without one");
	return tag != NULL;
}

/* Whether a scalar's text stands in one line of the file, letter by letter. */
static bool text_is_verbatim(const struct reader *r, struct fy_token *token, size_t length)
{
	const struct fy_mark *start = token ? fy_token_start_mark(token) : NULL;
	const struct fy_mark *end = token ? fy_token_end_mark(token) : NULL;

	return start && end && !r->fixed && start->line == end->line &&
	       end->input_pos - start->input_pos == length;
}

static bool scalar_event(struct reader *r, const struct fy_event *event)
{
	struct fy_token *token = event->scalar.value;
	struct place at = mark_place(r, token ? fy_token_start_mark(token) : NULL);
	enum fy_scalar_style style;
	struct yaml_node *node;
	size_t length;
	char *text = token_text(r, token, &length);

	if (tag_refuse(r, event->scalar.tag))
		return false;
	node = yaml_scalar_new(r->arena, text, at);
	/* What is not written at all stands where its key does. */
	if (!length && r->depth && r->levels[r->depth - 1].key)
		node->at = r->levels[r->depth - 1].key_at;
	style = token ? fy_token_scalar_style(token) : FYSS_PLAIN;
	node->quoted = style != FYSS_PLAIN;
	node->lead = text_is_verbatim(r, token, length) ? 0 : -1;
	if (style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED) {
		node->at = opener_place(node->at);
		node->lead += !node->lead;
	}
	if (strlen(text) != length) {
		place_error(r->error, node->at, "a text has a zero byte in it; expected characters only");
		return false;
	}
	anchor_name(r, anchor_text(r, event->scalar.anchor), node);
	return value_add(r, node);
}

static bool start_event(struct reader *r, struct yaml_node *node, struct fy_token *tag,
			struct fy_token *anchor)
{
	if (tag_refuse(r, tag))
		return false;
	if (r->depth == YAML_DEPTH_MAX) {
		place_error(r->error, node->at, "is nested more than %d levels deep; expected fewer",
			    YAML_DEPTH_MAX);
		return false;
	}
	r->levels[r->depth++] = (struct level){ .node = node, .anchor = anchor_text(r, anchor) };
	return true;
}

static bool end_event(struct reader *r)
{
	struct level done = r->levels[--r->depth];
	const struct yaml_pair *merge = yaml_map_find(done.node, "<<");

	if (merge && !map_merge(r, done.node, merge))
		return false;
	anchor_name(r, done.anchor, done.node);
	return value_add(r, done.node);
}

static bool alias_event(struct reader *r, const struct fy_event *event)
{
	struct fy_token *token = event->alias.anchor;
	struct place at = opener_place(mark_place(r, token ? fy_token_start_mark(token) : NULL));
	const char *name = anchor_text(r, token);
	struct yaml_node *node = name ? g_hash_table_lookup(r->anchors, name) : NULL;

	if (!node) {
		place_error(r->error, at, "alias '*%.60s' names no anchor that is complete before it",
			    name ? name : "");
		return false;
	}
	node = node_copy(r, node, at);
	return node && value_add(r, node);
}

static bool event_read(struct reader *r, const struct fy_event *event)
{
	const struct fy_mark *mark;

	switch (event->type) {
	case FYET_SCALAR:
		return scalar_event(r, event);
	case FYET_ALIAS:
		return alias_event(r, event);
	case FYET_MAPPING_START:
		mark = fy_token_start_mark(event->mapping_start.mapping_start);
		return start_event(r, yaml_map_new(r->arena, mark_place(r, mark)),
				   event->mapping_start.tag, event->mapping_start.anchor);
	case FYET_SEQUENCE_START:
		mark = fy_token_start_mark(event->sequence_start.sequence_start);
		return start_event(r, yaml_list_new(r->arena, mark_place(r, mark)),
				   event->sequence_start.tag, event->sequence_start.anchor);
	case FYET_MAPPING_END:
	case FYET_SEQUENCE_END:
		return end_event(r);
	case FYET_DOCUMENT_START:
		if (!r->root)
			return true;
		mark = fy_token_start_mark(event->document_start.document_start);
		place_error(r->error, mark_place(r, mark), "a second document begins; "
			    "expected one scenario in a file");
		return false;
	default:
		return true;
	}
}

/* The first thing that libfyaml could not read, in our words. */
static void syntax_error(struct reader *r, struct fy_diag *diag)
{
	void *iterator = NULL;
	const struct fy_diag_error *first = fy_diag_errors_iterate(diag, &iterator);
	struct place at = { r->file, 1, 1 };
	struct yaml_fault fault;

	if (first && first->line > 0) {
		at.line = (uint32_t)first->line;
		at.col = first->column > 0 ? (uint32_t)first->column : 1;
	}
	yaml_fault_find(r->text, r->length, at.line, at.col, &fault);
	at.line = fault.line;
	at.col = fault.col;
	place_error(r->error, r->fixed ? *r->fixed : at, "not YAML: %s", fault.why);
}

/* Reads all events; the answer is in r->root. */
static bool events_read(struct reader *r, struct fy_diag *diag)
{
	struct fy_event *event;
	bool more = true, ok = true;

	while (ok && more) {
		event = fy_parser_parse(r->parser);
		if (!event) {
			syntax_error(r, diag);
			return false;
		}
		more = event->type != FYET_STREAM_END;
		ok = event_read(r, event);
		fy_parser_event_free(r->parser, event);
	}
	return ok;
}

/* Refuses what is not text. YAML's own rule for control characters is the same. */
static bool text_check(const struct reader *r, const char *text, size_t length)
{
	struct place at = { r->file, 1, 1 };
	const char *valid;

	g_utf8_validate_len(text, length, &valid);
	for (const char *p = text; p < text + length; p++, at.col++) {
		unsigned char c = (unsigned char)*p;

		if (p == valid || (c < ' ' && c != '\n' && c != '\r' && c != '\t') || c == 0x7f) {
			place_error(r->error, r->fixed ? *r->fixed : at,
				    "byte 0x%02x is not text; expected a YAML file in UTF-8", c);
			return false;
		}
		if (c == '\n') {
			at.line++;
			at.col = 0;
		}
	}
	return true;
}

static bool parser_run(struct reader *r, const char *text, size_t length)
{
	struct fy_diag *diag = fy_diag_create(NULL);
	struct fy_parse_cfg config = { .flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG, .diag = diag };
	bool ok;

	fy_diag_set_collect_errors(diag, true);
	r->parser = fy_parser_create(&config);
	ok = fy_parser_set_string(r->parser, text, length) == 0 && events_read(r, diag);
	fy_parser_destroy(r->parser);
	fy_diag_destroy(diag);
	return ok;
}

struct yaml_node *yaml_parse(struct arena *arena, const char *text, size_t length,
			     const char *shown, const struct place *fixed, GError **error)
{
	struct reader r = { .arena = arena, .file = g_intern_string(shown), .fixed = fixed,
			    .error = error };
	struct place start = { r.file, 1, 1 };
	bool ok;

	if (length >= 3 && !memcmp(text, "\357\273\277", 3)) {
		text += 3;
		length -= 3;
	}
	r.text = text;
	r.length = length;
	if (!text_check(&r, text, length))
		return NULL;
	r.anchors = g_hash_table_new(g_str_hash, g_str_equal);
	ok = parser_run(&r, text, length);
	g_hash_table_destroy(r.anchors);
	if (ok && !r.root)
		place_error(error, fixed ? *fixed : start, "is empty; expected a scenario with 'nodes:'");
	return ok ? r.root : NULL;
}
