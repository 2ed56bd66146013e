#include "transport/tcp/cc/cc.h"

#include <errno.h>
#include <string.h>

#include "ip/node.h"
#include "transport/tcp/tcp.h"

const struct tcp_congestion_ops *const tcp_cc_table[] = {
	&tcp_cc_cubic,
	&tcp_cc_reno,
	&tcp_cc_bbr,
	&tcp_cc_dctcp,
	&tcp_cc_vegas,
};
const size_t tcp_cc_table_len = sizeof(tcp_cc_table) / sizeof(tcp_cc_table[0]);

int tcp_cc_find(const char *name)
{
	for (size_t i = 0; i < tcp_cc_table_len; i++)
		if (!strcmp(tcp_cc_table[i]->name, name))
			return (int)i;
	return -1;
}

void tcp_cc_assign(struct tcp *tp, const struct tcp_congestion_ops *ops)
{
	tp->icsk_ca_ops = ops;
	memset(tp->ca_priv, 0, sizeof(tp->ca_priv));
}

void tcp_cc_init(struct tcp *tp)
{
	tp->prior_ssthresh = 0;
	tp->icsk_ca_initialized = true;
	if (tp->icsk_ca_ops->init)
		tp->icsk_ca_ops->init(tp);
}

int tcp_cc_set(struct tcp *tp, const char *name)
{
	int row = tcp_cc_find(name);

	if (row < 0)
		return -ENOENT;
	if (tcp_cc_table[row] == tp->icsk_ca_ops)
		return 0;
	if (tp->icsk_ca_ops && tp->icsk_ca_ops->release)
		tp->icsk_ca_ops->release(tp);
	tcp_cc_assign(tp, tcp_cc_table[row]);
	/* Before the handshake has ended there is nothing to start from: it calls tcp_cc_init(). */
	if (tp->state != TCP_CLOSE && tp->state != TCP_LISTEN && tp->state != TCP_SYN_SENT)
		tcp_cc_init(tp);
	return 0;
}

void tcp_ca_event(struct tcp *tp, enum tcp_ca_event ev)
{
	if (tp->icsk_ca_ops->cwnd_event)
		tp->icsk_ca_ops->cwnd_event(tp, ev);
}

void tcp_ca_in_ack_event(struct tcp *tp, uint32_t flags)
{
	if (tp->icsk_ca_ops->in_ack_event)
		tp->icsk_ca_ops->in_ack_event(tp, flags);
}

void tcp_ca_pkts_acked(struct tcp *tp, const struct ack_sample *s)
{
	if (tp->icsk_ca_ops->pkts_acked)
		tp->icsk_ca_ops->pkts_acked(tp, s);
}

void tcp_set_ca_state(struct tcp *tp, enum tcp_ca_state st)
{
	if (tp->icsk_ca_ops->set_state)
		tp->icsk_ca_ops->set_state(tp, st);
	tp->icsk_ca_state = st;
}

uint32_t tcp_current_ssthresh(const struct tcp *tp)
{
	uint32_t most = (tp->snd_cwnd >> 1) + (tp->snd_cwnd >> 2);

	if (tcp_in_cwnd_reduction(tp) || tp->snd_ssthresh > most)
		return tp->snd_ssthresh;
	return most;
}
