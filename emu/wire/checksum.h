/*
 * The Internet checksum (RFC 1071) and its incremental update (RFC 1624).
 *
 * A partial sum is an opaque uint32_t: start with 0 (or a pseudo-header), chain csum_partial()
 * over the pieces, and csum_fold() gives the checksum field in host order, to be put into a
 * header struct or stored big-endian. Pieces chained directly must start at even offsets of
 * the whole; csum_block_add() joins a piece summed on its own at any offset. A message whose
 * checksum is in place sums to csum_fold() == 0.
 */
#ifndef WIRE_CHECKSUM_H
#define WIRE_CHECKSUM_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "wire/ipaddr.h"

/* The sum of `len` bytes added to `sum`. Any alignment, any length; an odd end counts as padded. */
uint32_t csum_partial(const void *data, size_t len, uint32_t sum);

/* Two partial sums as one, end-around. */
static inline uint32_t csum_add(uint32_t a, uint32_t b)
{
	a += b;
	return a + (a < b);
}

/* A 64-bit accumulator brought back to 32 bits, end-around. */
static inline uint32_t csum_from64(uint64_t v)
{
	v = (v & 0xffffffff) + (v >> 32);
	return (uint32_t)v + (uint32_t)(v >> 32);
}

/*
 * `sum` of the first `offset` bytes joined with `block`, the sum (from 0) of what follows: bytes
 * at odd offsets weigh the other way, which is a rotation by eight bits (RFC 1071 2.B).
 */
static inline uint32_t csum_block_add(uint32_t sum, uint32_t block, size_t offset)
{
	if (offset & 1)
		block = block << 24 | block >> 8;
	return csum_add(sum, block);
}

/* A 16-bit field, in host order, added as if its two bytes stood at an even offset. */
static inline uint32_t csum_add16(uint32_t sum, uint16_t v)
{
	return csum_add(sum, htobe16(v));
}

static inline uint32_t csum_add32(uint32_t sum, uint32_t v)
{
	return csum_add(sum, htobe32(v));
}

/* The checksum field, host order: the complement of the folded sum. */
static inline uint16_t csum_fold(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum += sum >> 16;
	return be16toh((uint16_t)~sum);
}

/* Field `csum` after a 16-bit word changed from `from` to `to`; all host order. RFC 1624 eqn. 3. */
static inline uint16_t csum_update16(uint16_t csum, uint16_t from, uint16_t to)
{
	uint32_t s = (uint16_t)~csum + (uint32_t)(uint16_t)~from + to;

	s = (s & 0xffff) + (s >> 16);
	s += s >> 16;
	return (uint16_t)~s;
}

/*
 * The same for words of a packet: what `len` of its bytes, an even number at even offsets of what the
 * checksum covers, change in it, added to other such changes (0 at first). A partial sum of ~m + m'.
 */
static inline uint32_t csum_change(uint32_t change, const uint8_t *from, const uint8_t *to, size_t len)
{
	uint64_t s = change;
	uint32_t w, v;
	uint16_t h[2];

	for (; len >= 4; len -= 4, from += 4, to += 4) {
		memcpy(&w, from, 4);
		memcpy(&v, to, 4);
		s += (uint64_t)(uint32_t)~w + v;
	}
	if (len) {
		memcpy(h, from, 2);
		memcpy(h + 1, to, 2);
		s += (uint64_t)(uint16_t)~h[0] + h[1];
	}
	return csum_from64(s);
}

/* The field, as it stands in the packet, after that change. */
static inline void csum_apply(uint8_t *field, uint32_t change)
{
	be16_store(field, csum_fold(csum_add16(change, (uint16_t)~be16_load(field))));
}

/* The same for a 32-bit field at an even offset. */
static inline uint16_t csum_update32(uint16_t csum, uint32_t from, uint32_t to)
{
	uint32_t s = (uint16_t)~csum;

	s += (~from >> 16) + (~from & 0xffff) + (to >> 16) + (to & 0xffff);
	s = (s & 0xffff) + (s >> 16);
	s += s >> 16;
	return (uint16_t)~s;
}

/*
 * The pseudo-header's partial sum: RFC 768 for two IPv4 addresses, RFC 8200 8.1 for two IPv6 ones.
 * `len` is that of the upper-layer header and data. (The mapped prefix would add two 0xffff, which
 * is nothing in ones' complement; leaving it out only saves the time.)
 */
static inline uint32_t csum_pseudo(const struct ipaddr *src, const struct ipaddr *dst,
				   uint8_t proto, uint32_t len)
{
	uint64_t s = htobe32(proto);

	s += htobe32(len);
	s += (uint64_t)src->w[3] + dst->w[3];
	if (!ipaddr_is4(src))
		s += (uint64_t)src->w[0] + src->w[1] + src->w[2] +
		     dst->w[0] + dst->w[1] + dst->w[2];
	return csum_from64(s);
}

#endif
