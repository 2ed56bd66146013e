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

/* Combinations that no end sends: what RFC 9293 has no meaning for. */
static bool flags_make_sense(uint16_t flags)
{
	uint16_t f = flags & (TCPHDR_SYN | TCPHDR_FIN | TCPHDR_RST | TCPHDR_ACK);

	return f == TCPHDR_SYN || f == (TCPHDR_SYN | TCPHDR_ACK) || f == TCPHDR_RST ||
	       f == (TCPHDR_RST | TCPHDR_ACK) || f == (TCPHDR_FIN | TCPHDR_ACK) || f == TCPHDR_ACK;
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
	s->sack = s->h.ack;
	for (int i = 0; i < s->options.sacks; i++)
		if (tcp_seq_after(s->options.sack[i].end_seq, s->sack))
			s->sack = s->options.sack[i].end_seq;
	return true;
}

bool conntrack_tcp_new(struct conntrack *t, struct conn *c, struct packet *p)
{
	struct ct_segment s;

	if (!segment_read(p, &s))
		return false;
	c->tcp_state = table[CT_ORIGINAL][kind_of(s.h.flags)][CT_TCP_NONE];
	c->tcp_last_kind = (uint8_t)kind_of(s.h.flags);
	if (c->tcp_state == CT_TCP_SYN_SENT) {
		ct_window_begin(c, &s);
	} else if (c->tcp_state == CT_TCP_ESTABLISHED && t->node->sysctl->nf_conntrack_tcp_loose) {
		ct_window_join(c, &s);
		conntrack_refresh(t, c, CT_TIMEOUT_TCP_UNACKNOWLEDGED);
		return true;
	} else {
		return false;
	}
	conntrack_refresh(t, c, timeouts[c->tcp_state]);
	return true;
}

/* A SYN where a connection is quite over: may it begin another one? (RFC 9293 3.6.1) Yes after a FIN,
 * and after a reset by who asks now. */
static bool begins_anew(const struct conn *c, uint8_t dir)
{
	return ((c->tcp[0].flags | c->tcp[1].flags) & CT_SIDE_CLOSED) ||
	       (c->tcp_last_kind == RST && c->tcp_last_dir == dir);
}

/*
 * What is ignored is remembered: a SYN in the middle of a connection may be that of a new one of
 * which this node did not see the old one's end. If the other end agrees (its SYN-ACK acknowledges
 * just that SYN), the two are right and what is known here is wrong.
 */
static void ignore(struct conntrack *t, struct conn *c, const struct ct_segment *s, enum kind kind,
		   uint8_t dir)
{
	if (kind == SYN_ACK && c->tcp_last_kind == SYN && c->tcp_last_dir != dir &&
	    s->h.ack == c->tcp_last_end) {
		ct_window_again(c, s, dir);
		c->tcp_state = CT_TCP_SYN_RECV;
		conntrack_refresh(t, c, CT_TIMEOUT_TCP_SYN_RECV);
		return;
	}
	c->tcp_last_kind = (uint8_t)kind;
	c->tcp_last_dir = dir;
	c->tcp_last_seq = s->h.seq;
	c->tcp_last_end = s->end;
	c->tcp_last_win = s->h.window;
	c->tcp_last_scale = s->options.has_wscale ? s->options.wscale : 0;
}

/* RFC 5961: a reset below what was acknowledged is a forged or very late one. */
static bool reset_is_late(const struct conntrack *t, const struct conn *c,
			  const struct ct_segment *s, uint8_t dir)
{
	const struct ct_tcp_side *other = &c->tcp[!dir];

	return (other->flags & CT_SIDE_ACKED) && tcp_seq_before(s->h.seq, other->max_ack) &&
	       !t->node->sysctl->nf_conntrack_tcp_ignore_invalid_rst;
}

/*
 * A reset that answers a SYN or an ACK which was let through although it did not fit (ignore()): its
 * acknowledgement fits that, and not what is known here.
 */
static bool reset_answers_ignored(const struct conn *c, const struct ct_segment *s)
{
	return ((c->replied && c->tcp_last_kind == SYN) ||
		(!c->assured && c->tcp_last_kind == ACK)) && s->h.ack == c->tcp_last_end;
}

static enum ct_timeout timeout_of(const struct conntrack *t, const struct conn *c)
{
	const int32_t *seconds = t->node->sysctl->nf_conntrack_timeout;
	enum ct_timeout usual = timeouts[c->tcp_state];
	bool unacked = (c->tcp[0].flags | c->tcp[1].flags) & CT_SIDE_UNACKED;

	if (c->tcp_retrans >= t->node->sysctl->nf_conntrack_tcp_max_retrans &&
	    seconds[usual] > seconds[CT_TIMEOUT_TCP_MAX_RETRANS])
		return CT_TIMEOUT_TCP_MAX_RETRANS;
	if (c->tcp_last_kind == RST)
		return CT_TIMEOUT_TCP_CLOSE;
	if (unacked && seconds[usual] > seconds[CT_TIMEOUT_TCP_UNACKNOWLEDGED])
		return CT_TIMEOUT_TCP_UNACKNOWLEDGED;
	if (c->tcp_last_kind == ACK && c->tcp_last_win == 0 &&
	    seconds[usual] > seconds[CT_TIMEOUT_TCP_MAX_RETRANS])
		return CT_TIMEOUT_TCP_MAX_RETRANS;
	return usual;
}

enum ct_verdict conntrack_tcp(struct conntrack *t, struct conn *c, struct packet *p, uint8_t dir)
{
	struct ct_segment s;

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
		ignore(t, c, &s, kind, dir);
		return CT_TAKE;
	}
	if (kind == RST && reset_is_late(t, c, &s, dir))
		return CT_REFUSE;
	if (!(kind == RST && reset_answers_ignored(c, &s)) && !ct_window_check(t, c, &s, dir))
		return CT_REFUSE;
	if (kind == ACK)
		ct_window_retrans(c, &s, dir);
	c->tcp_state = is;
	c->tcp_last_dir = dir;
	c->tcp_last_kind = (uint8_t)kind;
	if (kind == FIN)
		c->tcp[dir].flags |= CT_SIDE_CLOSED;
	/* A refused connection leaves nothing to wait for; that of a NAT keeps its mapping for another
	 * attempt (RFC 7857 2.2). */
	if (kind == RST && !c->replied && c->confirmed && !c->map)
		return CT_END;
	if (c->replied && is == CT_TCP_ESTABLISHED &&
	    (was == CT_TCP_SYN_RECV || was == CT_TCP_ESTABLISHED))
		c->assured = true;
	conntrack_refresh(t, c, timeout_of(t, c));
	return CT_TAKE;
}
