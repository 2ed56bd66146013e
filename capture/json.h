/*
 * A JSON writer whose output is the same for the same values: two-space indent, members in the
 * order in which they are written, numbers in the shortest form that reads back as the same
 * double (RFC 8259). What JSON cannot say (infinity, not a number) is null. Text that is not UTF-8
 * gets U+FFFD in place of each bad byte.
 *
 *     struct json j;
 *     json_init(&j);
 *     json_object(&j, NULL);
 *     json_string(&j, "scenario", "first-light");
 *     json_array(&j, "captures");
 *     json_string(&j, NULL, "laptop.pcapng");
 *     json_end(&j);
 *     json_end(&j);
 *     text = json_finish(&j, &len);
 *
 * Inside an object each value has a name; inside an array, and at the top, it is NULL. Names of one
 * object must differ (not checked). Nesting is limited to 32.
 */
#ifndef CAPTURE_JSON_H
#define CAPTURE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct file;

struct json {
	struct file *file; /* NULL: the text is kept */
	char *text;
	size_t len, room;
	unsigned depth;
	bool filled[33];  /* a value stands at this depth already */
	char closing[33]; /* what ends this depth */
	bool flat[33];    /* arrays and objects of one line */
};

void json_init(struct json *j);

/* The text goes into a file piece by piece (file.h), so that a large one is never in memory whole. */
void json_init_file(struct json *j, struct file *f);

/* Opens an object or an array, until json_end(); the _flat ones stay on one line. */
void json_object(struct json *j, const char *name);
void json_object_flat(struct json *j, const char *name);
void json_array(struct json *j, const char *name);
void json_array_flat(struct json *j, const char *name);
void json_end(struct json *j);

void json_string(struct json *j, const char *name, const char *value); /* NULL: null */
void json_bool(struct json *j, const char *name, bool value);
void json_int(struct json *j, const char *name, int64_t value);
void json_uint(struct json *j, const char *name, uint64_t value);
void json_double(struct json *j, const char *name, double value);
void json_null(struct json *j, const char *name);

/* Ends the text with a newline; all that was opened must have ended. The caller frees it. NULL if it
 * went into a file, which is still to be committed. */
char *json_finish(struct json *j, size_t *len);

/*
 * The shortest decimal text that strtod() reads as the same value, as JSON writes it ("0.1",
 * "1e+30", "40"); buf has at least 32 bytes; returns buf. value must be finite.
 */
char *json_number(char *buf, size_t size, double value);

#endif
