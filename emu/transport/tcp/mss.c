/* How large a segment may be: the path's MTU, the peer's option, the options in each header. */
#include "transport/tcp/internal.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"

static uint32_t net_header(const struct tcp *tp)
{
	return ipaddr_is4(&tp->flow.dst) ? IPV4_HLEN : IPV6_HLEN;
}

/* What a peer takes whose SYN says nothing: what fits the least MTU (RFC 9293 3.7.1). */
uint32_t tcp_mss_default(const struct ipaddr *peer)
{
	return ipaddr_is4(peer) ? TCP_MSS_DEFAULT : IPV6_MIN_MTU - IPV6_HLEN - TCP_HLEN;
}

/* Payload of a segment that fills pmtu, without the options of every segment. */
static uint32_t bare_mss(const struct tcp *tp, uint32_t pmtu)
{
	uint32_t headers = net_header(tp) + TCP_HLEN, least = (uint32_t)tcp_sysctl(tp)->tcp_min_snd_mss;
	uint32_t mss = pmtu > headers ? pmtu - headers : 0;

	if (mss > tp->mss_clamp)
		mss = tp->mss_clamp;
	return mss > least ? mss : least;
}

uint32_t tcp_mtu_to_mss(const struct tcp *tp, uint32_t pmtu)
{
	return bare_mss(tp, pmtu) - (tp->header_len - TCP_HLEN);
}

uint32_t tcp_mss_to_mtu(const struct tcp *tp, uint32_t mss)
{
	return mss + tp->header_len + net_header(tp);
}

/* A segment is never more than half of the largest window the peer ever offered. */
static uint32_t bound_to_half_wnd(const struct tcp *tp, uint32_t size)
{
	uint32_t cutoff = tp->max_window > TCP_MSS_DEFAULT ? tp->max_window >> 1 : tp->max_window;
	uint32_t least = 68u - tp->header_len;

	if (!cutoff || size <= cutoff)
		return size;
	return cutoff > least ? cutoff : least;
}

uint32_t tcp_sync_mss(struct tcp *tp, uint32_t pmtu)
{
	if (tp->mtup.search_high > pmtu)
		tp->mtup.search_high = pmtu;
	uint32_t mss = bound_to_half_wnd(tp, tcp_mtu_to_mss(tp, pmtu));
	tp->pmtu_cookie = pmtu;
	if (tp->mtup.enabled) {
		uint32_t low = tcp_mtu_to_mss(tp, tp->mtup.search_low);

		if (low < mss)
			mss = low;
	}
	tp->mss_cache = mss;
	return mss;
}

/* For the next segment: SACK blocks take room from it. */
uint32_t tcp_current_mss(struct tcp *tp)
{
	if (tcp_route(tp) == 0 && tp->path.mtu != tp->pmtu_cookie)
		tcp_sync_mss(tp, tp->path.mtu);
	uint32_t mss = tp->mss_cache;
	if (__builtin_expect(tp->num_sacks || tp->has_dsack, 0)) {
		struct tcp_options o;
		uint32_t len = TCP_HLEN + tcp_established_options(tp, &o);

		if (len > tp->header_len && mss > len - tp->header_len)
			mss -= len - tp->header_len;
	}
	return mss;
}

/*
 * The MSS option (RFC 6691: without options): what our interface takes, and, as Linux has it, no more
 * than is known to fit the path to the peer: it is likely to be the path from there, too.
 */
#define MIN_ADVMSS 256u /* net.ipv4.route.min_adv_mss */
#define MIN_ADVMSS6 1220u
uint32_t tcp_advertise_mss(const struct tcp *tp)
{
	uint32_t mtu = tp->path.dev ? tp->path.mtu : UINT16_MAX;
	uint32_t headers = net_header(tp) + TCP_HLEN, mss = mtu > headers ? mtu - headers : 0;
	const uint32_t most = UINT16_MAX - headers;

	const uint32_t least = ipaddr_is4(&tp->flow.dst) ? MIN_ADVMSS : MIN_ADVMSS6;

	if (mss < least)
		mss = least;
	if (mss > most)
		mss = most;
	if (tp->user_mss && tp->user_mss < mss)
		mss = tp->user_mss;
	return mss;
}

/* ICMP said that the path carries less (RFC 1191, RFC 8201). */
void tcp_mtu_reduced(struct tcp *tp)
{
	tp->path_known = false;
	if (tp->socket.pmtudisc == IP_PMTU_DONT || tcp_route(tp) != 0 ||
	    tp->path.mtu >= tp->pmtu_cookie)
		return;
	tcp_sync_mss(tp, tp->path.mtu);
	tcp_simple_retransmit(tp, "retransmission in smaller segments: the path MTU is less");
}

void tcp_mtup_init(struct tcp *tp)
{
	const struct sysctls *c = tcp_sysctl(tp);

	tp->mtup.enabled = c->tcp_mtu_probing > 1;
	tp->mtup.search_high = tp->mss_clamp + TCP_HLEN + net_header(tp);
	tp->mtup.search_low = tcp_mss_to_mtu(tp, (uint32_t)c->tcp_base_mss);
	tp->mtup.probe_size = 0;
	if (tp->mtup.enabled)
		tp->mtup.probe_timestamp = tcp_clock_us(tp);
}
