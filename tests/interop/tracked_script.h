/*
 * The packets of tests/golden/linux-conntrack.txt (tracked.c has its language): the words of a line
 * to the bytes of an IPv4 packet. libc alone.
 */
#ifndef TESTS_INTEROP_TRACKED_SCRIPT_H
#define TESTS_INTEROP_TRACKED_SCRIPT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define INSIDE 0xc0a80002u  /* 192.168.0.2 */
#define OUTSIDE 0xcb007109u /* 203.0.113.9 */
#define PORT_IN 5000
#define PORT_OUT 80

static uint8_t last[2][3][64]; /* by direction and tcp, udp, icmp: for errors about it */
static size_t last_len[2][3];

static void put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v & 0xffff);
}

static unsigned sum(const uint8_t *p, size_t len, unsigned from)
{
	for (size_t i = 0; i < len; i++)
		from += i & 1 ? p[i] : (unsigned)p[i] << 8;
	while (from >> 16)
		from = (from & 0xffff) + (from >> 16);
	return from;
}

/* IP header before l4 of that length, with the checksum of both. */
static size_t ip_make(uint8_t *p, bool back, uint8_t proto, size_t len, size_t csum_at)
{
	uint8_t *l4 = p + 20;
	unsigned pseudo = 0;

	memset(p, 0, 20);
	p[0] = 0x45;
	put16(p + 2, (unsigned)(20 + len));
	p[8] = 64;
	p[9] = proto;
	put32(p + 12, back ? OUTSIDE : INSIDE);
	put32(p + 16, back ? INSIDE : OUTSIDE);
	put16(p + 10, ~sum(p, 20, 0) & 0xffff);
	if (proto != IPPROTO_ICMP)
		pseudo = sum(p + 12, 8, (unsigned)len + proto);
	put16(l4 + csum_at, 0);
	put16(l4 + csum_at, ~sum(l4, len, pseudo) & 0xffff);
	return 20 + len;
}

static size_t tcp_make(uint8_t *p, bool back, char *words)
{
	static const char letters[] = "FSRPA";
	uint8_t *t = p + 20, *o = t + 20;
	char flags[8];
	uint32_t seq, ack, left, right;
	unsigned len, win, n;
	int at = 0;

	if (sscanf(words, "%7s %u %u %u %u%n", flags, &seq, &ack, &len, &win, &at) != 5)
		return 0;
	memset(t, 0, 60);
	put16(t, back ? PORT_OUT : PORT_IN);
	put16(t + 2, back ? PORT_IN : PORT_OUT);
	put32(t + 4, seq);
	put32(t + 8, ack);
	for (int i = 0; letters[i]; i++)
		t[13] |= (uint8_t)(strchr(flags, letters[i]) ? 1 << i : 0);
	put16(t + 14, win);
	for (char *w = strtok(words + at, " \n"); w; w = strtok(NULL, " \n")) {
		if (sscanf(w, "ws=%u", &n) == 1) {
			memcpy(o, "\1\3\3", 3);
			o[3] = (uint8_t)n;
			o += 4;
		} else if (!strcmp(w, "sackok")) {
			memcpy(o, "\1\1\4\2", 4);
			o += 4;
		} else if (sscanf(w, "sack=%u-%u", &left, &right) == 2) {
			memcpy(o, "\1\1\5\12", 4);
			put32(o + 4, left);
			put32(o + 8, right);
			o += 12;
		} else {
			return 0;
		}
	}
	t[12] = (uint8_t)((o - t) / 4 << 4);
	memset(o, 0, len);
	return ip_make(p, back, IPPROTO_TCP, (size_t)(o - t) + len, 16);
}

static int kind_of(const char *word)
{
	return !strcmp(word, "tcp") ? 0 : !strcmp(word, "udp") ? 1 : !strcmp(word, "icmp") ? 2 : -1;
}

static size_t error_make(uint8_t *p, bool back, char *words)
{
	uint8_t *m = p + 20;
	unsigned type, code;
	size_t len, cut = 28;
	char proto[8];
	int at = 0, kind;

	if (sscanf(words, "%u %u %7s%n", &type, &code, proto, &at) != 3 ||
	    (kind = kind_of(proto)) < 0)
		return 0;
	for (char *w = strtok(words + at, " \n"); w; w = strtok(NULL, " \n"))
		if (sscanf(w, "cut=%zu", &cut) != 1)
			return 0;
	memset(m, 0, 8);
	m[0] = (uint8_t)type;
	m[1] = (uint8_t)code;
	len = last_len[!back][kind] < cut ? last_len[!back][kind] : cut;
	memcpy(m + 8, last[!back][kind], len);
	return ip_make(p, back, IPPROTO_ICMP, 8 + len, 2);
}

/* 0: a line that is no packet. */
static size_t packet_make(uint8_t *p, char *line, bool *back)
{
	char dir, kind[8];
	unsigned a, b, c;
	int at = 0;
	size_t len = 0;

	if (sscanf(line, "%c %7s%n", &dir, kind, &at) != 2 || (dir != '>' && dir != '<'))
		return 0;
	*back = dir == '<';
	if (!strcmp(kind, "tcp")) {
		len = tcp_make(p, *back, line + at);
	} else if (!strcmp(kind, "error")) {
		return error_make(p, *back, line + at);
	} else if (!strcmp(kind, "udp") && sscanf(line + at, "%u", &a) == 1) {
		put16(p + 20, *back ? PORT_OUT : PORT_IN);
		put16(p + 22, *back ? PORT_IN : PORT_OUT);
		put16(p + 24, 8 + a);
		memset(p + 28, 0, a);
		len = ip_make(p, *back, IPPROTO_UDP, 8 + a, 6);
	} else if (!strcmp(kind, "icmp") && sscanf(line + at, "%u %u %u", &a, &b, &c) == 3) {
		memset(p + 20, 0, 20);
		p[20] = (uint8_t)a;
		p[21] = (uint8_t)b;
		put16(p + 24, c);
		len = ip_make(p, *back, IPPROTO_ICMP, 20, 2);
	}
	if (len) {
		last_len[*back][kind_of(kind)] = len < 64 ? len : 64;
		memcpy(last[*back][kind_of(kind)], p, last_len[*back][kind_of(kind)]);
	}
	return len;
}

#endif
