/*
 * Names for addresses, as captures show them.
 */
#ifndef CAPTURE_NAMES_H
#define CAPTURE_NAMES_H

#include "capture/pcapng.h"

struct names_entry {
	char *name;
	uint32_t at;  /* in entries */
	uint32_t len;
};

struct names {
	struct bytes entries; /* as Name Resolution Blocks have them */
	struct names_entry *entry;
	uint32_t count, room;
	uint32_t *by_name; /* indexes sorted by (name, index); NULL: not made yet */
};

void capture_names_fini(struct names *n);

/* The strings are copied. */
void capture_names_add(struct names *n, const struct ipaddr *addr, const char *name);

/* Appends blocks with all names; with those that equal one of the given ones only. */
void capture_names_write(const struct names *n, struct bytes *b);
void capture_names_write_of(struct names *n, const char *const *only, uint32_t count,
			    struct bytes *b);

#endif
