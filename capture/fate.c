#include "capture/fate.h"

#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"

#define FATES_NONE UINT32_MAX
#define PAGE_WORDS ((1 << FATES_PAGE_BITS) / 64)
#define SWEEP_FIRST (2 * FATES_UNSEEN)

void fates_init(struct fates *f)
{
	*f = (struct fates){.sweep_at = SWEEP_FIRST};
}

void fates_fini(struct fates *f)
{
	for (uint32_t i = 0; i < FATES_PAGES; i++)
		free(f->page[i].bits);
	for (uint32_t i = 0; i < f->text_count; i++)
		free(f->texts[i]);
	free(f->old_bits);
	free(f->table);
	free(f->notes);
	free(f->texts);
	free(f->text_table);
	fates_init(f);
}

void fates_turn_page(struct fates *f, uint64_t page)
{
	uint32_t slot = (uint32_t)(page % FATES_PAGES);

	f->last_page = page + 1;
	if (f->page[slot].number > page + 1) {
		if (!f->old_bits)
			f->old_bits = nt_malloc(PAGE_WORDS * sizeof(uint64_t));
		f->last_bits = f->old_bits;
		return;
	}
	if (!f->page[slot].bits)
		f->page[slot].bits = nt_malloc(PAGE_WORDS * sizeof(uint64_t));
	if (f->page[slot].number != page + 1)
		memset(f->page[slot].bits, 0, PAGE_WORDS * sizeof(uint64_t));
	f->page[slot].number = page + 1;
	f->last_bits = f->page[slot].bits;
}

bool fates_was_seen(const struct fates *f, uint64_t id)
{
	uint64_t page = id >> FATES_PAGE_BITS;
	uint32_t slot = (uint32_t)(page % FATES_PAGES);

	if (f->page[slot].number != page + 1)
		return f->page[slot].number > page + 1;
	return f->page[slot].bits[id % (1 << FATES_PAGE_BITS) / 64] >> (id & 63) & 1;
}

static uint32_t text_hash(const char *text)
{
	uint32_t h = UINT32_C(2166136261); /* FNV-1a */

	while (*text)
		h = (h ^ (uint8_t)*text++) * UINT32_C(16777619);
	return h;
}

static void texts_grow(struct fates *f)
{
	uint32_t room = f->text_table_room ? 2 * f->text_table_room : 64;

	free(f->text_table);
	f->text_table = nt_calloc(room, sizeof(*f->text_table));
	f->text_table_room = room;
	for (uint32_t i = 0; i < f->text_count; i++) {
		uint32_t at = text_hash(f->texts[i]) & (room - 1);

		while (f->text_table[at])
			at = (at + 1) & (room - 1);
		f->text_table[at] = i + 1;
	}
}

/* The number of a text; each is stored once. */
static uint32_t text_index(struct fates *f, const char *text)
{
	if (2 * f->text_count >= f->text_table_room)
		texts_grow(f);
	uint32_t mask = f->text_table_room - 1, at = text_hash(text) & mask;

	for (; f->text_table[at]; at = (at + 1) & mask)
		if (strcmp(f->texts[f->text_table[at] - 1], text) == 0)
			return f->text_table[at] - 1;
	if (f->text_count == f->text_room) {
		f->text_room = f->text_room ? 2 * f->text_room : 16;
		f->texts = nt_realloc(f->texts, f->text_room * sizeof(*f->texts));
	}
	f->texts[f->text_count] = nt_strdup(text);
	f->text_table[at] = ++f->text_count;
	return f->text_count - 1;
}

/* The packet's entry, or the free one where it would be. */
static struct fates_entry *entry_find(const struct fates *f, uint64_t id)
{
	uint32_t mask = f->room - 1;
	uint32_t at = (uint32_t)((id * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & mask;

	while (f->table[at].id && f->table[at].id != id)
		at = (at + 1) & mask;
	return &f->table[at];
}

static void table_grow(struct fates *f)
{
	struct fates_entry *old = f->table;
	uint32_t room = f->room;

	f->room = room ? 2 * room : 64;
	f->table = nt_calloc(f->room, sizeof(*f->table));
	for (uint32_t i = 0; i < room; i++)
		if (old[i].id)
			*entry_find(f, old[i].id) = old[i];
	free(old);
}

static void note_add(struct fates *f, uint64_t id, uint32_t text)
{
	uint32_t before = 0;

	if (2 * f->entries >= f->room)
		table_grow(f);
	struct fates_entry *e = entry_find(f, id);
	for (uint32_t n = e->id ? e->first : FATES_NONE; n != FATES_NONE; n = f->notes[n].next)
		if (f->notes[n].text == text || ++before == FATES_OF_MAX)
			return;
	if (f->note_count == f->note_room) {
		f->note_room = f->note_room ? 2 * f->note_room : 64;
		f->notes = nt_realloc(f->notes, f->note_room * sizeof(*f->notes));
	}
	f->notes[f->note_count] = (struct fates_note){id, text, FATES_NONE};
	if (e->id) {
		f->notes[e->last].next = f->note_count;
	} else {
		e->id = id;
		e->first = f->note_count;
		f->entries++;
	}
	e->last = f->note_count++;
}

/* Forgets older fates of packets that no capture has seen. */
static void fates_sweep(struct fates *f)
{
	struct fates_note *old = f->notes;
	uint32_t count = f->note_count;

	f->notes = NULL;
	f->note_count = f->note_room = 0;
	free(f->table);
	f->table = NULL;
	f->entries = f->room = 0;
	for (uint32_t i = 0; i < count; i++)
		if (count - i <= FATES_UNSEEN || fates_was_seen(f, old[i].id))
			note_add(f, old[i].id, old[i].text);
	free(old);
	f->sweep_at = 2 * f->note_count > SWEEP_FIRST ? 2 * f->note_count : SWEEP_FIRST;
}

void fates_note(struct fates *f, uint64_t id, const char *text)
{
	if (f->note_count >= f->sweep_at)
		fates_sweep(f);
	note_add(f, id, text_index(f, text));
}

uint32_t fates_of(const struct fates *f, uint64_t id, const char *texts[FATES_OF_MAX])
{
	uint32_t count = 0;

	if (!f->entries)
		return 0;
	const struct fates_entry *e = entry_find(f, id);
	for (uint32_t n = e->id ? e->first : FATES_NONE; n != FATES_NONE; n = f->notes[n].next)
		texts[count++] = f->texts[f->notes[n].text];
	return count;
}
