/* What is attached to what, and the namespace around it. */
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/live.h"
#include "ip/route.h"

static int complain(const struct device_error *error)
{
	cli_complain("live: %s", error->text);
	return error->machine ? CLI_MACHINE : CLI_WRONG;
}

/* ---- the command line ---- */

/* "internet:eth0=tap:nt0" */
static int read_spec(struct attachment *a, const char *text)
{
	const char *equals = strchr(text, '=');
	const char *colon = equals ? strchr(equals, ':') : NULL;

	if (!equals || equals == text || !colon) {
		cli_complain("live: --attach '%s': expected NODE=tap:NAME, NODE:INTERFACE=tap:NAME or "
			     "the same with if:NAME", text);
		return CLI_WRONG;
	}
	a->where = g_strndup(text, (gsize)(equals - text));
	a->spec = equals + 1;
	a->name = colon + 1;
	return CLI_OK;
}

static void leave(struct nt_port *port, int64_t at, const void *data, size_t len, void *arg)
{
	struct attachment *a = arg;

	(void)port;
	(void)at;
	device_write(a->device, data, len);
}

static int open_port(struct attachment *a)
{
	char *why = NULL;

	a->port = nt_port_open(a->live->session.world, a->where, NT_PORT_FRAME, leave, a, &why);
	if (a->port) {
		a->iface = nt_port_iface(a->port);
		return CLI_OK;
	}
	cli_complain("live: --attach: %s", why);
	free(why);
	return CLI_WRONG;
}

int live_attach_check(struct live *l)
{
	int status = CLI_OK;

	l->n = l->specs ? g_strv_length(l->specs) : 0;
	l->at = g_new0(struct attachment, l->n + 1);
	if (!l->n) {
		cli_complain("live: nothing is attached; expected --attach NODE=tap:NAME or "
			     "NODE=if:NAME");
		return CLI_WRONG;
	}
	for (uint32_t i = 0; i < l->n && status == CLI_OK; i++) {
		struct attachment *a = &l->at[i];

		a->live = l;
		status = read_spec(a, l->specs[i]);
		if (status == CLI_OK && l->netns_name && !g_str_has_prefix(a->spec, "tap:")) {
			cli_complain("live: --netns takes TAPs with it and leaves interfaces where they "
				     "are; expected %s=tap:%s", a->where, a->name);
			return CLI_WRONG;
		}
		if (status == CLI_OK)
			status = open_port(a);
	}
	return status;
}

/* ---- the namespace: the external node's addresses and routes become the machine's ---- */

struct lines {
	GString *text;
	const struct attachment *a;
};

static void add_route(struct route *r, void *arg)
{
	struct lines *to = arg;
	char dst[PREFIX_TEXT], via[IPADDR_TEXT];

	if (r->type != ROUTE_UNICAST || r->dev != to->a->iface || ipaddr_is_any(&r->gateway))
		return;
	g_string_append_printf(to->text, "route replace %s via %s dev %s",
			       prefix_format(dst, sizeof(dst), &r->dst),
			       ipaddr_format(via, sizeof(via), &r->gateway), to->a->name);
	if (r->mtu)
		g_string_append_printf(to->text, " mtu %u", r->mtu);
	g_string_append_c(to->text, '\n');
}

static void add_address(GString *text, const struct ip_addr *addr, const char *name)
{
	char a[IPADDR_TEXT];
	bool ip4 = ipaddr_is4(&addr->addr);

	g_string_append_printf(text, "addr replace %s/%u dev %s%s\n",
			       ipaddr_format(a, sizeof(a), &addr->addr),
			       ip4 ? addr->len - 96u : addr->len, name, ip4 ? "" : " nodad");
}

static char *plumbing(const struct live *l)
{
	GString *text = g_string_new("link set dev lo up\n");

	for (uint32_t i = 0; i < l->n; i++)
		g_string_append_printf(text, "link set dev %s up\n", l->at[i].name);
	for (uint32_t i = 0; i < l->n; i++)
		for (struct ip_addr *a = l->at[i].iface->addrs; a; a = a->next)
			add_address(text, a, l->at[i].name);
	for (uint32_t i = 0; i < l->n; i++)
		fib_walk(&l->at[i].iface->node->fib, add_route,
			 &(struct lines){text, &l->at[i]});
	return g_string_free(text, FALSE);
}

/* Every node's addresses by its name, as a hosts(5) file. */
static char *hosts(const struct live *l)
{
	const struct internet *in = l->session.world->internet;
	GString *text = g_string_new("127.0.0.1 localhost\n::1 localhost\n");
	char a[IPADDR_TEXT];

	for (uint32_t n = 0; n < in->scenario->n_nodes; n++) {
		struct ip_iface *i = in->nodes[n].node ? in->nodes[n].node->ifaces : NULL;

		for (; i; i = ip_iface_next(i))
			for (struct ip_addr *addr = i->addrs; addr; addr = addr->next)
				if (!ipaddr_is_loopback(&addr->addr) && !ipaddr_is_linklocal(&addr->addr))
					g_string_append_printf(text, "%s %s\n",
							       ipaddr_format(a, sizeof(a), &addr->addr),
							       in->scenario->nodes[n].name);
	}
	return g_string_free(text, FALSE);
}

static bool open_netns(struct live *l, struct device_error *error)
{
	g_autofree char *lines = plumbing(l), *names = hosts(l);

	l->netns = netns_new(l->netns_name, error);
	if (!l->netns)
		return false;
	for (uint32_t i = 0; i < l->n; i++)
		if (!netns_take(l->netns, l->at[i].name, error))
			return false;
	return netns_batch(l->netns, lines, error) && netns_hosts(l->netns, names, error);
}

/* ---- all of it ---- */

int live_attach_open(struct live *l)
{
	struct device_error error;

	l->fds = g_new0(struct pollfd, l->n);
	for (uint32_t i = 0; i < l->n; i++) {
		struct attachment *a = &l->at[i];
		const struct iface *link = &a->iface->link;

		a->device = device_open(a->spec, link->mtu, &link->mac, &error);
		if (!a->device)
			return complain(&error);
		l->fds[i] = (struct pollfd){.fd = device_fd(a->device), .events = POLLIN};
	}
	return !l->netns_name || open_netns(l, &error) ? CLI_OK : complain(&error);
}

void live_attach_free(struct live *l)
{
	for (uint32_t i = 0; i < l->n; i++) {
		device_free(l->at[i].device);
		g_free(l->at[i].where);
	}
	netns_free(l->netns);
	g_free(l->at);
	g_free(l->fds);
	g_strfreev(l->specs);
	g_free(l->netns_name);
}
