/*
 * A host that configures itself, and what others may say on its link: advertisements with options of
 * any bytes, claims of its addresses, resigning routers, interfaces that go down and come back, time.
 * After each, its addresses, routes and lifetimes must fit together, and in the end nothing is left.
 *
 * Input: one byte of knobs, then messages: what, how long nothing happens afterwards, which router,
 * how many bytes of it follow, these bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "ip/ip.h"
#include "ip/neigh.h"
#include "ip/autoconf/radv.h"
#include "ip/autoconf/slaac_int.h"
#include "link/link.h"
#include "tests/fuzz/fuzz_wire.h"

#define OPS_MOST 100

struct lab {
	struct world *w;
	struct node *host, *other;
	struct ip_iface *i, *peer;
	struct link *link;
	struct slaac_watch watch;
	int preferred; /* addresses that the watch was told of and that were not withdrawn */
};

static struct lab lab;

static void address(struct slaac_watch *w, struct ip_iface *i, const struct ipaddr *a, bool preferred)
{
	(void)w;
	(void)i;
	REQUIRE(!ipaddr_is_linklocal(a) && !ipaddr_is4(a));
	lab.preferred += preferred ? 1 : -1;
	REQUIRE(lab.preferred >= 0);
}

static void servers(struct slaac_watch *w, struct ip_iface *i, const struct ipaddr *list, uint32_t n)
{
	(void)w;
	(void)i;
	(void)list;
	REQUIRE(n <= SLAAC_SERVERS);
}

static void knob(const char *name, unsigned value)
{
	char text[16], whole[80], why[100];

	snprintf(text, sizeof(text), "%u", value);
	snprintf(whole, sizeof(whole), "net.ipv6.conf.all.%s", name);
	REQUIRE(node_sysctl_set(lab.host, whole, text, why, sizeof(why)) == 0);
}

static void lab_open(uint8_t knobs)
{
	struct mac a = {{2, 0, 0, 0, 0, 1}}, b = {{2, 0, 0, 0, 0, 2}};

	lab = (struct lab){.w = world_new(1), .watch = {address, servers}};
	lab.host = node_new(lab.w, "host");
	lab.other = node_new(lab.w, "other");
	lab.i = node_add_iface(lab.host, "eth0", a);
	lab.peer = node_add_iface(lab.other, "eth0", b);
	lab.link = link_new(lab.w, "link", &lab.i->link, &lab.peer->link, &link_params_default,
			    &link_params_default);
	knob("addr_gen_mode", knobs & 3);
	knob("accept_dad", knobs >> 2 & 1);
	knob("use_tempaddr", (knobs >> 3 & 3) % 3);
	knob("temp_prefered_lft", 100);
	knob("temp_valid_lft", 300);
	knob("max_desync_factor", 10);
	knob("accept_ra_rt_info_max_plen", knobs & 32 ? 64 : 0);
	knob("max_addresses", knobs & 64 ? 2 : 0);
	slaac_start(lab.i, &lab.watch);
}

static void advance(vtime wait)
{
	vtime until = vtime_add(world_now(lab.w), wait);

	while (sched_step(&lab.w->sched, until))
		;
	sched_advance(&lab.w->sched, until);
}

struct search {
	const struct route *route;
	bool found;
};

static void look_for(struct route *r, void *arg)
{
	struct search *s = arg;

	s->found |= r == s->route;
}

static void check(void)
{
	const struct slaac *s = slaac_of(lab.i);
	int preferred = 0;

	for (const struct slaac_addr *a = s->addrs; a; a = a->next) {
		const struct ip_addr *on = lab.i->addrs;

		while (on && on != a->addr)
			on = on->next;
		REQUIRE(on && !vtime_before(a->life.valid, slaac_now(s)));
		REQUIRE((on->flags & IP_ADDR_DEPRECATED) != 0 ||
			!vtime_before(a->life.preferred, slaac_now(s)));
		REQUIRE(!(on->flags & IP_ADDR_DADFAILED) || on->flags & IP_ADDR_TENTATIVE);
		preferred += !ipaddr_is_linklocal(&on->addr) &&
			     !(on->flags & (IP_ADDR_DEPRECATED | IP_ADDR_TENTATIVE | IP_ADDR_TEMPORARY));
	}
	REQUIRE(preferred == lab.preferred);
	for (const struct slaac_route *r = s->routes; r; r = r->next) {
		struct search search = {r->route, false};

		fib_walk(&lab.host->fib, look_for, &search);
		REQUIRE(search.found && !vtime_before(r->expires, slaac_now(s)));
	}
	REQUIRE(s->up || (!s->addrs && !s->routes));
}

/* Of the addresses that the host has or wants, the n-th. */
static struct ipaddr own(unsigned n)
{
	const struct ip_addr *a = lab.i->addrs;

	while (a && n--)
		a = a->next;
	return a ? a->addr : mac_linklocal(&lab.i->link.mac);
}

static void say(unsigned what, unsigned who, const uint8_t *bytes, size_t len)
{
	struct ipaddr from = mac_linklocal(&(struct mac){{2, 0, 0, 0, 9, (uint8_t)(who & 3)}});
	struct icmp6 ra = {.type = ICMP6_MSG_ROUTER_ADVERTISEMENT,
			   .ra = {.lifetime = (uint16_t)(who * 7), .hop_limit = (uint8_t)who}};
	struct icmp6 na = {.type = ICMP6_MSG_NEIGHBOR_ADVERTISEMENT, .na = {.router = who & 8}};
	struct icmp6 ns = {.type = ICMP6_MSG_NEIGHBOR_SOLICITATION};

	switch (what % 8) {
	case 0:
		na.na.target = who & 16 ? from : own(who);
		nd_send(lab.peer, &from, &ipaddr_all_nodes6, &na, bytes, len);
		break;
	case 1:
		ns.ns.target = own(who);
		from = ipaddr_solicited_node(&ns.ns.target);
		nd_send(lab.peer, &ipaddr_any6, &from, &ns, bytes, len);
		break;
	case 2:
		link_set_up(lab.link, who & 1);
		break;
	case 3:
		ip_iface_set_up(lab.i, who & 1);
		break;
	case 4:
		slaac_router_lost(lab.i, &from);
		break;
	default:
		ra.ra.preference = who & 1 ? ND_PREF_HIGH : ND_PREF_MEDIUM;
		nd_send(lab.peer, &from, &ipaddr_all_nodes6, &ra, bytes, len);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rcursor c = rcursor_make(data, size);

	lab_open(rcursor_u8(&c));
	for (int k = 0; k < OPS_MOST && rcursor_remaining(&c); k++) {
		unsigned what = rcursor_u8(&c), wait = rcursor_u8(&c), who = rcursor_u8(&c);
		size_t len = rcursor_u8(&c);

		if (len > rcursor_remaining(&c))
			len = rcursor_remaining(&c);
		say(what, who, rcursor_take(&c, len), len);
		advance(vtime_ms((int64_t)wait * wait * 4));
		check();
	}
	link_free(lab.link);
	node_free(lab.host);
	node_free(lab.other);
	REQUIRE(lab.w->pool.live == 0);
	world_free(lab.w);
	return 0;
}
