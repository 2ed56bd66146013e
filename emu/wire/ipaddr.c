#include "wire/ipaddr.h"

#include <stdio.h>

#include "wire/hex.h"

/*
 * Reads a decimal number without leading zeros, at most `max`, and moves *text past it. No digit,
 * a superfluous zero or too large a value is false.
 */
static bool read_decimal(const char **text, unsigned max, unsigned *out)
{
	const char *s = *text;
	unsigned v = 0;

	if (*s < '0' || *s > '9' || (s[0] == '0' && s[1] >= '0' && s[1] <= '9'))
		return false;
	for (; *s >= '0' && *s <= '9'; s++) {
		v = v * 10 + (unsigned)(*s - '0');
		if (v > max)
			return false;
	}
	*text = s;
	*out = v;
	return true;
}

static bool read_dotted_quad(const char **text, uint8_t out[4])
{
	unsigned v;

	for (int i = 0; i < 4; i++) {
		if (i && *(*text)++ != '.')
			return false;
		if (!read_decimal(text, 255, &v))
			return false;
		out[i] = (uint8_t)v;
	}
	return true;
}

/* One to four hex digits; moves *text past them. */
static bool read_group(const char **text, uint8_t out[2])
{
	const char *s = *text;
	unsigned v = 0;

	while (hex_value(*s) >= 0 && s - *text < 4)
		v = v << 4 | (unsigned)hex_value(*s++);
	if (s == *text || hex_value(*s) >= 0)
		return false;
	be16_store(out, (uint16_t)v);
	*text = s;
	return true;
}

/* Whether what stands at `s` up to the next colon is a dotted quad rather than a group. */
static bool looks_dotted(const char *s)
{
	size_t n = strspn(s, "0123456789");

	return n && s[n] == '.';
}

/*
 * RFC 4291 2.2: groups are collected from the left; where `::` stood is remembered, and what came
 * after it is moved to the end. Stops at the first character that cannot belong.
 */
static bool read_ipv6(const char **text, uint8_t out[16])
{
	const char *s = *text;
	uint8_t got[16] = { 0 };
	int n = 0, gap = -1;

	if (s[0] == ':') {
		if (s[1] != ':')
			return false;
		gap = 0;
		s += 2;
	}
	while (n < 16 && (hex_value(*s) >= 0)) {
		if (looks_dotted(s)) {
			if (n > 12 || !read_dotted_quad(&s, got + n))
				return false;
			n += 4;
			break;
		}
		if (!read_group(&s, got + n))
			return false;
		n += 2;
		if (s[0] != ':')
			break;
		if (s[1] == ':') {
			if (gap >= 0)
				return false;
			gap = n;
			s += 2;
		} else if (n == 16 || hex_value(s[1]) < 0) {
			return false;
		} else {
			s++;
		}
	}
	if (gap < 0 ? n != 16 : n > 14)
		return false;
	memset(out, 0, 16);
	if (gap < 0)
		gap = n;
	memcpy(out, got, (size_t)gap);
	memcpy(out + 16 - (n - gap), got + gap, (size_t)(n - gap));
	*text = s;
	return true;
}

/* Either family; moves *text past the address. */
static bool read_address(const char **text, struct ipaddr *out, bool *colons)
{
	struct ipaddr a = ipaddr_any4;
	const char *s = *text;

	*colons = s[strcspn(s, ":/")] == ':';
	if (*colons ? !read_ipv6(&s, a.b) : !read_dotted_quad(&s, a.b + 12))
		return false;
	*out = a;
	*text = s;
	return true;
}

bool ipaddr_parse(const char *text, struct ipaddr *out)
{
	struct ipaddr a;
	bool colons;

	if (!read_address(&text, &a, &colons) || *text)
		return false;
	*out = a;
	return true;
}

bool prefix_parse_interface(const char *text, struct ipaddr *addr, uint8_t *len)
{
	struct ipaddr a;
	bool colons;
	unsigned bits, most;

	if (!read_address(&text, &a, &colons) || *text++ != '/')
		return false;
	most = colons ? IPADDR_BITS : IPADDR_BITS - IPADDR_V4_BITS;
	if (!read_decimal(&text, most, &bits) || *text)
		return false;
	if (!colons)
		bits += IPADDR_V4_BITS;
	else if (ipaddr_is4(&a) && bits < IPADDR_V4_BITS)
		return false;           /* wider than the family it names */
	*addr = a;
	*len = (uint8_t)bits;
	return true;
}

bool prefix_parse(const char *text, struct prefix *out)
{
	struct ipaddr a, masked;
	uint8_t len;

	if (!prefix_parse_interface(text, &a, &len))
		return false;
	masked = ipaddr_mask(&a, len);
	if (!ipaddr_eq(&a, &masked))
		return false;
	*out = (struct prefix){ .addr = a, .len = len };
	return true;
}

/* The longest run of two or more zero groups, the first of equals (RFC 5952 4.2). */
static int longest_zeros(const struct ipaddr *a, int *run)
{
	int best = -1;

	*run = 1;
	for (int i = 0; i < 8; i++) {
		int n = 0;

		while (i + n < 8 && be16_load(a->b + 2 * (i + n)) == 0)
			n++;
		if (n > *run) {
			best = i;
			*run = n;
		}
	}
	return best;
}

char *ipaddr_format(char *buf, size_t size, const struct ipaddr *a)
{
	char text[IPADDR_TEXT];
	int gap, run, at = 0;

	if (ipaddr_is4(a)) {
		snprintf(buf, size, "%u.%u.%u.%u", a->b[12], a->b[13], a->b[14], a->b[15]);
		return buf;
	}
	gap = longest_zeros(a, &run);
	for (int i = 0; i < 8; i++) {
		if (i == gap) {
			text[at++] = ':';
			text[at++] = ':';
			i += run - 1;
			continue;
		}
		at += snprintf(text + at, sizeof text - (size_t)at, "%s%x",
			       at && text[at - 1] != ':' ? ":" : "", be16_load(a->b + 2 * i));
	}
	snprintf(buf, size, "%.*s", at, text);
	return buf;
}

struct ipaddr prefix_mask(const struct prefix *p)
{
	struct ipaddr ones;

	memset(ones.b, 0xff, sizeof ones.b);
	ones = ipaddr_mask(&ones, p->len);
	if (ipaddr_is4(&p->addr) && p->len >= IPADDR_V4_BITS)
		memset(ones.b, 0, 10);
	return ones;
}

struct ipaddr prefix_last(const struct prefix *p)
{
	struct ipaddr ones, mask, last;

	memset(ones.b, 0xff, sizeof ones.b);
	mask = ipaddr_mask(&ones, p->len);
	for (int i = 0; i < 2; i++)
		last.q[i] = p->addr.q[i] | ~mask.q[i];
	return last;
}

char *prefix_format(char *buf, size_t size, const struct prefix *p)
{
	char addr[IPADDR_TEXT];

	snprintf(buf, size, "%s/%u", ipaddr_format(addr, sizeof addr, &p->addr),
		 prefix_text_len(p));
	return buf;
}
