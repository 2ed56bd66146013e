/* TCP in tcpdump's words: Flags [S], seq 1, ack 2, win 3, options [mss 1460,nop], length 0. */
#include "wire/print_line.h"
#include "wire/tcp.h"

#include "wire/cursor.h"

static void print_sack(struct line *l, struct rcursor *c)
{
	line_put(l, "sack %zu ", rcursor_remaining(c) / 8);
	while (rcursor_remaining(c) >= 8) {
		uint32_t start = rcursor_u32(c);

		line_put(l, "{%u:%u}", start, rcursor_u32(c));
	}
}

static void print_hex(struct line *l, struct rcursor *c)
{
	while (rcursor_remaining(c))
		line_put(l, "%02x", rcursor_u8(c));
}

static void print_fastopen(struct line *l, struct rcursor *c)
{
	if (rcursor_remaining(c) == 0) {
		line_put(l, "tfo  cookiereq");
		return;
	}
	line_put(l, "tfo  cookie ");
	print_hex(l, c);
}

/* `c`: what stands behind the option's length byte. */
static void print_option(struct line *l, uint8_t kind, struct rcursor *c)
{
	size_t len = rcursor_remaining(c);
	uint32_t val;

	if (kind == TCP_OPT_MSS && len == 2) {
		line_put(l, "mss %u", rcursor_u16(c));
	} else if (kind == TCP_OPT_WSCALE && len == 1) {
		line_put(l, "wscale %u", rcursor_u8(c));
	} else if (kind == TCP_OPT_SACK_PERMITTED && len == 0) {
		line_put(l, "sackOK");
	} else if (kind == TCP_OPT_SACK && len && len % 8 == 0) {
		print_sack(l, c);
	} else if (kind == TCP_OPT_TS && len == 8) {
		val = rcursor_u32(c);
		line_put(l, "TS val %u ecr %u", val, rcursor_u32(c));
	} else if (kind == TCP_OPT_FASTOPEN) {
		print_fastopen(l, c);
	} else {
		line_put(l, "unknown-%u", kind);
		if (len)
			line_put(l, " 0x");
		print_hex(l, c);
	}
}

static void print_options(struct line *l, struct rcursor c)
{
	const char *comma = "";

	line_put(l, ", options [");
	while (rcursor_remaining(&c)) {
		uint8_t kind = rcursor_u8(&c), size;
		struct rcursor body;

		line_put(l, "%s", comma);
		comma = ",";
		if (kind == TCP_OPT_EOL) {
			line_put(l, "eol");
			break;
		}
		if (kind == TCP_OPT_NOP) {
			line_put(l, "nop");
			continue;
		}
		size = rcursor_u8(&c);
		body = rcursor_sub(&c, size < 2 ? SIZE_MAX : size - 2u);
		if (c.error) {
			line_put(l, "[bad opt]");
			break;
		}
		print_option(l, kind, &body);
	}
	line_put(l, "]");
}

void print_tcp(struct line *l, const struct ipaddr *src, const struct ipaddr *dst,
	       const uint8_t *p, size_t len, size_t whole)
{
	char flags[TCP_FLAGS_TEXT];
	struct tcp_hdr h;
	enum tcp_result r = tcp_parse(p, len, &h);
	size_t data;

	if (r == TCP_SHORT) {
		line_flow(l, src, dst);
		line_put(l, "[|tcp]");
		return;
	}
	line_addr(l, src);
	line_put(l, ".%u > ", h.sport);
	line_addr(l, dst);
	line_put(l, ".%u: ", h.dport);
	if (r == TCP_BAD_DOFF || tcp_hlen(&h) > whole) {
		line_put(l, "[bad hdr length %zu]", tcp_hlen(&h));
		return;
	}
	data = whole - tcp_hlen(&h);
	line_put(l, "Flags [%s]", tcp_flags_format(flags, h.flags));
	if (data)
		line_put(l, ", seq %u:%u", h.seq, h.seq + (uint32_t)data);
	else if (h.flags & (TCPHDR_SYN | TCPHDR_FIN | TCPHDR_RST))
		line_put(l, ", seq %u", h.seq);
	if (h.flags & TCPHDR_ACK)
		line_put(l, ", ack %u", h.ack);
	line_put(l, ", win %u", h.window);
	if (h.flags & TCPHDR_URG)
		line_put(l, ", urg %u", h.urgent);
	if (r == TCP_TRUNCATED)
		line_put(l, ", [|tcp]");
	else if (h.doff > TCP_HLEN / 4)
		print_options(l, rcursor_make(p + TCP_HLEN, tcp_hlen(&h) - TCP_HLEN));
	line_put(l, ", length %zu", data);
}
