#include "programs/ip/tool.h"

#include <stdio.h>
#include <string.h>

#include "ip/autoconf/slaac.h"
#include "link/tap.h"

#define QUEUE_LENGTH 1000 /* Linux's default, and the link's */

static const char *flags_of(const struct ip_iface *i)
{
	if (!i->link.up)
		return "BROADCAST,MULTICAST";
	return iface_running(&i->link) ? "BROADCAST,MULTICAST,UP,LOWER_UP" :
					 "NO-CARRIER,BROADCAST,MULTICAST,UP";
}

static const char *state_of(const struct ip_iface *i)
{
	return iface_running(&i->link) ? "UP" : "DOWN";
}

/* A drop-tail queue where the link has a rate; without one nothing ever waits. */
static const char *queue_of(const struct ip_iface *i)
{
	return iface_rate(&i->link) ? "pfifo" : "noqueue";
}

/* The parts of "2: eth0: <...> mtu ..." that differ between the loopback and the others. */
struct view {
	unsigned index;
	const char *name, *flags, *queue, *state, *kind;
	unsigned mtu;
	char mac[MAC_TEXT];
	const char *brd;
	const struct ip_iface *iface; /* NULL: the loopback */
};

static struct view view_of(const struct ip_iface *i)
{
	struct view v = {.index = 1, .name = "lo", .flags = "LOOPBACK,UP,LOWER_UP",
			 .queue = "noqueue", .state = "UNKNOWN", .kind = "loopback", .mtu = 65536,
			 .mac = "00:00:00:00:00:00", .brd = "00:00:00:00:00:00", .iface = i};

	if (!i)
		return v;
	v.index = i->link.index + 1;
	v.name = i->link.name;
	v.flags = flags_of(i);
	v.queue = queue_of(i);
	v.state = state_of(i);
	v.kind = "ether";
	v.mtu = i->link.mtu;
	v.brd = "ff:ff:ff:ff:ff:ff";
	mac_format(v.mac, sizeof v.mac, &i->link.mac);
	return v;
}

static const char *line_end(const struct ip_tool *t)
{
	return t->oneline ? "\\" : "\n";
}

static void print_head(struct ip_tool *t, const struct view *v, const char *mode)
{
	if (t->family == AF_INET6)
		process_printf(t->process, "%u: %s: <%s> mtu %u state %s qlen %d", v->index, v->name,
			       v->flags, v->mtu, v->state, QUEUE_LENGTH);
	else
		process_printf(t->process, "%u: %s: <%s> mtu %u qdisc %s state %s %sgroup default "
			       "qlen %d", v->index, v->name, v->flags, v->mtu, v->queue, v->state,
			       mode, QUEUE_LENGTH);
}

static void print_mac(struct ip_tool *t, const struct view *v)
{
	process_printf(t->process, "%s    link/%s %s brd %s", line_end(t), v->kind, v->mac, v->brd);
}

/* Columns are as wide as their widest number, and at least as their heading. */
static void print_counters(struct ip_tool *t, const struct ip_iface *i)
{
	const uint64_t n[2][2] = {{i ? i->link.rx_bytes : 0, i ? i->link.rx_packets : 0},
				  {i ? i->link.tx_bytes : 0, i ? i->link.tx_packets : 0}};
	int width[2] = {10, 7}; /* "RX errors:", "packets" */

	for (int k = 0; k < 4; k++) {
		int len = snprintf(NULL, 0, "%llu", (unsigned long long)n[k / 2][k % 2]);

		if (len > width[k % 2])
			width[k % 2] = len;
	}
	for (int k = 0; k < 2; k++) {
		process_printf(t->process, "%s    %s %*s %*s errors dropped %s           ",
			       line_end(t), k ? "TX:" : "RX:", width[0] - 4, "bytes", width[1],
			       "packets", k ? "carrier collsns" : " missed   mcast");
		process_printf(t->process, "%s    %*llu %*llu      0       0       0       0 ",
			       line_end(t), width[0], (unsigned long long)n[k][0], width[1],
			       (unsigned long long)n[k][1]);
	}
}

static void show_link(struct ip_tool *t, const struct ip_iface *i)
{
	struct view v = view_of(i);

	if (t->brief) {
		process_printf(t->process, "%-16s %-14s %s <%s> \n", v.name, v.state, v.mac, v.flags);
		return;
	}
	print_head(t, &v, "mode DEFAULT ");
	print_mac(t, &v);
	if (t->statistics)
		print_counters(t, i);
	process_write(t->process, "\n", 1);
}

static const char *scope_of(const struct ipaddr *a)
{
	return ipaddr_is_loopback(a) ? "host" : ipaddr_is_linklocal(a) ? "link" : "global";
}

static bool wanted(const struct ip_tool *t, const struct ipaddr *a)
{
	return ipaddr_is4(a) ? ip_wants4(t) : ip_wants6(t);
}

/* The words of iproute2 for what is special, in its order; one without a lifetime is no news. */
static void print_flags(struct ip_tool *t, const struct ip_addr *a)
{
	static const struct {
		unsigned flag;
		const char *word;
	} words[] = {
		{IP_ADDR_TEMPORARY, "temporary"},   {IP_ADDR_DADFAILED, "dadfailed"},
		{IP_ADDR_DEPRECATED, "deprecated"}, {IP_ADDR_TENTATIVE, "tentative"},
		{IP_ADDR_DYNAMIC, "dynamic"},	    {IP_ADDR_MNGTMPADDR, "mngtmpaddr"},
		{IP_ADDR_STABLE_PRIVACY, "stable-privacy"},
	};

	for (size_t k = 0; k < sizeof(words) / sizeof(words[0]); k++)
		if (a->flags & words[k].flag)
			process_printf(t->process, "%s ", words[k].word);
}

static void print_life(struct ip_tool *t, const char *what, vtime until)
{
	int64_t left = vtime_sub(until, process_now(t->process)).ns / NS_PER_S;

	if (until.ns == VTIME_NEVER.ns)
		process_printf(t->process, " %s forever", what);
	else
		process_printf(t->process, " %s %lldsec", what, (long long)(left > 0 ? left : 0));
}

static void print_address(struct ip_tool *t, const struct view *v, const struct ip_addr *a)
{
	struct prefix net = prefix_make(&a->addr, a->len);
	struct slaac_life life = {VTIME_NEVER, VTIME_NEVER};
	char text[IPADDR_TEXT], brd[IPADDR_TEXT];
	bool is4 = ipaddr_is4(&a->addr);

	ipaddr_format(text, sizeof text, &a->addr);
	if (t->brief) {
		process_printf(t->process, "%s/%u ", text, prefix_text_len(&net));
		return;
	}
	if (t->oneline)
		process_printf(t->process, "%u: %s    ", v->index, v->name);
	else
		process_printf(t->process, "    ");
	process_printf(t->process, "%s %s/%u ", is4 ? "inet" : "inet6", text, prefix_text_len(&net));
	if (is4 && !ipaddr_is_any(&a->broadcast))
		process_printf(t->process, "brd %s ",
			       ipaddr_format(brd, sizeof brd, &a->broadcast));
	process_printf(t->process, "scope %s ", scope_of(&a->addr));
	print_flags(t, a);
	process_printf(t->process, "%s%s      ", is4 ? v->name : "", line_end(t));
	if (v->iface)
		life = slaac_addr_life(v->iface, a);
	print_life(t, "valid_lft", life.valid);
	print_life(t, "preferred_lft", life.preferred);
	process_printf(t->process, "\n");
}

/* IPv4 first; of IPv6 those of wide scope before link-local ones. */
static int rank(const struct ipaddr *a)
{
	return ipaddr_is4(a) ? 0 : ipaddr_is_linklocal(a) ? 2 : 1;
}

static void visit_addresses(struct ip_tool *t, const struct view *v, const struct ip_addr *addrs)
{
	for (int r = 0; r <= 2; r++)
		for (const struct ip_addr *a = addrs; a; a = a->next)
			if (rank(&a->addr) == r && wanted(t, &a->addr))
				print_address(t, v, a);
}

static void show_addresses(struct ip_tool *t, const struct ip_iface *i)
{
	static const struct ip_addr lo6 = {.addr = {{.b = {[15] = 1}}}, .len = 128};
	static const struct ip_addr lo4 = {
		.next = (struct ip_addr *)&lo6, .len = IPADDR_V4_BITS + 8,
		.addr = {{.b = {[10] = 0xff, 0xff, 127, [15] = 1}}},
	};
	const struct ip_addr *addrs = i ? i->addrs : &lo4;
	struct view v = view_of(i);
	bool any = t->family == AF_UNSPEC;

	for (const struct ip_addr *a = addrs; a; a = a->next)
		any |= wanted(t, &a->addr);
	if (!any)
		return;
	if (t->brief) {
		process_printf(t->process, "%-16s %-14s ", v.name, v.state);
	} else if (!t->oneline) {
		print_head(t, &v, "");
		if (t->family == AF_UNSPEC)
			print_mac(t, &v);
		process_write(t->process, "\n", 1);
	}
	visit_addresses(t, &v, addrs);
	if (t->brief)
		process_write(t->process, "\n", 1);
}

static int show(struct ip_tool *t, void (*one)(struct ip_tool *, const struct ip_iface *))
{
	struct ip_iface *dev;
	bool loopback;

	if (!ip_take_device(t, &dev, &loopback))
		return 1;
	if (!dev)
		one(t, NULL);
	for (struct ip_iface *i = loopback ? NULL : t->node->ifaces; i; i = ip_iface_next(i))
		if (!dev || i == dev)
			one(t, i);
	return 0;
}

int ip_show_links(struct ip_tool *t)
{
	t->family = AF_UNSPEC;
	return show(t, show_link);
}

int ip_show_addresses(struct ip_tool *t)
{
	return show(t, show_addresses);
}
