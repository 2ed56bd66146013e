/*
 * What captures are told about segments: the truth that heuristics have to guess. Everything here
 * runs only while somebody observes; nothing of it has an influence on what is sent.
 */
#include <stdlib.h>

#include "core/alloc.h"

#include "transport/tcp/internal.h"

#define AGAIN_KEPT 64u /* retransmissions that a later ACK can still call spurious */

struct tcp_notes {
	uint32_t count; /* of all that were sent; the newest AGAIN_KEPT are kept */
	struct {
		uint64_t id; /* of the packet */
		uint32_t seq, end_seq;
	} again[AGAIN_KEPT];
};

/* An ACK that repeats the last one: what made it leave. */
static void note_repeated(struct tcp *tp, const struct packet *p, uint32_t window)
{
	switch ((enum tcp_ack_cause)tp->ack_cause) {
	case ACK_KEEPALIVE:
		packet_note(p, "answer to a keep-alive");
		return;
	case ACK_PROBE:
		packet_note(p, "answer to a zero-window probe");
		return;
	case ACK_OUTSIDE:
		packet_note(p, "ACK for a segment outside the window");
		return;
	case ACK_PAWS:
		packet_note(p, "ACK for a segment with an old timestamp (PAWS)");
		return;
	case ACK_OLD_DATA:
		packet_note(p, "duplicate ACK number %u: data that was here already",
			    ++tp->dup_acks_sent);
		return;
	case ACK_NO_ROOM:
		packet_note(p, "duplicate ACK number %u: no room for the data", ++tp->dup_acks_sent);
		return;
	case ACK_PLAIN:
		if (window != tp->last_wnd_sent) {
			packet_note(p, "window update");
			return;
		}
		/* fall through */
	case ACK_GAP:
		packet_note(p, "duplicate ACK number %u", ++tp->dup_acks_sent);
		return;
	}
}

/* New data that leaves although the window is not open for it, or to find something out. */
static void note_new_data(const struct tcp *tp, const struct packet *p)
{
	if (tp->icsk_ca_state == TCP_CA_Loss && tp->frto)
		packet_note(p, "F-RTO: new data, to learn whether the RTO was spurious (RFC 5682)");
	else if (tp->icsk_ca_state == TCP_CA_Disorder && tp->sacked_out &&
		 tp->packets_out - tp->lost_out + tp->retrans_out >= tp->snd_cwnd)
		packet_note(p, "limited transmit (RFC 3042)");
}

static void note_dsack(const struct packet *p, uint32_t len)
{
	packet_note(p, "D-SACK: %u byte%s arrived twice", len, len == 1 ? "" : "s");
}

static void note_ecn(const struct packet *p, uint16_t flags)
{
	if (flags & TCPHDR_SYN) {
		if ((flags & (TCPHDR_ECE | TCPHDR_CWR | TCPHDR_ACK)) == (TCPHDR_ECE | TCPHDR_CWR))
			packet_note(p, "ECE and CWR: ECN-setup SYN (RFC 3168)");
		else if (flags & TCPHDR_ECE)
			packet_note(p, "ECE: ECN-setup SYN-ACK (RFC 3168)");
		return;
	}
	if (flags & TCPHDR_ECE)
		packet_note(p, "ECE: a packet arrived with CE, congestion on its way");
	if (flags & TCPHDR_CWR)
		packet_note(p, "CWR: the congestion window was reduced");
}

static void remember(struct tcp *tp, const struct packet *p, const struct tcp_out *o)
{
	if (!tp->notes)
		tp->notes = nt_calloc(1, sizeof(*tp->notes));
	uint32_t i = tp->notes->count++ % AGAIN_KEPT;
	tp->notes->again[i].id = p->id;
	tp->notes->again[i].seq = o->seq;
	tp->notes->again[i].end_seq = o->seq + o->len + !!(o->flags & TCPHDR_SYN) +
				      !!(o->flags & TCPHDR_FIN);
}

/* p leaves as o says, with these flags and this window. */
void tcp_note_sent(struct tcp *tp, const struct packet *p, const struct tcp_out *o, uint16_t flags,
		   uint32_t window)
{
	bool control = flags & (TCPHDR_SYN | TCPHDR_RST);
	bool repeated = tp->rcv_nxt == tp->last_ack_sent && (tp->segs_out > 1 || tp->ack_cause);

	if (!repeated)
		tp->dup_acks_sent = 0;
	if (o->note)
		packet_note(p, "%s", o->note);
	else if (o->len)
		note_new_data(tp, p);
	else if (!control && !(flags & TCPHDR_FIN) && repeated)
		note_repeated(tp, p, window);
	if (!control && tp->has_dsack)
		note_dsack(p, tp->duplicate_sack.end_seq - tp->duplicate_sack.start_seq);
	if (!control && window == 0)
		packet_note(p, "zero window: the receive buffer is full");
	if (flags & (TCPHDR_ECE | TCPHDR_CWR))
		note_ecn(p, flags);
	if (o->retransmission)
		remember(tp, p, o);
	if (flags & TCPHDR_ACK)
		tp->ack_cause = ACK_PLAIN;
}

/* The newest retransmission that covers what a D-SACK reports was one too many. */
void tcp_note_dsack(const struct tcp *tp, uint32_t seq, uint32_t end_seq)
{
	const struct tcp_notes *t = tp->notes;

	if (!t)
		return;
	uint32_t kept = t->count < AGAIN_KEPT ? t->count : AGAIN_KEPT;
	for (uint32_t i = 1; i <= kept; i++) {
		uint32_t n = (t->count - i) % AGAIN_KEPT;

		if (before(t->again[n].seq, end_seq) && before(seq, t->again[n].end_seq)) {
			packet_note_id(tcp_node(tp)->site.world, t->again[n].id,
				       "spurious: a D-SACK says that it arrived twice");
			return;
		}
	}
}

/* What was sent again since undo_marker need not have been. how: Eifel, D-SACK or F-RTO. */
void tcp_note_undo(struct tcp *tp, const char *how)
{
	const struct tcp_notes *t = tp->notes;

	tp->undo_how = how;
	tp->undo_of = tp->icsk_ca_state == TCP_CA_Loss ? "RTO" : "fast retransmit";
	if (!t)
		return;
	uint32_t kept = t->count < AGAIN_KEPT ? t->count : AGAIN_KEPT;
	for (uint32_t i = kept; i > 0; i--) {
		uint32_t n = (t->count - i) % AGAIN_KEPT;

		if (after(t->again[n].end_seq, tp->undo_marker))
			packet_note_id(tcp_node(tp)->site.world, t->again[n].id,
				       "taken for spurious: undone by %s", how);
	}
}

/* The ACK that showed it. */
void tcp_note_undone(const struct tcp *tp, const struct packet *p)
{
	packet_note(p, "taken as proof that the %s was spurious: undone by %s", tp->undo_of, tp->undo_how);
}

void tcp_notes_free(struct tcp *tp)
{
	free(tp->notes);
	tp->notes = NULL;
}
