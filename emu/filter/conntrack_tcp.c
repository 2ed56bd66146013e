/*
 * TCP as seen from between: which state two ends are in, told by the flags of what passes. The
 * table says for each kind of segment, direction and state what the state is then; it is that of
 * Linux's nf_conntrack_proto_tcp.c, where the reasons for each entry are written.
 */
#include "core/alloc.h"
#include "filter/conntrack_int.h"

enum kind { SYN, SYN_ACK, FIN, ACK, RST, NO_FLAG, KINDS };

#define no CT_TCP_NONE
#define ss CT_TCP_SYN_SENT
#define sr CT_TCP_SYN_RECV
#define es CT_TCP_ESTABLISHED
#define fw CT_TCP_FIN_WAIT
#define cw CT_TCP_CLOSE_WAIT
#define la CT_TCP_LAST_ACK
#define tw CT_TCP_TIME_WAIT
#define cl CT_TCP_CLOSE
#define s2 CT_TCP_SYN_SENT2
#define ig CT_TCP_IGNORE
#define iv CT_TCP_INVALID

static const uint8_t table[2][KINDS][CT_TCP_STATES] = {
	[CT_ORIGINAL] = {
		/* in state:  no  ss  sr  es  fw  cw  la  tw  cl  s2 */
		[SYN]     = {ss, ss, ig, ig, ig, ig, ig, ss, ss, s2},
		[SYN_ACK] = {iv, iv, sr, iv, iv, iv, iv, iv, iv, sr},
		[FIN]     = {iv, iv, fw, fw, la, la, la, tw, cl, iv},
		[ACK]     = {es, iv, es, es, cw, cw, tw, tw, cl, iv},
		[RST]     = {iv, cl, cl, cl, cl, cl, cl, cl, cl, cl},
		[NO_FLAG] = {iv, iv, iv, iv, iv, iv, iv, iv, iv, iv},
	},
	[CT_REPLY] = {
		[SYN]     = {iv, s2, iv, iv, iv, iv, iv, ss, iv, s2},
		[SYN_ACK] = {iv, sr, ig, ig, ig, ig, ig, ig, ig, sr},
		[FIN]     = {iv, iv, fw, fw, la, la, la, tw, cl, iv},
		[ACK]     = {iv, ig, sr, es, cw, cw, tw, tw, cl, ig},
		[RST]     = {iv, cl, cl, cl, cl, cl, cl, cl, cl, cl},
		[NO_FLAG] = {iv, iv, iv, iv, iv, iv, iv, iv, iv, iv},
	},
};

static const uint8_t timeouts[CT_TCP_STATES] = {
	[no] = CT_TIMEOUT_TCP_SYN_SENT,  [ss] = CT_TIMEOUT_TCP_SYN_SENT,
	[sr] = CT_TIMEOUT_TCP_SYN_RECV,  [es] = CT_TIMEOUT_TCP_ESTABLISHED,
	[fw] = CT_TIMEOUT_TCP_FIN_WAIT,  [cw] = CT_TIMEOUT_TCP_CLOSE_WAIT,
	[la] = CT_TIMEOUT_TCP_LAST_ACK,  [tw] = CT_TIMEOUT_TCP_TIME_WAIT,
	[cl] = CT_TIMEOUT_TCP_CLOSE,     [s2] = CT_TIMEOUT_TCP_SYN_SENT,
};

#undef no
#undef ss
#undef sr
#undef es
#undef fw
#undef cw
#undef la
#undef tw
#undef cl
#undef s2
#undef ig
#undef iv

const char *conntrack_tcp_state_name(const struct conn *c)
{
	static const char *const names[CT_TCP_STATES] = {
		"NONE", "SYN_SENT", "SYN_RECV", "ESTABLISHED", "FIN_WAIT", "CLOSE_WAIT", "LAST_ACK",
		"TIME_WAIT", "CLOSE", "SYN_SENT2",
	};

	return names[c->tcp_state];
}

static enum kind kind_of(uint16_t flags)
{
	if (flags & TCPHDR_RST)
		return RST;
	if (flags & TCPHDR_SYN)
		return flags & TCPHDR_ACK ? SYN_ACK : SYN;
	if (flags & TCPHDR_FIN)
		return FIN;
	return flags & TCPHDR_ACK ? ACK : NO_FLAG;
}

/* Combinations that ends do send (RFC 9293); PSH and ECN may be there or not. */
static bool flags_make_sense(uint16_t flags)
{
	static const uint16_t good[] = {
		TCPHDR_SYN, TCPHDR_SYN | TCPHDR_URG, TCPHDR_SYN | TCPHDR_ACK,
		TCPHDR_ACK, TCPHDR_ACK | TCPHDR_URG,
		TCPHDR_FIN | TCPHDR_ACK, TCPHDR_FIN | TCPHDR_ACK | TCPHDR_URG,
		TCPHDR_RST, TCPHDR_RST | TCPHDR_ACK,
	};
	uint16_t f = flags & (TCPHDR_SYN | TCPHDR_FIN | TCPHDR_RST | TCPHDR_ACK | TCPHDR_URG);

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (f == good[i])
			return true;
	return false;
}

static bool segment_read(struct packet *p, struct ct_segment *s)
{
	uint32_t len = packet_l4_len(p);

	if (!packet_pull(p, p->l4, TCP_HLEN) || tcp_parse(p->hdr + p->l4, len, &s->h) != TCP_OK ||
	    !packet_pull(p, p->l4, (uint16_t)tcp_hlen(&s->h)) || !flags_make_sense(s->h.flags))
		return false;
	tcp_options_parse(p->hdr + p->l4, &s->h, &s->options);
	s->end = s->h.seq + len - (uint32_t)tcp_hlen(&s->h) + !!(s->h.flags & TCPHDR_SYN) +
		 !!(s->h.flags & TCPHDR_FIN);
	return true;
}

/* A SYN where a connection is quite over: may it begin another one? (RFC 9293 3.6.1) Yes after a FIN,
 * and after a reset by who asks now. */
static bool begins_anew(const struct conn *c, uint8_t dir)
{
	return ((c->tcp[0].flags | c->tcp[1].flags) & CT_SIDE_CLOSED) ||
	       (c->tcp_last_kind == RST && c->tcp_last_dir == dir);
}

/* What is ignored is remembered; see answers_ignored(). */
static void ignore(struct conn *c, const struct ct_segment *s, enum kind kind, uint8_t dir)
{
	bool challenge = c->tcp_state == CT_TCP_LAST_ACK;

	if (kind == ACK && c->tcp_state == CT_TCP_SYN_SENT && dir == CT_REPLY)
		c->tcp_last_ack = s->h.ack;
	c->tcp_last_kind = (uint8_t)kind;
	c->tcp_last_dir = dir;
	c->tcp_last_seq = s->h.seq;
	c->tcp_last_end = s->end;
	c->tcp_last_win = s->h.window;
	if (kind != SYN || dir != CT_ORIGINAL)
		return;
	c->tcp_last_scale = s->options.has_wscale ? s->options.wscale : 0;
	c->tcp_last_flags = (uint8_t)(ct_side_flags(s) | (challenge ? CT_LAST_CHALLENGES : 0));
}

/*
 * A SYN in the middle of a connection may be that of a new one of which this node did not see the old
 * one's end. If the other end agrees (its SYN-ACK acknowledges just that SYN), the two are right and
 * what is known here is wrong.
 */
static bool answers_ignored(const struct conn *c, const struct ct_segment *s, enum kind kind, uint8_t dir)
{
	return kind == SYN_ACK && c->tcp_last_kind == SYN && c->tcp_last_dir != dir &&
	       s->h.ack == c->tcp_last_end;
}

/*
 * A reset that answers a SYN or an ACK which was let through although it did not fit (ignore()): its
 * numbers fit that, and not what is known here.
 */
static bool reset_answers_ignored(const struct conn *c, const struct ct_segment *s, uint8_t dir)
{
	bool syn = c->replied && c->tcp_last_kind == SYN;
	bool ack = !c->assured && c->tcp_last_kind == ACK;

	if ((syn || ack) && c->tcp_last_dir != dir && s->h.ack == c->tcp_last_end)
		return true;
	return c->tcp_state == CT_TCP_SYN_SENT && c->tcp_last_kind == ACK &&
	       c->tcp_last_dir == CT_REPLY && s->h.seq == c->tcp_last_ack;
}

/*
 * RFC 5961: a reset below what was acknowledged is a forged or very late one (*forged); one that
 * is not just there may be answered by a challenge, so that the connection goes on: *is stays what it
 * was.
 */
static enum ct_fit reset_check(struct conntrack *t, struct conn *c, const struct ct_segment *s,
			       uint8_t dir, uint8_t *is, bool *forged)
{
	const struct ct_tcp_side *other = &c->tcp[!dir];
	bool established = c->tcp_state == CT_TCP_ESTABLISHED && c->assured;

	/* Where both are about to close, what is known of their numbers may be of no use any more. */
	if (c->tcp_state >= CT_TCP_FIN_WAIT && c->tcp_state <= CT_TCP_CLOSE)
		return CT_FITS;
	if ((other->flags & CT_SIDE_ACKED) && c->tcp_last_kind != SYN) {
		if (s->h.seq == 0 && !established)
			return ct_window_check(t, c, s, dir);
		*forged = tcp_seq_before(s->h.seq, other->max_ack) &&
			  !t->node->sysctl->nf_conntrack_tcp_ignore_invalid_rst;
		if (*forged)
			return CT_MISFITS;
		/* Just there, or just behind the data that went before it. */
		if (!established || s->h.seq == other->max_ack ||
		    (c->tcp_last_kind == ACK && c->tcp_last_dir == dir && s->h.seq == c->tcp_last_end))
			return ct_window_check(t, c, s, dir);
		*is = c->tcp_state;
	}
	return reset_answers_ignored(c, s, dir) ? CT_FITS : ct_window_check(t, c, s, dir);
}

static enum ct_timeout timeout_of(const struct conntrack *t, const struct conn *c)
{
	const int32_t *seconds = t->node->sysctl->nf_conntrack_timeout;
	enum ct_timeout usual = timeouts[c->tcp_state];
	bool unacked = (c->tcp[0].flags | c->tcp[1].flags) & CT_SIDE_UNACKED;
	/* Joined in the middle, and nobody has answered yet. */
	bool alone = !c->replied && c->tcp_state == CT_TCP_ESTABLISHED;

	if (c->tcp_retrans >= t->node->sysctl->nf_conntrack_tcp_max_retrans &&
	    seconds[usual] > seconds[CT_TIMEOUT_TCP_MAX_RETRANS])
		usual = CT_TIMEOUT_TCP_MAX_RETRANS;
	else if (c->tcp_last_kind == RST)
		return CT_TIMEOUT_TCP_CLOSE;
	else if (unacked && seconds[usual] > seconds[CT_TIMEOUT_TCP_UNACKNOWLEDGED])
		usual = CT_TIMEOUT_TCP_UNACKNOWLEDGED;
	else if (c->tcp_last_win == 0 && seconds[usual] > seconds[CT_TIMEOUT_TCP_MAX_RETRANS])
		usual = CT_TIMEOUT_TCP_MAX_RETRANS;
	return alone && seconds[usual] > seconds[CT_TIMEOUT_TCP_UNACKNOWLEDGED]
		       ? CT_TIMEOUT_TCP_UNACKNOWLEDGED : usual;
}

/*
 * A FIN or a reset that does not fit: if each end has sent one, the two have closed in some way that is
 * not understood here, and it should not take days to forget them.
 */
static void misfit(struct conntrack *t, struct conn *c, enum kind kind, uint8_t dir)
{
	int64_t left = vtime_sub(c->expires, node_now(t->node)).ns / NS_PER_S;

	if (!c->assured || (kind != RST && kind != FIN))
		return;
	if (c->tcp_last_dir == dir || (c->tcp_last_kind != FIN && c->tcp_last_kind != RST)) {
		c->tcp_last_kind = (uint8_t)kind;
		c->tcp_last_dir = dir;
	} else if (left >= 120 &&
		   left > t->node->sysctl->nf_conntrack_timeout[CT_TIMEOUT_TCP_UNACKNOWLEDGED]) {
		conntrack_refresh(t, c, CT_TIMEOUT_TCP_UNACKNOWLEDGED);
	}
}

/* A segment that fits: the connection is in that state now. */
static enum ct_verdict follow(struct conntrack *t, struct conn *c, enum kind kind, uint8_t dir,
			      uint8_t was, uint8_t is)
{
	c->tcp_last_kind = (uint8_t)kind;
	c->tcp_last_dir = dir;
	c->tcp_state = is;
	if (was != is && is == CT_TCP_FIN_WAIT)
		c->tcp[dir].flags |= CT_SIDE_CLOSED;
	/* A refused connection leaves nothing to wait for; that of a NAT keeps its mapping for another
	 * attempt (RFC 7857 2.2). */
	if (kind == RST && !c->replied && c->confirmed && !c->map)
		return CT_END;
	/* Else who asks again and again would keep it, and a NAT's mapping with it, for ever. */
	if (!c->replied && kind == SYN && was == CT_TCP_SYN_SENT)
		return CT_TAKE;
	if (c->replied && is == CT_TCP_ESTABLISHED &&
	    (was == CT_TCP_SYN_RECV || was == CT_TCP_ESTABLISHED))
		c->assured = true;
	conntrack_refresh(t, c, timeout_of(t, c));
	return CT_TAKE;
}

bool conntrack_tcp_new(struct conntrack *t, struct conn *c, struct packet *p)
{
	struct ct_segment s;

	if (!segment_read(p, &s))
		return false;
	enum kind kind = kind_of(s.h.flags);
	uint8_t is = table[CT_ORIGINAL][kind][CT_TCP_NONE];

	if (is == CT_TCP_SYN_SENT)
		ct_window_begin(c, &s);
	else if (is == CT_TCP_ESTABLISHED && t->node->sysctl->nf_conntrack_tcp_loose)
		ct_window_join(c, &s);
	else
		return false;
	ct_window_check(t, c, &s, CT_ORIGINAL);
	follow(t, c, kind, CT_ORIGINAL, CT_TCP_NONE, is);
	return true;
}

enum ct_verdict conntrack_tcp(struct conntrack *t, struct conn *c, struct packet *p, uint8_t dir)
{
	struct ct_segment s;
	bool forged = false;

	if (!segment_read(p, &s))
		return CT_REFUSE;
	enum kind kind = kind_of(s.h.flags);
	uint8_t was = c->tcp_state, is = table[dir][kind][was];

	if (is == CT_TCP_INVALID)
		return CT_REFUSE;
	if (is == CT_TCP_SYN_SENT && was >= CT_TCP_TIME_WAIT && was <= CT_TCP_CLOSE) {
		if (begins_anew(c, dir))
			return CT_REPLACE;
		is = CT_TCP_IGNORE;
	}
	if (is == CT_TCP_IGNORE) {
		if (!answers_ignored(c, &s, kind, dir)) {
			ignore(c, &s, kind, dir);
			return CT_TAKE;
		}
		ct_window_again(c, dir);
		was = CT_TCP_SYN_SENT;
		is = CT_TCP_SYN_RECV;
	}
	/* Not the ACK of the last FIN, but one that a SYN has provoked (RFC 5961 4). */
	if (was == CT_TCP_LAST_ACK && is == CT_TCP_TIME_WAIT && kind == ACK && c->tcp_last_dir != dir &&
	    c->tcp_last_kind == SYN && c->tcp_last_flags & CT_LAST_CHALLENGES) {
		c->tcp_last_flags &= (uint8_t)~CT_LAST_CHALLENGES;
		return CT_TAKE;
	}
	if (is == CT_TCP_SYN_SENT2)
		c->tcp_last_flags |= CT_LAST_CROSSED;
	if (is == CT_TCP_SYN_RECV && kind == ACK && dir == CT_REPLY &&
	    c->tcp_last_flags & CT_LAST_CROSSED)
		is = CT_TCP_ESTABLISHED;
	enum ct_fit fit = kind == RST ? reset_check(t, c, &s, dir, &is, &forged)
				       : ct_window_check(t, c, &s, dir);
	if (fit == CT_MISFITS) {
		if (!forged)
			misfit(t, c, kind, dir);
		return CT_REFUSE;
	}
	return fit == CT_IS_LATE ? CT_TAKE : follow(t, c, kind, dir, was, is);
}
