/*
 * The table of a switch: which port a station of a VLAN is behind.
 *
 * Bounded, with ageing. Open addressing with linear probing in a power of two of slots, at most
 * half full; it grows with its stations up to the bound, so that a small network's switch stays
 * small. Deletion moves the entries behind a hole back, there are no tombstones. Nothing depends
 * on the order of the slots.
 *
 * Stations that were not heard of for the ageing time are forgotten when someone asks for them, and
 * all at once when their room is wanted; a sweep that would find nothing is known beforehand, so
 * that a full table does not make each unknown frame expensive.
 */
#ifndef LINK_MAC_TABLE_H
#define LINK_MAC_TABLE_H

#include "core/vtime.h"
#include "wire/mac.h"

struct mac_entry {
	uint64_t key; /* of station and VLAN; 0: an empty slot */
	void *port;
	vtime heard;
};

struct mac_table {
	struct mac_entry *slots;
	uint32_t mask; /* size - 1; slots is NULL before the first station */
	uint32_t count, limit;
	vtime ageing;
	vtime next_sweep; /* no entry is old before */
};

/* limit: stations at most; ageing: VTIME_NEVER keeps them for ever. */
void mac_table_init(struct mac_table *t, uint32_t limit, vtime ageing);
void mac_table_fini(struct mac_table *t);

/* A station was heard behind a port. False if it is new and the table is full of younger ones. */
bool mac_table_learn(struct mac_table *t, struct mac mac, uint16_t vlan, void *port, vtime now);

/* The port of a station; NULL: unknown. */
void *mac_table_lookup(struct mac_table *t, struct mac mac, uint16_t vlan, vtime now);

/* Forgets all stations behind a port. */
void mac_table_flush(struct mac_table *t, const void *port);

void mac_table_clear(struct mac_table *t);

/* Stations known now. */
uint32_t mac_table_count(struct mac_table *t, vtime now);

#endif
