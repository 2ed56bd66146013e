/*
 * Duplicate address detection (RFC 4862 5.4): after a random delay dad_transmits solicitations for
 * the tentative address, from ::, retrans_time apart. Whoever has the address answers; whoever wants
 * it, too, asks as we do. A nonce, one for all probes of a search, tells our own questions, come back
 * however late, from another's (RFC 7527 4.1).
 */
#include "ip/neigh.h"
#include "ip/autoconf/slaac_int.h"

static void probe(struct slaac_addr *a)
{
	struct slaac *s = a->of;
	struct icmp6 m = {.type = ICMP6_MSG_NEIGHBOR_SOLICITATION, .ns = {.target = a->addr->addr}};
	struct ipaddr group = ipaddr_solicited_node(&a->addr->addr);
	struct nd_opt nonce = {.type = ND_OPT_NONCE, .body = {a->nonce, sizeof(a->nonce)}};
	uint8_t body[2 + ND_OPT_NONCE_BYTES];
	size_t len = 0;

	if (slaac_conf(s)->enhanced_dad)
		len = nd_opt_emit(body, &nonce);
	nd_send(s->iface, &ipaddr_any6, &group, &m, body, len);
}

static void probe_fire(struct event *e)
{
	struct slaac_addr *a = container_of(e, struct slaac_addr, probe);
	struct node *n = a->of->iface->node;

	if (!a->probes) {
		slaac_addr_usable(a);
		return;
	}
	a->probes--;
	event_arm(slaac_sched(a->of), e,
		  vtime_add(node_now(n), vtime_ms(n->sysctl->neigh6.retrans_time_ms)));
	probe(a);
}

void slaac_dad_init(struct slaac_addr *a)
{
	event_init(&a->probe, probe_fire);
}

void slaac_dad_begin(struct slaac_addr *a)
{
	const struct sysctl_ip6_conf *conf = slaac_conf(a->of);
	uint32_t most_us = (uint32_t)conf->router_solicitation_delay * 1000000u;

	a->probes = (uint16_t)(conf->accept_dad ? conf->dad_transmits : 0);
	if (!a->probes) {
		slaac_addr_usable(a);
		return;
	}
	rng_bytes(&a->of->iface->node->rng, a->nonce, sizeof(a->nonce));
	/* RFC 4862 5.4.2: those that were switched on together do not speak together. */
	event_arm(slaac_sched(a->of), &a->probe,
		  vtime_add(slaac_now(a->of),
			    vtime_us(most_us ? rng_below(&a->of->iface->node->rng, most_us) : 0)));
}

static struct slaac_addr *tentative(const struct ip_iface *i, const struct ipaddr *target)
{
	const struct slaac *s = slaac_of(i);
	struct slaac_addr *a = s ? s->addrs : NULL;

	while (a && (!(a->addr->flags & IP_ADDR_TENTATIVE) || !ipaddr_eq(&a->addr->addr, target)))
		a = a->next;
	return a;
}

static void is_duplicate(struct slaac_addr *a)
{
	if (a->addr->flags & IP_ADDR_DADFAILED)
		return;
	event_cancel(slaac_sched(a->of), &a->probe);
	slaac_addr_duplicate(a);
}

bool slaac_probed(struct ip_iface *i, const struct ipaddr *target, const struct ipaddr *src,
		  const struct nd_opt *nonce)
{
	struct slaac_addr *a = tentative(i, target);

	if (!a)
		return false;
	/* Who asks from an address of its own looks for a neighbour: not answered yet (5.4.3). */
	if (!ipaddr_is_any(src) ||
	    (nonce && slaac_conf(a->of)->enhanced_dad && nonce->body.len == sizeof(a->nonce) &&
	     memcmp(nonce->body.data, a->nonce, sizeof(a->nonce)) == 0))
		return true;
	is_duplicate(a);
	return true;
}

bool slaac_claimed(struct ip_iface *i, const struct ipaddr *target)
{
	struct slaac_addr *a = tentative(i, target);

	if (a)
		is_duplicate(a);
	return a != NULL;
}
