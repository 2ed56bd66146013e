/*
 * TCP_INFO, and the list of a node's TCP sockets that ss(8) prints.
 *
 * struct tcp_info has the members of Linux 6.1's in its order and units: times in us where Linux
 * has us (rto, ato, rtt, rttvar, rcv_rtt, min_rtt), in ms for the *_last_* ones, rates in bytes per
 * second with ~0 for "no limit"; busy_time, rwnd_limited and sndbuf_limited in us. tcpi_fackets and
 * tcpi_last_ack_sent are 0, as in Linux, which does not count them any more.
 */
#ifndef TRANSPORT_TCP_INFO_H
#define TRANSPORT_TCP_INFO_H

#include "transport/socket.h"

struct tcp;

/* tcpi_options */
enum {
	TCPI_OPT_TIMESTAMPS = 1,
	TCPI_OPT_SACK = 2,
	TCPI_OPT_WSCALE = 4,
	TCPI_OPT_ECN = 8,
	TCPI_OPT_ECN_SEEN = 16,
	TCPI_OPT_SYN_DATA = 32,
};

struct tcp_info {
	uint8_t tcpi_state, tcpi_ca_state, tcpi_retransmits, tcpi_probes, tcpi_backoff;
	uint8_t tcpi_options;
	uint8_t tcpi_snd_wscale : 4, tcpi_rcv_wscale : 4;
	uint8_t tcpi_delivery_rate_app_limited : 1, tcpi_fastopen_client_fail : 2;
	uint32_t tcpi_rto, tcpi_ato, tcpi_snd_mss, tcpi_rcv_mss;
	uint32_t tcpi_unacked, tcpi_sacked, tcpi_lost, tcpi_retrans, tcpi_fackets;
	uint32_t tcpi_last_data_sent, tcpi_last_ack_sent, tcpi_last_data_recv, tcpi_last_ack_recv;
	uint32_t tcpi_pmtu, tcpi_rcv_ssthresh, tcpi_rtt, tcpi_rttvar, tcpi_snd_ssthresh;
	uint32_t tcpi_snd_cwnd, tcpi_advmss, tcpi_reordering;
	uint32_t tcpi_rcv_rtt, tcpi_rcv_space, tcpi_total_retrans;
	uint64_t tcpi_pacing_rate, tcpi_max_pacing_rate, tcpi_bytes_acked, tcpi_bytes_received;
	uint32_t tcpi_segs_out, tcpi_segs_in, tcpi_notsent_bytes, tcpi_min_rtt;
	uint32_t tcpi_data_segs_in, tcpi_data_segs_out;
	uint64_t tcpi_delivery_rate, tcpi_busy_time, tcpi_rwnd_limited, tcpi_sndbuf_limited;
	uint32_t tcpi_delivered, tcpi_delivered_ce;
	uint64_t tcpi_bytes_sent, tcpi_bytes_retrans;
	uint32_t tcpi_dsack_dups, tcpi_reord_seen, tcpi_rcv_ooopack, tcpi_snd_wnd;
};

/* 0, or -EOPNOTSUPP if s is no TCP socket. */
int tcp_info_get(const struct socket *s, struct tcp_info *i);

/* One socket, half-open connection or TIME-WAIT. */
struct tcp_row {
	struct endpoint local, peer;
	uint8_t state;           /* enum tcp_state */
	uint32_t recv_q, send_q; /* bytes; of a listener: connections that wait, and the backlog */
	const struct tcp *tcp;   /* NULL: there is no more than this row says */
	int timer;               /* 0 none, 1 retransmission, 2 keep-alive, 3 TIME-WAIT, 4 probe */
	int64_t timer_ns;        /* until it expires */
	uint32_t retries;
};

/* All of a node's: listeners first, then by local and remote address and port. To be freed. */
struct tcp_row *tcp_rows(struct node *n, uint32_t *count);

#endif
