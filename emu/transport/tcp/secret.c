/*
 * What must not be guessed: initial sequence numbers (RFC 6528), timestamp offsets, cookies. All
 * come from one key a node, drawn from its own stream at first use, through SipHash-2-4 (Aumasson
 * and Bernstein).
 */
#include "core/siphash.h"
#include "transport/tcp/internal.h"

static void secret_draw(struct tcp_stack *st)
{
	if (st->secret_known)
		return;
	st->secret[0] = rng_u64(&st->node->rng);
	st->secret[1] = rng_u64(&st->node->rng);
	st->secret_known = true;
}

uint64_t tcp_secret_hash(struct tcp_stack *st, const struct ipaddr *saddr,
			 const struct ipaddr *daddr, uint32_t ports, uint32_t purpose)
{
	secret_draw(st);

	const uint64_t words[] = {be64_load(saddr->b), be64_load(saddr->b + 8), be64_load(daddr->b),
				  be64_load(daddr->b + 8), (uint64_t)purpose << 32 | ports};
	struct siphash s;

	siphash_init(&s, st->secret);
	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		siphash_word(&s, words[i]);
	return siphash_end(&s);
}

uint32_t transport_flow_pick(struct node *n, const struct ipaddr *local, uint16_t lport,
			     const struct ipaddr *peer, uint16_t pport, uint32_t count)
{
	uint64_t hash = tcp_secret_hash(tcp_stack_of(n), local, peer,
					(uint32_t)lport << 16 | pport, 6);

	return (uint32_t)((hash >> 32) * count >> 32);
}

/* RFC 6528 3, with Linux's clock of 64 ns. */
uint32_t tcp_isn(struct tcp_stack *st, const struct tcp_entry *e)
{
	uint32_t f = (uint32_t)tcp_secret_hash(st, &e->saddr, &e->daddr,
					       (uint32_t)e->sport << 16 | e->dport, 1);

	return f + (uint32_t)(node_now(st->node).ns >> 6);
}

/* net.ipv4.tcp_timestamps 1: a random offset for each pair of hosts (RFC 7323 7.1). */
uint32_t tcp_ts_offset(struct tcp_stack *st, const struct tcp_entry *e)
{
	if (st->node->sysctl->tcp_timestamps != 1)
		return 0;
	return (uint32_t)tcp_secret_hash(st, &e->saddr, &e->daddr, 0, 2);
}
