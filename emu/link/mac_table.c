#include "link/mac_table.h"

#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"

#define FIRST_SIZE 16

void mac_table_init(struct mac_table *t, uint32_t limit, vtime ageing)
{
	*t = (struct mac_table){.limit = limit, .ageing = ageing, .next_sweep = VTIME_NEVER};
}

void mac_table_fini(struct mac_table *t)
{
	free(t->slots);
	t->slots = NULL;
}

/* Never 0: bit 12 is above the VLAN and below the address. */
static uint64_t key_of(struct mac mac, uint16_t vlan)
{
	return mac_to_u64(&mac) << 13 | 1 << 12 | vlan;
}

/* Where a key would stand if nobody stood there: the high half of a Fibonacci hash, folded. */
static uint32_t home_of(const struct mac_table *t, uint64_t key)
{
	uint64_t h = key * UINT64_C(0x9e3779b97f4a7c15);

	return (uint32_t)(h >> 32) & t->mask;
}

/* The slot of a key, or the empty one where it belongs. */
static struct mac_entry *slot_find(struct mac_table *t, uint64_t key)
{
	uint32_t i = home_of(t, key);

	while (t->slots[i].key && t->slots[i].key != key)
		i = (i + 1) & t->mask;
	return &t->slots[i];
}

static bool entry_old(const struct mac_table *t, const struct mac_entry *e, vtime now)
{
	return vtime_add(e->heard, t->ageing).ns <= now.ns;
}

static void slot_remove(struct mac_table *t, uint32_t hole)
{
	t->count--;
	for (uint32_t i = hole;;) {
		i = (i + 1) & t->mask;
		if (!t->slots[i].key)
			break;
		/* An entry may move back to the hole unless its home lies behind it. */
		uint32_t home = home_of(t, t->slots[i].key);
		if (((i - home) & t->mask) >= ((i - hole) & t->mask)) {
			t->slots[hole] = t->slots[i];
			hole = i;
		}
	}
	t->slots[hole] = (struct mac_entry){0};
}

/* Forgets what is old, or what stands behind one port; notes when the next could be old. */
static void sweep(struct mac_table *t, vtime now, const void *port)
{
	if (!t->slots)
		return;
	t->next_sweep = VTIME_NEVER;
	for (uint32_t i = 0; i <= t->mask;) {
		struct mac_entry *e = &t->slots[i];

		if (e->key && (port ? e->port == port : entry_old(t, e, now))) {
			slot_remove(t, i); /* and look at what moved here */
			continue;
		}
		if (e->key)
			t->next_sweep = vtime_min(t->next_sweep, vtime_add(e->heard, t->ageing));
		i++;
	}
}

static void grow(struct mac_table *t)
{
	struct mac_entry *old = t->slots;
	uint32_t old_size = old ? t->mask + 1 : 0, size = old ? 2 * old_size : FIRST_SIZE;

	t->slots = nt_calloc(size, sizeof(*t->slots));
	t->mask = size - 1;
	for (uint32_t i = 0; i < old_size; i++)
		if (old[i].key)
			*slot_find(t, old[i].key) = old[i];
	free(old);
}

bool mac_table_learn(struct mac_table *t, struct mac mac, uint16_t vlan, void *port, vtime now)
{
	uint64_t key = key_of(mac, vlan);

	if (!t->slots)
		grow(t);
	struct mac_entry *e = slot_find(t, key);
	if (!e->key) {
		if (t->count >= t->limit && t->next_sweep.ns <= now.ns)
			sweep(t, now, NULL);
		if (t->count >= t->limit)
			return false;
		if (t->count >= (t->mask + 1) / 2)
			grow(t);
		e = slot_find(t, key);
		t->next_sweep = vtime_min(t->next_sweep, vtime_add(now, t->ageing));
		t->count++;
	}
	*e = (struct mac_entry){key, port, now};
	return true;
}

void *mac_table_lookup(struct mac_table *t, struct mac mac, uint16_t vlan, vtime now)
{
	if (!t->slots)
		return NULL;
	struct mac_entry *e = slot_find(t, key_of(mac, vlan));
	if (!e->key)
		return NULL;
	if (entry_old(t, e, now)) {
		slot_remove(t, (uint32_t)(e - t->slots));
		return NULL;
	}
	return e->port;
}

void mac_table_flush(struct mac_table *t, const void *port)
{
	sweep(t, VTIME_ZERO, port);
}

void mac_table_clear(struct mac_table *t)
{
	mac_table_fini(t);
	t->mask = 0;
	t->count = 0;
}

uint32_t mac_table_count(struct mac_table *t, vtime now)
{
	sweep(t, now, NULL);
	return t->count;
}
