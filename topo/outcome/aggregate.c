/* As few prefixes as say exactly the same. */
#include <stdlib.h>

#include "topo/build/igp.h"

static int compare(const void *a, const void *b)
{
	const struct igp_prefix *x = a, *y = b;
	int c = ipaddr_cmp(&x->net.addr, &y->net.addr);

	if (c)
		return c;
	if (x->net.len != y->net.len)
		return x->net.len < y->net.len ? -1 : 1;
	return (x->via > y->via) - (x->via < y->via);
}

static bool are_halves(const struct igp_prefix *a, const struct igp_prefix *b)
{
	if (a->via != b->via || a->net.len != b->net.len || a->net.len == 0)
		return false;
	/* IPv4 and IPv6 do not merge: 0.0.0.0/0 is 96 bits long, and its other half is not IPv4. */
	if (a->net.len == IPADDR_V4_BITS && ipaddr_is4(&a->net.addr))
		return false;
	return ipaddr_common_prefix(&a->net.addr, &b->net.addr) == a->net.len - 1u;
}

/* The innermost prefix on the stack that contains p; those that end before p are skipped. */
static const struct igp_prefix *around(const struct igp_prefix *stack, uint32_t depth,
				       const struct igp_prefix *p)
{
	while (depth-- > 0)
		if (prefix_contains(&stack[depth].net, &p->net.addr))
			return &stack[depth];
	return NULL;
}

uint32_t igp_aggregate(struct igp_prefix *p, uint32_t n)
{
	bool nested = false;
	uint32_t out = 0;

	if (!n)
		return 0; /* p may be NULL then */
	qsort(p, n, sizeof(*p), compare);
	for (uint32_t k = 0; k < n; k++) {
		struct igp_prefix next = p[k];

		/* Looking for what lies around costs a walk back; only worth it once something
		 * does, which the direct predecessor shows. */
		if (out && prefix_contains(&p[out - 1].net, &next.net.addr))
			nested = true;
		if (nested) {
			const struct igp_prefix *o = around(p, out, &next);

			if (o && (o->via == next.via || o->net.len == next.net.len))
				continue;
		}
		while (out && are_halves(&p[out - 1], &next)) {
			next.net = prefix_make(&next.net.addr, next.net.len - 1u);
			out--;
			/* The halves together hide what said otherwise of the whole. */
			if (out && prefix_eq(&p[out - 1].net, &next.net))
				out--;
		}
		p[out++] = next;
	}
	return out;
}
