/* Connections that nobody owns any more, and how long they may still try to be heard. */
#include "transport/tcp/internal.h"

/* An orphan that costs too much goes at once (tcp_out_of_resources()). */
bool tcp_out_of_resources(struct tcp *tp)
{
	struct tcp_stack *st = tcp_stack_of(tcp_node(tp));
	uint32_t orphans = st->orphans, shift = 0;

	/* One that was not heard of lately counts double, and so does a soft error. */
	if (tp->tcp_mstamp - tp->lsndtime > 2 * (uint64_t)TCP_RTO_MAX_US || !tp->snd_wnd)
		shift++;
	if (tp->err_soft)
		shift++;
	if (orphans << shift <= (uint32_t)tcp_sysctl(tp)->tcp_max_orphans)
		return false;
	tcp_send_active_reset(tp, "reset: too many orphans (tcp_max_orphans)");
	tcp_done(tp);
	return true;
}

uint32_t tcp_orphan_retries(const struct tcp *tp, bool alive)
{
	uint32_t retries = (uint32_t)tcp_sysctl(tp)->tcp_orphan_retries;

	if (tp->err_soft && !alive)
		retries = 0;
	else if (retries == 0 && alive)
		retries = 8;
	return retries;
}
