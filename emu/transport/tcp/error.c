/* ICMP errors about segments of ours (RFC 5461; RFC 1191 and 8201 for path MTUs). */
#include <errno.h>

#include "transport/tcp/internal.h"
#include "wire/be.h"
#include "wire/icmp4.h"
#include "wire/icmp6.h"

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

/* Only about that errors are believed (RFC 5927 4.1). */
static bool is_in_flight(const struct tcp *tp, uint32_t seq)
{
	uint32_t una = tp->fastopen_rsk ? tp->fastopen_rsk->snt_isn : tp->snd_una;

	return tp->state == TCP_LISTEN || !(before(seq, una) || after(seq, tp->snd_nxt));
}

static void to_connection(struct tcp *tp, const struct ip_error *e, uint32_t seq)
{
	const struct tcp_request *fastopen = tp->fastopen_rsk;

	tcp_mstamp_refresh(tp);
	if (!is_in_flight(tp, seq))
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

/* Whose the quoted segment is, or was; NULL: nobody's. */
static struct tcp_entry *sender_find(struct node *n, const struct ip_error *e, uint32_t *seq)
{
	struct transport *t = n->transport;

	if (!t || !t->tcp || e->l4_len < 8)
		return NULL;
	*seq = be32_load(e->l4 + 4);
	return tcp_entry_find(t->tcp, &e->src, be16_load(e->l4), &e->dst, be16_load(e->l4 + 2));
}

void tcp_error(struct node *n, const struct ip_error *e)
{
	uint32_t seq;
	struct tcp_entry *found = sender_find(n, e, &seq);

	if (!found || found->kind == TCP_ENTRY_TIMEWAIT)
		return;
	if (found->kind == TCP_ENTRY_REQUEST)
		to_request((struct tcp_request *)found, e, seq);
	else
		to_connection(container_of(found, struct tcp, entry), e, seq);
}

bool tcp_sent(struct node *n, const struct ip_error *e)
{
	uint32_t seq;
	struct tcp_entry *found = sender_find(n, e, &seq);

	return found && found->kind == TCP_ENTRY_FULL &&
	       is_in_flight(container_of(found, struct tcp, entry), seq);
}
