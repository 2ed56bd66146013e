#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

#include "ip/ip.h"
#include "topo/internet.h"
#include "topo/notation/units.h"

/* Shapes by kind, in both languages. */
static const struct {
	const char *dot;		/* shape and style of a node */
	const char *open, *close;	/* mermaid's brackets */
} shapes[] = {
	[TOPO_HOST] = { "shape=box, style=rounded", "(\"", "\")" },
	[TOPO_ROUTER] = { "shape=circle", "((\"", "\"))" },
	[TOPO_SWITCH] = { "shape=box, style=filled, fillcolor=lightgrey", "[\"", "\"]" },
	[TOPO_EXTERNAL] = { "shape=box, style=dashed", "{{\"", "\"}}" },
};

/* A graph's language: how its beginning, nodes, links and end are written. */
struct language {
	const char *name;
	void (*begin)(const struct scenario *s);
	void (*node)(const struct topo_node *node, uint32_t index, const char *label);
	void (*link)(const struct scenario *s, const struct topo_link *link, const char *label);
	void (*end)(void);
	const char *line;		/* what breaks a line in a label */
};

/* "between quotes": what would end them is left out. */
static void quoted_print(const char *text)
{
	for (; *text; text++)
		if (*text != '"' && *text != '\n')
			putchar(*text);
}

static void dot_begin(const struct scenario *s)
{
	printf("graph \"");
	quoted_print(s->title ? s->title : s->name);
	printf("\" {\n\tlabel=\"");
	quoted_print(s->title ? s->title : s->name);
	printf("\";\n\tlabelloc=t;\n\toverlap=false;\n\tnode [fontname=\"sans-serif\"];\n"
	       "\tedge [fontname=\"sans-serif\", fontsize=10];\n");
}

static void dot_node(const struct topo_node *node, uint32_t index, const char *label)
{
	(void)index;
	printf("\t\"%s\" [label=\"%s\", %s];\n", node->name, label, shapes[node->kind].dot);
}

static void dot_link(const struct scenario *s, const struct topo_link *link, const char *label)
{
	const struct topo_node *a = &s->nodes[link->end[0].node], *b = &s->nodes[link->end[1].node];

	printf("\t\"%s\" -- \"%s\" [label=\"%s\", taillabel=\"%s\", headlabel=\"%s\"];\n", a->name,
	       b->name, label, a->ifaces[link->end[0].iface].name, b->ifaces[link->end[1].iface].name);
}

static void dot_end(void)
{
	puts("}");
}

static void mermaid_begin(const struct scenario *s)
{
	if (s->title) {
		printf("---\ntitle: \"");
		quoted_print(s->title);
		puts("\"\n---");
	}
	puts("graph LR");
}

/* Names are numbered: mermaid has words of its own ("end"). */
static void mermaid_node(const struct topo_node *node, uint32_t index, const char *label)
{
	printf("    n%u%s%s%s\n", index, shapes[node->kind].open, label, shapes[node->kind].close);
}

static void mermaid_link(const struct scenario *s, const struct topo_link *link, const char *label)
{
	(void)s;
	if (*label)
		printf("    n%u ---|\"%s\"| n%u\n", link->end[0].node, label, link->end[1].node);
	else
		printf("    n%u --- n%u\n", link->end[0].node, link->end[1].node);
}

static void mermaid_end(void)
{
}

static const struct language languages[] = {
	{ "dot", dot_begin, dot_node, dot_link, dot_end, "\\n" },
	{ "mermaid", mermaid_begin, mermaid_node, mermaid_link, mermaid_end, "<br>" },
};

static void part_add(GString *label, const char *separator, const char *part)
{
	if (label->len)
		g_string_append(label, separator);
	g_string_append(label, part);
}

/* "2%", or which model it is. */
static void loss_add(GString *label, const struct topo_loss *loss)
{
	g_autofree char *part = NULL;
	double p, bad;

	switch (loss->kind) {
	case TOPO_LOSS_NONE:
		return;
	case TOPO_LOSS_BERNOULLI:
		part = g_strdup_printf("loss %g%%", loss->share * 100);
		break;
	case TOPO_LOSS_GILBERT:
		p = loss->ge.p + loss->ge.r;
		bad = p > 0 ? loss->ge.p / p : 0;
		part = g_strdup_printf("loss %g%% in bursts",
				       100 * (bad * (1 - loss->ge.h) + (1 - bad) * (1 - loss->ge.k)));
		break;
	case TOPO_LOSS_EVERY:
		part = g_strdup_printf("loss of every %" G_GUINT64_FORMAT, loss->every);
		break;
	case TOPO_LOSS_PACKETS:
		part = g_strdup_printf("loss of %u packets", loss->packets.n);
		break;
	}
	part_add(label, ", ", part);
}

static char *dir_label(const struct topo_dir *dir)
{
	GString *label = g_string_new(NULL);
	char text[40];

	if (dir->trace)
		part_add(label, ", ", "trace");
	else if (dir->rate)
		part_add(label, ", ", units_print_rate(text, sizeof(text), dir->rate));
	loss_add(label, &dir->loss);
	return g_string_free(label, FALSE);
}

/* Name if it has one of its own, rate, loss, and the round trip; both ways if they differ. */
static char *link_label(const struct scenario *s, const struct topo_link *link, const char *line)
{
	GString *label = g_string_new(NULL);
	g_autofree char *there = dir_label(&link->dir[0]), *back = dir_label(&link->dir[1]);
	g_autofree char *plain = g_strdup_printf("%s--%s", s->nodes[link->end[0].node].name,
						 s->nodes[link->end[1].node].name);
	int64_t rtt = link->dir[0].delay.ns + link->dir[1].delay.ns;
	char text[40];

	if (strcmp(plain, link->name))
		part_add(label, line, link->name);
	if (*there || *back) {
		part_add(label, line, *there ? there : "no limit");
		if (strcmp(there, back)) {
			g_string_append(label, " / ");
			g_string_append(label, *back ? back : "no limit");
		}
	}
	if (rtt) {
		part_add(label, line, "rtt ");
		g_string_append(label, units_print_time(text, sizeof(text), rtt));
	}
	return g_string_free(label, FALSE);
}

static char *node_label(const struct topo_node *node, const char *line)
{
	GString *label = g_string_new(node->name);
	char text[IPADDR_TEXT];

	for (uint32_t i = 0; i < node->n_ifaces; i++)
		for (uint32_t k = 0; k < node->ifaces[i].n_addrs; k++)
			part_add(label, line,
				 ipaddr_format(text, sizeof(text), &node->ifaces[i].addrs[k].ip));
	return g_string_free(label, FALSE);
}

/* All that it begins with, also what nobody gave, a line each: "eth0 10.0.0.1/24"; and what it will ask
 * for. */
static char *addresses_label(const struct topo_node *node, const struct built_node *built, const char *line)
{
	GString *label = g_string_new(node->name);
	char text[IPADDR_TEXT];

	for (uint32_t k = 0; built->node && k < node->n_ifaces; k++) {
		const struct topo_iface *t = &node->ifaces[k];

		for (const struct ip_addr *a = ip_iface_of(built->ifaces[k])->addrs; a; a = a->next)
			if (!ipaddr_is_linklocal(&a->addr))
				g_string_append_printf(label, "%s%s %s/%u", line, t->name,
						       ipaddr_format(text, sizeof(text), &a->addr),
						       a->len - (ipaddr_is4(&a->addr) ? IPADDR_V4_BITS : 0u));
		if (t->dhcp_client)
			g_string_append_printf(label, "%s%s dhcp", line, t->name);
		if (t->slaac)
			g_string_append_printf(label, "%s%s slaac", line, t->name);
	}
	return g_string_free(label, FALSE);
}

/* `in` NULL: with the addresses that the scenario gives, and no others. */
static void graph_print(const struct scenario *s, const struct internet *in, const struct language *l)
{
	l->begin(s);
	for (uint32_t i = 0; i < s->n_nodes; i++) {
		g_autofree char *label = in ? addresses_label(&s->nodes[i], &in->nodes[i], l->line)
					    : node_label(&s->nodes[i], l->line);

		l->node(&s->nodes[i], i, label);
	}
	for (uint32_t i = 0; i < s->n_links; i++) {
		g_autofree char *label = link_label(s, &s->links[i], l->line);

		l->link(s, &s->links[i], label);
	}
	l->end();
}

/* False after a sentence: what cannot be built has no addresses. */
static bool graph_addresses(const struct scenario *s, const struct language *l)
{
	struct internet *in = cli_build(s);

	if (!in)
		return false;
	graph_print(s, in, l);
	internet_free(in);
	return true;
}

static const struct language *language_find(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(languages); i++)
		if (!strcmp(languages[i].name, name ? name : "dot"))
			return &languages[i];
	cli_complain("graph: unknown format '%s'; expected dot or mermaid", name);
	return NULL;
}

int cli_graph(int argc, char **argv)
{
	char *format = NULL, **sets = NULL;
	gboolean addresses = FALSE;
	const GOptionEntry entries[] = {
		{ "addresses", 'a', 0, G_OPTION_ARG_NONE, &addresses,
		  "All addresses, with interfaces and those that nobody gave", NULL },
		{ "format", 'f', 0, G_OPTION_ARG_STRING, &format, "What to write: dot or mermaid", "dot" },
		{ "set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &sets, "Change a value first",
		  "links.wan.loss=2%" },
		{ NULL, 0, 0, 0, NULL, NULL, NULL },
	};
	const struct language *language;
	struct scenario *s = NULL;
	int status = CLI_WRONG;

	if (!cli_options("graph", entries, &argc, &argv))
		return CLI_WRONG;
	language = language_find(format);
	if (argc != 2)
		cli_complain("graph: expected one scenario FILE");
	else if (language)
		s = cli_load(argv[1], sets);
	if (s && (!addresses || graph_addresses(s, language))) {
		if (!addresses)
			graph_print(s, NULL, language);
		status = cli_flush();
	}
	scenario_free(s);
	g_free(format);
	g_strfreev(sets);
	return status;
}
