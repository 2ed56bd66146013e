/* Router advertisements: when they are sent (RFC 4861 6.2.4 to 6.2.6). */
#include "ip/autoconf/radv.h"

#include <stdlib.h>

#include "core/alloc.h"
#include "ip/autoconf/radv_int.h"

#define INITIAL 3                     /* MAX_INITIAL_RTR_ADVERTISEMENTS */
#define INITIAL_INTERVAL vtime_s(16)  /* MAX_INITIAL_RTR_ADVERT_INTERVAL */
#define ANSWER_DELAY 500000           /* MAX_RA_DELAY_TIME in us */

struct radv {
	struct iface_watch watch; /* by it the interface knows us */
	struct ip_iface *iface;
	const struct radv_config *config;
	struct event timer;       /* the next advertisement */
	unsigned initial;         /* of the first ones, to come */
	bool running;             /* as it was when last looked at */
	bool spoken;              /* at `last` */
	vtime last;
};

static struct sched *sched_of(const struct radv *r)
{
	return &node_world(r->iface->node)->sched;
}

static vtime random_up_to(struct radv *r, vtime most)
{
	return vtime_ns((int64_t)(rng_unit(&r->iface->node->rng) * (double)most.ns));
}

/* After one that goes to all, whatever it was for, the interval begins anew. */
static void arm_next(struct radv *r)
{
	const struct radv_config *c = r->config;
	vtime wait = vtime_add(c->min_interval,
			       random_up_to(r, vtime_sub(c->max_interval, c->min_interval)));

	if (r->initial)
		wait = vtime_min(wait, INITIAL_INTERVAL);
	event_arm(sched_of(r), &r->timer, vtime_add(node_now(r->iface->node), wait));
}

static void timer_fire(struct event *e)
{
	struct radv *r = container_of(e, struct radv, timer);

	if (r->initial)
		r->initial--;
	r->spoken = true;
	r->last = node_now(r->iface->node);
	arm_next(r);
	radv_send(r->iface, r->config, false);
}

/* Within half a second, but min_delay after the last; a sooner one that is due anyhow will do. */
static void soon(struct radv *r)
{
	vtime at = node_now(r->iface->node);

	if (r->spoken)
		at = vtime_max(at, vtime_add(r->last, r->config->min_delay));
	at = vtime_add(at, random_up_to(r, vtime_us(ANSWER_DELAY)));
	if (!event_armed(sched_of(r), &r->timer) ||
	    vtime_before(at, event_at(sched_of(r), &r->timer)))
		event_arm(sched_of(r), &r->timer, at);
}

static void look(struct radv *r)
{
	struct ip_iface *i = r->iface;
	bool running = i->node->up && iface_running(&i->link);

	if (!running) {
		event_cancel(sched_of(r), &r->timer);
	} else if (!r->running) {
		r->initial = INITIAL;
		soon(r);
	}
	r->running = running;
}

static void changed(struct iface_watch *w)
{
	look(container_of(w, struct radv, watch));
}

static struct radv *radv_of(const struct ip_iface *i)
{
	struct iface_watch *w = i->link.watches;

	while (w && w->changed != changed)
		w = w->next;
	return w ? container_of(w, struct radv, watch) : NULL;
}

struct radv_config radv_config_default(vtime max_interval)
{
	int64_t lifetime = 3 * max_interval.ns / NS_PER_S;

	return (struct radv_config){
		.max_interval = max_interval,
		.min_interval = vtime_before(max_interval, vtime_s(9))
					? vtime_ns(max_interval.ns / 4 * 3)
					: vtime_ns(max_interval.ns / 3),
		.min_delay = vtime_s(RADV_MIN_DELAY),
		.hop_limit = 64,
		.lifetime = (uint16_t)lifetime,
		.dns_lifetime = (uint32_t)lifetime,
	};
}

void radv_start(struct ip_iface *i, const struct radv_config *c)
{
	struct radv *r = radv_of(i);

	if (!r) {
		r = nt_calloc(1, sizeof(*r));
		r->watch.changed = changed;
		r->iface = i;
		event_init(&r->timer, timer_fire);
		iface_watch_add(&i->link, &r->watch);
	}
	r->config = c;
	r->running = false; /* what changes is told as at the start (6.2.4) */
	look(r);
}

bool radv_solicited(struct ip_iface *i)
{
	struct radv *r = radv_of(i);

	if (r && r->running)
		soon(r);
	return r != NULL;
}

void radv_farewell(struct ip_iface *i)
{
	struct radv *r = radv_of(i);

	if (r && r->running && r->spoken)
		radv_send(i, r->config, true);
}

void radv_stop(struct ip_iface *i)
{
	radv_farewell(i);
	radv_free(i);
}

void radv_changed(struct ip_iface *i)
{
	struct radv *r = radv_of(i);

	if (r)
		look(r);
}

void radv_free(struct ip_iface *i)
{
	struct radv *r = radv_of(i);

	if (!r)
		return;
	event_cancel(sched_of(r), &r->timer);
	iface_watch_remove(&i->link, &r->watch);
	free(r);
}
