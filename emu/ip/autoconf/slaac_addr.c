/* Addresses made of prefixes (RFC 4862 5.5.3) and the link-local one (5.3): how they come and go. */
#include <stdlib.h>

#include "core/alloc.h"
#include "ip/autoconf/slaac_int.h"

#define ID_BITS 64             /* of an identifier on Ethernet (RFC 2464 4): so long a prefix must be */
#define ID_TRIES 3             /* RFC 7217 IDGEN_RETRIES */
#define TWO_HOURS vtime_s(7200) /* RFC 4862 5.5.3 e: less is not believed of an address in use */

enum { NO_LINKLOCAL = 1 };     /* of addr_gen_mode */

/* What names and other hosts may be told of it. */
static bool is_announced(const struct slaac_addr *a)
{
	return !(a->addr->flags & (IP_ADDR_TENTATIVE | IP_ADDR_DEPRECATED | IP_ADDR_TEMPORARY)) &&
	       !ipaddr_is_linklocal(&a->addr->addr);
}

static void announce(struct slaac_addr *a, bool before, bool now)
{
	struct slaac_watch *told = a->of->told;

	if (before != now && told)
		told->address(told, a->of->iface, &a->addr->addr, now);
}

/* Its lifetime, with the flags that come of it. */
static void set_life(struct slaac_addr *a, struct slaac_life life)
{
	bool before = is_announced(a);
	unsigned flags = a->addr->flags & ~(unsigned)(IP_ADDR_DEPRECATED | IP_ADDR_DYNAMIC);

	if (flags & IP_ADDR_TEMPORARY) {
		life.valid = vtime_min(life.valid, a->most.valid);
		life.preferred = vtime_min(life.preferred, a->most.preferred);
	}
	a->life = life;
	if (life.valid.ns != VTIME_NEVER.ns)
		flags |= IP_ADDR_DYNAMIC;
	if (!vtime_before(slaac_now(a->of), life.preferred))
		flags |= IP_ADDR_DEPRECATED;
	a->addr->flags = (uint8_t)flags;
	announce(a, before, is_announced(a));
}

/* What an address begins with. */
struct birth {
	struct ipaddr prefix;
	unsigned flags;
	struct slaac_life life, most;
	uint8_t tries;
};

static const struct slaac_life for_ever = {{INT64_MAX}, {INT64_MAX}};

/* Tentative, and looked for. Nothing happens if the node has that address already. */
static void make(struct slaac *s, const struct birth *b)
{
	bool temporary = b->flags & IP_ADDR_TEMPORARY;
	struct ipaddr addr = temporary ? slaac_id_random(s, &b->prefix)
				       : slaac_id_address(s, &b->prefix, b->tries);
	struct slaac_addr *a = nt_calloc(1, sizeof(*a)), **end = &s->addrs;
	unsigned flags = b->flags;

	if (slaac_id_has_others(s) && !temporary)
		flags |= IP_ADDR_STABLE_PRIVACY;
	if (ip_addr_add_flags(s->iface, &addr, ID_BITS,
			      flags | IP_ADDR_TENTATIVE | IP_ADDR_NOPREFIXROUTE, &a->addr) != 0) {
		free(a);
		return;
	}
	a->of = s;
	a->tries = b->tries;
	a->most = b->most;
	while (*end)
		end = &(*end)->next;
	*end = a;
	set_life(a, b->life);
	slaac_dad_init(a);
	slaac_dad_begin(a);
}

void slaac_addr_begin(struct slaac *s)
{
	struct birth b = {.prefix = {{.b = {0xfe, 0x80}}}, .life = for_ever};

	if (slaac_conf(s)->addr_gen_mode != NO_LINKLOCAL)
		make(s, &b);
}

const struct ipaddr *slaac_linklocal(const struct slaac *s)
{
	for (const struct slaac_addr *a = s->addrs; a; a = a->next)
		if (ipaddr_is_linklocal(&a->addr->addr) && !(a->addr->flags & IP_ADDR_TENTATIVE))
			return &a->addr->addr;
	return NULL;
}

/* RFC 4862 5.5.3 e: who lies about prefixes takes nobody's address away within two hours. */
static vtime believed(const struct slaac_addr *a, uint32_t valid)
{
	vtime now = slaac_now(a->of), told = slaac_until(a->of, valid);

	if (vtime_before(vtime_add(now, TWO_HOURS), told) || vtime_before(a->life.valid, told))
		return told;
	return vtime_min(a->life.valid, vtime_add(now, TWO_HOURS));
}

void slaac_addr_prefix(struct slaac *s, const struct nd_opt *o)
{
	const struct prefix *prefix = &o->prefix.prefix;
	struct slaac_life told = {slaac_until(s, o->prefix.valid), slaac_until(s, o->prefix.preferred)};
	struct birth b = {.prefix = prefix->addr, .flags = IP_ADDR_MNGTMPADDR, .life = told};
	int32_t most = slaac_conf(s)->max_addresses, count = 0;
	bool known = false;

	if (prefix->len != ID_BITS || o->prefix.preferred > o->prefix.valid)
		return;
	for (struct slaac_addr *a = s->addrs; a; a = a->next, count++)
		if (prefix_contains(prefix, &a->addr->addr)) {
			known = true;
			set_life(a, (struct slaac_life){believed(a, o->prefix.valid), told.preferred});
			slaac_temp_renewed(a);
		}
	if (!known && o->prefix.valid && (!most || count < most))
		make(s, &b);
	for (struct slaac_addr *a = s->addrs; a; a = a->next)
		if (prefix_contains(prefix, &a->addr->addr))
			slaac_temp_keep(a);
}

void slaac_addr_temporary(struct slaac_addr *of, struct slaac_life most)
{
	struct birth b = {.prefix = ipaddr_mask(&of->addr->addr, ID_BITS),
			  .flags = IP_ADDR_TEMPORARY,
			  .life = of->life,
			  .most = most};

	make(of->of, &b);
}

void slaac_addr_usable(struct slaac_addr *a)
{
	ip_addr_use(a->of->iface, a->addr);
	announce(a, false, is_announced(a));
	if (ipaddr_is_linklocal(&a->addr->addr))
		slaac_solicit_begin(a->of);
}

/*
 * As Linux has it: an opaque or random identifier gives way to another; else the link-local address
 * stays, unused and marked, and one of a prefix goes until the prefix is advertised again. accept_dad 2:
 * without IPv6 rather than with another's MAC address (RFC 4862 5.4.5).
 */
void slaac_addr_duplicate(struct slaac_addr *a)
{
	struct slaac *s = a->of;
	struct birth b = {.prefix = ipaddr_mask(&a->addr->addr, ID_BITS),
			  .flags = a->addr->flags & (IP_ADDR_MNGTMPADDR | IP_ADDR_TEMPORARY),
			  .life = a->life,
			  .most = a->most,
			  .tries = (uint8_t)(a->tries + 1)};
	bool again = b.flags & IP_ADDR_TEMPORARY ? b.tries <= slaac_conf(s)->regen_max_retry
						 : slaac_id_has_others(s) && b.tries <= ID_TRIES;
	char why[100];

	if (!again && ipaddr_is_linklocal(&b.prefix)) {
		a->addr->flags |= IP_ADDR_DADFAILED;
		if (slaac_conf(s)->accept_dad > 1) {
			node_sysctl_set(s->iface->node, "net.ipv6.conf.all.disable_ipv6", "1", why,
					sizeof(why));
			slaac_changed(s->iface);
		}
		return;
	}
	slaac_addr_remove(a);
	if (again)
		make(s, &b);
}

void slaac_addr_age(struct slaac_addr *a)
{
	vtime now = slaac_now(a->of);

	if (!vtime_before(now, a->life.valid))
		slaac_addr_remove(a);
	else if (!vtime_before(now, a->life.preferred) && !(a->addr->flags & IP_ADDR_DEPRECATED))
		set_life(a, a->life);
}

void slaac_addr_remove(struct slaac_addr *a)
{
	struct slaac_addr **at = &a->of->addrs;
	struct ipaddr addr = a->addr->addr;

	announce(a, is_announced(a), false);
	event_cancel(slaac_sched(a->of), &a->probe);
	while (*at != a)
		at = &(*at)->next;
	*at = a->next;
	ip_addr_remove(a->of->iface, &addr);
	free(a);
}

struct slaac_life slaac_addr_life(const struct ip_iface *i, const struct ip_addr *addr)
{
	const struct slaac *s = slaac_of(i);

	for (const struct slaac_addr *a = s ? s->addrs : NULL; a; a = a->next)
		if (a->addr == addr)
			return a->life;
	return for_ever;
}
