#include "capture/pcapng.h"

#include <assert.h>
#include <stdlib.h>

#include "core/alloc.h"

#define LINKTYPE_ETHERNET 1
#define SECRETS_TLS UINT32_C(0x544c534b)
#define NAMES_BLOCK_MAX (UINT32_C(1) << 20) /* Wireshark refuses blocks above 16 MiB */

enum option {
	OPT_END = 0,
	OPT_COMMENT = 1,
	SHB_USERAPPL = 4,
	IF_NAME = 2,
	IF_DESCRIPTION = 3,
	IF_MACADDR = 6,
	IF_SPEED = 8,
	IF_TSRESOL = 9,
	IF_FILTER = 11,
	ISB_STARTTIME = 2,
	ISB_ENDTIME = 3,
	ISB_IFRECV = 4,
	ISB_IFDROP = 5,
	ISB_FILTERACCEPT = 6,
	ISB_OSDROP = 7,
	ISB_USRDELIV = 8,
};

enum name_record { NAME_END = 0, NAME_IPV4 = 1, NAME_IPV6 = 2 };

static uint8_t *bytes_extend(struct bytes *b, size_t len)
{
	if (b->len + len > b->room) {
		b->room = b->room ? b->room : 256;
		while (b->room < b->len + len)
			b->room *= 2;
		b->at = nt_realloc(b->at, b->room);
	}
	b->len += len;
	return b->at + b->len - len;
}

void bytes_add(struct bytes *b, const void *data, size_t len)
{
	if (len)
		memcpy(bytes_extend(b, len), data, len);
}

static void add_u32(struct bytes *b, uint32_t v)
{
	le32_store(bytes_extend(b, 4), v);
}

static void add_padded(struct bytes *b, const void *data, size_t len)
{
	static const uint8_t zero[4];

	bytes_add(b, data, len);
	bytes_add(b, zero, -len & 3);
}

/* A block's length stands in front of its body and behind it; block_end() fills both in. */
static size_t block_begin(struct bytes *b, enum pcapng_block type)
{
	size_t start = b->len;

	add_u32(b, type);
	add_u32(b, 0);
	return start;
}

static void block_end(struct bytes *b, size_t start)
{
	uint32_t length = (uint32_t)(b->len - start + 4);

	add_u32(b, length);
	le32_store(b->at + start + 4, length);
}

static void option_add(struct bytes *b, enum option code, const void *value, size_t len)
{
	uint8_t *head = bytes_extend(b, 4);

	assert(len <= UINT16_MAX);
	le16_store(head, (uint16_t)code);
	le16_store(head + 2, (uint16_t)len);
	add_padded(b, value, len);
}

static void option_text(struct bytes *b, enum option code, const char *text)
{
	size_t len;

	if (!text)
		return;
	len = strlen(text);
	option_add(b, code, text, len < UINT16_MAX ? len : UINT16_MAX);
}

static void option_u64(struct bytes *b, enum option code, uint64_t value)
{
	uint8_t v[8];

	le64_store(v, value);
	option_add(b, code, v, sizeof(v));
}

/* Time stamps are two words, the high one first, whatever the byte order. */
static void option_time(struct bytes *b, enum option code, vtime t)
{
	uint8_t v[8];

	le32_store(v, (uint32_t)((uint64_t)t.ns >> 32));
	le32_store(v + 4, (uint32_t)t.ns);
	option_add(b, code, v, sizeof(v));
}

void pcapng_section(struct bytes *b, const char *comment)
{
	size_t start = block_begin(b, PCAPNG_SECTION);

	add_u32(b, UINT32_C(0x1a2b3c4d));
	add_u32(b, 1); /* version 1.0 */
	add_u32(b, UINT32_MAX);
	add_u32(b, UINT32_MAX);
	option_text(b, OPT_COMMENT, comment);
	option_text(b, SHB_USERAPPL, "netarium");
	option_add(b, OPT_END, NULL, 0);
	block_end(b, start);
}

void pcapng_interface(struct bytes *b, const struct pcapng_interface *i)
{
	size_t start = block_begin(b, PCAPNG_INTERFACE);
	static const uint8_t nanoseconds = 9;

	add_u32(b, LINKTYPE_ETHERNET);
	add_u32(b, i->snaplen);
	option_text(b, IF_NAME, i->name);
	option_text(b, IF_DESCRIPTION, i->description);
	if (i->mac)
		option_add(b, IF_MACADDR, i->mac, 6);
	if (i->speed)
		option_u64(b, IF_SPEED, i->speed);
	option_add(b, IF_TSRESOL, &nanoseconds, 1);
	if (i->filter) {
		/* A zero in front says that it is an expression, not a program. */
		size_t len = strlen(i->filter) + 1;
		char *value = nt_malloc(len);

		value[0] = 0;
		memcpy(value + 1, i->filter, len - 1);
		option_add(b, IF_FILTER, value, len < UINT16_MAX ? len : UINT16_MAX);
		free(value);
	}
	option_add(b, OPT_END, NULL, 0);
	block_end(b, start);
}

void pcapng_statistics(struct bytes *b, const struct pcapng_statistics *s)
{
	size_t start = block_begin(b, PCAPNG_STATISTICS);

	add_u32(b, s->interface);
	add_u32(b, (uint32_t)((uint64_t)s->end.ns >> 32));
	add_u32(b, (uint32_t)s->end.ns);
	option_time(b, ISB_STARTTIME, s->start);
	option_time(b, ISB_ENDTIME, s->end);
	option_u64(b, ISB_IFRECV, s->received);
	if (s->has_dropped)
		option_u64(b, ISB_IFDROP, s->dropped);
	option_u64(b, ISB_FILTERACCEPT, s->accepted);
	option_u64(b, ISB_OSDROP, 0);
	option_u64(b, ISB_USRDELIV, s->recorded);
	option_add(b, OPT_END, NULL, 0);
	block_end(b, start);
}

void pcapng_secrets(struct bytes *b, const void *secrets, size_t len)
{
	size_t start = block_begin(b, PCAPNG_SECRETS);

	add_u32(b, SECRETS_TLS);
	add_u32(b, (uint32_t)len);
	add_padded(b, secrets, len);
	block_end(b, start);
}

void pcapng_name(struct bytes *b, const struct ipaddr *addr, const char *name)
{
	bool is4 = ipaddr_is4(addr);
	size_t bytes = is4 ? 4 : 16, text = strlen(name);
	uint8_t *head = bytes_extend(b, 4);
	static const uint8_t zero[4];

	assert(bytes + text + 1 <= UINT16_MAX);
	le16_store(head, is4 ? NAME_IPV4 : NAME_IPV6);
	le16_store(head + 2, (uint16_t)(bytes + text + 1));
	bytes_add(b, addr->b + sizeof(addr->b) - bytes, bytes);
	bytes_add(b, name, text + 1);
	bytes_add(b, zero, -(text + 1) & 3); /* the address needs no padding */
}

void pcapng_names(struct bytes *b, const uint8_t *entries, size_t len)
{
	while (len) {
		size_t start = block_begin(b, PCAPNG_NAMES), take = 0;

		while (take < len) {
			size_t entry = 4 + pcapng_pad(le16_load(entries + take + 2));

			if (take && take + entry > NAMES_BLOCK_MAX)
				break;
			take += entry;
		}
		bytes_add(b, entries, take);
		add_u32(b, NAME_END);
		block_end(b, start);
		entries += take;
		len -= take;
	}
}

void pcapng_packet_commented(struct bytes *b, const uint8_t *at, const char *const *comments,
			     uint32_t count)
{
	size_t start = b->len;
	/* Everything up to and with epb_packetid; what follows is written anew. */
	size_t keep = PCAPNG_PACKET_FRAME + pcapng_pad(pcapng_packet_captured(at)) + 20;

	bytes_add(b, at, keep);
	for (uint32_t i = 0; i < count; i++)
		option_text(b, OPT_COMMENT, comments[i]);
	option_add(b, OPT_END, NULL, 0);
	block_end(b, start);
}
