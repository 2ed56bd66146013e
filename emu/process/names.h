/*
 * Names and addresses, like /etc/hosts: one table for the whole world, and small ones that single
 * nodes have of their own (host.h).
 *
 * Entries are added in any order; the first lookup sorts. A name may have several addresses and an
 * address several names: answers come in the order in which they were added. Names compare without
 * regard to case, as DNS names do. Strings are borrowed.
 */
#ifndef PROCESS_NAMES_H
#define PROCESS_NAMES_H

#include "wire/ipaddr.h"

struct names;

struct names *names_new(void);
void names_free(struct names *t);

void names_add(struct names *t, const char *name, const struct ipaddr *addr);

/* Takes one pair away; nothing happens if it is not there. */
void names_remove(struct names *t, const char *name, const struct ipaddr *addr);

/* Up to max addresses of a name into out; returns how many it has. t may be NULL. */
uint32_t names_find(struct names *t, const char *name, struct ipaddr *out, uint32_t max);

/* The first name of an address, or NULL. t may be NULL. */
const char *names_reverse(struct names *t, const struct ipaddr *addr);

#endif
