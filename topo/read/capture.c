#include "topo/read/read.h"

#include <string.h>

#include "topo/notation/notation.h"
#include "topo/notation/range.h"

/* Everything in `files` is taken; the key is the name inside captures/. */
static bool capture_add(struct reader *r, struct topo_capture c, GHashTable *files)
{
	struct scenario *s = r->s;

	if (!index_add(files, c.file, s->n_captures)) {
		place_error(r->error, c.at, "duplicate capture file '%s'; expected a 'file' of its own",
			    c.file);
		return false;
	}
	s->captures = arena_grow(r->arena, s->captures, s->n_captures, sizeof(s->captures[0]));
	s->captures[s->n_captures++] = c;
	return true;
}

static bool file_good(struct reader *r, const struct yaml_node *file)
{
	if (strchr(file->text, '/') || file->text[0] == '.' || strlen(file->text) > 200) {
		place_error(r->error, file->at, "'%.80s' is not a plain file name; expected one such as "
			    "wan.pcap, which will stand in captures/", file->text);
		return false;
	}
	return true;
}

/* What all captures of one item have in common. */
static bool common_read(struct reader *r, const struct yaml_node *map, struct topo_capture *c)
{
	const struct yaml_node *filter = value_of(map, "filter"), *file = value_of(map, "file");
	const struct yaml_node *format = value_of(map, "format"), *snaplen = value_of(map, "snaplen");

	*c = (struct topo_capture){ .at = map->at, .iface = TOPO_NONE, .link = TOPO_NONE,
				    .node = TOPO_NONE };
	if (!read_pcap_filter(r, filter))
		return false;
	c->filter = filter ? filter->text : NULL;
	c->snaplen = snaplen ? (uint32_t)value_bytes(snaplen) : 0;
	c->pcap = format ? !strcmp(format->text, "pcap")
			 : file && g_str_has_suffix(file->text, ".pcap");
	c->file = file ? file->text : NULL;
	return !file || file_good(r, file);
}

static bool links_capture(struct reader *r, const struct yaml_node *link, struct topo_capture c,
			  GHashTable *files)
{
	const char *given = c.file;
	uint32_t *list, n;

	if (!read_link_names(r, link, &list, &n))
		return false;
	for (uint32_t i = 0; i < n; i++) {
		c.kind = TOPO_CAPTURE_LINK;
		c.link = list[i];
		c.file = given ? given : arena_printf(r->arena, "%s.%s", r->s->links[list[i]].name,
						      c.pcap ? "pcap" : "pcapng");
		if (!capture_add(r, c, files))
			return false;
	}
	return true;
}

static bool end_capture(struct reader *r, const struct yaml_node *end, struct topo_capture c,
			GHashTable *files)
{
	const char *suffix = c.pcap ? "pcap" : "pcapng";
	const struct topo_node *node;

	if (!read_end(r, end, &c.node, &c.iface))
		return false;
	node = &r->s->nodes[c.node];
	c.kind = c.iface == TOPO_NONE ? TOPO_CAPTURE_NODE : TOPO_CAPTURE_IFACE;
	if (!c.file)
		c.file = c.iface == TOPO_NONE
			 ? arena_printf(r->arena, "%s.%s", node->name, suffix)
			 : arena_printf(r->arena, "%s.%s.%s", node->name, node->ifaces[c.iface].name,
					suffix);
	return capture_add(r, c, files);
}

/* `at: client[1..9]` is nine captures. */
static bool ends_capture(struct reader *r, const struct yaml_node *at, struct topo_capture c,
			 GHashTable *files)
{
	struct end_text end;
	struct range range;
	char why[NOTATION_WHY];

	value_good(notation_end(r->arena, at->text, &end, why) && range_read(end.node, &range, why));
	for (uint32_t i = 0; i < range.count; i++) {
		const char *node = range_name(r->arena, &range, i);
		const char *name = end.iface ? arena_printf(r->arena, "%s:%s", node, end.iface) : node;

		if (!end_capture(r, yaml_scalar_new(r->arena, name, at->at), c, files))
			return false;
	}
	return true;
}

static bool item_read(struct reader *r, const struct yaml_node *map, GHashTable *files)
{
	const struct yaml_node *at = value_of(map, "at"), *link = value_of(map, "link");
	struct topo_capture c;

	if (!at == !link) {
		place_error(r->error, map->at, at ? "'at' and 'link' do not go together; expected one"
						  : "a capture of nothing; expected at or link");
		return false;
	}
	return common_read(r, map, &c) &&
	       (at ? ends_capture(r, at, c, files) : links_capture(r, link, c, files));
}

/* Without a list: the nodes that steps run something on, or all but switches. */
static bool nodes_capture(struct reader *r, struct place at, GHashTable *files)
{
	struct scenario *s = r->s;
	bool *wanted = arena_array(r->arena, bool, s->n_nodes);

	for (uint32_t i = 0; i < s->n_steps; i++)
		for (uint32_t k = 0; s->steps[i].kind == TOPO_STEP_DO && k < s->steps[i].n_nodes; k++)
			wanted[s->steps[i].nodes[k]] = true;
	for (uint32_t n = 0; n < s->n_nodes; n++) {
		struct topo_capture c = { .kind = TOPO_CAPTURE_NODE, .node = n, .iface = TOPO_NONE,
					  .link = TOPO_NONE, .at = at };

		if (!wanted[n] && s->capture_mode != TOPO_CAPTURE_ALL)
			continue;
		c.file = arena_printf(r->arena, "%s.pcapng", s->nodes[n].name);
		if (!capture_add(r, c, files))
			return false;
	}
	return true;
}

bool read_captures(struct reader *r)
{
	const struct yaml_pair *pair = yaml_map_find(r->root, "capture");
	struct scenario *s = r->s;
	GHashTable *files = g_hash_table_new(g_str_hash, g_str_equal);
	bool ok = true;

	s->capture_mode = !pair || yaml_is_null(pair->value) ? TOPO_CAPTURE_DEFAULT
			: pair->value->kind == YAML_LIST ? TOPO_CAPTURE_LIST
			: pair->value->kind == YAML_MAP ? TOPO_CAPTURE_NONE	/* refused */
			: !strcmp(pair->value->text, "none") ? TOPO_CAPTURE_NONE : TOPO_CAPTURE_ALL;
	if (s->capture_mode == TOPO_CAPTURE_LIST)
		for (size_t i = 0; i < pair->value->n; i++)
			ok = !pair->value->items[i]->bad && item_read(r, pair->value->items[i], files) && ok;
	else if (s->capture_mode != TOPO_CAPTURE_NONE)
		ok = nodes_capture(r, pair ? pair->at : r->root->at, files);
	g_hash_table_destroy(files);
	return ok;
}
