/*
 * A bounded map from addresses to small records: path MTUs, rate limits.
 *
 * It grows up to its bound; a full one gives a new address the record that was touched longest
 * ago. A record embeds struct addr_entry first, and its owner says when it was touched; pointers
 * to records hold until the next addr_map_get().
 */
#ifndef IP_ADDR_MAP_H
#define IP_ADDR_MAP_H

#include "core/vtime.h"
#include "wire/ipaddr.h"

struct addr_entry {
	struct ipaddr addr;
	vtime touched;
	uint16_t next; /* in the bucket, index + 1 */
};

struct addr_map {
	uint8_t *entries;
	uint16_t *buckets; /* room of them: index + 1 of the first */
	uint32_t size;     /* of a record */
	uint16_t count, room, max;
};

/* max records (a power of two up to 32,768) of size bytes. */
void addr_map_init(struct addr_map *m, uint32_t size, uint16_t max);
void addr_map_fini(struct addr_map *m);

/* The record of addr, or NULL. */
void *addr_map_find(const struct addr_map *m, const struct ipaddr *addr);

/* The record of addr; a new one has *fresh set, and is zero behind its struct addr_entry. */
void *addr_map_get(struct addr_map *m, const struct ipaddr *addr, bool *fresh);

#endif
