/* Segments between script, bytes and eyes. */
#include "tests/script/script.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/icmp4.h"
#include "wire/icmp6.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"

uint8_t stream_byte(uint32_t offset)
{
	return (uint8_t)(offset * 7 + (offset >> 8) * 3 + (offset >> 16));
}

static const char *skip(const char *p)
{
	while (isspace((unsigned char)*p))
		p++;
	return p;
}

static bool starts(const char **p, const char *w)
{
	size_t n = strlen(w);

	if (strncmp(*p, w, n) != 0)
		return false;
	*p = skip(*p + n);
	return true;
}

static uint32_t value(const char **p, bool *any)
{
	char *end;
	unsigned long v;

	if (any && **p == '.') {
		*any = true;
		*p = skip(*p + 1);
		return 0;
	}
	v = strtoul(*p, &end, 10);
	*p = skip(end);
	return (uint32_t)v;
}

static const char *hex_into(const char *p, struct option *o)
{
	unsigned byte;

	while (isxdigit((unsigned char)p[0]) && isxdigit((unsigned char)p[1]) && o->len < 38) {
		sscanf(p, "%2x", &byte);
		o->data[o->len++] = (uint8_t)byte;
		p += 2;
	}
	return skip(p);
}

static const char *parse_blocks(const char *p, struct option *o)
{
	while (isdigit((unsigned char)*p) && o->len < 32) {
		be32_store(o->data + o->len, value(&p, NULL));
		if (*p++ != ':')
			return NULL;
		be32_store(o->data + o->len + 4, value(&p, NULL));
		o->len = (uint8_t)(o->len + 8);
	}
	return p;
}

/*
 * One option: nop, eol, mss 1460, wscale 7, sackOK, TS val 1 ecr 2, sack 1:2 3:4, FO [cookie],
 * FOEXP [cookie], kind N [bytes], raw BYTES (as they are, for what is malformed).
 */
const char *option_parse(const char *p, struct option *o)
{
	memset(o, 0, sizeof(*o));
	if (starts(&p, "nop")) {
		o->kind = TCP_OPT_NOP;
	} else if (starts(&p, "eol")) {
		o->kind = TCP_OPT_EOL;
	} else if (starts(&p, "mss")) {
		o->kind = TCP_OPT_MSS;
		o->len = 2;
		be16_store(o->data, (uint16_t)value(&p, NULL));
	} else if (starts(&p, "wscale")) {
		o->kind = TCP_OPT_WSCALE;
		o->len = 1;
		o->data[0] = (uint8_t)value(&p, NULL);
	} else if (starts(&p, "sackOK")) {
		o->kind = TCP_OPT_SACK_PERMITTED;
	} else if (starts(&p, "TS val")) {
		o->kind = TCP_OPT_TS;
		o->len = 8;
		be32_store(o->data, value(&p, &o->any_val));
		if (!starts(&p, "ecr"))
			return NULL;
		be32_store(o->data + 4, value(&p, &o->any_ecr));
	} else if (starts(&p, "sack")) {
		o->kind = TCP_OPT_SACK;
		p = parse_blocks(p, o);
	} else if (starts(&p, "FOEXP")) {
		o->kind = TCP_OPT_EXP;
		o->len = 2;
		be16_store(o->data, 0xf989);
		p = hex_into(p, o);
	} else if (starts(&p, "FO")) {
		o->kind = TCP_OPT_FASTOPEN;
		p = hex_into(p, o);
	} else if (starts(&p, "kind")) {
		o->kind = (uint8_t)value(&p, NULL);
		p = hex_into(p, o);
	} else if (starts(&p, "raw")) {
		o->kind = 255;
		p = hex_into(p, o);
	} else {
		return NULL;
	}
	return p;
}

static void read_options(const uint8_t *p, size_t len, struct segment *s)
{
	s->options = 0;
	while (len) {
		struct option *o = &s->option[s->options++];
		size_t n = 1;

		memset(o, 0, sizeof(*o));
		o->kind = *p;
		if (*p > TCP_OPT_NOP) {
			if (len < 2 || p[1] < 2 || p[1] > len) { /* ours never are: shown raw */
				o->kind = 255;
				o->len = (uint8_t)len;
				memcpy(o->data, p, len);
				return;
			}
			n = p[1];
			o->len = (uint8_t)(n - 2);
			memcpy(o->data, p + 2, n - 2);
		}
		p += n;
		len -= n;
	}
}

/* In wire numbers. False: not TCP. */
bool segment_read(const uint8_t *packet, size_t len, struct sent *out)
{
	bool v6 = len && packet[0] >> 4 == 6;
	size_t off = v6 ? IPV6_HLEN : IPV4_HLEN;
	struct segment *s = &out->segment;
	struct tcp_hdr h;

	if (len < off || packet[v6 ? 6 : 9] != IPPROTO_TCP)
		return false;
	if (!v6)
		off = (packet[0] & 15) * 4u;
	if (len < off || tcp_parse(packet + off, len - off, &h) != TCP_OK)
		return false;
	memset(s, 0, sizeof(*s));
	s->flags = h.flags;
	s->tos = v6 ? (packet[0] << 4 | packet[1] >> 4) & 255 : packet[1];
	s->ecn = s->tos & 3;
	s->lport = h.sport;
	s->rport = h.dport;
	s->seq = h.seq;
	s->ack = h.ack;
	s->has_ack = h.flags & TCPHDR_ACK;
	s->len = (uint32_t)(len - off - tcp_hlen(&h));
	s->win = h.window;
	s->urgent = h.flags & TCPHDR_URG ? h.urgent : -1;
	read_options(packet + off + TCP_HLEN, tcp_hlen(&h) - TCP_HLEN, s);
	out->payload_off = off + tcp_hlen(&h);
	return true;
}

static struct option *find_ts(struct segment *s)
{
	for (int i = 0; i < s->options; i++)
		if (s->option[i].kind == TCP_OPT_TS && s->option[i].len == 8)
			return &s->option[i];
	return NULL;
}

/* From a segment that left (wire numbers) and the one that the script has there. */
void segment_learn(struct peer *c, struct segment *s, const struct segment *want)
{
	struct option *got = find_ts(s), *ts = find_ts((struct segment *)want);

	if ((s->flags & TCPHDR_SYN) && c->renew && s->seq != c->iss_wire) {
		c->has_iss = c->has_ts = c->renew = false;
		c->rcv_isn = s->ack - 1;
	}
	if ((s->flags & TCPHDR_SYN) && !c->has_iss) {
		c->has_iss = true;
		c->iss = s->seq - want->seq;
		c->iss_wire = s->seq;
	}
	if (got && ts && !ts->any_val && !c->has_ts) {
		c->has_ts = true;
		c->ts = be32_load(got->data) - be32_load(ts->data);
	}
}

void segment_to_script(const struct peer *c, struct segment *s)
{
	struct option *ts = find_ts(s);

	if (c->has_iss)
		s->seq -= c->iss;
	if (ts && c->has_ts)
		be32_store(ts->data, be32_load(ts->data) - c->ts);
}

static size_t put_options(const struct peer *c, const struct segment *s, uint8_t *p)
{
	uint32_t iss = c->has_iss ? c->iss : 0;
	size_t n = 0;

	for (int i = 0; i < s->options; i++) {
		const struct option *o = &s->option[i];
		uint8_t *data = p + n + 2;

		if (o->kind == 255) {
			memcpy(p + n, o->data, o->len);
			n += o->len;
			continue;
		}
		p[n] = o->kind;
		if (o->kind <= TCP_OPT_NOP) {
			n++;
			continue;
		}
		p[n + 1] = (uint8_t)(o->len + 2);
		memcpy(data, o->data, o->len);
		if (o->kind == TCP_OPT_TS && be32_load(data + 4) && c->has_ts)
			be32_store(data + 4, be32_load(data + 4) + c->ts);
		if (o->kind == TCP_OPT_SACK)
			for (int j = 0; j + 4 <= o->len; j += 4)
				be32_store(data + j, be32_load(data + j) + iss);
		n += 2u + o->len;
	}
	for (; n % 4; n++)
		p[n] = TCP_OPT_EOL;
	return n;
}

/* The IP header in front of `payload` bytes at p; returns its length. */
static size_t put_ip(const struct addresses *a, uint8_t *p, uint8_t proto, size_t payload, int tos)
{
	if (ipaddr_is4(&a->local)) {
		struct ipv4_hdr h = {.ihl = 5, .total_len = (uint16_t)(IPV4_HLEN + payload),
				     .ttl = 64, .proto = proto, .src = a->remote,
				     .dst = a->local, .df = true, .tos = (uint8_t)tos};

		ipv4_emit(p, &h);
		ipv4_set_checksum(p);
		return IPV4_HLEN;
	}
	struct ipv6_hdr h = {.payload_len = (uint16_t)payload, .next = proto,
			     .hop_limit = 64, .src = a->remote, .dst = a->local,
			     .tclass = (uint8_t)tos};

	ipv6_emit(p, &h);
	return IPV6_HLEN;
}

size_t segment_build(const struct addresses *a, const struct peer *c, const struct segment *s,
		     uint8_t *out)
{
	size_t ip = ipaddr_is4(&a->local) ? IPV4_HLEN : IPV6_HLEN, hlen;
	struct tcp_hdr h = {.sport = c->rport, .dport = c->lport, .seq = s->seq, .flags = s->flags,
			    .window = (uint16_t)(s->win < 0 ? 0 : s->win),
			    .urgent = (uint16_t)(s->urgent < 0 ? 0 : s->urgent)};
	uint8_t *p = out + ip;
	uint32_t first = s->seq - c->rcv_isn - 1 + (s->flags & TCPHDR_SYN ? 1 : 0);

	if (s->has_ack)
		h.ack = s->ack + (c->has_iss ? c->iss : 0);
	hlen = TCP_HLEN + put_options(c, s, p + TCP_HLEN);
	h.doff = (uint8_t)(hlen / 4);
	tcp_emit(p, &h);
	for (uint32_t i = 0; i < s->len; i++)
		p[hlen + i] = stream_byte(first + i);
	be16_store(p + TCP_CSUM_OFF,
		   tcp_checksum(&a->remote, &a->local, p, hlen,
				csum_partial(p + hlen, s->len, 0), s->len));
	put_ip(a, out, IPPROTO_TCP, hlen + s->len, s->tos >= 0 ? s->tos : s->ecn < 0 ? 0 : s->ecn);
	return ip + hlen + s->len;
}

/* The first bytes of the segment that the error is about, as the host sent it. */
static size_t put_quote(const struct addresses *a, const struct peer *c, uint32_t seq, uint8_t *p)
{
	struct addresses turned = {.local = a->remote, .remote = a->local};
	size_t n = put_ip(&turned, p, IPPROTO_TCP, 1480, 0);

	be16_store(p + n, c->lport);
	be16_store(p + n + 2, c->rport);
	be32_store(p + n + 4, seq + (c->has_iss ? c->iss : 0));
	return n + 8;
}

static const struct {
	const char *name;
	uint8_t type4, code4, type6, code6;
} icmp_names[] = {
	{"net_unreachable", 3, 0, 1, 0},   {"host_unreachable", 3, 1, 1, 3},
	{"proto_unreachable", 3, 2, 4, 1}, {"port_unreachable", 3, 3, 1, 4},
	{"frag_needed", 3, 4, 2, 0},       {"packet_too_big", 3, 4, 2, 0},
	{"admin_prohibited", 3, 13, 1, 1}, {"ttl_exceeded", 11, 0, 3, 0},
	{"source_quench", 4, 0, 1, 0},      {"src_route_failed", 3, 5, 1, 0},
	{"parameter_problem", 12, 0, 4, 0},
};

size_t icmp_build(const struct addresses *a, const struct peer *c, const struct icmp_error *e,
		  uint8_t *out)
{
	bool v4 = ipaddr_is4(&a->local);
	uint8_t *p = out + (v4 ? IPV4_HLEN : IPV6_HLEN);
	size_t i = 0, n;

	while (strcmp(icmp_names[i].name, e->what) != 0)
		if (++i == sizeof(icmp_names) / sizeof(*icmp_names)) {
			fprintf(stderr, "no such ICMP error: %s\n", e->what);
			exit(2);
		}
	memset(p, 0, 8);
	p[0] = v4 ? icmp_names[i].type4 : icmp_names[i].type6;
	p[1] = v4 ? icmp_names[i].code4 : icmp_names[i].code6;
	if (v4)
		be16_store(p + 6, (uint16_t)e->mtu);
	else
		be32_store(p + 4, e->mtu);
	n = 8 + put_quote(a, c, e->seq, p + 8);
	be16_store(p + 2, csum_fold(csum_partial(p, n, v4 ? 0 :
		csum_pseudo(&a->remote, &a->local, IPPROTO_ICMPV6, (uint32_t)n))));
	return put_ip(a, out, v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6, n, 0) + n;
}

static size_t put(char *buf, size_t size, size_t at, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
static size_t put(char *buf, size_t size, size_t at, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(buf + at, size - at, fmt, args);
	va_end(args);
	return at + (size_t)n < size ? at + (size_t)n : size - 1;
}

static size_t put_option(char *buf, size_t size, size_t at, const struct option *o)
{
	static const char *const names[] = {"eol", "nop", "mss", "wscale", "sackOK", "sack"};
	bool exp = o->kind == TCP_OPT_EXP && o->len >= 2 && be16_load(o->data) == 0xf989;

	if (o->kind == TCP_OPT_TS && o->len == 8) {
		at = put(buf, size, at, o->any_val ? "TS val . " : "TS val %u ",
			 be32_load(o->data));
		return put(buf, size, at, o->any_ecr ? "ecr ." : "ecr %u", be32_load(o->data + 4));
	}
	if (o->kind <= TCP_OPT_SACK)
		at = put(buf, size, at, "%s", names[o->kind]);
	else if (o->kind == TCP_OPT_FASTOPEN || exp)
		at = put(buf, size, at, exp ? "FOEXP" : "FO");
	else
		at = put(buf, size, at, o->kind == 255 ? "raw" : "kind %u", o->kind);
	if (o->kind == TCP_OPT_MSS && o->len == 2)
		return put(buf, size, at, " %u", be16_load(o->data));
	if (o->kind == TCP_OPT_WSCALE && o->len == 1)
		return put(buf, size, at, " %u", o->data[0]);
	if (o->kind == TCP_OPT_SACK && o->len % 8 == 0) {
		for (int i = 0; i < o->len; i += 8)
			at = put(buf, size, at, " %u:%u", be32_load(o->data + i),
				 be32_load(o->data + i + 4));
		return at;
	}
	for (int i = exp ? 2 : 0; i < o->len; i++)
		at = put(buf, size, at, i == (exp ? 2 : 0) ? " %02x" : "%02x", o->data[i]);
	return at;
}

void segment_format(char *buf, size_t size, const struct segment *s)
{
	static const char *const ecns[] = {"[noecn] ", "[ect1] ", "[ect0] ", "[ce] "};
	static const char letters[] = "SFRP.UEWA";
	static const uint16_t bits[] = {2, 1, 4, 8, 16, 32, 64, 128, 256};
	char flags[12];
	size_t at = 0, n = 0;

	if (s->ecn < 0 && s->tos >= 0)
		at = put(buf, size, at, "[tos 0x%02x] ", s->tos);
	if (s->ecn >= 0)
		at = put(buf, size, at, "%s", ecns[s->ecn]);
	if (s->lport)
		at = put(buf, size, at, "%u>%u ", s->lport, s->rport);
	for (int i = 0; i < 9; i++)
		if (s->flags & bits[i])
			flags[n++] = letters[i];
	if (s->any_psh)
		flags[n++] = 'p';
	flags[n] = '\0';
	at = put(buf, size, at, "%s %u:%u(%u)", n ? flags : "-", s->seq, s->seq + s->len, s->len);
	if (s->has_ack)
		at = put(buf, size, at, " ack %u", s->ack);
	if (s->win >= 0)
		at = put(buf, size, at, " win %d", s->win);
	if (s->urgent >= 0)
		at = put(buf, size, at, " urg %d", s->urgent);
	if (s->any_options)
		at = put(buf, size, at, " <...>");
	for (int i = 0; i < s->options; i++) {
		at = put(buf, size, at, i ? "," : " <");
		at = put_option(buf, size, at, &s->option[i]);
	}
	if (s->options)
		put(buf, size, at, ">");
}

static bool ts_differs(const struct option *want, const struct option *got, uint32_t slack)
{
	int32_t val = (int32_t)(be32_load(got->data) - be32_load(want->data));
	int32_t ecr = (int32_t)(be32_load(got->data + 4) - be32_load(want->data + 4));

	return (!want->any_val && (uint32_t)abs(val) > slack) || (!want->any_ecr && ecr != 0);
}

static bool option_differs(const struct option *want, const struct option *got, uint32_t slack)
{
	if (want->kind != got->kind || want->len != got->len)
		return true;
	if (want->kind == TCP_OPT_TS && want->len == 8)
		return ts_differs(want, got, slack);
	return memcmp(want->data, got->data, want->len) != 0;
}

const char *segment_differs(const struct segment *want, const struct segment *got, bool ports,
			    uint32_t ts_slack)
{
	if (ports && want->lport && (want->lport != got->lport || want->rport != got->rport))
		return "the ports";
	if ((want->flags ^ got->flags) & ~(want->any_psh ? TCPHDR_PSH : 0))
		return "the flags";
	if (want->seq != got->seq)
		return "the sequence number";
	if (want->len != got->len)
		return "the length";
	if (want->has_ack && want->ack != got->ack)
		return "the acknowledgment";
	if (want->win >= 0 && want->win != got->win)
		return "the window";
	if (want->urgent != got->urgent)
		return "the urgent pointer";
	if (want->ecn >= 0 && want->ecn != got->ecn)
		return "the ECN field of IP";
	if (want->tos >= 0 && want->tos != got->tos)
		return "the type of service";
	if (want->any_options)
		return NULL;
	if (want->options != got->options)
		return "the number of options";
	for (int i = 0; i < want->options; i++)
		if (option_differs(&want->option[i], &got->option[i], ts_slack))
			return "an option";
	return NULL;
}
