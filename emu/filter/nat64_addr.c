#include "filter/nat64_addr.h"

#define U_OCTET 8 /* bits 64 to 71 */

bool nat64_prefix_ok(const struct prefix *p)
{
	return !ipaddr_is4(&p->addr) && ((p->len >= 32 && p->len <= 64 && p->len % 8 == 0) ||
					 (p->len == 96 && p->addr.b[U_OCTET] == 0));
}

struct ipaddr nat64_embed(const struct prefix *p, const struct ipaddr *v4)
{
	struct ipaddr a = p->addr;

	for (int i = 0, at = p->len / 8; i < 4; i++, at++) {
		at += at == U_OCTET;
		a.b[at] = v4->b[12 + i];
	}
	return a;
}

struct ipaddr nat64_extract(const struct prefix *p, const struct ipaddr *v6)
{
	uint32_t v = 0;

	for (int i = 0, at = p->len / 8; i < 4; i++, at++) {
		at += at == U_OCTET;
		v = v << 8 | v6->b[at];
	}
	return ipaddr_from4(v);
}
