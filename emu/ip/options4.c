#include "ip/options4.h"

#include "ip/icmp.h"
#include "wire/be.h"
#include "wire/ipv4.h"

#define MS_PER_DAY 86400000

/* The address that this node puts into an option: that of the interface it leaves by, or, at the
 * destination, the one it came to. */
static struct ipaddr own_address(const struct packet *p, const struct route_entry *entry)
{
	struct ipaddr dst = ipaddr_from_bytes4(p->hdr + p->l3 + 16);

	if (entry && entry->route && entry->route->dev) {
		const struct ipaddr *a = ip_source_select(entry->route->dev, &dst);

		return a ? *a : ipaddr_any4;
	}
	return dst;
}

static void record_route(uint8_t *opt, uint8_t len, const struct ipaddr *own)
{
	uint8_t at = opt[2];

	if (at + 3 > len)
		return; /* no room left: it passes as it is (RFC 791) */
	memcpy(opt + at - 1, own->b + 12, 4);
	opt[2] = (uint8_t)(at + 4);
}

/* Milliseconds since midnight UT; the world begins at midnight. */
static void record_time(uint8_t *opt, uint8_t len, const struct ipv4_opt *o,
			const struct ipaddr *own, vtime now)
{
	uint8_t at = opt[2], need = o->ts_flag == IPV4_TS_ONLY ? 4 : 8;

	if (at + need - 1 > len) {
		if (o->overflow < 15)
			opt[3] = (uint8_t)(opt[3] + 0x10);
		return;
	}
	if (o->ts_flag == IPV4_TS_PRESPEC && memcmp(opt + at - 1, own->b + 12, 4) != 0)
		return;
	if (o->ts_flag == IPV4_TS_ADDR)
		memcpy(opt + at - 1, own->b + 12, 4);
	be32_store(opt + at - 1 + need - 4, (uint32_t)(now.ns / NS_PER_MS % MS_PER_DAY));
	opt[2] = (uint8_t)(at + need);
}

bool ip4_options_input(struct node *n, struct packet *p, const struct route_entry *entry)
{
	uint8_t *hdr = p->hdr + p->l3;
	struct ipv4_options walk = ipv4_options(hdr);
	struct ipv4_opt o;
	enum ipv4_opt_result r;
	bool changed = false;

	while ((r = ipv4_options_next(&walk, &o)) == IPV4_OPT_ONE) {
		struct ipaddr own;

		switch (o.type) {
		case IPV4_OPT_LSRR:
		case IPV4_OPT_SSRR:
			packet_drop(p, &n->site, DROP_IP_OPTIONS);
			return false;
		case IPV4_OPT_RR:
			own = own_address(p, entry);
			record_route(hdr + o.offset, o.len, &own);
			changed = true;
			break;
		case IPV4_OPT_TS:
			own = own_address(p, entry);
			record_time(hdr + o.offset, o.len, &o, &own, node_now(n));
			changed = true;
			break;
		default:
			break;
		}
	}
	if (r == IPV4_OPT_BAD) {
		icmp_error(n, p, ICMP_BAD_HEADER, o.offset);
		packet_drop(p, &n->site, DROP_IP_OPTIONS);
		return false;
	}
	if (changed)
		ipv4_set_checksum(hdr);
	return true;
}
