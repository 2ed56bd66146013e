/*
 * Whether a segment fits a connection, as seen from between: Guido van Rooij, "Real Stateful TCP
 * Packet Filtering in IP Filter" (2001), as Linux has it. For each end four numbers are kept
 * (struct ct_tcp_side), and a segment of one end must lie within these bounds:
 *
 *     I    seq <= max_end                   nothing that the other end has no room for
 *     II   end >= other's view - max window  nothing that is older than a window
 *     III  ack <= other's end                nothing acknowledged that was never sent
 *     IV   ack >= other's end - MAXACKWINDOW nothing acknowledged that is long past
 *
 * I and III are what a forger or an end out of step would break: such a segment is invalid. What
 * breaks II or IV is late, not wrong: it passes, and nothing is learnt from it.
 */
#include "core/alloc.h"
#include "filter/conntrack_int.h"

#define MAXACKWINDOW_LEAST 66000u

static uint32_t max(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

/* What a SYN says about its sender. Scaling needs both, and the second to speak decides. */
static void side_begin(struct conn *c, const struct ct_segment *s, uint8_t dir)
{
	struct ct_tcp_side *side = &c->tcp[dir], *other = &c->tcp[!dir];

	side->end = side->max_end = s->end;
	side->max_win = max(s->h.window, 1);
	if (tcp_hlen(&s->h) > TCP_HLEN) {
		side->scale = s->options.has_wscale ? s->options.wscale : 0;
		side->flags = ct_side_flags(s);
	}
	if (dir == CT_REPLY && !(side->flags & other->flags & CT_SIDE_SCALES))
		side->scale = other->scale = 0;
}

void ct_window_begin(struct conn *c, const struct ct_segment *s)
{
	side_begin(c, s, CT_ORIGINAL);
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

void ct_window_again(struct conn *c, uint8_t dir)
{
	c->tcp[!dir] = (struct ct_tcp_side){.end = c->tcp_last_end,
					    .max_end = c->tcp_last_end,
					    .max_win = max(c->tcp_last_win, 1),
					    .scale = c->tcp_last_scale,
					    .flags = c->tcp_last_flags & CT_SIDE_OF_SYN};
	c->tcp[dir] = (struct ct_tcp_side){0};
}

/* An end that was not heard before, in the middle: as if all that it says were right. */
static void side_meet(struct ct_tcp_side *side, struct ct_tcp_side *other, uint32_t window,
		      uint32_t end, uint32_t sack)
{
	side->end = end;
	side->max_win = max(window << side->scale, 1);
	side->max_end = end + side->max_win;
	if (other->max_win == 0)
		other->end = other->max_end = sack;
	else if (sack == other->end + 1)
		other->end++; /* most likely it answers a keep-alive */
}

/* A segment that fits moves what is known of both ends. */
static void advance(struct ct_tcp_side *side, struct ct_tcp_side *other, uint32_t window, bool acks,
		    uint32_t end, uint32_t ack, uint32_t sack)
{
	side->max_win = max(side->max_win, window + (sack - ack));
	if (tcp_seq_after(end, side->end)) {
		side->end = end;
		side->flags |= CT_SIDE_UNACKED;
	}
	if (acks && (!(side->flags & CT_SIDE_ACKED) || tcp_seq_after(ack, side->max_ack))) {
		side->max_ack = ack;
		side->flags |= CT_SIDE_ACKED;
	}
	if (other->max_win != 0 && tcp_seq_after(end, side->max_end))
		other->max_win += end - side->max_end;
	if (tcp_seq_after(sack + window, other->max_end - 1)) {
		other->max_end = sack + window;
		if (window == 0)
			other->max_end++;
	}
	if (ack == other->end)
		other->flags &= (uint8_t)~CT_SIDE_UNACKED;
}

/* The same ACK again, or the same data: counts how often an end has not got through. */
static void count_retrans(struct conn *c, uint32_t seq, uint32_t ack, uint32_t end, uint16_t window,
			  uint8_t dir)
{
	bool same = c->tcp_last_dir == dir && c->tcp_last_seq == seq && c->tcp_last_ack == ack &&
		    c->tcp_last_end == end && c->tcp_last_win == window;

	c->tcp_retrans = same ? (uint8_t)(c->tcp_retrans + (c->tcp_retrans < UINT8_MAX)) : 0;
	c->tcp_last_dir = dir;
	c->tcp_last_seq = seq;
	c->tcp_last_ack = ack;
	c->tcp_last_end = end;
	c->tcp_last_win = window;
}

enum ct_fit ct_window_check(struct conntrack *t, struct conn *c, const struct ct_segment *s, uint8_t dir)
{
	struct ct_tcp_side *side = &c->tcp[dir], *other = &c->tcp[!dir];
	bool syn = s->h.flags & TCPHDR_SYN, reset = s->h.flags & TCPHDR_RST;
	bool acks = s->h.flags & TCPHDR_ACK;
	uint32_t seq = s->h.seq, end = s->end, ack = s->h.ack, sack = ack;

	for (int i = 0; other->flags & CT_SIDE_SACK && i < s->options.sacks; i++)
		if (tcp_seq_after(s->options.sack[i].end_seq, sack))
			sack = s->options.sack[i].end_seq;
	if (syn && (side->max_win == 0 ||
		    (tcp_seq_after(end, side->end) && (c->tcp_state == CT_TCP_SYN_SENT ||
						       c->tcp_state == CT_TCP_SYN_RECV)))) {
		/* The first, or another attempt with a number of its own. */
		bool first = side->max_win == 0;

		side_begin(c, s, dir);
		if (!acks && (first || dir == CT_REPLY))
			return CT_FITS; /* both call at once */
	} else if (side->max_win == 0) {
		side_meet(side, other, s->h.window, end, sack);
	}
	/* No ACK, or a reset by an end that acknowledges nothing. */
	if (!acks || (reset && ack == 0))
		ack = sack = other->end;
	/* A reset that answers a SYN has sequence number 0. */
	if (reset && seq == 0 && c->tcp_state == CT_TCP_SYN_SENT)
		seq = end = side->end;

	enum ct_fit misfit = (side->flags & CT_SIDE_LIBERAL) ||
			     t->node->sysctl->nf_conntrack_tcp_be_liberal ? CT_FITS : CT_MISFITS;
	enum ct_fit late = misfit == CT_FITS ? CT_FITS : CT_IS_LATE;
	bool not_old = tcp_seq_after(end, side->end - other->max_win - 1);
	bool ack_not_old = tcp_seq_after(sack, other->end - max(side->max_win, MAXACKWINDOW_LEAST) - 1);
	bool acks_sent = tcp_seq_before(sack, other->end + 1);

	if (!tcp_seq_before(seq, side->max_end + 1)) {
		if (other->max_win == 0 || !not_old || !ack_not_old || !acks_sent ||
		    end - side->max_end + 1 > other->max_win)
			return misfit;
		/* Some send a little more than they may: the ACK for that will be right. */
		side->end = end;
		side->flags |= CT_SIDE_UNACKED;
		return late;
	}
	if (!acks_sent)
		return misfit;
	if ((other->max_win != 0 && !not_old) || !ack_not_old)
		return late;
	uint32_t window = syn ? s->h.window : (uint32_t)s->h.window << side->scale;
	advance(side, other, window, acks, end, ack, sack);
	if ((s->h.flags & (TCPHDR_SYN | TCPHDR_FIN | TCPHDR_RST | TCPHDR_ACK)) == TCPHDR_ACK)
		count_retrans(c, seq, ack, end, s->h.window, dir);
	return CT_FITS;
}
