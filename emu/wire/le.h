/*
 * Little-endian loads and stores at any alignment: what some tools put into their payloads in the
 * byte order of the machines they were written on (ping's time stamp, for one).
 */
#ifndef WIRE_LE_H
#define WIRE_LE_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t le64_load(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof v);
	return le64toh(v);
}

static inline void le32_store(uint8_t *p, uint32_t v)
{
	v = htole32(v);
	memcpy(p, &v, sizeof v);
}

static inline void le64_store(uint8_t *p, uint64_t v)
{
	v = htole64(v);
	memcpy(p, &v, sizeof v);
}

#endif
