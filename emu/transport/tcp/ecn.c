/* Explicit congestion notification (RFC 3168) with Linux's rules. */
#include "transport/tcp/internal.h"

#define INET_ECN_MASK 3
#define INET_ECN_ECT_0 2
#define INET_ECN_CE 3

static bool needs_ecn(const struct tcp *tp)
{
	return tp->icsk_ca_ops && tp->icsk_ca_ops->needs_ecn;
}

void tcp_ecn_send_syn(struct tcp *tp, uint16_t *flags)
{
	tp->ecn_flags = 0;
	if (tcp_sysctl(tp)->tcp_ecn == 1 || needs_ecn(tp)) {
		*flags |= TCPHDR_ECE | TCPHDR_CWR;
		tp->ecn_flags = TCP_ECN_OK;
	}
}

void tcp_ecn_rcv_synack(struct tcp *tp, uint16_t flags)
{
	if (tp->ecn_flags & TCP_ECN_OK && (!(flags & TCPHDR_ECE) || flags & TCPHDR_CWR))
		tp->ecn_flags = 0;
}

void tcp_ecn_rcv_syn(struct tcp *tp, uint16_t flags)
{
	if (tp->ecn_flags & TCP_ECN_OK && (!(flags & TCPHDR_ECE) || !(flags & TCPHDR_CWR)))
		tp->ecn_flags = 0;
}

/* Whether a SYN's wish is granted. */
bool tcp_ecn_request(const struct tcp *listener, const struct tcp_in *in)
{
	bool asked = in->h.flags & TCPHDR_ECE && in->h.flags & TCPHDR_CWR;
	bool ect = in->info->tos & INET_ECN_MASK;

	if (!asked)
		return false;
	return (!ect && tcp_sysctl(listener)->tcp_ecn) || needs_ecn(listener);
}

bool tcp_ecn_rcv_ecn_echo(const struct tcp *tp, uint16_t flags)
{
	return flags & TCPHDR_ECE && !(flags & TCPHDR_SYN) && tp->ecn_flags & TCP_ECN_OK;
}

void tcp_ecn_accept_cwr(struct tcp *tp, const struct tcp_in *in)
{
	if (!(in->h.flags & TCPHDR_CWR))
		return;
	tp->ecn_flags &= (uint8_t)~TCP_ECN_DEMAND_CWR;
	/* The sender has cut its window in half: do not let it wait for our ACK. */
	if (in->len)
		tp->ack.pending |= ICSK_ACK_NOW;
}

void tcp_ecn_check_ce(struct tcp *tp, const struct tcp_in *in)
{
	if (!(tp->ecn_flags & TCP_ECN_OK))
		return;
	switch (in->info->tos & INET_ECN_MASK) {
	case 0:
		/* Not ECT once ECT was seen: a retransmission, or the network bleached it. */
		if (tp->ecn_flags & TCP_ECN_SEEN)
			tcp_enter_quickack_mode(tp, 2);
		break;
	case INET_ECN_CE:
		if (needs_ecn(tp))
			tcp_ca_event(tp, CA_EVENT_ECN_IS_CE);
		if (!(tp->ecn_flags & TCP_ECN_DEMAND_CWR)) {
			tcp_enter_quickack_mode(tp, 2);
			tp->ecn_flags |= TCP_ECN_DEMAND_CWR;
		}
		tp->ecn_flags |= TCP_ECN_SEEN;
		break;
	default:
		if (needs_ecn(tp))
			tcp_ca_event(tp, CA_EVENT_ECN_NO_CE);
		tp->ecn_flags |= TCP_ECN_SEEN;
		break;
	}
}

/* The TOS of a segment that leaves, and its ECE and CWR. */
uint8_t tcp_ecn_send(struct tcp *tp, const struct tcp_out *o, uint16_t *flags)
{
	uint8_t tos = tp->socket.tos & (uint8_t)~INET_ECN_MASK;

	if (!(tp->ecn_flags & TCP_ECN_OK) || *flags & (TCPHDR_SYN | TCPHDR_RST))
		return needs_ecn(tp) && !(*flags & TCPHDR_RST) ? tos | INET_ECN_ECT_0 : tos;
	if (o->len && !o->retransmission && !before(o->seq, tp->snd_nxt)) {
		tos |= INET_ECN_ECT_0;
		if (tp->ecn_flags & TCP_ECN_QUEUE_CWR) {
			tp->ecn_flags &= (uint8_t)~TCP_ECN_QUEUE_CWR;
			*flags |= TCPHDR_CWR;
		}
	} else if (needs_ecn(tp)) {
		tos |= INET_ECN_ECT_0;
	}
	if (tp->ecn_flags & TCP_ECN_DEMAND_CWR)
		*flags |= TCPHDR_ECE;
	return tos;
}
