/* Selective acknowledgements: the sender's scoreboard, and the blocks a receiver reports. */
#include "transport/tcp/internal.h"

uint32_t tcp_highest_sack_seq(const struct tcp *tp)
{
	return tp->sacked_out ? tp->highest_sack_seq : tp->snd_una;
}

/* More reordering than was thought possible: low_seq arrived behind what came after it. */
void tcp_check_sack_reordering(struct tcp *tp, uint32_t low_seq)
{
	uint32_t fack = tcp_highest_sack_seq(tp), mss = tp->mss_cache;

	if (!before(low_seq, fack))
		return;
	uint32_t metric = fack - low_seq;
	if (metric > tp->reordering * mss && mss) {
		uint32_t segs = (metric + mss - 1) / mss;
		uint32_t most = (uint32_t)tcp_sysctl(tp)->tcp_max_reordering;

		tp->reordering = segs < most ? segs : most;
	}
	tp->reord_seen++;
}

/* RFC 2018 5.1: what cannot be true is not believed. */
static bool block_valid(const struct tcp *tp, bool is_dsack, uint32_t start, uint32_t end)
{
	if (after(end, tp->snd_nxt) || !before(start, end))
		return false;
	if (!before(start, tp->snd_nxt))
		return false;
	if (after(start, tp->snd_una))
		return true;
	if (!is_dsack || !tp->undo_marker)
		return false;
	if (after(end, tp->snd_una))
		return false;
	if (!before(start, tp->undo_marker))
		return true;
	if (!after(end, tp->undo_marker))
		return false;
	return !before(start, end - tp->max_window);
}

static void sack_one(struct tcp *tp, uint32_t n, bool dup, struct tcp_sacktag_state *state)
{
	struct tcp_seg *g = tcp_seg_at(tp, n);
	uint8_t s = g->sacked;

	if (dup && s & (TCPCB_SACKED_RETRANS | TCPCB_EVER_RETRANS)) {
		if (tp->undo_marker && tp->undo_retrans > 0 && after(g->end_seq, tp->undo_marker))
			tp->undo_retrans--;
		if (s & TCPCB_SACKED_ACKED && before(g->seq, state->reord))
			state->reord = g->seq;
	}
	if (!after(g->end_seq, tp->snd_una))
		return;
	if (!(s & TCPCB_SACKED_ACKED)) {
		tcp_rack_advance(tp, g);
		if (s & TCPCB_SACKED_RETRANS) {
			/* Only if it was lost is the retransmission what arrived. */
			if (s & TCPCB_LOST) {
				s &= (uint8_t)~(TCPCB_LOST | TCPCB_SACKED_RETRANS);
				tp->lost_out--;
				tp->retrans_out--;
			}
		} else {
			if (!(s & TCPCB_EVER_RETRANS)) {
				/* Never sent again, and it was in a hole: reordering. */
				if (before(g->seq, tcp_highest_sack_seq(tp)) &&
				    before(g->seq, state->reord))
					state->reord = g->seq;
				if (!after(g->end_seq, tp->high_seq))
					state->flag |= FLAG_ORIG_SACK_ACKED;
				if (!state->first_sackt)
					state->first_sackt = g->mstamp + 1;
				state->last_sackt = g->mstamp + 1;
			}
			if (s & TCPCB_LOST) {
				s &= (uint8_t)~TCPCB_LOST;
				tp->lost_out--;
			}
		}
		s |= TCPCB_SACKED_ACKED;
		state->flag |= FLAG_DATA_SACKED;
		bool first = tp->sacked_out++ == 0;
		state->sack_delivered++;
		if (first || after(g->end_seq, tp->highest_sack_seq))
			tp->highest_sack_seq = g->end_seq;
		g->sacked = s;
		tcp_tsorted_del(tp, n);
		s = g->sacked;
		tcp_rate_skb_delivered(tp, g, state->rate);
	}
	if (dup && s & TCPCB_SACKED_RETRANS) {
		s &= (uint8_t)~TCPCB_SACKED_RETRANS;
		tp->retrans_out--;
	}
	g->sacked = s;
}

/* All segments that lie within [start, end), from the one on that holds `from`. */
static void sack_walk(struct tcp *tp, uint32_t from, uint32_t start, uint32_t end, bool dup,
		      struct tcp_sacktag_state *state)
{
	uint32_t n = tcp_seg_find(tp, from), stop = tp->seg_first + tp->seg_count;

	for (; n != stop; n++) {
		const struct tcp_seg *g = tcp_seg_at(tp, n);

		if (!before(g->seq, end))
			break;
		if (!before(g->seq, start) && !after(g->end_seq, end))
			sack_one(tp, n, dup, state);
	}
}

/*
 * The same without what the last ACK's blocks said already. A segment across an old block's end is done
 * as a whole with what follows; one across its start is not, as in Linux.
 */
static void sack_block(struct tcp *tp, struct tcp_sack_block b, struct tcp_sacktag_state *state)
{
	uint32_t from = b.start_seq;

	for (int i = 0; i < TCP_SACK_BLOCKS && before(from, b.end_seq); i++) {
		const struct tcp_sack_block *c = &tp->recv_sack_cache[i];

		if (c->start_seq == c->end_seq || !before(c->start_seq, b.end_seq) ||
		    !before(from, c->end_seq))
			continue;
		if (before(from, c->start_seq))
			sack_walk(tp, from, b.start_seq, c->start_seq, false, state);
		from = c->end_seq;
	}
	if (before(from, b.end_seq))
		sack_walk(tp, from, b.start_seq, b.end_seq, false, state);
}

/* RFC 2883 4: is the first block a report of a duplicate? */
static bool check_dsack(struct tcp *tp, const struct tcp_in *in, uint32_t prior_snd_una,
			struct tcp_sacktag_state *state)
{
	uint32_t start = in->o.sack[0].start_seq, end = in->o.sack[0].end_seq;

	if (!before(start, in->ack_seq)) {
		if (in->o.sacks < 2 || after(end, in->o.sack[1].end_seq) ||
		    before(start, in->o.sack[1].start_seq))
			return false;
	}
	if (!before(start, end))
		return false;
	uint32_t len = end - start;
	if (len > tp->max_window + tp->mss_cache) /* not credible */
		return false;
	uint32_t segs = tp->mss_cache && len > tp->mss_cache
				? (len + tp->mss_cache - 1) / tp->mss_cache
				: 1;
	if (node_world(tcp_node(tp))->observers)
		tcp_note_dsack(tp, start, end);
	tp->dsack_dups += segs;
	if (tp->dsack_dups > tp->total_retrans) /* more than we ever sent twice: the network's */
		return false;
	tp->dsack_seen = true;
	/* RACK was too quick only where there is reordering; a probe is not its doing. */
	if (segs == 1 && tp->tlp_high_seq && tp->tlp_high_seq == end)
		state->flag |= FLAG_DSACK_TLP;
	else if (tp->reord_seen)
		tp->rack.dsack_seen = 1;
	state->flag |= FLAG_DSACKING_ACK;
	state->sack_delivered += segs; /* a copy has arrived, too */
	/* A duplicate of what was sent again within this recovery: one less to prove it wrong. */
	if (tp->undo_marker && tp->undo_retrans > 0 && !after(end, prior_snd_una) &&
	    after(end, tp->undo_marker)) {
		tp->undo_retrans -= (int32_t)segs;
		if (tp->undo_retrans < 0)
			tp->undo_retrans = 0;
	}
	return true;
}

static void cache_store(struct tcp *tp, const struct tcp_sack_block *b, int count)
{
	/* Sorted and without what was cut away: those of the next ACK mostly contain them. */
	for (int i = 0; i < TCP_SACK_BLOCKS; i++)
		tp->recv_sack_cache[i] = i < count ? b[i] : (struct tcp_sack_block){0, 0};
}

static void sort_blocks(struct tcp_sack_block *b, int count)
{
	for (int i = count - 1; i > 0; i--)
		for (int j = 0; j < i; j++)
			if (after(b[j].start_seq, b[j + 1].start_seq)) {
				struct tcp_sack_block t = b[j];

				b[j] = b[j + 1];
				b[j + 1] = t;
			}
}

/* Marks what the blocks of a segment report; FLAG_*. */
int tcp_sacktag(struct tcp *tp, const struct tcp_in *in, uint32_t prior_snd_una,
		struct tcp_sacktag_state *state)
{
	struct tcp_sack_block blocks[TCP_SACK_BLOCKS];
	bool dsack = check_dsack(tp, in, prior_snd_una, state);
	int count = 0;

	if (before(in->ack_seq, prior_snd_una - tp->max_window))
		return 0;
	if (!tp->packets_out)
		return state->flag;
	if (!tp->sacked_out)
		cache_store(tp, NULL, 0);
	for (int i = 0; i < in->o.sacks; i++) {
		struct tcp_sack_block b = in->o.sack[i];
		bool dup = i == 0 && dsack;

		if (!block_valid(tp, dup, b.start_seq, b.end_seq) ||
		    !after(b.end_seq, prior_snd_una))
			continue;
		if (dup)
			sack_walk(tp, b.start_seq, b.start_seq, b.end_seq, true, state);
		else
			blocks[count++] = b;
	}
	sort_blocks(blocks, count);
	for (int i = 0; i < count; i++)
		sack_block(tp, blocks[i], state);
	cache_store(tp, blocks, count);
	if (tp->icsk_ca_state != TCP_CA_Loss || tp->undo_marker)
		tcp_check_sack_reordering(tp, state->reord);
	return state->flag;
}

/* Marks record n lost, once for each loss. */
void tcp_mark_lost(struct tcp *tp, uint32_t n)
{
	struct tcp_seg *g = tcp_seg_at(tp, n);

	if (g->sacked & TCPCB_SACKED_ACKED)
		return;
	/* Without a hint all are looked at; that is needless only if none waits yet. */
	if (tp->retransmit_hint == TCP_SEG_NONE ? tp->retrans_out >= tp->lost_out
						: (int32_t)(n - tp->retransmit_hint) < 0)
		tp->retransmit_hint = n;
	if (g->sacked & TCPCB_LOST) {
		if (g->sacked & TCPCB_SACKED_RETRANS) {
			/* The retransmission is lost as well. */
			g->sacked &= (uint8_t)~TCPCB_SACKED_RETRANS;
			tp->retrans_out--;
			tp->lost++;
		}
	} else {
		tp->lost_out++;
		tp->lost++;
		g->sacked |= TCPCB_LOST; /* what was sent again since is lost by itself, or not */
	}
}

/* ---- the receiver's blocks ---- */

static bool sack_extend(struct tcp_sack_block *b, uint32_t seq, uint32_t end_seq)
{
	if (after(seq, b->end_seq) || after(b->start_seq, end_seq))
		return false;
	if (before(seq, b->start_seq))
		b->start_seq = seq;
	if (after(end_seq, b->end_seq))
		b->end_seq = end_seq;
	return true;
}

/* The first block has grown: it may have reached others. */
static void maybe_coalesce(struct tcp *tp)
{
	struct tcp_sack_block *b = tp->selective_acks;

	for (int i = 1; i < tp->num_sacks;) {
		if (sack_extend(&b[0], b[i].start_seq, b[i].end_seq)) {
			tp->num_sacks--;
			for (int j = i; j < tp->num_sacks; j++)
				b[j] = b[j + 1];
		} else {
			i++;
		}
	}
}

/* A segment went into the out-of-order queue: its block comes first (RFC 2018 4). */
void tcp_sack_new_ofo(struct tcp *tp, uint32_t seq, uint32_t end_seq)
{
	struct tcp_sack_block *b = tp->selective_acks;

	for (int i = 0; i < tp->num_sacks; i++) {
		if (!sack_extend(&b[i], seq, end_seq))
			continue;
		struct tcp_sack_block it = b[i];
		for (; i > 0; i--)
			b[i] = b[i - 1];
		b[0] = it;
		if (tp->num_sacks > 1)
			maybe_coalesce(tp);
		return;
	}
	if (tp->compressed_ack > 0 && tp->num_sacks >= 3)
		tcp_send_ack(tp); /* the compressed ones must not lose a block */
	int n = tp->num_sacks < TCP_SACK_BLOCKS ? tp->num_sacks : TCP_SACK_BLOCKS - 1;
	for (int i = n; i > 0; i--)
		b[i] = b[i - 1];
	b[0] = (struct tcp_sack_block){seq, end_seq};
	tp->num_sacks = (uint8_t)(n + 1);
}

/* rcv_nxt moved on: blocks that it passed go. */
void tcp_sack_remove(struct tcp *tp)
{
	struct tcp_sack_block *b = tp->selective_acks;
	int n = 0;

	if (!tp->ofo_head) {
		tp->num_sacks = 0;
		return;
	}
	for (int i = 0; i < tp->num_sacks; i++)
		if (before(tp->rcv_nxt, b[i].start_seq))
			b[n++] = b[i];
	tp->num_sacks = (uint8_t)n;
}
