/*
 * Router solicitations (RFC 4861 6.3.7): from when the link-local address is in use, until a router
 * is heard; further and further apart (RFC 7559), each time a tenth more or less.
 */
#include "ip/neigh.h"
#include "ip/autoconf/slaac_int.h"

bool slaac_listens(const struct slaac *s)
{
	int32_t accept = slaac_conf(s)->accept_ra;

	return s->running && accept && (accept > 1 || !node_forwards(s->iface->node, false));
}

/* times whole intervals, and up to a tenth of one more or less. */
static vtime spread(struct slaac *s, vtime interval, unsigned times)
{
	int64_t millionths = times * 1000000 - 100000 + rng_below(&s->iface->node->rng, 200001);

	return vtime_ns(interval.ns / 1000000 * millionths);
}

static void solicit(struct slaac *s, const struct ipaddr *from)
{
	const struct sysctl_ip6_conf *conf = slaac_conf(s);
	vtime most = vtime_s(conf->router_solicitation_max_interval);
	struct icmp6 m = {.type = ICMP6_MSG_ROUTER_SOLICITATION};
	struct nd_opt lla = {.type = ND_OPT_SLLA, .lla = s->iface->link.mac};
	uint8_t body[ND_OPT_LLA_LEN];

	if (!s->solicited++)
		s->solicit_interval = spread(s, vtime_s(conf->router_solicitation_interval), 1);
	else
		s->solicit_interval = spread(s, s->solicit_interval, 2);
	if (vtime_before(most, s->solicit_interval))
		s->solicit_interval = spread(s, most, 1);
	event_arm(slaac_sched(s), &s->solicit, vtime_add(slaac_now(s), s->solicit_interval));
	nd_send(s->iface, from, &ipaddr_all_routers6, &m, body, nd_opt_emit(body, &lla));
}

static void go_on(struct slaac *s)
{
	const struct ipaddr *from = slaac_linklocal(s);
	int32_t most = slaac_conf(s)->router_solicitations;

	if (from && !s->heard && slaac_listens(s) && (most < 0 || s->solicited < (uint32_t)most))
		solicit(s, from);
}

static void solicit_fire(struct event *e)
{
	go_on(container_of(e, struct slaac, solicit));
}

void slaac_solicit_init(struct slaac *s)
{
	event_init(&s->solicit, solicit_fire);
}

void slaac_solicit_begin(struct slaac *s)
{
	s->solicited = 0;
	s->heard = false;
	go_on(s);
}

void slaac_solicit_end(struct slaac *s)
{
	event_cancel(slaac_sched(s), &s->solicit);
}
