#include "wire/dhcp4.h"

#include "wire/cursor.h"

#define COOKIE 0x63825363u
#define SNAME_OFF 44
#define SNAME_LEN 64
#define FILE_OFF 108
#define FILE_LEN 128
#define COOKIE_OFF 236
#define OPTIONS_OFF 240
#define FLAG_BROADCAST 0x8000
#define OVERLOAD_FILE 1
#define OVERLOAD_SNAME 2

struct dhcp4 dhcp4_empty(void)
{
	return (struct dhcp4){.ciaddr = ipaddr_any4, .yiaddr = ipaddr_any4, .siaddr = ipaddr_any4,
			      .giaddr = ipaddr_any4, .broadcast_addr = ipaddr_any4,
			      .requested = ipaddr_any4, .server_id = ipaddr_any4};
}

/* ---- reading ---- */

/* The fields that hold options, in the order in which pieces are joined. */
struct fields {
	struct rcursor at[3];
	int count;
};

/* All pieces of one option, one behind the other. */
struct joined {
	uint8_t data[DHCP4_MAX];
	size_t len;
	bool there;
};

/* The next option of a field; false at its end. An option cut short sets c->error. */
static bool option_next(struct rcursor *c, uint8_t *code, struct rcursor *body)
{
	do {
		if (!rcursor_remaining(c))
			return false;
		*code = rcursor_u8(c);
	} while (*code == DHCP4_OPT_PAD);
	if (*code == DHCP4_OPT_END)
		return false;
	size_t len = rcursor_u8(c);
	*body = rcursor_sub(c, len);
	return !c->error;
}

static bool join(const struct fields *f, uint8_t code, struct joined *j)
{
	j->len = 0;
	j->there = false;
	for (int i = 0; i < f->count; i++) {
		struct rcursor c = f->at[i], body;
		uint8_t at;

		while (option_next(&c, &at, &body)) {
			size_t n = rcursor_remaining(&body);

			if (at != code)
				continue;
			j->there = true;
			rcursor_bytes(&body, j->data + j->len, n);
			j->len += n;
		}
		if (c.error)
			return false;
	}
	return true;
}

static bool get_addrs(const struct joined *j, struct dhcp4_addrs *list)
{
	list->count = 0;
	if (j->len % 4 || (j->there && !j->len))
		return false;
	for (size_t k = 0; k < j->len / 4 && k < DHCP4_ADDRS; k++)
		list->at[list->count++] = ipaddr_from_bytes4(j->data + 4 * k);
	return true;
}

static bool get_addr(const struct joined *j, struct ipaddr *a)
{
	if (j->len == 4)
		*a = ipaddr_from_bytes4(j->data);
	return !j->there || j->len == 4;
}

static bool get_u32(const struct joined *j, uint32_t *v)
{
	if (j->len == 4)
		*v = be32_load(j->data);
	return !j->there || j->len == 4;
}

static bool get_u16(const struct joined *j, uint16_t *v)
{
	if (j->len == 2)
		*v = be16_load(j->data);
	return !j->there || j->len == 2;
}

/* Text ends at a NUL, if there is one: some senders count it. Other control characters are not text. */
static bool get_text(const struct joined *j, char *text)
{
	size_t n = 0;

	for (; n < j->len && n < DHCP4_TEXT - 1 && j->data[n]; n++)
		text[n] = j->data[n] < ' ' || j->data[n] == 0x7f ? '?' : (char)j->data[n];
	text[n] = '\0';
	return true;
}

static bool get_mask(const struct joined *j, uint8_t *len)
{
	uint32_t mask = 0;

	if (!get_u32(j, &mask))
		return false;
	if (!j->there)
		return true;
	if (~mask & (~mask + 1))
		return false; /* not ones and then zeros */
	*len = (uint8_t)(IPADDR_V4_BITS + __builtin_popcount(mask));
	return true;
}

static bool get_bytes(const struct joined *j, uint8_t *to, size_t room, uint8_t *len)
{
	size_t n = j->len < room ? j->len : room;

	memcpy(to, j->data, n);
	*len = (uint8_t)n;
	return true;
}

static bool get_options(const struct fields *f, struct dhcp4 *m)
{
	struct joined j;

	return join(f, DHCP4_OPT_SUBNET, &j) && get_mask(&j, &m->subnet_len) &&
	       join(f, DHCP4_OPT_ROUTER, &j) && get_addrs(&j, &m->routers) &&
	       join(f, DHCP4_OPT_DNS, &j) && get_addrs(&j, &m->dns) &&
	       join(f, DHCP4_OPT_HOSTNAME, &j) && get_text(&j, m->hostname) &&
	       join(f, DHCP4_OPT_DOMAIN, &j) && get_text(&j, m->domain) &&
	       join(f, DHCP4_OPT_MTU, &j) && get_u16(&j, &m->mtu) &&
	       join(f, DHCP4_OPT_BROADCAST, &j) && get_addr(&j, &m->broadcast_addr) &&
	       join(f, DHCP4_OPT_REQUESTED, &j) && get_addr(&j, &m->requested) &&
	       join(f, DHCP4_OPT_LEASE, &j) && get_u32(&j, &m->lease) &&
	       (m->has_lease = j.there, true) &&
	       join(f, DHCP4_OPT_SERVER_ID, &j) && get_addr(&j, &m->server_id) &&
	       join(f, DHCP4_OPT_PARAMS, &j) &&
	       get_bytes(&j, m->params, DHCP4_PARAMS, &m->params_len) &&
	       join(f, DHCP4_OPT_MESSAGE, &j) && get_text(&j, m->message) &&
	       join(f, DHCP4_OPT_MAX_SIZE, &j) && get_u16(&j, &m->max_size) &&
	       join(f, DHCP4_OPT_T1, &j) && get_u32(&j, &m->t1) &&
	       join(f, DHCP4_OPT_T2, &j) && get_u32(&j, &m->t2) &&
	       join(f, DHCP4_OPT_CLIENT_ID, &j) && j.len <= DHCP4_CLIENT_ID &&
	       get_bytes(&j, m->client_id, DHCP4_CLIENT_ID, &m->client_id_len);
}

/* Option 52 stands in the options field only (RFC 2132 9.3). */
static bool find_fields(const uint8_t *p, size_t len, struct fields *f)
{
	struct joined j;

	f->at[0] = rcursor_make(p + OPTIONS_OFF, len - OPTIONS_OFF);
	f->count = 1;
	if (!join(f, DHCP4_OPT_OVERLOAD, &j))
		return false;
	if (!j.there)
		return true;
	if (j.len != 1 || j.data[0] < 1 || j.data[0] > 3)
		return false;
	if (j.data[0] & OVERLOAD_FILE)
		f->at[f->count++] = rcursor_make(p + FILE_OFF, FILE_LEN);
	if (j.data[0] & OVERLOAD_SNAME)
		f->at[f->count++] = rcursor_make(p + SNAME_OFF, SNAME_LEN);
	return true;
}

enum dhcp4_result dhcp4_parse(const uint8_t *p, size_t len, struct dhcp4 *m)
{
	struct rcursor c = rcursor_make(p, len);
	struct fields f;
	struct joined j;

	*m = dhcp4_empty();
	if (len < OPTIONS_OFF || len > DHCP4_MAX)
		return DHCP4_SHORT;
	uint8_t op = rcursor_u8(&c), htype = rcursor_u8(&c), hlen = rcursor_u8(&c);
	if (op < 1 || op > 2 || htype != 1 || hlen != 6)
		return DHCP4_BAD_HEADER;
	m->reply = op == 2;
	m->hops = rcursor_u8(&c);
	m->xid = rcursor_u32(&c);
	m->secs = rcursor_u16(&c);
	m->broadcast = rcursor_u16(&c) & FLAG_BROADCAST;
	m->ciaddr = ipaddr_from_bytes4(rcursor_take(&c, 4));
	m->yiaddr = ipaddr_from_bytes4(rcursor_take(&c, 4));
	m->siaddr = ipaddr_from_bytes4(rcursor_take(&c, 4));
	m->giaddr = ipaddr_from_bytes4(rcursor_take(&c, 4));
	rcursor_bytes(&c, m->chaddr.b, sizeof(m->chaddr.b));
	if (be32_load(p + COOKIE_OFF) != COOKIE)
		return DHCP4_NOT_DHCP;
	if (!find_fields(p, len, &f) || !join(&f, DHCP4_OPT_TYPE, &j))
		return DHCP4_BAD_OPTION;
	if (!j.there)
		return DHCP4_NOT_DHCP;
	if (j.len != 1 || j.data[0] < DHCP4_DISCOVER || j.data[0] > DHCP4_INFORM)
		return DHCP4_BAD_OPTION;
	m->type = j.data[0];
	return get_options(&f, m) ? DHCP4_OK : DHCP4_BAD_OPTION;
}

/* ---- writing ---- */

static void put_addr(struct wcursor *c, const struct ipaddr *a)
{
	wcursor_u32(c, ipaddr_to4(a));
}

static void put_option(struct wcursor *c, uint8_t code, const void *data, size_t len)
{
	const uint8_t *p = data;

	while (len) {
		size_t n = len < 255 ? len : 255;

		wcursor_u8(c, code);
		wcursor_u8(c, (uint8_t)n);
		wcursor_bytes(c, p, n);
		p += n;
		len -= n;
	}
}

static void put_u32(struct wcursor *c, uint8_t code, uint32_t v)
{
	uint8_t b[4];

	be32_store(b, v);
	put_option(c, code, b, sizeof(b));
}

static void put_u16(struct wcursor *c, uint8_t code, uint16_t v)
{
	uint8_t b[2];

	be16_store(b, v);
	if (v)
		put_option(c, code, b, sizeof(b));
}

static void put_one(struct wcursor *c, uint8_t code, const struct ipaddr *a)
{
	if (!ipaddr_is_any(a))
		put_u32(c, code, ipaddr_to4(a));
}

static void put_addrs(struct wcursor *c, uint8_t code, const struct dhcp4_addrs *list)
{
	uint8_t b[4 * DHCP4_ADDRS];

	for (int k = 0; k < list->count; k++)
		be32_store(b + 4 * k, ipaddr_to4(&list->at[k]));
	put_option(c, code, b, 4u * list->count);
}

static void put_options(struct wcursor *c, const struct dhcp4 *m)
{
	put_option(c, DHCP4_OPT_TYPE, &m->type, 1);
	put_option(c, DHCP4_OPT_CLIENT_ID, m->client_id, m->client_id_len);
	put_one(c, DHCP4_OPT_SERVER_ID, &m->server_id);
	put_one(c, DHCP4_OPT_REQUESTED, &m->requested);
	if (m->has_lease)
		put_u32(c, DHCP4_OPT_LEASE, m->lease);
	if (m->t1)
		put_u32(c, DHCP4_OPT_T1, m->t1);
	if (m->t2)
		put_u32(c, DHCP4_OPT_T2, m->t2);
	/* The mask stands before the routers (RFC 2132 3.3). */
	if (m->subnet_len)
		put_u32(c, DHCP4_OPT_SUBNET,
			m->subnet_len == IPADDR_V4_BITS ? 0 : ~0u << (IPADDR_BITS - m->subnet_len));
	put_one(c, DHCP4_OPT_BROADCAST, &m->broadcast_addr);
	put_addrs(c, DHCP4_OPT_ROUTER, &m->routers);
	put_addrs(c, DHCP4_OPT_DNS, &m->dns);
	put_u16(c, DHCP4_OPT_MTU, m->mtu);
	put_u16(c, DHCP4_OPT_MAX_SIZE, m->max_size);
	put_option(c, DHCP4_OPT_HOSTNAME, m->hostname, strlen(m->hostname));
	put_option(c, DHCP4_OPT_DOMAIN, m->domain, strlen(m->domain));
	put_option(c, DHCP4_OPT_MESSAGE, m->message, strlen(m->message));
	put_option(c, DHCP4_OPT_PARAMS, m->params, m->params_len);
	wcursor_u8(c, DHCP4_OPT_END);
}

size_t dhcp4_emit(uint8_t *p, size_t size, const struct dhcp4 *m)
{
	struct wcursor c = wcursor_make(p, size);

	wcursor_u8(&c, m->reply ? 2 : 1);
	wcursor_u8(&c, 1); /* Ethernet */
	wcursor_u8(&c, 6);
	wcursor_u8(&c, m->hops);
	wcursor_u32(&c, m->xid);
	wcursor_u16(&c, m->secs);
	wcursor_u16(&c, m->broadcast ? FLAG_BROADCAST : 0);
	put_addr(&c, &m->ciaddr);
	put_addr(&c, &m->yiaddr);
	put_addr(&c, &m->siaddr);
	put_addr(&c, &m->giaddr);
	wcursor_bytes(&c, m->chaddr.b, sizeof(m->chaddr.b));
	wcursor_zeros(&c, 10 + SNAME_LEN + FILE_LEN);
	wcursor_u32(&c, COOKIE);
	put_options(&c, m);
	if (wcursor_written(&c) < DHCP4_MIN)
		wcursor_zeros(&c, DHCP4_MIN - wcursor_written(&c));
	return c.error ? 0 : wcursor_written(&c);
}

/* ---- words ---- */

const char *dhcp4_type_name(uint8_t type)
{
	static const char *const names[] = {"?", "DISCOVER", "OFFER", "REQUEST", "DECLINE",
					    "ACK", "NAK", "RELEASE", "INFORM"};

	return type <= DHCP4_INFORM ? names[type] : "?";
}

const char *dhcp4_result_name(enum dhcp4_result r)
{
	static const char *const names[] = {"ok", "too short or too long", "not for Ethernet",
					    "plain BOOTP", "bad option"};

	return names[r];
}

bool dhcp4_usual_range(const struct prefix *net, struct ipaddr *first, struct ipaddr *last)
{
	if (!ipaddr_is4(&net->addr) || net->len < IPADDR_V4_BITS || net->len > IPADDR_BITS - 3)
		return false;
	uint32_t base = ipaddr_to4(&net->addr), size = 1u << (IPADDR_BITS - net->len - 1) << 1;
	bool wide = net->len <= IPADDR_BITS - 8;

	*first = ipaddr_from4(base + (wide ? 100 : size / 2));
	*last = ipaddr_from4(base + (wide ? 199 : size - 2));
	return true;
}
