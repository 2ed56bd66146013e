/*
 * Leaving the first slow start before it overruns the queue.
 *
 * Two algorithms watch the round-trip times of slow start's ACKs; net.ipv4.tcp_cubic_hystart says
 * which one (in Linux: /sys/module/tcp_cubic/parameters/hystart, 0 or 1):
 *
 *   1  HyStart (Ha and Rhee, 2008) as Linux runs it, the default, because that is what is seen
 *      on the wire today. It ends slow start when the ACKs of one round arrive in a train as long
 *      as the shortest round trip (half of it where segments are not paced), or when the
 *      round trips of a round are longer than the shortest by 1/8 (4 to 16 ms).
 *   2  HyStart++ (RFC 9406). No trains; when a round's shortest round trip is longer than the last
 *      round's by 1/8 (4 to 16 ms), it grows at a quarter of the pace for up to five rounds
 *      ("conservative slow start") and goes back if the round trips shrink again: a jitter
 *      in the middle of slow start then costs little.
 *   0  neither.
 *
 * struct hystart is part of an algorithm's state (cubic.c). It is used while slow start
 * lasts; when it says so, ssthresh becomes the window and slow start is over.
 */
#ifndef TRANSPORT_TCP_CC_HYSTART_H
#define TRANSPORT_TCP_CC_HYSTART_H

#include "transport/tcp/tcp.h"

enum { HYSTART_OFF, HYSTART_CLASSIC, HYSTART_PLUSPLUS };
enum { HYSTART_ACK_TRAIN = 1, HYSTART_DELAY = 2 }; /* of net.ipv4.tcp_cubic_hystart_detect */

struct hystart {
	uint32_t round_start, last_ack; /* classic: us, modulo 2^32 */
	uint32_t end_seq;      /* a round ends when the byte of this number is acknowledged */
	uint32_t curr_rtt;     /* us: shortest of this round; ~0: none yet */
	uint32_t last_rtt;     /* ++: shortest of the round before; ~0: none */
	uint32_t css_baseline; /* ++: curr_rtt when conservative slow start began */
	uint8_t sample_cnt;    /* RTT samples of this round, up to 8 */
	uint8_t css_rounds;    /* ++: rounds of conservative slow start begun; 0: not in it */
	uint8_t css_credit;    /* ++: acked segments that did not make a whole one yet */
	bool found;            /* slow start was ended */
};

/* A new connection, or slow start again after a timeout. */
void hystart_reset(struct tcp *tp, struct hystart *h);

/* An ACK in slow start with a round-trip sample; delay_min: the shortest ever. May set
 * tp->snd_ssthresh. */
void hystart_update(struct tcp *tp, struct hystart *h, uint32_t rtt_us, uint32_t delay_min);

/* By how many segments slow start may grow for `acked` acknowledged ones. */
uint32_t hystart_growth(const struct tcp *tp, struct hystart *h, uint32_t acked);

#endif
