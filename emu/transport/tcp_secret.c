/*
 * What must not be guessed: initial sequence numbers (RFC 6528), timestamp offsets, cookies. All
 * come from one key a node, drawn from its own stream at first use, through SipHash-2-4 (Aumasson
 * and Bernstein).
 */
#include "transport/tcp_int.h"

static inline uint64_t rotl(uint64_t x, int b)
{
	return x << b | x >> (64 - b);
}

static void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotl(v[1], 13) ^ v[0];
	v[0] = rotl(v[0], 32);
	v[2] += v[3];
	v[3] = rotl(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotl(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotl(v[1], 17) ^ v[2];
	v[2] = rotl(v[2], 32);
}

uint64_t tcp_secret_hash(struct tcp_stack *st, const struct ipaddr *saddr,
			 const struct ipaddr *daddr, uint32_t ports, uint32_t purpose)
{
	if (!st->secret_known) {
		st->secret[0] = rng_u64(&st->node->rng);
		st->secret[1] = rng_u64(&st->node->rng);
		st->secret_known = true;
	}
	uint64_t k0 = st->secret[0], k1 = st->secret[1];
	uint64_t v[4] = {k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d,
			 k0 ^ 0x6c7967656e657261, k1 ^ 0x7465646279746573};
	const uint64_t words[] = {be64_load(saddr->b), be64_load(saddr->b + 8), be64_load(daddr->b),
				  be64_load(daddr->b + 8), (uint64_t)purpose << 32 | ports};

	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		v[3] ^= words[i];
		sip_round(v);
		sip_round(v);
		v[0] ^= words[i];
	}
	v[2] ^= 0xff;
	for (int i = 0; i < 4; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
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
