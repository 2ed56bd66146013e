#include "wire/ipv4.h"

/* An option's least length, and what its pointer must be at least (RFC 791 3.1). */
static bool option_fields(struct ipv4_opt *opt)
{
	switch (opt->type) {
	case IPV4_OPT_RR:
	case IPV4_OPT_LSRR:
	case IPV4_OPT_SSRR:
		if (opt->len < 3)
			return false;
		opt->pointer = opt->data[0];
		return opt->pointer >= 4;
	case IPV4_OPT_TS:
		if (opt->len < 4)
			return false;
		opt->pointer = opt->data[0];
		opt->overflow = opt->data[1] >> 4;
		opt->ts_flag = opt->data[1] & 0x0f;
		return opt->pointer >= 5 &&
		       (opt->ts_flag <= IPV4_TS_ADDR || opt->ts_flag == IPV4_TS_PRESPEC);
	case IPV4_OPT_ROUTER_ALERT:
		if (opt->len != 4)
			return false;
		opt->alert = be16_load(opt->data);
		return true;
	default:
		return true;
	}
}

enum ipv4_opt_result ipv4_options_next(struct ipv4_options *it, struct ipv4_opt *opt)
{
	const uint8_t *p = it->hdr + it->at;
	uint8_t left = it->end - it->at;

	*opt = (struct ipv4_opt){ .offset = it->at };
	if (left == 0 || *p == IPV4_OPT_EOL)
		return IPV4_OPT_END;
	opt->type = *p;
	if (opt->type == IPV4_OPT_NOP) {
		opt->len = 1;
		it->at++;
		return IPV4_OPT_ONE;
	}
	it->at = it->end;               /* the walk is over unless all is well */
	if (left < 2 || p[1] < 2 || p[1] > left) {
		opt->offset++;          /* the length is wrong, or missing */
		return IPV4_OPT_BAD;
	}
	opt->len = p[1];
	opt->data = p + 2;
	if (!option_fields(opt)) {
		opt->offset += 2;
		return IPV4_OPT_BAD;
	}
	it->at = (uint8_t)(opt->offset + opt->len);
	return IPV4_OPT_ONE;
}

void ipv4_opt_emit_router_alert(uint8_t *p, uint16_t value)
{
	p[0] = IPV4_OPT_ROUTER_ALERT;
	p[1] = 4;
	be16_store(p + 2, value);
}

size_t ipv4_opt_emit_record_route(uint8_t *p, unsigned slots)
{
	size_t len = 3 + 4 * (size_t)slots;

	p[0] = IPV4_OPT_RR;
	p[1] = (uint8_t)len;
	p[2] = 4;
	memset(p + 3, 0, len - 2);      /* the slots and one EOL */
	return len + 1;
}

size_t ipv4_opt_copied(const uint8_t *p, uint8_t *out)
{
	struct ipv4_options it = ipv4_options(p);
	struct ipv4_opt opt;
	size_t n = 0;

	while (ipv4_options_next(&it, &opt) == IPV4_OPT_ONE) {
		if (!(opt.type & IPV4_OPT_COPIED))
			continue;
		memcpy(out + n, p + opt.offset, opt.len);
		n += opt.len;
	}
	while (n & 3)
		out[n++] = IPV4_OPT_EOL;
	return n;
}

const char *ipv4_result_name(enum ipv4_result r)
{
	static const char *const name[] = {
		[IPV4_OK] = "ok",
		[IPV4_SHORT] = "header truncated",
		[IPV4_BAD_VERSION] = "version is not 4",
		[IPV4_BAD_IHL] = "header length below 20",
		[IPV4_BAD_CHECKSUM] = "bad header checksum",
		[IPV4_BAD_TOTAL_LEN] = "total length below header length",
		[IPV4_TRUNCATED] = "datagram truncated",
		[IPV4_BAD_FRAGMENT] = "impossible fragment",
	};

	return name[r];
}
