/*
 * What a scenario may say, as one table.
 *
 * Each row is one key of one group ("link", "node", ...): the forms its value may
 * have, range, default, meaning, an example, a value that is wrong. Three things
 * are made of it and so cannot disagree: the checker (schema_check), the JSON
 * Schema for editors (schema_json) and docs/scenario-reference.md
 * (schema_markdown).
 *
 * A value of map form leads to a group of rows, one of list form to items with
 * forms of their own. The key "*" stands for any name, "@dir" for all rows of the
 * group "dir". A row with a `room` is a key or choice of format 1 whose part of
 * the emulator does not exist yet: it is refused by name.
 *
 * schema_check() makes sure of everything that can be seen in one value; what
 * needs two (a link's ends, an address used twice) is for the readers.
 */
#ifndef TOPO_SCHEMA_H
#define TOPO_SCHEMA_H

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "topo/yaml/yaml.h"

/* The forms of a value. Scalars come first; their order is that of attempts. */
enum schema_form {
	FORM_CHOICE = 1 << 0,		/* one of the row's `choices` */
	FORM_TEXT = 1 << 1,
	FORM_NAME = 1 << 2,		/* of a step or link; may be a range */
	FORM_BOOL = 1 << 3,
	FORM_COUNT = 1 << 4,
	FORM_NUMBER = 1 << 5,
	FORM_BYTES = 1 << 6,		/* bare, or with a unit */
	FORM_TIME = 1 << 7,
	FORM_RATE = 1 << 8,
	FORM_SIZE = 1 << 9,
	FORM_SHARE = 1 << 10,
	FORM_LIMIT = 1 << 11,
	FORM_ADDRESS = 1 << 12,		/* 192.0.2.1 */
	FORM_IFADDR = 1 << 13,		/* 192.0.2.1/24, dhcp */
	FORM_NET4 = 1 << 14,		/* 10.0.0.0/8 */
	FORM_NET6 = 1 << 15,
	FORM_MAC = 1 << 16,
	FORM_FILE = 1 << 17,
	FORM_NODES = 1 << 18,		/* name or range of nodes */
	FORM_END = 1 << 19,		/* node or node:interface, may be a range */
	FORM_PAIR = 1 << 20,		/* "a -- b" */
	FORM_ROUTE = 1 << 21,
	FORM_COMMAND = 1 << 22,
	FORM_FILTER = 1 << 23,		/* a pcap-filter expression */
	FORM_WANT = 1 << 24,		/* 3, 40ms..41ms, ">= 2" */
	FORM_SYSCTL = 1 << 25,		/* one or two numbers */
	FORM_FIELD = 1 << 26,		/* of a header: 7, 0x1f */
	FORM_LIST = 1 << 29,
	FORM_MAP = 1 << 30,
};

#define FORM_SCALARS (FORM_LIST - 1)

struct schema_row {
	const char *in;			/* the group that the key belongs to */
	const char *key;
	unsigned forms;
	const char *map;		/* FORM_MAP: its group */
	unsigned items;			/* FORM_LIST: the forms of its items ... */
	const char *item_map;		/* ... and their group */
	int64_t min, max;		/* of counts, numbers, bytes, times and rates; max 0: none */
	const char *choices;		/* "host router external@edges": @ names a room */
	const char *def;		/* what holds when the key is not there; NULL: nothing */
	const char *says;		/* one sentence */
	const char *example;		/* YAML; NULL in rows that only include or name */
	const char *bad;		/* YAML that must be refused */
	const char *room;		/* not NULL: not built yet */
};

extern const struct schema_row schema_rows[];
extern const size_t schema_row_count;

/* The groups in the order of the reference, each with a title and a sentence. */
struct schema_group {
	const char *name;
	const char *title;
	const char *says;
};

extern const struct schema_group schema_groups[];
extern const size_t schema_group_count;

/* The row for a key of a group, "*" if no other fits; NULL: unknown. */
const struct schema_row *schema_find(const char *group, const char *key);

/* Calls `each` for every row of a group in order, those of included groups too. */
void schema_each(const char *group, void (*each)(const struct schema_row *row, void *data),
		 void *data);

/* Checks a whole scenario, or one value against the row of its key. Goes on behind a value that is
 * wrong; it and all that it stands in are marked `bad`. */
bool schema_check(const struct yaml_node *root, GError **error);
bool schema_check_value(const struct schema_row *row, const char *key,
			const struct yaml_node *value, GError **error);

/* "unknown key 'x'; did you mean 'y'?", or that its room is not built. */
void schema_unknown_key(const char *group, const char *key, struct place at, GError **error);

/* Whether a scalar has the form; else one clause in `why` (SCHEMA_WHY bytes).
 * "a time such as 10ms" describes one. */
#define SCHEMA_WHY 512
bool schema_form_check(const struct schema_row *row, unsigned form, const char *text, char *why);
const char *schema_form_name(unsigned form);

/* The regular expression that a JSON string of the form matches (ECMA 262), and
 * whether JSON may carry it as a number. NULL: any string. */
const char *schema_form_pattern(unsigned form);
bool schema_form_is_number(unsigned form);

/* Prints the range of a row as its form writes it ("68 to 65535", "at least 1ns"),
 * "" if there is none. */
void schema_range_print(const struct schema_row *row, char *text, size_t size);

/* Everything as JSON Schema (draft 2020-12), or as the reference page. */
char *schema_json(void);
char *schema_markdown(void);

#endif
