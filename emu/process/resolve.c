#include "process/resolve.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "ip/ip.h"
#include "process/engine.h"
#include "process/host.h"
#include "process/names.h"

/* RFC 6724, section 2.1: the policy table. Lengths in the mapped space. */
static const struct policy {
	struct ipaddr prefix;
	uint8_t len, precedence, label;
} policies[] = {
	{{{.b = {[15] = 1}}}, 128, 50, 0},
	{{{.b = {[10] = 0xff, 0xff}}}, 96, 35, 4},
	{{{.b = {0}}}, 96, 1, 3},
	{{{.b = {0x20, 0x01}}}, 32, 5, 5},
	{{{.b = {0x20, 0x02}}}, 16, 30, 2},
	{{{.b = {0x3f, 0xfe}}}, 16, 1, 12},
	{{{.b = {0xfe, 0xc0}}}, 10, 1, 11},
	{{{.b = {0xfc}}}, 7, 3, 13},
	{{{.b = {0}}}, 0, 40, 1},
};

/* The table stands with the longest prefixes first. */
static const struct policy *policy_of(const struct ipaddr *a)
{
	const struct policy *p = policies;

	while (ipaddr_common_prefix(&p->prefix, a) < p->len)
		p++;
	return p;
}

struct candidate {
	struct endpoint e;
	bool usable, label_match;
	uint8_t precedence;
};

static void judge(struct node *node, struct candidate *c)
{
	struct ip_flow f = {.dst = c->e.addr};
	struct ip_path path;

	if (c->e.scope)
		f.oif = node_iface_by_index(node, c->e.scope);
	c->usable = ip_path(node, &f, &path) == 0;
	c->precedence = policy_of(&c->e.addr)->precedence;
	c->label_match = c->usable && policy_of(&f.src)->label == policy_of(&c->e.addr)->label;
}

/* RFC 6724, section 6: rules 1, 5 and 6; equals stay in order. */
static bool is_better(const struct candidate *a, const struct candidate *b)
{
	if (a->usable != b->usable)
		return a->usable;
	if (a->label_match != b->label_match)
		return a->label_match;
	return a->precedence > b->precedence;
}

static void order(struct node *node, struct candidate *c, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct candidate x = c[i];
		uint32_t at = i;

		judge(node, &x);
		for (; at > 0 && is_better(&x, &c[at - 1]); at--)
			c[at] = c[at - 1];
		c[at] = x;
	}
}

static bool in_family(const struct ipaddr *a, int family)
{
	return family == AF_UNSPEC || (family == AF_INET) == ipaddr_is4(a);
}

static bool parse_zone(const struct node *n, const char *zone, uint32_t *scope)
{
	const struct ip_iface *i = node_iface_find(n, zone);
	uint32_t index = 0;

	for (const char *c = zone; !i && *c; c++) {
		if (*c < '0' || *c > '9' || index > UINT16_MAX)
			return false;
		index = index * 10 + (uint32_t)(*c - '0');
	}
	if (!i)
		i = node_iface_by_index(n, index);
	if (i)
		*scope = i->link.index;
	return i != NULL;
}

/* A literal address, with a zone if it likes one. */
static bool parse_literal(const struct node *n, const char *text, struct endpoint *e)
{
	const char *zone = strchr(text, '%');
	size_t len = zone ? (size_t)(zone - text) : strlen(text);
	char addr[IPADDR_TEXT];

	*e = (struct endpoint){.port = 0};
	if (len >= sizeof(addr))
		return false;
	memcpy(addr, text, len);
	addr[len] = '\0';
	if (!ipaddr_parse(addr, &e->addr))
		return false;
	return !zone || (!ipaddr_is4(&e->addr) && parse_zone(n, zone + 1, &e->scope));
}

/* As /etc/hosts has them on every machine. */
static uint32_t find_localhost(const char *name, struct ipaddr *out)
{
	if (strcmp(name, "localhost") != 0)
		return 0;
	out[0] = ipaddr_loopback6;
	out[1] = ipaddr_loopback4;
	return 2;
}

static uint32_t find_addresses(struct node *node, struct names *world, const char *name,
			       struct ipaddr *out)
{
	uint32_t n = names_find(host_names(node), name, out, RESOLVE_MAX);

	if (n == 0)
		n = find_localhost(name, out);
	if (n == 0 && !host_names_hidden(node))
		n = names_find(world, name, out, RESOLVE_MAX);
	return n < RESOLVE_MAX ? n : RESOLVE_MAX;
}

int resolve_at(struct node *node, struct names *world, const char *text, int family,
	       struct endpoint *out, uint32_t max, uint32_t *count)
{
	struct ipaddr found[RESOLVE_MAX];
	struct candidate c[RESOLVE_MAX];
	uint32_t n, kept = 0;

	*count = 0;
	if (parse_literal(node, text, &c[0].e)) {
		if (!in_family(&c[0].e.addr, family))
			return RESOLVE_FAMILY;
		if (max)
			out[(*count)++] = c[0].e;
		return 0;
	}
	n = find_addresses(node, world, text, found);
	if (n == 0)
		return RESOLVE_NONAME;
	for (uint32_t i = 0; i < n; i++)
		if (in_family(&found[i], family))
			c[kept++] = (struct candidate){.e = {.addr = found[i]}};
	if (kept == 0)
		return RESOLVE_NODATA;
	order(node, c, kept);
	while (*count < kept && *count < max) {
		out[*count] = c[*count].e;
		(*count)++;
	}
	return 0;
}

int resolve_all(struct process *p, const char *text, int family, struct endpoint *out,
		uint32_t max, uint32_t *count)
{
	return resolve_at(p->node, p->all->names, text, family, out, max, count);
}

int resolve_host(struct process *p, const char *text, int family, struct endpoint *out)
{
	uint32_t count;

	return resolve_all(p, text, family, out, 1, &count);
}

const char *resolve_strerror(int result)
{
	switch (result) {
	case RESOLVE_NONAME:
		return "Name or service not known";
	case RESOLVE_FAMILY:
		return "Address family for hostname not supported";
	case RESOLVE_NODATA:
		return "No address associated with hostname";
	default:
		return "Unknown error";
	}
}

const char *resolve_name(struct process *p, const struct ipaddr *addr)
{
	const char *name = names_reverse(host_names(p->node), addr);

	if (!name && ipaddr_is_loopback(addr))
		name = "localhost";
	if (!name && !host_names_hidden(p->node))
		name = names_reverse(p->all->names, addr);
	return name;
}

void resolve_publish(struct process *p, const struct ipaddr *addr)
{
	if (p->all->names)
		names_add(p->all->names, p->node->site.name, addr);
}

void resolve_withdraw(struct process *p, const struct ipaddr *addr)
{
	if (p->all->names)
		names_remove(p->all->names, p->node->site.name, addr);
}

char *resolve_format(struct process *p, char *buf, size_t size, const struct endpoint *e)
{
	char addr[IPADDR_TEXT];
	const struct ip_iface *i = NULL;

	ipaddr_format(addr, sizeof(addr), &e->addr);
	if (e->scope && ipaddr_is_linklocal(&e->addr))
		i = node_iface_by_index(p->node, e->scope);
	if (i)
		snprintf(buf, size, "%s%%%s", addr, i->link.name);
	else
		snprintf(buf, size, "%s", addr);
	return buf;
}
