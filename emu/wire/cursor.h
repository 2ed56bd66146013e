/*
 * Cursors with a sticky error: read or write a run of fields, then test `error` once.
 *
 * A reader walks bytes it borrows; a read past the end yields zeros, sets `error` and moves
 * nothing, and so does every read after it. A writer fills bytes it borrows; a write past the end
 * writes nothing, sets `error`, and so does every write after it. Neither allocates; both may be
 * copied by value to remember a place.
 */
#ifndef WIRE_CURSOR_H
#define WIRE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "wire/be.h"

struct rcursor {
	const uint8_t *p;               /* the next byte */
	const uint8_t *end;
	bool error;
};

struct wcursor {
	uint8_t *start;
	uint8_t *p;                     /* the next byte */
	uint8_t *end;
	bool error;
};

static inline struct rcursor rcursor_make(const void *data, size_t len)
{
	const uint8_t *p = data;

	return (struct rcursor){ .p = p, .end = len ? p + len : p, .error = false };
}

/* Bytes left; 0 after an error. */
static inline size_t rcursor_remaining(const struct rcursor *c)
{
	return c->error ? 0 : (size_t)(c->end - c->p);
}

/* Borrows the next n bytes and moves past them; NULL past the end. */
static inline const uint8_t *rcursor_take(struct rcursor *c, size_t n)
{
	const uint8_t *p = c->p;

	if (c->error || (size_t)(c->end - p) < n) {
		c->error = true;
		return NULL;
	}
	if (n)
		c->p = p + n;
	return p;
}

static inline void rcursor_skip(struct rcursor *c, size_t n)
{
	(void)rcursor_take(c, n);
}

/* Copies n bytes out; zeros past the end. */
static inline void rcursor_bytes(struct rcursor *c, void *out, size_t n)
{
	const uint8_t *p = rcursor_take(c, n);

	if (!n)
		return;
	if (p)
		memcpy(out, p, n);
	else
		memset(out, 0, n);
}

/* A reader of the next n bytes, past which this one moves; failed from the start past the end. */
static inline struct rcursor rcursor_sub(struct rcursor *c, size_t n)
{
	const uint8_t *p = rcursor_take(c, n);
	struct rcursor sub = rcursor_make(p, p ? n : 0);

	sub.error = c->error;
	return sub;
}

static inline uint8_t rcursor_u8(struct rcursor *c)
{
	const uint8_t *p = rcursor_take(c, 1);

	return p ? *p : 0;
}

static inline uint16_t rcursor_u16(struct rcursor *c)
{
	const uint8_t *p = rcursor_take(c, 2);

	return p ? be16_load(p) : 0;
}

static inline uint32_t rcursor_u32(struct rcursor *c)
{
	const uint8_t *p = rcursor_take(c, 4);

	return p ? be32_load(p) : 0;
}

static inline uint64_t rcursor_u64(struct rcursor *c)
{
	const uint8_t *p = rcursor_take(c, 8);

	return p ? be64_load(p) : 0;
}

static inline struct wcursor wcursor_make(void *data, size_t size)
{
	uint8_t *p = data;

	return (struct wcursor){ .start = p, .p = p, .end = size ? p + size : p, .error = false };
}

/* Bytes written so far. */
static inline size_t wcursor_written(const struct wcursor *c)
{
	return (size_t)(c->p - c->start);
}

/* Room left; 0 after an error. */
static inline size_t wcursor_remaining(const struct wcursor *c)
{
	return c->error ? 0 : (size_t)(c->end - c->p);
}

/* Claims the next n bytes for the caller to fill; NULL past the end. */
static inline uint8_t *wcursor_claim(struct wcursor *c, size_t n)
{
	uint8_t *p = c->p;

	if (c->error || (size_t)(c->end - p) < n) {
		c->error = true;
		return NULL;
	}
	if (n)
		c->p = p + n;
	return p;
}

static inline void wcursor_bytes(struct wcursor *c, const void *data, size_t n)
{
	uint8_t *p = wcursor_claim(c, n);

	if (p && n)
		memcpy(p, data, n);
}

static inline void wcursor_zeros(struct wcursor *c, size_t n)
{
	uint8_t *p = wcursor_claim(c, n);

	if (p && n)
		memset(p, 0, n);
}

static inline void wcursor_u8(struct wcursor *c, uint8_t v)
{
	uint8_t *p = wcursor_claim(c, 1);

	if (p)
		*p = v;
}

static inline void wcursor_u16(struct wcursor *c, uint16_t v)
{
	uint8_t *p = wcursor_claim(c, 2);

	if (p)
		be16_store(p, v);
}

static inline void wcursor_u32(struct wcursor *c, uint32_t v)
{
	uint8_t *p = wcursor_claim(c, 4);

	if (p)
		be32_store(p, v);
}

static inline void wcursor_u64(struct wcursor *c, uint64_t v)
{
	uint8_t *p = wcursor_claim(c, 8);

	if (p)
		be64_store(p, v);
}

#endif
