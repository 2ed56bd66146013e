/*
 * Temporary addresses (RFC 8981): beside the address of each advertised prefix one with a random
 * identifier that lives a day or so, and a successor in good time before it deprecates.
 */
#include "ip/autoconf/slaac_int.h"

/* RFC 8981 3.8 REGEN_ADVANCE: for as long as a search for duplicates may take. */
static vtime regen_advance(const struct slaac *s)
{
	const struct sysctl_ip6_conf *conf = slaac_conf(s);
	int64_t probes = (int64_t)conf->regen_max_retry * conf->dad_transmits, search;

	if (__builtin_mul_overflow(probes * NS_PER_MS, s->iface->node->sysctl->neigh6.retrans_time_ms,
				   &search))
		return VTIME_NEVER;
	return vtime_add(vtime_s(2), vtime_ns(search));
}

static vtime due(const struct slaac_addr *a)
{
	if (a->life.preferred.ns == VTIME_NEVER.ns)
		return VTIME_NEVER;
	return vtime_sub(a->life.preferred, regen_advance(a->of));
}

vtime slaac_temp_due(const struct slaac_addr *a)
{
	return a->addr->flags & IP_ADDR_TEMPORARY && !a->followed ? due(a) : VTIME_NEVER;
}

/* It had its successor, or would have had one, when its prefix was deprecated for a while. */
void slaac_temp_renewed(struct slaac_addr *a)
{
	if (a->followed && vtime_before(slaac_now(a->of), due(a)))
		a->followed = false;
}

static bool has_fresh(const struct slaac *s, const struct prefix *prefix)
{
	for (const struct slaac_addr *a = s->addrs; a; a = a->next)
		if (a->addr->flags & IP_ADDR_TEMPORARY && !a->followed &&
		    prefix_contains(prefix, &a->addr->addr) && vtime_before(slaac_now(s), slaac_temp_due(a)))
			return true;
	return false;
}

void slaac_temp_keep(struct slaac_addr *of)
{
	struct slaac *s = of->of;
	const struct sysctl_ip6_conf *conf = slaac_conf(s);
	struct prefix prefix = prefix_make(&of->addr->addr, of->addr->len);
	vtime now = slaac_now(s), advance = regen_advance(s);
	/* Shorter by a random time, so that not all hosts of a site change theirs at once (3.8). */
	uint32_t most = (uint32_t)conf->max_desync_factor < (uint32_t)conf->temp_prefered_lft / 5 * 2
				? (uint32_t)conf->max_desync_factor
				: (uint32_t)conf->temp_prefered_lft / 5 * 2;
	struct slaac_life life;

	if (conf->use_tempaddr <= 0 || !(of->addr->flags & IP_ADDR_MNGTMPADDR) || has_fresh(s, &prefix))
		return;
	life.valid = vtime_add(now, vtime_s(conf->temp_valid_lft));
	life.preferred = vtime_add(now, vtime_s(conf->temp_prefered_lft -
					     (most ? rng_below(&s->iface->node->rng, most) : 0)));
	/* 3.4 step 5: not worth while if it were to be followed at once. */
	if (vtime_before(vtime_add(now, advance), vtime_min(life.preferred, of->life.preferred)))
		slaac_addr_temporary(of, life);
}

void slaac_temp_age(struct slaac *s)
{
	bool due = false;

	for (struct slaac_addr *a = s->addrs; a; a = a->next)
		if (!vtime_before(slaac_now(s), slaac_temp_due(a)))
			due = a->followed = true;
	for (struct slaac_addr *a = s->addrs; due && a; a = a->next)
		slaac_temp_keep(a);
}
