#include "ip/neigh.h"

#include "ip/hook.h"
#include "ip/icmp.h"
#include "ip/ip.h"
#include "ip/autoconf/slaac.h"
#include "wire/eth.h"

static inline const struct sysctl_neigh *knobs(const struct node *n, const struct neigh *e)
{
	return ipaddr_is4(&e->addr) ? &n->sysctl->neigh4 : &n->sysctl->neigh6;
}

static inline struct sched *sched_of(const struct node *n)
{
	return &node_world(n)->sched;
}

struct packet *neigh_take_waiting(struct neigh *e)
{
	struct packet *p = e->head;

	if (p) {
		e->head = p->next;
		if (!e->head)
			e->tail = NULL;
		p->next = NULL;
		e->waiting_bytes -= packet_len(p);
	}
	return p;
}

static vtime reachable_time(struct node *n, struct neigh *e)
{
	bool ip4 = ipaddr_is4(&e->addr);
	uint32_t *ms = &e->dev->reachable_ms[!ip4];

	/* Uniform between half and one and a half of the base (RFC 4861 6.3.2). */
	if (*ms == 0) {
		uint32_t base = (uint32_t)knobs(n, e)->base_reachable_time_ms;

		*ms = base / 2 + (base ? rng_below(&n->rng, base) : 0) + 1;
	}
	return vtime_ms(*ms);
}

static void enter(struct node *n, struct neigh *e, enum neigh_state s)
{
	e->state = (uint8_t)s;
	e->updated = node_now(n);
	e->fresh_until = vtime_ns(-1);
	if (s == NEIGH_REACHABLE) {
		e->confirmed = node_now(n);
		e->fresh_until = vtime_add(node_now(n), reachable_time(n, e));
	} else if (s == NEIGH_PERMANENT) {
		e->fresh_until = VTIME_NEVER;
	}
	if (s != NEIGH_INCOMPLETE && s != NEIGH_DELAY && s != NEIGH_PROBE)
		event_cancel(sched_of(n), &e->timer);
}

enum neigh_state neigh_state_now(const struct node *n, struct neigh *e)
{
	if (e->state == NEIGH_REACHABLE && vtime_before(e->fresh_until, node_now(n)))
		e->state = NEIGH_STALE;
	return e->state;
}

static void solicit(struct node *n, struct neigh *e, bool unicast)
{
	e->probes++;
	event_arm(sched_of(n), &e->timer,
		  vtime_add(node_now(n), vtime_ms(knobs(n, e)->retrans_time_ms)));
	if (ipaddr_is4(&e->addr))
		arp_solicit(n, e, unicast, e->head);
	else
		nd_solicit(n, e, unicast, e->head);
}

static void fail(struct node *n, struct neigh *e)
{
	uint8_t tries = e->probes;
	struct packet *p;

	enter(n, e, NEIGH_FAILED);
	/* Whatever e->router says: an entry that was collected and made anew has not heard it yet. */
	slaac_router_lost(e->dev, &e->addr);
	while ((p = neigh_take_waiting(e))) {
		if (n->hooks)
			n->hooks->undo(n, p);
		icmp_error(n, p, ICMP_HOST_UNREACHABLE, 0);
		packet_drop_detail(p, &n->site, DROP_NEIGH_FAILED, tries);
	}
}

void neigh_timer_fire(struct event *timer)
{
	struct neigh *e = container_of(timer, struct neigh, timer);
	struct node *n = e->dev->node;

	switch (e->state) {
	case NEIGH_INCOMPLETE:
		if (e->probes >= knobs(n, e)->mcast_solicit)
			fail(n, e);
		else
			solicit(n, e, false);
		break;
	case NEIGH_DELAY:
		enter(n, e, NEIGH_PROBE);
		e->probes = 0;
		solicit(n, e, true);
		break;
	case NEIGH_PROBE:
		if (e->probes >= knobs(n, e)->ucast_solicit)
			fail(n, e);
		else
			solicit(n, e, true);
		break;
	default:
		break;
	}
}

static void transmit(struct neigh *e, struct packet *p)
{
	e->used = node_now(e->dev->node);
	ether_output(e->dev, p, e->mac, ipaddr_is4(&e->addr) ? ETH_TYPE_IPV4 : ETH_TYPE_IPV6);
}

static void wait(struct node *n, struct neigh *e, struct packet *p)
{
	uint64_t most = (uint64_t)knobs(n, e)->unres_qlen_bytes;

	while (e->head && e->waiting_bytes + packet_len(p) > most)
		packet_drop_detail(neigh_take_waiting(e), &n->site, DROP_NEIGH_QUEUE_FULL, most);
	p->next = NULL;
	if (e->tail)
		e->tail->next = p;
	else
		e->head = p;
	e->tail = p;
	e->waiting_bytes += packet_len(p);
}

void neigh_output(struct node *n, struct neigh *e, struct packet *p)
{
	switch (neigh_state_now(n, e)) {
	case NEIGH_NONE:
	case NEIGH_FAILED:
		wait(n, e, p);
		enter(n, e, NEIGH_INCOMPLETE);
		e->probes = 0;
		solicit(n, e, false);
		break;
	case NEIGH_INCOMPLETE:
		wait(n, e, p);
		break;
	case NEIGH_STALE:
		/* RFC 4861 7.3.3: go on with the old address, ask in a while if nothing proves it. */
		enter(n, e, NEIGH_DELAY);
		event_arm(sched_of(n), &e->timer,
			  vtime_add(node_now(n), vtime_s(knobs(n, e)->delay_first_probe_time)));
		transmit(e, p);
		break;
	default:
		transmit(e, p);
	}
}

void neigh_learn(struct node *n, struct neigh *e, const struct mac *mac, enum neigh_news news,
		 bool override)
{
	enum neigh_state s = neigh_state_now(n, e);
	bool known = neigh_knows(s), same = known && mac_eq(&e->mac, mac);

	if (s == NEIGH_PERMANENT)
		return;
	if (known && !same && !override) { /* RFC 4861 7.2.5: doubt, but do not believe */
		if (s == NEIGH_REACHABLE)
			enter(n, e, NEIGH_STALE);
		return;
	}
	e->mac = *mac;
	/* Being overheard proves nothing about the way there: it leaves a known entry as it is. */
	if (news == NEIGH_ANSWERED)
		enter(n, e, NEIGH_REACHABLE);
	else if (!same)
		enter(n, e, NEIGH_STALE);
	for (struct packet *p; (p = neigh_take_waiting(e));)
		neigh_output(n, e, p);
}

void neigh_confirm(struct node *n, struct neigh *e)
{
	enum neigh_state s = neigh_state_now(n, e);

	if (s == NEIGH_REACHABLE || s == NEIGH_STALE || s == NEIGH_DELAY || s == NEIGH_PROBE)
		enter(n, e, NEIGH_REACHABLE);
}

const char *neigh_state_name(enum neigh_state s)
{
	static const char *const names[] = {"NONE",  "INCOMPLETE", "REACHABLE", "STALE",
					    "DELAY", "PROBE",	   "FAILED",	"PERMANENT"};

	return names[s];
}
