/*
 * Whether a segment fits a connection, as seen from between: Guido van Rooij, "Real Stateful TCP
 * Packet Filtering in IP Filter" (2001), as Linux has it. For each end four numbers are kept
 * (struct ct_tcp_side), and a segment of one end must lie within these bounds:
 *
 *     I    seq <= max_end                   nothing that the other end has no room for
 *     II   end >= other's view - max window  nothing that is older than a window
 *     III  ack <= other's end                nothing acknowledged that was never sent
 *     IV   ack >= other's end - MAXACKWINDOW nothing acknowledged anew that is long past
 */
#include "core/alloc.h"
#include "filter/conntrack_int.h"

#define MAXACKWINDOW_LEAST 66000u

static uint32_t max(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

/* What a SYN says about its sender. */
static void side_begin(struct ct_tcp_side *side, const struct ct_segment *s)
{
	*side = (struct ct_tcp_side){
		.end = s->end,
		.max_end = s->end,
		.max_win = max(s->h.window, 1),
		.scale = s->options.has_wscale ? s->options.wscale : 0,
		.flags = (uint8_t)((s->options.has_wscale ? CT_SIDE_SCALES : 0) |
				   (s->options.sack_permitted ? CT_SIDE_SACK : 0)),
	};
}

void ct_window_begin(struct conn *c, const struct ct_segment *s)
{
	side_begin(&c->tcp[CT_ORIGINAL], s);
	c->tcp[CT_REPLY] = (struct ct_tcp_side){0};
}

/* In the middle: the scale is not known, so that the widest possible window has to be taken. */
void ct_window_join(struct conn *c, const struct ct_segment *s)
{
	struct ct_tcp_side *side = &c->tcp[CT_ORIGINAL];

	*side = (struct ct_tcp_side){.end = s->end,
				     .max_win = max(s->h.window, 1),
				     .flags = CT_SIDE_SACK | CT_SIDE_LIBERAL};
	side->max_end = s->end + side->max_win;
	c->tcp[CT_REPLY] = (struct ct_tcp_side){.flags = CT_SIDE_SACK | CT_SIDE_LIBERAL};
}

void ct_window_again(struct conn *c, const struct ct_segment *s, uint8_t dir)
{
	struct ct_tcp_side *asked = &c->tcp[!dir];

	(void)s;
	*asked = (struct ct_tcp_side){.end = c->tcp_last_end,
				      .max_end = c->tcp_last_end,
				      .max_win = max(c->tcp_last_win, 1),
				      .scale = c->tcp_last_scale,
				      .flags = c->tcp_last_scale ? CT_SIDE_SCALES : 0};
	side_begin(&c->tcp[dir], s);
	if (!((asked->flags & c->tcp[dir].flags) & CT_SIDE_SCALES))
		asked->scale = c->tcp[dir].scale = 0;
}

/* The first segment of an end that was not heard before. */
static void side_meet(struct conn *c, const struct ct_segment *s, uint8_t dir)
{
	struct ct_tcp_side *side = &c->tcp[dir], *other = &c->tcp[!dir];

	if (s->h.flags & TCPHDR_SYN) {
		side_begin(side, s);
		if (!((side->flags & other->flags) & CT_SIDE_SCALES))
			side->scale = other->scale = 0;
		return;
	}
	/* Joined in the middle: as if all that it may have sent were right. */
	side->end = s->end;
	side->max_win = s->h.window == 0 ? 1 : s->h.window;
	side->max_end = s->end + max(other->max_win, 1);
	if (s->h.ack && !other->end)
		other->end = s->h.ack;
}

/* The four bounds; ack is what counts as acknowledged. */
static bool fits(const struct ct_tcp_side *side, const struct ct_tcp_side *other, uint32_t seq,
		 uint32_t end, uint32_t ack, uint32_t sack)
{
	uint32_t window = max(side->max_win, MAXACKWINDOW_LEAST);

	return tcp_seq_before(seq, side->max_end + 1) &&
	       tcp_seq_after(end, side->end - other->max_win - 1) &&
	       tcp_seq_before(sack, other->end + 1) &&
	       tcp_seq_after(ack, other->end - window - 1);
}

/* A segment that fits moves what is known of both ends. */
static void advance(struct conn *c, const struct ct_segment *s, uint8_t dir, uint32_t ack,
		    uint32_t window)
{
	struct ct_tcp_side *side = &c->tcp[dir], *other = &c->tcp[!dir];
	uint32_t offered = (s->h.flags & TCPHDR_SYN) ? window : window << side->scale;

	side->max_win = max(side->max_win, offered + (s->sack - ack));
	if (tcp_seq_after(s->end, side->end)) {
		side->end = s->end;
		side->flags |= CT_SIDE_UNACKED;
	}
	if (s->h.flags & TCPHDR_ACK) {
		if (!(side->flags & CT_SIDE_ACKED) || tcp_seq_after(ack, side->max_ack)) {
			side->max_ack = ack;
			side->flags |= CT_SIDE_ACKED;
		}
	}
	if (tcp_seq_after(s->end, other->max_end) && other->max_win == 0)
		other->max_end = s->end;
	if (tcp_seq_after(s->sack + offered, other->max_end) || other->max_end == 0) {
		other->max_end = s->sack + offered;
		if (offered == 0)
			other->max_end++;
	}
	if (ack == other->end)
		other->flags &= (uint8_t)~CT_SIDE_UNACKED;
}

void ct_window_retrans(struct conn *c, const struct ct_segment *s, uint8_t dir)
{
	bool same = c->tcp_last_dir == dir && c->tcp_last_seq == s->h.seq &&
		    c->tcp_last_ack == s->h.ack && c->tcp_last_end == s->end &&
		    c->tcp_last_win == s->h.window;

	c->tcp_retrans = same ? (uint8_t)(c->tcp_retrans + (c->tcp_retrans < UINT8_MAX)) : 0;
	c->tcp_last_seq = s->h.seq;
	c->tcp_last_ack = s->h.ack;
	c->tcp_last_end = s->end;
	c->tcp_last_win = s->h.window;
}

bool ct_window_check(struct conntrack *t, struct conn *c, const struct ct_segment *s, uint8_t dir)
{
	struct ct_tcp_side *side = &c->tcp[dir], *other = &c->tcp[!dir];
	bool reset = s->h.flags & TCPHDR_RST;
	uint32_t seq = s->h.seq, end = s->end, ack = s->h.ack, sack = s->sack;

	if (side->max_win == 0)
		side_meet(c, s, dir);
	/* No ACK, or a reset by an end that acknowledges nothing. */
	if (!(s->h.flags & TCPHDR_ACK) || (reset && ack == 0))
		ack = sack = other->end;
	/* A reset that answers a SYN has sequence number 0. */
	if (reset && seq == 0 && c->tcp_state == CT_TCP_SYN_SENT)
		seq = end = side->end;
	bool liberal = (side->flags | other->flags) & CT_SIDE_LIBERAL;
	if (!fits(side, other, seq, end, ack, sack) && !liberal &&
	    (reset || !t->node->sysctl->nf_conntrack_tcp_be_liberal))
		return false;
	struct ct_segment seen = *s;
	seen.sack = sack;
	advance(c, &seen, dir, ack, s->h.window);
	return true;
}
