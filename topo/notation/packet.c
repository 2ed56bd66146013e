#include "topo/notation/packet.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "topo/notation/units.h"
#include "wire/be.h"
#include "wire/hex.h"
#include "wire/ipv4.h"
#include "wire/tcp.h"

#define OPTIONS_MAX 40

bool notation_field(const char *text, uint32_t *n, char *why)
{
	char unused[UNITS_WHY];
	uint64_t value = 0;
	bool hex = !strncmp(text, "0x", 2) || !strncmp(text, "0X", 2), ok = hex && text[2];

	for (const char *p = text + 2; hex && *p && ok; p++) {
		ok = hex_value(*p) >= 0 && value <= UINT32_MAX;
		value = value << 4 | (unsigned)(hex_value(*p) & 15);
	}
	if (!hex)
		ok = units_count(text, &value, unused);
	if (ok && value <= UINT32_MAX) {
		*n = (uint32_t)value;
		return true;
	}
	snprintf(why, NOTATION_WHY, "'%.60s' is no number of a header; expected one such as 7 or 0x1f",
		 text);
	return false;
}

static bool hex_refuse(const char *text, const char *what, char *why)
{
	snprintf(why, NOTATION_WHY, "'%.60s' %s; expected pairs of hexadecimal digits such as "
		 "45 00 00 14", text, what);
	return false;
}

bool notation_hex(struct arena *arena, const char *text, struct craft_bytes *bytes, char *why)
{
	uint8_t *to = arena_alloc(arena, strlen(text) / 2 + 1);
	const char *p = text + (strncmp(text, "0x", 2) ? 0 : 2);

	*bytes = (struct craft_bytes){to, 0};
	for (p += strspn(p, " \t\n:.-"); *p; p += strspn(p, " \t\n:.-")) {
		if (hex_value(p[0]) < 0)
			return hex_refuse(text, "has other than hexadecimal digits", why);
		if (hex_value(p[1]) < 0)
			return hex_refuse(text, "has half a byte", why);
		to[bytes->len++] = (uint8_t)(hex_value(p[0]) << 4 | hex_value(p[1]));
		p += 2;
	}
	return bytes->len || hex_refuse(text, "has no bytes", why);
}

bool notation_tcp_flags(const char *text, uint16_t *flags, char *why)
{
	static const struct {
		char letter;
		uint16_t flag;
	} letters[] = {
		{ 'F', TCPHDR_FIN }, { 'S', TCPHDR_SYN }, { 'R', TCPHDR_RST }, { 'P', TCPHDR_PSH },
		{ 'A', TCPHDR_ACK }, { '.', TCPHDR_ACK }, { 'U', TCPHDR_URG }, { 'E', TCPHDR_ECE },
		{ 'C', TCPHDR_CWR }, { 'W', TCPHDR_CWR }, { 'N', TCPHDR_AE },  { 'e', TCPHDR_AE },
	};

	*flags = 0;
	for (const char *p = strcmp(text, "none") ? text : ""; *p; p++) {
		size_t i = 0;

		while (i < G_N_ELEMENTS(letters) && letters[i].letter != *p)
			i++;
		if (i == G_N_ELEMENTS(letters)) {
			snprintf(why, NOTATION_WHY, "'%.40s' has '%c', which is no flag of TCP; expected "
				 "letters out of FSRPAUECN such as SA, or none", text, *p);
			return false;
		}
		*flags |= letters[i].flag;
	}
	return true;
}

bool notation_seq(const char *text, struct inject_number *n, char *why)
{
	static const char *const bases[] = { [INJECT_RCV_NXT] = "rcv.nxt",
					     [INJECT_SND_UNA] = "snd.una",
					     [INJECT_SND_NXT] = "snd.nxt" };
	const char *rest = text;

	*n = (struct inject_number){ 0 };
	for (size_t i = 1; i < G_N_ELEMENTS(bases); i++)
		if (!g_ascii_strncasecmp(text, bases[i], strlen(bases[i]))) {
			n->base = (enum inject_base)i;
			rest = text + strlen(bases[i]);
		}
	if (n->base && !*rest)
		return true;
	if (!n->base || *rest == '+' || *rest == '-') {
		if (notation_field(rest + (n->base != INJECT_ZERO), &n->n, why)) {
			n->n = n->base && *rest == '-' ? -n->n : n->n;
			return true;
		}
	}
	snprintf(why, NOTATION_WHY, "'%.60s' is no sequence number; expected one such as 1000, or of the "
		 "connection rcv.nxt, snd.una+1, snd.nxt-1", text);
	return false;
}

static bool port_read(const char *text, struct inject_end *end, char *why)
{
	uint32_t n;

	if (notation_field(text, &n, why) && n <= UINT16_MAX) {
		end->has_port = true;
		end->port = (uint16_t)n;
		return true;
	}
	snprintf(why, NOTATION_WHY, "'%.40s' is no port; expected 0 to 65535", text);
	return false;
}

/* An address or a prefix, else it is a name. */
static void host_read(struct inject_end *end)
{
	struct ipaddr a;

	if (ipaddr_parse(end->host, &a)) {
		end->literal = true;
		end->net = prefix_make(&a, 128);
	} else {
		end->literal = strchr(end->host, '/') && prefix_parse(end->host, &end->net);
	}
}

bool notation_packet_end(struct arena *arena, const char *text, struct inject_end *end, char *why)
{
	char *copy = arena_text(arena, text), *port = NULL, *close;
	struct ipaddr a;

	*end = (struct inject_end){ .host = copy };
	if (*copy == '[' && (close = strchr(copy, ']'))) {
		end->host = copy + 1;
		*close = '\0';
		port = close[1] ? close + 1 : NULL;
	} else if (!ipaddr_parse(copy, &a) && strchr(copy, ':') == strrchr(copy, ':')) {
		port = strchr(copy, ':');
	}
	if (port && *port != ':') {
		snprintf(why, NOTATION_WHY, "'%.60s' is no end; expected one such as [2001:db8::7]:80", text);
		return false;
	}
	if (port) {
		*port = '\0';
		if (!port_read(port + 1, end, why))
			return false;
	}
	if (!*end->host)
		end->host = NULL;
	else
		host_read(end);
	if (!end->host || end->literal || !strpbrk(end->host, "/[]: '\"\\"))
		return true;
	snprintf(why, NOTATION_WHY, "'%.60s' is no end; expected one such as web:80, 198.51.100.7, "
		 "198.51.100.0/24 or [2001:db8::7]:80", text);
	return false;
}

bool notation_checksum(const char *text, struct craft_checksum *sum, char *why)
{
	uint32_t n = 0;

	*sum = (struct craft_checksum){ .kind = CRAFT_GOOD };
	if (!strcmp(text, "good"))
		return true;
	if (!strcmp(text, "bad")) {
		sum->kind = CRAFT_BAD;
		return true;
	}
	if (!strcmp(text, "zero") || (notation_field(text, &n, why) && n <= UINT16_MAX)) {
		*sum = (struct craft_checksum){ CRAFT_VALUE, (uint16_t)n };
		return true;
	}
	snprintf(why, NOTATION_WHY, "'%.60s' is no checksum; expected good, bad, zero or a number such as "
		 "0x1234", text);
	return false;
}

/* ---- options ---- */

struct option_row {
	const char *words; /* "TS val N ecr N": N takes a number, the rest is literal */
	uint8_t kind;
	uint8_t size;      /* bytes of each number; 0: they only count (rr, ts) */
};

/* How many numbers the words of a row found in the text; -1: it is another option. */
static int words_match(const char *words, const char *text, uint32_t n[2])
{
	g_auto(GStrv) want = g_strsplit(words, " ", -1);
	g_auto(GStrv) have = g_strsplit_set(text, " :", -1);
	char unused[NOTATION_WHY];
	int count = 0;

	if (g_strv_length(want) != g_strv_length(have))
		return -1;
	for (guint i = 0; want[i]; i++) {
		if (strcmp(want[i], "N"))
			count = g_ascii_strcasecmp(want[i], have[i]) ? -1 : count;
		else
			count = notation_field(have[i], &n[count], unused) ? count + 1 : -1;
		if (count < 0)
			return -1;
	}
	return count;
}

static bool bytes_add(const void *from, uint32_t n, uint8_t bytes[OPTIONS_MAX], uint32_t *len, char *why)
{
	if (*len + n > OPTIONS_MAX) {
		snprintf(why, NOTATION_WHY, "more than 40 bytes of options; expected what a header has room "
			 "for");
		return false;
	}
	memcpy(bytes + *len, from, n);
	*len += n;
	return true;
}

static bool hex_add(const char *text, uint8_t bytes[OPTIONS_MAX], uint32_t *len, char *why)
{
	struct arena *scratch = arena_new();
	struct craft_bytes hex;
	bool ok = notation_hex(scratch, text, &hex, why) && bytes_add(hex.at, hex.len, bytes, len, why);

	arena_free(scratch);
	return ok;
}

/* A number of so many bytes behind an option's kind and length. */
static bool number_put(uint32_t n, uint32_t size, uint8_t *at)
{
	for (uint32_t k = 0; k < size; k++)
		at[k] = (uint8_t)(n >> 8 * (size - 1 - k));
	return size == 4 || n >> 8 * size == 0;
}

bool notation_tcp_option(const char *text, uint8_t bytes[40], uint32_t *len, char *why)
{
	static const struct option_row rows[] = {
		{ "eol", TCP_OPT_EOL, 0 },	  { "nop", TCP_OPT_NOP, 0 },
		{ "mss N", TCP_OPT_MSS, 2 },	  { "wscale N", TCP_OPT_WSCALE, 1 },
		{ "sackOK", TCP_OPT_SACK_PERMITTED, 0 },
		{ "TS val N ecr N", TCP_OPT_TS, 4 }, { "sack N N", TCP_OPT_SACK, 4 },
	};
	uint8_t option[16];
	uint32_t n[2];

	if (!strncmp(text, "0x", 2))
		return hex_add(text, bytes, len, why);
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		int count = words_match(rows[i].words, text, n);
		bool fits = count >= 0;
		uint32_t size = 2;

		for (int k = 0; k < count; k++, size += rows[i].size)
			fits = number_put(n[k], rows[i].size, option + size) && fits;
		option[0] = rows[i].kind;
		option[1] = (uint8_t)size;
		if (fits)
			return bytes_add(option, rows[i].kind <= TCP_OPT_NOP ? 1 : size, bytes, len, why);
	}
	snprintf(why, NOTATION_WHY, "'%.60s' is no option of TCP; expected one such as mss 1460, sackOK, "
		 "TS val 1 ecr 0, wscale 7, sack 1:2, nop, eol or 0x020405b4", text);
	return false;
}

/* RFC 791: an option's own pointer begins behind itself; a time stamp's one byte later. */
bool notation_ip_option(const char *text, uint8_t bytes[40], uint32_t *len, char *why)
{
	static const struct option_row rows[] = {
		{ "eol", IPV4_OPT_EOL, 0 }, { "nop", IPV4_OPT_NOP, 0 },	{ "rr N", IPV4_OPT_RR, 3 },
		{ "ts N", IPV4_OPT_TS, 4 }, { "ra", IPV4_OPT_ROUTER_ALERT, 4 },
	};
	uint8_t option[OPTIONS_MAX] = { 0 };
	uint32_t n[2] = { 0 };

	if (!strncmp(text, "0x", 2))
		return hex_add(text, bytes, len, why);
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		int count = words_match(rows[i].words, text, n);

		if (count < 0 || (count && (n[0] < 1 || n[0] > 9)))
			continue;
		option[0] = rows[i].kind;
		option[1] = (uint8_t)(rows[i].size + 4 * n[0]);
		option[2] = (uint8_t)(count ? rows[i].size + 1 : 0);
		return bytes_add(option, rows[i].size ? option[1] : 1, bytes, len, why);
	}
	snprintf(why, NOTATION_WHY, "'%.60s' is no option of IPv4; expected one such as rr 9, ts 9, ra, "
		 "nop, eol or 0x94040000", text);
	return false;
}
