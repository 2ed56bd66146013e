/* The cookies of a Fast Open server (RFC 7413 4.1.2), as Linux makes them. */
#include <string.h>

#include "core/siphash.h"
#include "transport/tcp/internal.h"
#include "wire/le.h"

int tcp_fastopen_keys(const struct tcp_stack *st)
{
	return st->node->sysctl->tcp_fastopen_key[0] == 2 ? 2 : 1;
}

/* The sysctl's words are little-endian, two of them a word of SipHash's key. */
static void key_of(struct tcp_stack *st, int n, uint64_t key[2])
{
	const int32_t *set = st->node->sysctl->tcp_fastopen_key;
	const int32_t *words = set + 1 + n * SYSCTL_KEY_WORDS;

	for (unsigned i = 0; i < 2; i++)
		key[i] = set[0] ? (uint64_t)(uint32_t)words[2 * i + 1] << 32 |
					  (uint32_t)words[2 * i]
				: tcp_secret_hash(st, &ipaddr_any6, &ipaddr_any6, 0, 4 + i);
}

void tcp_fastopen_cookie_gen(struct tcp_stack *st, const struct ipaddr *client,
			     const struct ipaddr *server, int key, struct tcp_fastopen_cookie *foc)
{
	size_t size = ipaddr_is4(client) ? 4 : 16;
	uint8_t path[32];
	uint64_t k[2];

	memcpy(path, client->b + 16 - size, size);
	memcpy(path + size, server->b + 16 - size, size);
	key_of(st, key, k);
	le64_store(foc->val, siphash(path, 2 * size, k));
	foc->len = TCP_FASTOPEN_COOKIE_SIZE;
}
