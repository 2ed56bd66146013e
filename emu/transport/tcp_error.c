/* ICMP errors about segments of ours (RFC 5461; RFC 1191 and 8201 for path MTUs). */
#include <errno.h>

#include "transport/tcp_int.h"
#include "wire/be.h"
#include "wire/icmp4.h"
#include "wire/icmp6.h"

/* The first eight bytes of our header: ports and sequence number. */
struct quoted {
	uint16_t sport, dport;
	uint32_t seq;
};

/*
 * Linux (tcp_req_err()) forgets a half-open connection over IPv4 when there is no way to the peer, not
 * when the peer's host refuses; over IPv6 by what is fatal.
 */
static bool ends_request(const struct ip_error *e)
{
	if (ipaddr_is4(&e->src))
		return e->type != ICMP4_DESTINATION_UNREACHABLE ||
		       e->code == ICMP4_NET_UNREACHABLE || e->code == ICMP4_HOST_UNREACHABLE;
	return e->hard;
}

static void to_request(struct tcp_request *req, const struct ip_error *e, uint32_t seq)
{
	if (seq != req->snt_isn)
		return;
	if (e->err != EMSGSIZE && ends_request(e))
		tcp_request_free(req);
}

/* The messages that RFC 6069 4.2 takes for a broken path, not a full one. */
static bool no_way_there(const struct ip_error *e)
{
	if (ipaddr_is4(&e->src))
		return e->type == ICMP4_DESTINATION_UNREACHABLE &&
		       (e->code == ICMP4_NET_UNREACHABLE || e->code == ICMP4_HOST_UNREACHABLE);
	return e->type == ICMP6_MSG_DESTINATION_UNREACHABLE && e->code == ICMP6_NO_ROUTE;
}

static void to_connection(struct tcp *tp, const struct ip_error *e, uint32_t seq)
{
	const struct tcp_request *fastopen = tp->fastopen_rsk;
	uint32_t una = fastopen ? fastopen->snt_isn : tp->snd_una;

	tcp_mstamp_refresh(tp);
	/* Only about what is in flight (RFC 5927 4.1). */
	if (tp->state != TCP_LISTEN && (before(seq, una) || after(seq, tp->snd_nxt)))
		return;
	if (no_way_there(e) && !fastopen)
		tcp_rto_revert(tp, seq);
	if (e->err == EMSGSIZE) {
		if (tp->state != TCP_LISTEN)
			tcp_mtu_reduced(tp);
		return;
	}
	switch (tp->state) {
	case TCP_SYN_SENT:
	case TCP_SYN_RECV:
		/* Its owner has it already, and may have been sent data: as if it were established. */
		if (fastopen && !tp->listener)
			break;
		/* RFC 5461 4.1: before the connection is synchronized every error is hard. */
		tcp_done_with_error(tp, e->err);
		return;
	case TCP_CLOSE:
	case TCP_LISTEN:
		return;
	default:
		break;
	}
	/* RFC 1122 4.2.3.9: no ICMP error ends an established connection. */
	if (tp->socket.recverr) {
		tp->socket.error = e->err;
		tcp_wake(tp);
	} else {
		tp->err_soft = e->err;
	}
}

void tcp_error(struct node *n, const struct ip_error *e)
{
	struct transport *t = n->transport;
	struct quoted q;
	struct tcp_entry *found;

	if (!t || !t->tcp || e->l4_len < 8)
		return;
	q.sport = be16_load(e->l4);
	q.dport = be16_load(e->l4 + 2);
	q.seq = be32_load(e->l4 + 4);
	found = tcp_entry_find(t->tcp, &e->src, q.sport, &e->dst, q.dport);
	if (!found || found->kind == TCP_ENTRY_TIMEWAIT)
		return;
	if (found->kind == TCP_ENTRY_REQUEST)
		to_request((struct tcp_request *)found, e, q.seq);
	else
		to_connection(container_of(found, struct tcp, entry), e, q.seq);
}
