/*
 * What kept a connection from sending faster, in time (Linux's tcp_chrono): from its first queued byte
 * until everything is acknowledged it is busy; of that it is limited by the peer's window while the
 * next segment does not fit it, and by its send buffer while its writer waits for room and nothing is
 * left to send. One clock runs at a time, the one that says most.
 */
#include "transport/tcp/internal.h"

static void turn(struct tcp *tp, enum tcp_chrono to)
{
	uint64_t now = tcp_clock_us(tp);

	if (tp->chrono)
		tp->chrono_us[tp->chrono - 1] += now - tp->chrono_start;
	tp->chrono_start = now;
	tp->chrono = (uint8_t)to;
}

void tcp_chrono_begin(struct tcp *tp, enum tcp_chrono what)
{
	turn(tp, what);
}

/* Nothing queued and nothing in flight: the clock stands. Otherwise it is busy still. */
void tcp_chrono_end(struct tcp *tp)
{
	bool empty = !tp->seg_count && !tcp_unsent(tp);

	turn(tp, empty ? TCP_CHRONO_UNSPEC : TCP_CHRONO_BUSY);
}

/* us until now; of all that was busy, for TCP_CHRONO_BUSY. */
uint64_t tcp_chrono_us(const struct tcp *tp, enum tcp_chrono what)
{
	uint64_t sum = 0;

	for (int c = TCP_CHRONO_BUSY; c <= TCP_CHRONO_SNDBUF_LIMITED; c++)
		if (what == TCP_CHRONO_BUSY || (int)what == c)
			sum += tp->chrono_us[c - 1] +
			       (tp->chrono == c ? tcp_clock_us(tp) - tp->chrono_start : 0);
	return sum;
}
