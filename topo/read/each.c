/* A command line for many nodes: a range of names in it goes along with that of `on`. */
#include <string.h>

#include "topo/notation/range.h"
#include "topo/read/read.h"

#define BLANKS " \t\n\r"

/* Whether the n bytes at `word` are, whole and unquoted, a range of nodes there are. */
static bool word_is_nodes(struct reader *r, const char *word, size_t n, struct range *range)
{
	char why[RANGE_WHY];

	if (!memchr(word, '[', n) ||
	    !range_read(arena_printf(r->arena, "%.*s", (int)n, word), range, why) || !range->many)
		return false;
	return scenario_node(r->s, range_name(r->arena, range, 0)) != TOPO_NONE;
}

/* The line of the i-th of n nodes; `text` itself if there is no range in it, NULL on error. */
static const char *text_of(struct reader *r, const struct yaml_node *value, uint32_t i, uint32_t n)
{
	const char *at = value->text, *done = at;
	struct range range;
	GString *text = NULL;

	while (*(at += strspn(at, BLANKS))) {
		size_t len = strcspn(at, BLANKS);

		if (word_is_nodes(r, at, len, &range)) {
			if (range.count != n) {
				place_error(r->error, value->at, "'%s' are %u and 'on' names %u; "
					    "expected as many", range.text, range.count, n);
				if (text)
					g_string_free(text, TRUE);
				return NULL;
			}
			text = text ? text : g_string_new(NULL);
			g_string_append_len(text, done, at - done);
			g_string_append(text, range_name(r->arena, &range, i));
			done = at + len;
		}
		at += len;
	}
	if (!text)
		return value->text;
	g_string_append(text, done);
	at = arena_text(r->arena, text->str);
	g_string_free(text, TRUE);
	return at;
}

bool read_command_each(struct reader *r, const struct yaml_node *value, const uint32_t *nodes,
		       struct topo_command *commands, uint32_t n)
{
	const struct topo_node *before = NULL, *node;

	for (uint32_t i = 0; i < n; before = node, i++) {
		const char *text = text_of(r, value, i, n);

		node = &r->s->nodes[nodes[i]];
		if (!text)
			return false;
		if (!i || text != value->text) {
			if (!read_command(r, value, text, node, &commands[i]))
				return false;
			continue;
		}
		commands[i] = commands[0];
		/* The next one of a range knows what the one before it knew. */
		if ((node->hosts != before->hosts || node->names != before->names) &&
		    !read_arguments(r, value, node, &commands[i]))
			return false;
	}
	return true;
}
