/*
 * The small notations of packets: numbers as header fields have them, bytes in hexadecimal, the
 * letters of TCP's flags, options by tcpdump's words, ends. Each reader takes the whole text; on
 * failure it writes one clause into `why` (NOTATION_WHY bytes).
 */
#ifndef TOPO_NOTATION_PACKET_H
#define TOPO_NOTATION_PACKET_H

#include "topo/play/inject.h"
#include "topo/notation/notation.h"

/* "7", "0x1f": at most 2^32 - 1. */
bool notation_field(const char *text, uint32_t *n, char *why);

/* "45 00 0014", "4500:0014", "0x45000014": pairs of digits with blanks, ':', '-' or '.' between. */
bool notation_hex(struct arena *arena, const char *text, struct craft_bytes *bytes, char *why);

/* "SA", "S.", "FPU", "none": enum tcp_flags. Letters of tcpdump and of Wireshark, C or W is CWR. */
bool notation_tcp_flags(const char *text, uint16_t *flags, char *why);

/* "1000", "0x3e8", "rcv.nxt", "snd.una-1", "rcv.nxt+100". */
bool notation_seq(const char *text, struct inject_number *n, char *why);

/* "web:80", "198.51.100.7", "[2001:db8::7]:80", "2001:db8::7", "198.51.100.0/24:53", ":4000". */
bool notation_packet_end(struct arena *arena, const char *text, struct inject_end *end, char *why);

/* "good", "bad", "zero", "0x1234". */
bool notation_checksum(const char *text, struct craft_checksum *sum, char *why);

/*
 * One word of options, appended to *bytes, which has room for 40: of TCP "mss 1460", "sackOK",
 * "nop", "eol", "wscale 7", "TS val 1 ecr 2", "sack 1:2"; of IPv4 "nop", "eol", "rr 9", "ts 9",
 * "ra"; of both hexadecimal as 0x0204. False also where 40 are too few.
 */
bool notation_tcp_option(const char *text, uint8_t bytes[40], uint32_t *len, char *why);
bool notation_ip_option(const char *text, uint8_t bytes[40], uint32_t *len, char *why);

#endif
