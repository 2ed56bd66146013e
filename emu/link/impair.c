#include "link/impair.h"

#include <stdlib.h>

#include "core/alloc.h"
#include "wire/offload.h"

#define PARETO_SHAPE 3

bool impair_wanted(const struct link_params *params)
{
	return params->loss.kind != LOSS_NONE || params->jitter_kind != JITTER_NONE ||
	       params->reorder > 0 || params->duplicate > 0 || params->corrupt > 0;
}

struct impair *impair_new(uint64_t seed, const char *link_name, int direction)
{
	struct impair *s = nt_calloc(1, sizeof(*s));
	char *stream = nt_asprintf("link %s %s", link_name, direction ? "reverse" : "forward");

	rng_init(&s->rng, seed, stream);
	free(stream);
	return s;
}

static bool loss_equal(const struct loss_params *a, const struct loss_params *b)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case LOSS_NONE:
		return true;
	case LOSS_RANDOM:
		return a->p == b->p;
	case LOSS_GILBERT_ELLIOTT:
		return a->p == b->p && a->r == b->r && a->h == b->h && a->k == b->k;
	case LOSS_PERIODIC:
		return a->every == b->every;
	case LOSS_LISTED:
		return a->listed_count == b->listed_count &&
		       !memcmp(a->listed, b->listed, a->listed_count * sizeof(*a->listed));
	}
	return false;
}

void impair_change(struct impair *s, const struct link_params *from, const struct link_params *to)
{
	if (loss_equal(&from->loss, &to->loss))
		return;
	s->frames = 0;
	s->next_listed = 0;
	s->bad = false;
}

static bool lose(struct fate *f, enum drop_reason reason, uint64_t detail)
{
	f->lost = true;
	f->reason = reason;
	f->detail = detail;
	return true;
}

/*
 * Gilbert-Elliott: the frame is judged in the present state, then the state may change. Stays in
 * the bad state are geometric with mean 1/r, and p/(p+r) of the frames meet it.
 */
static bool loss_gilbert_elliott(struct impair *s, const struct loss_params *l, struct fate *f)
{
	bool was_bad = s->bad;
	bool delivered = rng_chance(&s->rng, was_bad ? l->h : l->k);

	if (rng_chance(&s->rng, was_bad ? l->r : l->p))
		s->bad = !was_bad;
	return !delivered && lose(f, was_bad ? DROP_LINK_BURST_LOSS : DROP_LINK_LOSS, 0);
}

static bool loss_draw(struct impair *s, const struct loss_params *l, struct fate *f)
{
	uint64_t number = ++s->frames;

	switch (l->kind) {
	case LOSS_NONE:
		return false;
	case LOSS_RANDOM:
		return rng_chance(&s->rng, l->p) && lose(f, DROP_LINK_LOSS, 0);
	case LOSS_GILBERT_ELLIOTT:
		return loss_gilbert_elliott(s, l, f);
	case LOSS_PERIODIC:
		return l->every && number % l->every == 0 &&
		       lose(f, DROP_LINK_PERIODIC_LOSS, l->every);
	case LOSS_LISTED:
		while (s->next_listed < l->listed_count && l->listed[s->next_listed] < number)
			s->next_listed++;
		return s->next_listed < l->listed_count && l->listed[s->next_listed] == number &&
		       lose(f, DROP_LINK_LISTED_LOSS, number);
	}
	return false;
}

static vtime jitter_draw(struct impair *s, const struct link_params *params)
{
	double size = (double)params->jitter.ns, ns = 0;

	switch (params->jitter_kind) {
	case JITTER_NONE:
		return VTIME_ZERO;
	case JITTER_UNIFORM:
		ns = size * (2 * rng_unit(&s->rng) - 1);
		break;
	case JITTER_NORMAL:
		ns = size * rng_normal(&s->rng);
		break;
	case JITTER_PARETO:
		ns = size * rng_pareto(&s->rng, PARETO_SHAPE);
		break;
	}
	/* No frame arrives before it was sent. */
	return vtime_max(vtime_ns((int64_t)ns), vtime_ns(-params->delay.ns));
}

struct fate impair_draw(struct impair *s, const struct link_params *params)
{
	struct fate f = {0};

	if (loss_draw(s, &params->loss, &f))
		return f;
	f.jitter = jitter_draw(s, params);
	f.duplicate = rng_chance(&s->rng, params->duplicate);
	f.corrupt = rng_chance(&s->rng, params->corrupt);
	if (rng_chance(&s->rng, params->reorder)) {
		vtime most = vtime_max(params->delay, vtime_ms(1));

		f.hold = vtime_ns(1 + (int64_t)(rng_unit(&s->rng) * (double)most.ns));
	}
	return f;
}

void impair_corrupt(struct impair *s, struct packet *p, const char *link_name)
{
	uint32_t len = packet_l3_len(p), headers = (uint32_t)(p->end - p->l3);

	if (len == 0)
		return;
	packet_checksum_fill(p);
	uint32_t at = rng_below(&s->rng, len), bit = rng_below(&s->rng, 8);
	uint8_t *byte = at < headers ? p->hdr + p->l3 + at
				     : packet_make_writable(p) + (at - headers);
	*byte ^= (uint8_t)(1u << bit);
	p->flags = (uint8_t)((p->flags & ~PACKET_VERIFIED) | PACKET_DAMAGED);
	packet_note(p, "corrupted on %s: bit %u of byte %u", link_name, bit,
		    (uint32_t)(p->l3 - p->head) + at);
}
