/*
 * Quantities as a scenario writes them: a decimal number with its unit, without a
 * space between. They are read exactly, in integers; nothing depends on the
 * machine's floating point or locale.
 *
 *	time	250us 10ms 1.5s 2min 1h		int64 nanoseconds
 *	rate	100Mbit/s, also 100Mbps		uint64 bit/s, decimal prefixes
 *	size	1500B 64kB 64KiB		uint64 bytes
 *	share	0.5% or 0.005			double 0..1, the nearest to the decimal
 *
 * Every reader takes the whole text. On failure it returns false and writes one
 * clause into `why` (UNITS_WHY bytes) that says what is wrong and what would be right ("'50 Mbit'
 * is not a rate; write 50Mbit/s").
 */
#ifndef TOPO_NOTATION_UNITS_H
#define TOPO_NOTATION_UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UNITS_WHY 256

bool units_time(const char *text, int64_t *ns, char *why);
bool units_rate(const char *text, uint64_t *bit_per_s, char *why);
bool units_size(const char *text, uint64_t *bytes, char *why);
bool units_share(const char *text, double *share, char *why);

/* A whole number without unit, 0 to 2^63 - 1. */
bool units_count(const char *text, uint64_t *n, char *why);

/* A decimal number without unit, at most 15 digits. */
bool units_number(const char *text, double *n, char *why);

/* A number with any of the units above or none, in SI units: s, bit/s, bytes, share. */
bool units_any(const char *text, double *n, char *why);

/* What the unit of such a number says that it is; UNITS_PLAIN where it has none. */
enum units_kind { UNITS_PLAIN, UNITS_TIME, UNITS_RATE, UNITS_SIZE, UNITS_SHARE };
enum units_kind units_kind_of(const char *text);

/* How long a queue is: "1000p" packets, a size, or "1.5bdp". */
enum units_limit { UNITS_PACKETS, UNITS_BYTES, UNITS_BDP };
bool units_limit(const char *text, enum units_limit *unit, uint64_t *n, double *bdp,
		 char *why);

/* Writes a quantity with the largest unit that keeps it exact ("1.5s" is 1500ms). */
char *units_print_time(char *text, size_t size, int64_t ns);
char *units_print_rate(char *text, size_t size, uint64_t bit_per_s);

#endif
