/*
 * What several programs do alike: numbers with units, names for addresses, and the words of the
 * C library for a failed lookup.
 */
#ifndef PROGRAMS_TOOL_H
#define PROGRAMS_TOOL_H

#include "process/options.h"
#include "process/paper.h"
#include "process/resolve.h"
#include "process/sys.h"

/* A name of up to 255 characters and an address in parentheses. */
#define TOOL_HOST_TEXT (256 + RESOLVE_TEXT + 4)

enum tool_naming {
	TOOL_ADDRESS,          /* "10.0.1.2" */
	TOOL_NAME,             /* "web", or "???" if the address has no name */
	TOOL_NAME_AND_ADDRESS, /* "web (10.0.1.2)", or "10.0.1.2" if it has none */
};

/* Writes how a peer is called; returns buf, of at least TOOL_HOST_TEXT bytes. */
char *tool_host(struct process *p, char *buf, const struct endpoint *e, enum tool_naming how);

/* Seconds as a decimal number, within [min, max]; false leaves *out alone. */
bool tool_seconds(const char *text, double min, double max, vtime *out);

/*
 * A number that may end in K, M, G or T (either case), which stand for powers of `kilo` (1000 for
 * rates, 1024 for amounts). False if there is anything else, or if it is negative or above 2^62.
 */
bool tool_quantity(const char *text, double kilo, double *out);

/*
 * An integer as iputils takes it. If it is none or out of range, says so in iputils' words and
 * returns false.
 */
bool tool_iputils_integer(struct process *p, const char *tool, const char *text, int64_t min,
			  int64_t max, int64_t *out);

/* A wait of so many nanoseconds from now as an instant. */
static inline vtime tool_after(const struct process *p, vtime wait)
{
	return vtime_add(process_now(p), wait);
}

static inline bool tool_reached(const struct process *p, vtime at)
{
	return !vtime_before(process_now(p), at);
}

#endif
