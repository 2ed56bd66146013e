/*
 * TCP Fast Open (RFC 7413) as Linux has it: data in the SYN, one round trip earlier. Private to
 * transport/.
 *
 * A client that has a cookie of a server puts it, and data, into its SYN; the server that
 * recognizes the cookie accepts the connection at once, hands the data over and answers, before
 * the handshake ends. A client without a cookie asks for one with an empty option (bit 1 of
 * net.ipv4.tcp_fastopen); a server that was told to (bit 2 and TCP_FASTOPEN, or bit 1024) gives it.
 *
 * Server. tcp_fastopen_try() looks at a SYN for a listener. If it is to be, a child exists already
 * in SYN-RECEIVED and in the accept queue; its request (fastopen_rsk) is in no table, but belongs
 * to the child, until the handshake ends: it knows what the SYN-ACK says, which the child's
 * retransmission timer sends again. The listener counts such children: with max_qlen of them SYNs
 * are answered as if there were no Fast Open. A child that was reset counts a minute longer, so
 * that an attacker who was given a cookie cannot make connections faster than that.
 *
 * Client. connect(2) after TCP_FASTOPEN_CONNECT, or send(2) with MSG_FASTOPEN. The SYN and its data
 * are two records in the queue: what the SYN-ACK does not acknowledge is sent again at once, and a
 * SYN that was lost is sent again bare. Cookie and MSS of a server are kept for each pair of
 * addresses (fastopen_cache.c).
 *
 * Cookies are Linux's: SipHash of the two addresses with the key of net.ipv4.tcp_fastopen_key, or
 * one derived from the host's secret. So a cookie made by a Linux host with the same key is good.
 */
#ifndef TRANSPORT_TCP_FASTOPEN_H
#define TRANSPORT_TCP_FASTOPEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/tcp.h"

struct tcp;
struct tcp_in;
struct tcp_request;
struct tcp_stack;

/* net.ipv4.tcp_fastopen, Linux's bits */
enum {
	TFO_CLIENT_ENABLE = 0x1,
	TFO_SERVER_ENABLE = 0x2,
	TFO_CLIENT_NO_COOKIE = 0x4,        /* data in a SYN without a cookie */
	TFO_SERVER_COOKIE_NOT_REQD = 0x200, /* ... and its server */
	TFO_SERVER_WO_SOCKOPT1 = 0x400,    /* every listener, without TCP_FASTOPEN */
};

/* tcpi_fastopen_client_fail */
enum {
	TFO_STATUS_UNSPEC,
	TFO_COOKIE_UNAVAILABLE,
	TFO_DATA_NOT_ACKED,
	TFO_SYN_RETRANSMITTED,
};

#define TCP_FASTOPEN_COOKIE_SIZE 8 /* of those that we make */

/* len -1: none, 0: asked for. */
struct tcp_fastopen_cookie {
	uint8_t val[TCP_COOKIE_MAX];
	int8_t len;
	bool exp;        /* under the experimental option kind */
};

/* What a client's SYN shall carry, while it is made. */
struct tcp_fastopen_request {
	struct tcp_fastopen_cookie cookie;
	const uint8_t *data;
	size_t size, copied;
};

/* fastopen_cookie.c: the cookie of a client at daddr of the key with that number, 0 or 1. */
void tcp_fastopen_cookie_gen(struct tcp_stack *st, const struct ipaddr *client,
			     const struct ipaddr *server, int key, struct tcp_fastopen_cookie *foc);
/* How many keys there are: 1 or 2. */
int tcp_fastopen_keys(const struct tcp_stack *st);

/* fastopen_cache.c */
void tcp_fastopen_cache_get(const struct tcp *tp, uint32_t *mss, struct tcp_fastopen_cookie *foc);
/* mss 0: unknown; try_exp: 1 ask with the experimental option next, 2 do not any more. */
void tcp_fastopen_cache_set(struct tcp *tp, uint32_t mss, const struct tcp_fastopen_cookie *foc,
			    uint8_t try_exp);
void tcp_fastopen_cache_free(struct tcp_stack *st);

/* fastopen.c: the server */
bool tcp_fastopen_tune(struct tcp *tp, int backlog);
void tcp_fastopen_listen(struct tcp *listener);
/* The child, or NULL; *foc: what came, then what the SYN-ACK says. */
struct tcp *tcp_fastopen_try(struct tcp *listener, struct tcp_request *req, struct tcp_in *in,
			     struct tcp_fastopen_cookie *foc);
/* Hands the request back: the handshake of tp is over, or tp is. reset: by the peer. */
void tcp_fastopen_remove(struct tcp *tp, bool reset);
void tcp_fastopen_stop(struct tcp *listener);
void tcp_fastopen_synack_timer(struct tcp *tp);
/* The handshake ends (tcp_rcv_synrecv_state_fastopen()). */
void tcp_fastopen_established(struct tcp *tp);

/* fastopen_client.c */
/* TCP_FASTOPEN_CONNECT: true if the SYN waits for the first write; else *fo may be to ask with. */
bool tcp_fastopen_defer_connect(struct tcp *tp, struct tcp_fastopen_request *fo);
/* Sends the SYN with what tp->fastopen_req holds, or without. */
void tcp_fastopen_send_syn(struct tcp *tp, uint16_t flags);
/* True if data of the SYN was not acknowledged: then it is on its way again. */
bool tcp_fastopen_rcv_synack(struct tcp *tp, struct tcp_in *in);
int64_t tcp_fastopen_send(struct tcp *tp, const void *data, size_t len,
			  const struct endpoint *to);
/* Three timeouts in a row: Fast Open pauses (net.ipv4.tcp_fastopen_blackhole_timeout_sec). */
void tcp_fastopen_detect_blackhole(struct tcp *tp, bool expired);
void tcp_fastopen_disable(struct tcp *tp);
void tcp_fastopen_disable_ofo_check(struct tcp *tp);

#endif
