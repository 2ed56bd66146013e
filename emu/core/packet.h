/*
 * Packets.
 *
 * A packet is a small header buffer with headroom, and behind it a slice of a counted, immutable
 * slab of payload:
 *
 *     hdr:  [ headroom | Ethernet | IP | UDP ... ]   head <= l3 <= l4 <= end
 *     data: [ ........ payload slice ........ ]      in slab, counted
 *
 * The frame is hdr[head..end) followed by data[0..data_len). Forwarding rewrites headers in
 * place; sending, retransmitting, flooding, fragmenting and reassembling share the slab and copy
 * no payload. Slabs are never written after they were filled, so nobody can see another's change:
 * who must change payload (a link that corrupts) makes a slab of its own.
 *
 * Whoever takes a packet owns it, and either hands it on or ends it with packet_free() (it was
 * delivered) or packet_drop() (world.h: it was not). Packets and slabs come from free lists: in
 * steady state nothing is allocated.
 *
 * Checksums work like Linux's CHECKSUM_PARTIAL: a sender of UDP, TCP or ICMP leaves the field
 * unset and marks the packet (csum); packet_checksum_fill() is called by whoever can see the
 * bytes: a tap, a live interface, a corrupting link, a fragmenter. PACKET_VERIFIED says that the
 * bytes came here without a chance to change, so that receivers need not check them; corruption
 * and injection from outside clear it.
 */
#ifndef CORE_PACKET_H
#define CORE_PACKET_H

#include <assert.h>
#include <string.h>

#include "core/vtime.h"

struct world;
struct iface;

#define PACKET_L3 40   /* where an IP header starts in hdr: room for Ethernet, VLAN tags and more */
#define PACKET_HDR 184 /* room for headers, headroom included */

struct slab {
	struct slab *next;  /* in the free list */
	uint32_t refs;
	uint32_t size;      /* of bytes */
	uint8_t class;
	uint8_t bytes[];
};

enum packet_flag {
	PACKET_VERIFIED = 1 << 0,  /* bytes cannot have changed since the sender wrote them */
	PACKET_CSUM = 1 << 1,      /* the transport checksum is still to be filled in */
	PACKET_BROADCAST = 1 << 2, /* arrived as link-layer broadcast or multicast */
	PACKET_DAMAGED = 1 << 3,   /* bits were flipped under way */
	PACKET_LOST = 1 << 4,      /* occupies the wire, but does not arrive (link/) */
	PACKET_HELD = 1 << 5,      /* held back on a wire, others may overtake it (link/) */
	PACKET_WAS_CUT = 1 << 6,   /* put together for a hook: may be cut again (ip/) */
	PACKET_GROUP = 1 << 7,     /* one of several copies for several stations (group.h) */
};

struct packet {
	struct packet *next;
	struct world *world;
	uint64_t id;     /* of this frame, the same on every interface it crosses; never 0 */
	uint64_t parent; /* the packet that this is a fragment or a duplicate of; 0: none */
	vtime born;
	vtime at;        /* link: when its last bit arrives */
	uint64_t ticket; /* link: the order of that instant */
	struct iface *in; /* where it came in; NULL: made on this node */
	struct slab *slab;
	const uint8_t *data; /* payload slice, in slab */
	uint32_t data_len;
	uint16_t head, l3, l4, end; /* offsets in hdr */
	uint16_t csum_at; /* PACKET_CSUM: offset in hdr of the 16-bit field */
	uint8_t flags;
	uint8_t proto;  /* transport protocol, once IP knows it */
	uint8_t reason; /* link: enum drop_reason of a PACKET_LOST frame */
	uint8_t ttl;    /* as received, once IP knows it */
	uint8_t tos;    /* as received, once IP knows it */
	uint32_t group; /* PACKET_GROUP: what becomes of all copies, in the world's groups */
	uint64_t detail; /* link: detail of reason */
	uint8_t hdr[PACKET_HDR] __attribute__((aligned(8)));
};

struct packet_pool {
	struct packet *free;
	struct slab *slabs[4]; /* free lists by class */
	void **chunks;         /* what was allocated, to be freed with the world */
	uint32_t chunk_count, chunk_room;
	uint64_t live;         /* packets not in the free list */
};

void packet_pool_init(struct packet_pool *pool);
void packet_pool_fini(struct packet_pool *pool);

/* An empty packet with a fresh id: head = l3 = l4 = end = PACKET_L3, no payload, VERIFIED. */
struct packet *packet_new(struct world *w);

/*
 * A packet with a fresh id, the same bytes and the same slice; parent is p's id. The rest (in,
 * flags, offsets) is p's too.
 */
struct packet *packet_clone(const struct packet *p);

/* The end of a packet that was delivered or is not wanted any more; consumes it. */
void packet_free(struct packet *p);

/* The same packet under way again with a new id (a switch's copies keep p's id: packet_copy). */
struct packet *packet_copy(const struct packet *p);

/*
 * A slab with room for size bytes (at most 65,535 + 64) and one reference, owned by the caller,
 * who fills bytes before anyone else sees them.
 */
struct slab *slab_new(struct world *w, uint32_t size);

static inline struct slab *slab_ref(struct slab *s)
{
	s->refs++;
	return s;
}

void slab_unref(struct world *w, struct slab *s);

/* Sets p's payload to a slice of s; takes a reference of its own. p must have none yet. */
static inline void packet_set_payload(struct packet *p, struct slab *s, const uint8_t *data,
				      uint32_t len)
{
	p->slab = slab_ref(s);
	p->data = data;
	p->data_len = len;
}

/* Copies len bytes into a new slab and makes them p's payload; for what is made rarely. */
void packet_copy_in(struct packet *p, const void *data, uint32_t len);

static inline uint32_t packet_len_from(const struct packet *p, uint16_t from)
{
	return (uint32_t)(p->end - from) + p->data_len;
}

/* Length of the frame, from head. */
static inline uint32_t packet_len(const struct packet *p)
{
	return packet_len_from(p, p->head);
}

/* Length from the IP header on. */
static inline uint32_t packet_l3_len(const struct packet *p)
{
	return packet_len_from(p, p->l3);
}

/* Length from the transport header on. */
static inline uint32_t packet_l4_len(const struct packet *p)
{
	return packet_len_from(p, p->l4);
}

/* Extends the headers by n bytes at the front, or at the end; returns where to write them. */
static inline uint8_t *packet_push(struct packet *p, uint16_t n)
{
	assert(p->head >= n);
	p->head = (uint16_t)(p->head - n);
	return p->hdr + p->head;
}

static inline uint8_t *packet_put(struct packet *p, uint16_t n)
{
	uint8_t *at = p->hdr + p->end;

	assert(p->end + n <= PACKET_HDR);
	p->end = (uint16_t)(p->end + n);
	return at;
}

/* Those that are missing there; see packet_pull(). */
bool packet_pull_payload(struct packet *p, uint16_t from, uint16_t n);

/*
 * Makes n bytes from offset `from` contiguous in hdr, taking them off the payload slice. False if
 * the packet is shorter or hdr has no room for them.
 */
static inline bool packet_pull(struct packet *p, uint16_t from, uint16_t n)
{
	return __builtin_expect(p->end - from >= n, 1) || packet_pull_payload(p, from, n);
}

/* Cuts the packet to len bytes counted from offset `from` (Ethernet padding, for one). */
void packet_trim(struct packet *p, uint16_t from, uint32_t len);

/*
 * Copies up to len bytes, starting skip bytes after offset `from`, into buf, across the border
 * of headers and payload; returns how many there were.
 */
uint32_t packet_read(const struct packet *p, uint16_t from, uint32_t skip, void *buf,
		     uint32_t len);

/*
 * A new packet, with a fresh id and parent p, that holds len bytes from skip bytes after offset
 * `from` at its PACKET_L3 (head = l3 = l4): header bytes are copied, payload is shared. For
 * fragments.
 */
struct packet *packet_slice(const struct packet *p, uint16_t from, uint32_t skip, uint32_t len);

/* Replaces headers and payload by one writable copy in a slab of its own, from offset head on;
 * the headers stay in hdr. For links that corrupt. Returns the writable payload. */
uint8_t *packet_make_writable(struct packet *p);

#endif
