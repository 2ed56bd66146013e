/*
 * What the printers share: a line that grows in a borrowed buffer and silently stays full, and the
 * printers of each layer. Private to wire/print*.c.
 */
#ifndef WIRE_PRINT_LINE_H
#define WIRE_PRINT_LINE_H

#include <stddef.h>
#include <stdint.h>

#include "wire/ipaddr.h"

struct line {
	char *buf;                      /* NUL-terminated at all times */
	size_t size;                    /* > 0 */
	size_t at;                      /* < size */
};

void line_put(struct line *l, const char *format, ...) __attribute__((format(printf, 2, 3)));
void line_addr(struct line *l, const struct ipaddr *a);

/* "10.0.0.1 > 10.0.0.2: " */
void line_flow(struct line *l, const struct ipaddr *src, const struct ipaddr *dst);

/* After "SRC > DST: ". `len` bytes are there of the message's `whole`. */
void print_icmp4(struct line *l, const uint8_t *p, size_t len, size_t whole);
void print_icmp6(struct line *l, const uint8_t *p, size_t len, size_t whole);

/* What a router advertisement says: its fixed part, and up to eight of the options behind it. */
struct icmp6;
void print_ra(struct line *l, const struct icmp6 *m, const uint8_t *opts, size_t len);

/* From "SRC.PORT > DST.PORT: " on. */
void print_tcp(struct line *l, const struct ipaddr *src, const struct ipaddr *dst,
	       const uint8_t *p, size_t len, size_t whole);

#endif
