#include "wire/nd_opt.h"

enum { UNIT = 8, HEAD = 2, REDIRECTED_HEAD = 8, ROUTE_HEAD = 8, DNS_HEAD = 8 };
enum prefix_flag { PREFIX_ON_LINK = 0x80, PREFIX_AUTONOMOUS = 0x40 };

static bool parse_prefix(const uint8_t *p, struct nd_opt *opt)
{
	struct ipaddr a = ipaddr_from_bytes16(p + 16);

	if (p[2] > IPADDR_BITS)
		return false;
	opt->prefix.prefix = prefix_make(&a, p[2]);
	opt->prefix.on_link = p[3] & PREFIX_ON_LINK;
	opt->prefix.autonomous = p[3] & PREFIX_AUTONOMOUS;
	opt->prefix.valid = be32_load(p + 4);
	opt->prefix.preferred = be32_load(p + 8);
	return !ipaddr_is4(&opt->prefix.prefix.addr);
}

/* RFC 4191 2.3: no more of the prefix than the option has room for. */
static bool parse_route(const uint8_t *p, size_t len, struct nd_opt *opt)
{
	uint8_t prefix[16] = { 0 }, bytes = (uint8_t)(len - ROUTE_HEAD);
	struct ipaddr a;

	if (len > ROUTE_HEAD + sizeof prefix || p[2] > bytes * 8)
		return false;
	memcpy(prefix, p + ROUTE_HEAD, bytes);
	a = ipaddr_from_bytes16(prefix);
	opt->route.prefix = prefix_make(&a, p[2]);
	opt->route.bytes = bytes;
	opt->route.preference = p[3] >> 3 & 3;
	opt->route.lifetime = be32_load(p + 4);
	return opt->route.preference != ND_PREF_RESERVED && !ipaddr_is4(&opt->route.prefix.addr);
}

static bool names_are_good(const uint8_t *p, size_t len)
{
	struct rcursor c = rcursor_make(p, len);
	char name[ND_DOMAIN_TEXT];
	bool any = false;

	while (nd_domain_next(&c, name))
		any = true;
	return any && !c.error;
}

static bool parse_dns(const uint8_t *p, size_t len, struct nd_opt *opt)
{
	opt->dns.lifetime = be32_load(p + 4);
	opt->dns.data = p + DNS_HEAD;
	opt->dns.len = len - DNS_HEAD;
	if (opt->type == ND_OPT_RDNSS)
		return opt->dns.len && opt->dns.len % 16 == 0;
	return names_are_good(opt->dns.data, opt->dns.len);
}

static void take_body(const uint8_t *p, size_t len, struct nd_opt *opt)
{
	opt->body.data = p + HEAD;
	opt->body.len = len - HEAD;
}

/* `p` has the whole option of `len` bytes. */
static bool parse_option(const uint8_t *p, size_t len, struct nd_opt *opt)
{
	*opt = (struct nd_opt){ .type = p[0] };
	switch (opt->type) {
	case ND_OPT_SLLA:
	case ND_OPT_TLLA:
		opt->lla = mac_from_bytes(p + 2);
		return len == ND_OPT_LLA_LEN;
	case ND_OPT_PREFIX:
		return len == ND_OPT_PREFIX_LEN && parse_prefix(p, opt);
	case ND_OPT_LINK_MTU:
		opt->mtu = be32_load(p + 4);
		return len == ND_OPT_MTU_LEN;
	case ND_OPT_REDIRECTED:
		opt->body.data = p + REDIRECTED_HEAD;
		opt->body.len = len - REDIRECTED_HEAD;
		return true;
	case ND_OPT_ROUTE:
		opt->malformed = !parse_route(p, len, opt);
		break;
	case ND_OPT_RDNSS:
	case ND_OPT_DNSSL:
		opt->malformed = !parse_dns(p, len, opt);
		break;
	default:
		take_body(p, len, opt);
	}
	if (opt->malformed)
		take_body(p, len, opt);
	return true;
}

enum nd_opt_result nd_opt_next(struct rcursor *c, struct nd_opt *opt)
{
	const uint8_t *p;
	size_t len;

	if (c->error)
		return ND_OPT_BAD;
	if (rcursor_remaining(c) == 0)
		return ND_OPT_END;
	len = rcursor_remaining(c) < HEAD ? 0 : c->p[1] * (size_t)UNIT;
	p = len ? rcursor_take(c, len) : NULL;
	if (!p || !parse_option(p, len, opt)) {
		c->error = true;
		return ND_OPT_BAD;
	}
	return ND_OPT_ONE;
}

bool nd_opt_find(const uint8_t *opts, size_t opts_len, uint8_t type, struct nd_opt *opt)
{
	struct rcursor c = rcursor_make(opts, opts_len);
	enum nd_opt_result r;
	struct nd_opt one;
	bool found = false;

	while ((r = nd_opt_next(&c, &one)) == ND_OPT_ONE) {
		if (!found && one.type == type) {
			*opt = one;
			found = true;
		}
	}
	return found && r == ND_OPT_END;
}

static size_t rounded(size_t len)
{
	return (len + UNIT - 1) / UNIT * UNIT;
}

size_t nd_opt_len(const struct nd_opt *opt)
{
	if (opt->malformed)
		return rounded(HEAD + opt->body.len);
	switch (opt->type) {
	case ND_OPT_SLLA:
	case ND_OPT_TLLA:
		return ND_OPT_LLA_LEN;
	case ND_OPT_PREFIX:
		return ND_OPT_PREFIX_LEN;
	case ND_OPT_LINK_MTU:
		return ND_OPT_MTU_LEN;
	case ND_OPT_REDIRECTED:
		return rounded(REDIRECTED_HEAD + opt->body.len);
	case ND_OPT_ROUTE:
		return ROUTE_HEAD + (size_t)opt->route.bytes;
	case ND_OPT_RDNSS:
	case ND_OPT_DNSSL:
		return rounded(DNS_HEAD + opt->dns.len);
	default:
		return rounded(HEAD + opt->body.len);
	}
}

/* What follows type and length. */
static void emit_body(uint8_t *p, const struct nd_opt *opt)
{
	switch (opt->type) {
	case ND_OPT_SLLA:
	case ND_OPT_TLLA:
		memcpy(p + 2, opt->lla.b, 6);
		break;
	case ND_OPT_PREFIX:
		p[2] = opt->prefix.prefix.len;
		p[3] = (uint8_t)((opt->prefix.on_link ? PREFIX_ON_LINK : 0) |
				 (opt->prefix.autonomous ? PREFIX_AUTONOMOUS : 0));
		be32_store(p + 4, opt->prefix.valid);
		be32_store(p + 8, opt->prefix.preferred);
		memcpy(p + 16, opt->prefix.prefix.addr.b, 16);
		break;
	case ND_OPT_LINK_MTU:
		be32_store(p + 4, opt->mtu);
		break;
	case ND_OPT_ROUTE:
		p[2] = opt->route.prefix.len;
		p[3] = (uint8_t)(opt->route.preference << 3);
		be32_store(p + 4, opt->route.lifetime);
		memcpy(p + ROUTE_HEAD, opt->route.prefix.addr.b, opt->route.bytes);
		break;
	case ND_OPT_RDNSS:
	case ND_OPT_DNSSL:
		be32_store(p + 4, opt->dns.lifetime);
		memcpy(p + DNS_HEAD, opt->dns.data, opt->dns.len);
		break;
	case ND_OPT_REDIRECTED:
		if (opt->body.len)
			memcpy(p + REDIRECTED_HEAD, opt->body.data, opt->body.len);
		break;
	default:
		if (opt->body.len)
			memcpy(p + HEAD, opt->body.data, opt->body.len);
		break;
	}
}

size_t nd_opt_emit(uint8_t *p, const struct nd_opt *opt)
{
	size_t len = nd_opt_len(opt);

	memset(p, 0, len);
	p[0] = opt->type;
	p[1] = (uint8_t)(len / UNIT);
	if (opt->malformed)
		memcpy(p + HEAD, opt->body.data, opt->body.len);
	else
		emit_body(p, opt);
	return len;
}

struct nd_opt nd_opt_route(const struct prefix *prefix, enum nd_preference preference,
			   uint32_t lifetime)
{
	return (struct nd_opt){
		.type = ND_OPT_ROUTE,
		.route = { .prefix = *prefix,
			   .bytes = (uint8_t)rounded((prefix->len + 7u) / 8),
			   .preference = preference,
			   .lifetime = lifetime },
	};
}
