/* Name servers and search lists in router advertisements (RFC 8106); names as RFC 1035 3.1 has them. */
#include "wire/nd_opt.h"

enum { LABEL_MOST = 63, NAME_MOST = 255 };

size_t nd_opt_servers(const struct nd_opt *opt)
{
	return opt->dns.len / 16;
}

struct ipaddr nd_opt_server(const struct nd_opt *opt, size_t i)
{
	return ipaddr_from_bytes16(opt->dns.data + 16 * i);
}

static char printable(uint8_t byte)
{
	return byte > ' ' && byte <= '~' ? (char)byte : '?';
}

/* Zeros fill the option up behind the last name. */
static void skip_padding(struct rcursor *c)
{
	bool zeros = true;

	while (rcursor_remaining(c))
		zeros &= rcursor_u8(c) == 0;
	c->error |= !zeros;
}

bool nd_domain_next(struct rcursor *c, char name[ND_DOMAIN_TEXT])
{
	size_t at = 0;
	uint8_t len;

	if (!rcursor_remaining(c))
		return false;
	while ((len = rcursor_u8(c)) != 0) {
		const uint8_t *label = rcursor_take(c, len);

		/* Nor may a pointer to an earlier name (first two bits) stand here. */
		if (!label || len > LABEL_MOST || at + (at > 0) + len + 2 > NAME_MOST) {
			c->error = true;
			break;
		}
		if (at)
			name[at++] = '.';
		for (unsigned k = 0; k < len; k++)
			name[at++] = printable(label[k]);
	}
	name[at] = '\0';
	if (!c->error && !at)
		skip_padding(c);
	return !c->error && at;
}

size_t nd_domain_emit(uint8_t *p, size_t size, const char *name)
{
	struct wcursor c = wcursor_make(p, size);

	while (*name) {
		size_t len = strcspn(name, ".");

		if (len == 0 || len > LABEL_MOST)
			return 0;
		wcursor_u8(&c, (uint8_t)len);
		wcursor_bytes(&c, name, len);
		name += len + (name[len] == '.');
	}
	if (wcursor_written(&c) == 0)
		return 0;
	wcursor_u8(&c, 0);
	return c.error || wcursor_written(&c) > NAME_MOST ? 0 : wcursor_written(&c);
}
