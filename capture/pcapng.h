/*
 * pcapng blocks (draft-ietf-opsawg-pcapng), written in little-endian order on every machine.
 *
 *     Section Header    what wrote this; that the run was interrupted, if it was
 *     Interface Description, one each
 *     Name Resolution   addresses and the nodes they belong to
 *     Decryption Secrets, if there are any
 *     Enhanced Packet ...
 *     Interface Statistics, one each
 *
 * Everything but packets is appended to a growing buffer by a function per block. A packet is
 * encoded in place, where its capture holds it back: pcapng_packet_begin() says where the frame's
 * bytes go, pcapng_packet_end() does the rest. Such a record has no comments; they are put in when
 * it goes to the file, by pcapng_packet_commented().
 *
 * Time is virtual: zero, the start of the run, is what other programs show as 1 January 1970.
 */
#ifndef CAPTURE_PCAPNG_H
#define CAPTURE_PCAPNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/vtime.h"
#include "wire/ipaddr.h"

enum pcapng_block {
	PCAPNG_SECTION = 0x0a0d0d0a,
	PCAPNG_INTERFACE = 1,
	PCAPNG_NAMES = 4,
	PCAPNG_STATISTICS = 5,
	PCAPNG_PACKET = 6,
	PCAPNG_SECRETS = 10,
};

#define PCAPNG_SECTION_LENGTH_AT 16 /* in the section header: 64 bits, -1 while unknown */
#define PCAPNG_COMMENT_MAX 65535

/* A growing buffer; start with all zero, free .at. */
struct bytes {
	uint8_t *at;
	size_t len, room;
};

void bytes_add(struct bytes *b, const void *data, size_t len);

struct pcapng_interface {
	const char *name, *description; /* NULL: none */
	const char *filter;             /* NULL: none */
	const uint8_t *mac;             /* 6 bytes; NULL: none */
	uint64_t speed;                 /* bit/s; 0: not said */
	uint32_t snaplen;               /* 0: whole frames */
};

struct pcapng_statistics {
	uint32_t interface;
	vtime start, end;
	uint64_t received; /* frames seen */
	uint64_t accepted; /* of these, passed by the filter */
	uint64_t recorded; /* of these, in the file */
	bool has_dropped;
	uint64_t dropped;  /* by the interface's queue */
};

/* comment: NULL or text. The section's length is left open. */
void pcapng_section(struct bytes *b, const char *comment);
void pcapng_interface(struct bytes *b, const struct pcapng_interface *i);
void pcapng_statistics(struct bytes *b, const struct pcapng_statistics *s);

/* secrets: the text of an NSS key log. */
void pcapng_secrets(struct bytes *b, const void *secrets, size_t len);

/* One entry of a Name Resolution Block, and the blocks around len bytes of such entries: as many
 * as readers' limits on the size of a block ask for. No entries, no block. */
void pcapng_name(struct bytes *b, const struct ipaddr *addr, const char *name);
void pcapng_names(struct bytes *b, const uint8_t *entries, size_t len);

/* Little-endian stores and loads at any alignment; compilers make one instruction of each. */
static inline void le16_store(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

static inline void le32_store(uint8_t *p, uint32_t v)
{
	le16_store(p, (uint16_t)v);
	le16_store(p + 2, (uint16_t)(v >> 16));
}

static inline void le64_store(uint8_t *p, uint64_t v)
{
	le32_store(p, (uint32_t)v);
	le32_store(p + 4, (uint32_t)(v >> 32));
}

static inline uint16_t le16_load(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t le32_load(const uint8_t *p)
{
	return le16_load(p) | (uint32_t)le16_load(p + 2) << 16;
}

static inline uint64_t le64_load(const uint8_t *p)
{
	return le32_load(p) | (uint64_t)le32_load(p + 4) << 32;
}

/*
 * The parts of an Enhanced Packet Block without comments:
 *
 *     0 type, length, interface, time high, time low, captured, original
 *    28 frame, padded to 4 bytes
 *       epb_flags (8 bytes), epb_packetid (12), end of options (4), length (4)
 */
#define PCAPNG_PACKET_FRAME 28
#define PCAPNG_PACKET_TAIL 28

static inline uint32_t pcapng_pad(uint32_t len)
{
	return (len + 3) & ~UINT32_C(3);
}

static inline uint32_t pcapng_packet_size(uint32_t captured)
{
	return PCAPNG_PACKET_FRAME + pcapng_pad(captured) + PCAPNG_PACKET_TAIL;
}

/* Where the frame goes in a record at `at`. */
static inline uint8_t *pcapng_packet_begin(uint8_t *at)
{
	return at + PCAPNG_PACKET_FRAME;
}

/* Completes the record around its frame; direction: 1 in, 2 out. Returns its size. */
static inline uint32_t pcapng_packet_end(uint8_t *at, uint32_t interface, vtime time,
					 uint32_t captured, uint32_t original, uint32_t direction,
					 uint64_t id)
{
	uint32_t size = pcapng_packet_size(captured);
	uint8_t *tail = at + size - PCAPNG_PACKET_TAIL;

	le32_store(at, PCAPNG_PACKET);
	le32_store(at + 4, size);
	le32_store(at + 8, interface);
	le32_store(at + 12, (uint32_t)((uint64_t)time.ns >> 32));
	le32_store(at + 16, (uint32_t)time.ns);
	le32_store(at + 20, captured);
	le32_store(at + 24, original);
	for (uint8_t *pad = at + PCAPNG_PACKET_FRAME + captured; pad < tail; pad++)
		*pad = 0;
	le32_store(tail, 2 | 4 << 16); /* epb_flags, 4 bytes */
	le32_store(tail + 4, direction);
	le32_store(tail + 8, 5 | 8 << 16); /* epb_packetid, 8 bytes */
	le64_store(tail + 12, id);
	le32_store(tail + 20, 0);
	le32_store(tail + 24, size);
	return size;
}

/* What is in a record, with or without comments. */
static inline uint32_t pcapng_packet_captured(const uint8_t *at)
{
	return le32_load(at + 20);
}

static inline uint64_t pcapng_packet_id(const uint8_t *at)
{
	return le64_load(at + PCAPNG_PACKET_FRAME + pcapng_pad(pcapng_packet_captured(at)) + 12);
}

/* Appends the record at `at` with these comments instead of those it has. */
void pcapng_packet_commented(struct bytes *b, const uint8_t *at, const char *const *comments,
			     uint32_t count);

#endif
