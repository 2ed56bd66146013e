#include "programs/ip/tool.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "ip/ip.h"
#include "ip/pmtu.h"
#include "ip/autoconf/slaac.h"

#define METRIC6_KERNEL 256 /* what Linux gives IPv6 routes that come without one */
#define METRIC6_OTHER 1024

struct listing {
	struct ip_tool *tool;
	const struct ip_iface *dev;  /* only over it; NULL: all */
	const struct prefix *only;   /* only to it; NULL: all */
	bool local, v6, defaults;    /* defaults: only, or not at all, the default route */
};

static const char *proto_of(const struct route *r)
{
	/* IGP routes are made as if a routing protocol had converged; OSPF is the best known. */
	static const char *const names[] = {[ROUTE_KERNEL] = "kernel", [ROUTE_STATIC] = "static",
					    [ROUTE_IGP] = "ospf", [ROUTE_DHCP] = "dhcp",
					    [ROUTE_RA] = "ra"};

	return names[r->proto];
}

static const char *type_of(const struct route *r)
{
	static const char *const names[] = {
		[ROUTE_UNICAST] = "", [ROUTE_LOCAL] = "local ", [ROUTE_BROADCAST] = "broadcast ",
		[ROUTE_BLACKHOLE] = "blackhole ", [ROUTE_UNREACHABLE] = "unreachable ",
		[ROUTE_PROHIBIT] = "prohibit ",
	};

	return names[r->type];
}

static bool is_default(const struct prefix *p)
{
	return p->len == (ipaddr_is4(&p->addr) ? IPADDR_V4_BITS : 0);
}

static void print_destination(struct process *p, const struct prefix *dst)
{
	char text[PREFIX_TEXT];

	if (is_default(dst))
		process_printf(p, "default ");
	else if (dst->len == IPADDR_BITS)
		process_printf(p, "%s ", ipaddr_format(text, sizeof text, &dst->addr));
	else
		process_printf(p, "%s ", prefix_format(text, sizeof text, dst));
}

/* The address on the interface that a connected route came with. */
static const struct ipaddr *source_of(const struct route *r)
{
	for (const struct ip_addr *a = r->dev ? r->dev->addrs : NULL; a; a = a->next)
		if (prefix_contains(&r->dst, &a->addr) || ipaddr_eq(&r->dst.addr, &a->broadcast))
			return &a->addr;
	return NULL;
}

static void print_metric(struct process *p, const struct route *r, bool v6)
{
	uint32_t metric = r->metric;

	if (v6 && !metric)
		metric = r->proto == ROUTE_KERNEL ? METRIC6_KERNEL : METRIC6_OTHER;
	if (metric)
		process_printf(p, "metric %u ", metric);
}

static bool listed(const struct listing *l, const struct route *r)
{
	bool local = r->type == ROUTE_LOCAL || r->type == ROUTE_BROADCAST;

	if (ipaddr_is4(&r->dst.addr) == l->v6 || local != l->local)
		return false;
	if ((l->dev && r->dev != l->dev) || (l->only && !prefix_eq(l->only, &r->dst)))
		return false;
	return !l->v6 || is_default(&r->dst) == l->defaults;
}

/* The directed broadcast of a local address, which ip/ keeps with the address and not as a route. */
static void print_broadcast(const struct listing *l, const struct route *local)
{
	char text[IPADDR_TEXT], src[IPADDR_TEXT];

	for (const struct ip_addr *a = local->dev ? local->dev->addrs : NULL; a; a = a->next) {
		if (!ipaddr_eq(&a->addr, &local->dst.addr) || ipaddr_is_any(&a->broadcast))
			continue;
		process_printf(l->tool->process, "broadcast %s ",
			       ipaddr_format(text, sizeof text, &a->broadcast));
		if (!l->dev)
			process_printf(l->tool->process, "dev %s ", local->dev->link.name);
		process_printf(l->tool->process, "proto kernel scope link src %s \n",
			       ipaddr_format(src, sizeof src, &a->addr));
	}
}

/* Of IPv6 routes: until when, if they were advertised, and their preference at the end. */
static const char *print_expires(struct process *p, const struct route *r)
{
	static const char *const names[] = {[ND_PREF_MEDIUM] = "medium", [ND_PREF_HIGH] = "high",
					    [ND_PREF_LOW] = "low"};
	enum nd_preference preference = ND_PREF_MEDIUM;
	vtime expires;

	if (slaac_route_life(r, &expires, &preference) && expires.ns != VTIME_NEVER.ns)
		process_printf(p, "expires %lldsec ",
			       (long long)(vtime_sub(expires, process_now(p)).ns / NS_PER_S));
	return names[preference];
}

static void print_route(struct route *r, void *arg)
{
	const struct listing *l = arg;
	struct process *p = l->tool->process;
	char text[IPADDR_TEXT];
	const struct ipaddr *src;
	const char *preference;

	if (!listed(l, r))
		return;
	process_printf(p, "%s", type_of(r));
	print_destination(p, &r->dst);
	if (!ipaddr_is_any(&r->gateway))
		process_printf(p, "via %s ", ipaddr_format(text, sizeof text, &r->gateway));
	if (r->dev && !l->dev)
		process_printf(p, "dev %s ", r->dev->link.name);
	else if (!r->dev && l->v6)
		process_printf(p, "dev lo ");
	if (r->type == ROUTE_UNICAST || l->local)
		process_printf(p, "proto %s ", proto_of(r));
	if (!l->v6 && r->proto == ROUTE_KERNEL) {
		process_printf(p, "scope %s ", r->type == ROUTE_LOCAL ? "host" : "link");
		src = source_of(r);
		if (src)
			process_printf(p, "src %s ", ipaddr_format(text, sizeof text, src));
	}
	print_metric(p, r, l->v6);
	preference = print_expires(p, r);
	if (r->mtu)
		process_printf(p, "mtu %u ", r->mtu);
	if (r->initcwnd)
		process_printf(p, "initcwnd %u ", r->initcwnd);
	if (l->v6)
		process_printf(p, "pref %s", preference);
	process_printf(p, "\n");
	if (r->type == ROUTE_LOCAL)
		print_broadcast(l, r);
}

/* fe80::/64 is no route of the table here: each interface that speaks IPv6 has it. */
static void print_link_local(const struct listing *l)
{
	if (l->local || l->only || l->defaults)
		return;
	for (struct ip_iface *i = l->tool->node->ifaces; i; i = ip_iface_next(i)) {
		if (l->dev && i != l->dev)
			continue;
		for (struct ip_addr *a = i->addrs; a; a = a->next) {
			if (ipaddr_is4(&a->addr) || !ipaddr_is_linklocal(&a->addr))
				continue;
			process_printf(l->tool->process, "fe80::/64 ");
			if (!l->dev)
				process_printf(l->tool->process, "dev %s ", i->link.name);
			process_printf(l->tool->process, "proto kernel metric 256 pref medium\n");
			break;
		}
	}
}

static void list(struct listing *l)
{
	fib_walk(&l->tool->node->fib, print_route, l);
	if (!l->v6)
		return;
	print_link_local(l);
	l->defaults = true;
	fib_walk(&l->tool->node->fib, print_route, l);
	l->defaults = false;
}

static int bad_prefix(struct ip_tool *t, const char *word)
{
	process_printf(t->process, "Error: %s prefix is expected rather than \"%s\".\n",
		       t->family == AF_INET6 ? "inet6" : t->family == AF_INET ? "inet" : "any valid",
		       word);
	return 1;
}

static bool parse_prefix(const struct ip_tool *t, const char *word, struct prefix *out)
{
	struct ipaddr a;

	if (strcmp(word, "default") == 0)
		*out = t->family == AF_INET6 ? prefix_make(&ipaddr_any6, 0) :
					       prefix_make(&ipaddr_any4, IPADDR_V4_BITS);
	else if (ipaddr_parse(word, &a))
		*out = prefix_make(&a, IPADDR_BITS);
	else if (!prefix_parse(word, out))
		return false;
	return t->family == AF_UNSPEC ||
	       ipaddr_is4(&out->addr) == (t->family == AF_INET);
}

int ip_show_routes(struct ip_tool *t)
{
	struct listing l = {.tool = t};
	struct prefix only;

	while (t->argc) {
		const char *word = t->argv[0], *next = t->argc > 1 ? t->argv[1] : "";
		int used = 1;

		if (strcmp(word, "table") == 0) {
			l.local = strcmp(next, "local") == 0 || strcmp(next, "255") == 0;
			used = 2;
		} else if (strcmp(word, "dev") == 0) {
			l.dev = node_iface_find(t->node, next);
			if (!l.dev) {
				process_printf(t->process, "Cannot find device \"%s\"\n", next);
				return 1;
			}
			used = 2;
		} else if (parse_prefix(t, word, &only)) {
			l.only = &only;
		} else {
			return bad_prefix(t, word);
		}
		used = used > t->argc ? t->argc : used;
		t->argc -= used;
		t->argv += used;
	}
	/* Without -6 the routes are IPv4's, as ever. */
	l.v6 = t->family == AF_INET6 || (l.only && !ipaddr_is4(&only.addr));
	if (l.v6 && l.only)
		l.defaults = is_default(&only);
	if (l.v6 && l.only)
		fib_walk(&t->node->fib, print_route, &l);
	else
		list(&l);
	return 0;
}

/* What a path MTU that was learnt has to say; space behind. */
static void print_learnt(struct ip_tool *t, const struct ipaddr *dst, const struct route *r,
			 const struct ip_path *path)
{
	vtime expires = pmtu_expires(t->node, dst);
	uint32_t mtu = r && r->mtu ? r->mtu : 0;

	if (expires.ns > process_now(t->process).ns) {
		process_printf(t->process, "expires %llusec ", (unsigned long long)
			       (vtime_sub(expires, process_now(t->process)).ns / NS_PER_S));
		mtu = path->mtu;
	}
	if (mtu)
		process_printf(t->process, "mtu %u ", mtu);
}

static void print_way(struct ip_tool *t, const struct ip_flow *f, const struct ip_path *path)
{
	struct process *p = t->process;
	char dst[IPADDR_TEXT], via[IPADDR_TEXT], src[IPADDR_TEXT];
	const struct route *r = path->entry ? path->entry->route : NULL;
	bool v6 = !ipaddr_is4(&f->dst), self = !path->dev;

	process_printf(p, "%s%s ", self ? "local " : path->broadcast ? "broadcast " :
		       ipaddr_is_multicast(&f->dst) ? "multicast " : "",
		       ipaddr_format(dst, sizeof dst, &f->dst));
	if (v6)
		process_printf(p, "from :: ");
	if (!self && !ipaddr_eq(&path->next_hop, &f->dst) && !ipaddr_is_any(&path->next_hop))
		process_printf(p, "via %s ", ipaddr_format(via, sizeof via, &path->next_hop));
	process_printf(p, "dev %s ", self ? "lo" : path->dev->link.name);
	ipaddr_format(src, sizeof src, &f->src);
	if (!v6) {
		process_printf(p, "src %s uid 0 \n    cache %s", src,
			       self ? "<local> " : path->broadcast ? "<local,brd> " :
			       ipaddr_is_multicast(&f->dst) ? "<mc> " : "");
		print_learnt(t, &f->dst, r, path);
		process_write(p, "\n", 1);
		return;
	}
	if (self)
		process_printf(p, "table local proto kernel ");
	else if (!r || r->proto == ROUTE_KERNEL)
		process_printf(p, "proto kernel ");
	else
		process_printf(p, "proto %s ", proto_of(r));
	process_printf(p, "src %s ", src);
	if (self)
		process_printf(p, "metric 0 ");
	else if (r)
		print_metric(p, r, true);
	else
		process_printf(p, "metric %d ", METRIC6_KERNEL);
	if (!self)
		print_learnt(t, &f->dst, r, path);
	process_printf(p, "pref medium\n");
}

int ip_get_route(struct ip_tool *t)
{
	struct ip_flow f = {.proto = IPPROTO_UDP, .pmtudisc = IP_PMTU_WANT};
	struct ip_path path;
	struct prefix dst;
	int err;

	if (!t->argc) {
		process_printf(t->process, "need at least a destination address\n");
		return 1;
	}
	if (!parse_prefix(t, t->argv[0], &dst) || dst.len != IPADDR_BITS)
		return bad_prefix(t, t->argv[0]);
	f.dst = dst.addr;
	if (t->argc > 2 && (strcmp(t->argv[1], "oif") == 0 || strcmp(t->argv[1], "dev") == 0)) {
		f.oif = node_iface_find(t->node, t->argv[2]);
		if (!f.oif) {
			process_printf(t->process, "Cannot find device \"%s\"\n", t->argv[2]);
			return 1;
		}
	} else if (!ipaddr_is4(&f.dst) && ipaddr_is_linklocal(&f.dst)) {
		f.oif = t->node->ifaces; /* as Linux does: the first fe80::/64 */
	}
	err = ip_path(t->node, &f, &path);
	if (err) {
		process_printf(t->process, "RTNETLINK answers: %s\n", strerror(-err));
		return 2;
	}
	print_way(t, &f, &path);
	return 0;
}
