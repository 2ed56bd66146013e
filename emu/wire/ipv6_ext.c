#include "wire/ipv6_ext.h"

#include <string.h>

#include "wire/be.h"

/* What a walk carries from header to header. */
struct walk {
	const uint8_t *p;
	size_t len;                     /* bytes there, padding cut */
	size_t end;                     /* where the packet ends by its own account */
	struct ipv6_ext *x;
};

static enum ipv6_ext_result fail(struct walk *w, enum ipv6_ext_result r, size_t pointer)
{
	w->x->pointer = (uint16_t)pointer;
	return r;
}

/* RFC 2675 3: the option's own rules, in the order that section gives them. */
static enum ipv6_ext_result take_jumbo(struct walk *w, size_t opt)
{
	uint32_t jumbo = be32_load(w->p + opt + 2);

	if (be16_load(w->p + 4) != 0)
		return fail(w, IPV6_EXT_BAD_JUMBO, opt);
	if (jumbo <= 0xffff)
		return fail(w, IPV6_EXT_BAD_JUMBO, opt + 2);
	w->x->jumbo_len = jumbo;
	w->end = IPV6_HLEN + (size_t)jumbo;
	return IPV6_EXT_OK;
}

static enum ipv6_ext_result take_option(struct walk *w, size_t opt, bool hbh)
{
	uint8_t type = w->p[opt], len = w->p[opt + 1];
	struct ipv6_ext *x = w->x;

	if (hbh && type == IPV6_OPT_ROUTER_ALERT) {
		if (len != 2)
			return fail(w, IPV6_EXT_BAD_OPTION, opt + 1);
		x->router_alert = true;
		x->alert = be16_load(w->p + opt + 2);
		return IPV6_EXT_OK;
	}
	if (hbh && type == IPV6_OPT_JUMBO) {
		if (len != 4)
			return fail(w, IPV6_EXT_BAD_OPTION, opt + 1);
		return take_jumbo(w, opt);
	}
	if (x->opt_action == IPV6_OPT_SKIP && type >> 6 != IPV6_OPT_SKIP) {
		x->opt_action = type >> 6;
		x->opt_in_hbh = hbh;
		x->opt_off = (uint16_t)opt;
	}
	return IPV6_EXT_OK;
}

/* The options of the header at [off, end). */
static enum ipv6_ext_result take_options(struct walk *w, size_t off, size_t end, bool hbh)
{
	size_t at = off + 2;
	int count = 0;

	while (at < end) {
		enum ipv6_ext_result r;

		if (w->p[at] == IPV6_OPT_PAD1) {
			at++;
			continue;
		}
		if (end - at < 2 || end - at - 2 < w->p[at + 1])
			return fail(w, IPV6_EXT_BAD_OPTION, at);
		if (w->p[at] != IPV6_OPT_PADN) {
			if (++count > IPV6_OPT_MAX)
				return fail(w, IPV6_EXT_TOO_MANY, at);
			r = take_option(w, at, hbh);
			if (r != IPV6_EXT_OK)
				return r;
		}
		at += 2 + (size_t)w->p[at + 1];
	}
	return IPV6_EXT_OK;
}

static enum ipv6_ext_result take_hbh(struct walk *w, size_t off, size_t end)
{
	enum ipv6_ext_result r;

	if (off != IPV6_HLEN)
		return fail(w, IPV6_EXT_HBH_NOT_FIRST, w->x->next_off);
	w->x->hbh_off = (uint16_t)off;
	r = take_options(w, off, end, true);
	if (r == IPV6_EXT_OK && be16_load(w->p + 4) == 0 && !w->x->jumbo_len)
		return fail(w, IPV6_EXT_BAD_JUMBO, 4);
	return r;
}

static enum ipv6_ext_result take_routing(struct walk *w, size_t off, size_t end)
{
	uint8_t type = w->p[off + 2], left = w->p[off + 3];

	w->x->routing_off = (uint16_t)off;
	w->x->routing_type = type;
	w->x->segments_left = left;
	/* Types 0, 2 and 4 are known to hold whole addresses after eight bytes. */
	if ((type == 0 || type == 2 || type == 4) && (size_t)left * 16 > end - off - 8)
		return fail(w, IPV6_EXT_BAD_ROUTING, off + 3);
	return IPV6_EXT_OK;
}

/* RFC 8200 4.5: the two rules that make a fragment impossible, and where they point. */
static enum ipv6_ext_result take_fragment(struct walk *w, size_t off)
{
	struct ipv6_ext *x = w->x;
	size_t data = w->end - off - IPV6_FRAG_LEN;

	if (x->jumbo_len)
		return fail(w, IPV6_EXT_BAD_JUMBO, off);
	ipv6_frag_parse(w->p + off, w->len - off, &x->frag);
	x->frag_off = (uint16_t)off;
	x->frag_next_off = x->next_off;
	if (x->frag.mf && data & 7)
		return fail(w, IPV6_EXT_BAD_FRAGMENT, 4);
	if (off - IPV6_HLEN + x->frag.offset + data > 0xffff)
		return fail(w, IPV6_EXT_BAD_FRAGMENT, off + 2);
	return IPV6_EXT_OK;
}

static enum ipv6_ext_result take_header(struct walk *w, size_t off, size_t hlen)
{
	switch (w->x->proto) {
	case IPPROTO_HOPOPTS:
		return take_hbh(w, off, off + hlen);
	case IPPROTO_DSTOPTS:
		w->x->dest_off = (uint16_t)off;
		return take_options(w, off, off + hlen, false);
	case IPPROTO_ROUTING:
		return take_routing(w, off, off + hlen);
	default:
		return take_fragment(w, off);
	}
}

/* A first fragment of more has to hold the whole chain, upper layer included (RFC 7112 5). */
static bool is_first_of_more(const struct ipv6_ext *x)
{
	return x->frag_off && x->frag.offset == 0 && x->frag.mf;
}

static size_t least_upper_len(uint8_t proto)
{
	switch (proto) {
	case IPPROTO_TCP:
		return 20;
	case IPPROTO_UDP:
	case IPPROTO_ICMPV6:
		return 8;
	case IPPROTO_NONE:
		return 0;
	default:
		return 1;
	}
}

static enum ipv6_ext_result truncated(struct walk *w)
{
	return fail(w, is_first_of_more(w->x) ? IPV6_EXT_FIRST_INCOMPLETE : IPV6_EXT_TRUNCATED, 0);
}

enum ipv6_ext_result ipv6_ext_walk(const uint8_t *p, size_t len, struct ipv6_ext *x)
{
	size_t plen = be16_load(p + 4), off = IPV6_HLEN, hlen;
	struct walk w = { .p = p, .len = len, .x = x };
	enum ipv6_ext_result r;

	/* A length of zero before a hop-by-hop header announces a jumbogram. */
	w.end = plen == 0 && p[6] == IPPROTO_HOPOPTS ? len : IPV6_HLEN + plen;
	if (w.len > w.end)
		w.len = w.end;
	*x = (struct ipv6_ext){ .proto = p[6], .next_off = 6, .l4_off = IPV6_HLEN };
	while (ipv6_has_ext(x->proto) && !(x->proto == IPPROTO_FRAGMENT && x->frag_off)) {
		if (x->count == IPV6_EXT_MAX)
			return fail(&w, IPV6_EXT_TOO_MANY, x->next_off);
		if (w.len - off < 8)
			return truncated(&w);
		hlen = x->proto == IPPROTO_FRAGMENT ? 8 : ((size_t)p[off + 1] + 1) * 8;
		if (w.len - off < hlen)
			return truncated(&w);
		if (off + hlen > IPV6_HLEN + IPV6_EXT_MAX_BYTES)
			return fail(&w, IPV6_EXT_TOO_LONG, off);
		r = take_header(&w, off, hlen);
		if (r != IPV6_EXT_OK)
			return r;
		if (w.len > w.end)
			w.len = w.end;
		x->count++;
		x->next_off = (uint16_t)off;
		x->proto = p[off];
		off += hlen;
		x->l4_off = (uint16_t)off;
		if (x->frag_off && x->frag.offset)
			return IPV6_EXT_OK;
	}
	if (is_first_of_more(x) && w.len - off < least_upper_len(x->proto))
		return truncated(&w);
	return IPV6_EXT_OK;
}

bool ipv6_frag_parse(const uint8_t *p, size_t len, struct ipv6_frag *f)
{
	if (len < IPV6_FRAG_LEN)
		return false;
	f->next = p[0];
	f->offset = be16_load(p + 2) & 0xfff8;
	f->mf = p[3] & 1;
	f->id = be32_load(p + 4);
	return true;
}

void ipv6_frag_emit(uint8_t *p, const struct ipv6_frag *f)
{
	p[0] = f->next;
	p[1] = 0;
	be16_store(p + 2, (uint16_t)(f->offset | f->mf));
	be32_store(p + 4, f->id);
}

size_t ipv6_options_emit(uint8_t *p, uint8_t next, const uint8_t *opts, size_t opts_len)
{
	size_t len = (2 + opts_len + 7) & ~(size_t)7, pad = len - 2 - opts_len;

	p[0] = next;
	p[1] = (uint8_t)(len / 8 - 1);
	if (opts_len)
		memcpy(p + 2, opts, opts_len);
	if (pad) {
		memset(p + len - pad, 0, pad);
		if (pad > 1) {
			p[len - pad] = IPV6_OPT_PADN;
			p[len - pad + 1] = (uint8_t)(pad - 2);
		}
	}
	return len;
}

void ipv6_hbh_alert_emit(uint8_t *p, uint8_t next, uint16_t value)
{
	uint8_t opt[4] = { IPV6_OPT_ROUTER_ALERT, 2 };

	be16_store(opt + 2, value);
	ipv6_options_emit(p, next, opt, sizeof opt);
}

const char *ipv6_ext_result_name(enum ipv6_ext_result r)
{
	static const char *const name[] = {
		[IPV6_EXT_OK] = "ok",
		[IPV6_EXT_TRUNCATED] = "extension header truncated",
		[IPV6_EXT_FIRST_INCOMPLETE] = "first fragment without all headers",
		[IPV6_EXT_TOO_MANY] = "too many extension headers or options",
		[IPV6_EXT_TOO_LONG] = "extension headers too long",
		[IPV6_EXT_HBH_NOT_FIRST] = "hop-by-hop header not first",
		[IPV6_EXT_BAD_OPTION] = "bad option length",
		[IPV6_EXT_BAD_JUMBO] = "bad jumbo payload",
		[IPV6_EXT_BAD_FRAGMENT] = "impossible fragment",
		[IPV6_EXT_BAD_ROUTING] = "bad routing header",
	};

	return name[r];
}
