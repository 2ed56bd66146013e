#include "wire/icmp6.h"

/* Whether all options are well-formed, and whether a source link-layer address is among them. */
static bool scan_options(const uint8_t *opts, size_t len, bool *slla)
{
	struct rcursor c = rcursor_make(opts, len);
	enum nd_opt_result r;
	struct nd_opt opt;

	*slla = false;
	while ((r = nd_opt_next(&c, &opt)) == ND_OPT_ONE)
		*slla |= opt.type == ND_OPT_SLLA;
	return r == ND_OPT_END;
}

static bool is_solicited_node(const struct ipaddr *a)
{
	struct ipaddr group = ipaddr_solicited_node(a);

	return ipaddr_eq(&group, a);
}

enum nd_check nd_check(const struct ipaddr *src, const struct ipaddr *dst, uint8_t hop_limit,
		       const struct icmp6 *m, const uint8_t *opts, size_t opts_len)
{
	bool slla, from_any = ipaddr_is_any(src);

	if (hop_limit != ND_HOP_LIMIT)
		return ND_BAD_HOP_LIMIT;
	if (!scan_options(opts, opts_len, &slla))
		return ND_BAD_OPTION;
	switch (m->type) {
	case ICMP6_MSG_ROUTER_SOLICITATION:
		return from_any && slla ? ND_SLLA_FROM_ANY : ND_VALID;
	case ICMP6_MSG_NEIGHBOR_SOLICITATION:
		if (from_any && !is_solicited_node(dst))
			return ND_BAD_DAD_DESTINATION;
		return from_any && slla ? ND_SLLA_FROM_ANY : ND_VALID;
	case ICMP6_MSG_NEIGHBOR_ADVERTISEMENT:
		return m->na.solicited && ipaddr_is_multicast(dst) ? ND_SOLICITED_MULTICAST
								   : ND_VALID;
	case ICMP6_MSG_ROUTER_ADVERTISEMENT:
	case ICMP6_MSG_REDIRECT:
		return ipaddr_is_linklocal(src) ? ND_VALID : ND_BAD_SOURCE;
	default:
		return ND_VALID;
	}
}

const char *nd_check_name(enum nd_check c)
{
	static const char *const name[] = {
		[ND_VALID] = "valid",
		[ND_BAD_HOP_LIMIT] = "hop limit is not 255",
		[ND_BAD_OPTION] = "malformed option",
		[ND_BAD_SOURCE] = "source is not link-local",
		[ND_BAD_DAD_DESTINATION] = "from :: to other than a solicited-node group",
		[ND_SLLA_FROM_ANY] = "link-layer address of ::",
		[ND_SOLICITED_MULTICAST] = "solicited advertisement to a group",
	};

	return name[c];
}
