/*
 * What a client remembers of servers that it opened fast (RFC 7413 4.1.3): cookie, MSS, and whether
 * the option's experimental kind is to be tried. One entry a pair of addresses, for the whole run;
 * Linux has them among its tcp_metrics.
 */
#include <stdlib.h>

#include "transport/tcp/internal.h"

#define BUCKETS 64u

struct tcp_fastopen_entry {
	struct tcp_fastopen_entry *next;
	struct ipaddr saddr, daddr;
	struct tcp_fastopen_cookie cookie;
	uint16_t mss;
	uint8_t try_exp;
};

static struct tcp_fastopen_entry **bucket_of(const struct tcp_stack *st, const struct ipaddr *daddr)
{
	uint64_t x = (daddr->q[0] ^ daddr->q[1]) * 0x9e3779b97f4a7c15;

	return &st->fastopen_cache[x >> 32 & (BUCKETS - 1)];
}

static struct tcp_fastopen_entry *find(const struct tcp_stack *st, const struct tcp *tp)
{
	struct tcp_fastopen_entry *e = st->fastopen_cache ? *bucket_of(st, &tp->flow.dst) : NULL;

	while (e && !(ipaddr_eq(&e->daddr, &tp->flow.dst) && ipaddr_eq(&e->saddr, &tp->flow.src)))
		e = e->next;
	return e;
}

void tcp_fastopen_cache_get(const struct tcp *tp, uint32_t *mss, struct tcp_fastopen_cookie *foc)
{
	const struct tcp_fastopen_entry *e = find(tcp_stack_of(tcp_node(tp)), tp);

	if (!e)
		return;
	if (e->mss)
		*mss = e->mss;
	*foc = e->cookie;
	if (foc->len <= 0) {
		foc->len = 0;
		foc->exp = e->try_exp == 1;
	}
}

void tcp_fastopen_cache_set(struct tcp *tp, uint32_t mss, const struct tcp_fastopen_cookie *foc,
			    uint8_t try_exp)
{
	struct tcp_stack *st = tcp_stack_of(tcp_node(tp));
	struct tcp_fastopen_entry *e = find(st, tp);

	if (!st->fastopen_cache)
		st->fastopen_cache = nt_calloc(BUCKETS, sizeof(*st->fastopen_cache));
	if (!e) {
		struct tcp_fastopen_entry **at = bucket_of(st, &tp->flow.dst);

		e = nt_calloc(1, sizeof(*e));
		e->saddr = tp->flow.src;
		e->daddr = tp->flow.dst;
		e->next = *at;
		*at = e;
	}
	if (mss)
		e->mss = (uint16_t)mss;
	if (foc->len > 0)
		e->cookie = *foc;
	else if (try_exp > e->try_exp && e->cookie.len <= 0 && !e->cookie.exp)
		e->try_exp = try_exp;
}

void tcp_fastopen_cache_free(struct tcp_stack *st)
{
	for (uint32_t i = 0; st->fastopen_cache && i < BUCKETS; i++)
		while (st->fastopen_cache[i]) {
			struct tcp_fastopen_entry *e = st->fastopen_cache[i];

			st->fastopen_cache[i] = e->next;
			free(e);
		}
	free(st->fastopen_cache);
}
