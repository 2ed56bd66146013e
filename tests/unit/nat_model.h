/*
 * A naive model of what NAT must do with a packet: sessions and mappings in plain lists that are
 * searched from end to end. It does not know which port a NAT will choose, but whether one is free, and
 * what the chosen one must be like; expected() says what must become of a packet, and notes it.
 */
#ifndef TESTS_NAT_MODEL_H
#define TESTS_NAT_MODEL_H

#include "filter_lab.h"

#include "filter/nat_int.h"

#define MOST 512

struct end {
	uint32_t addr;
	uint16_t port;
};

struct mapping {
	uint8_t proto;
	struct end inside, outside, remote;
};

/* What goes from a to b goes on from c to d, and what comes from d to c goes on from b to a. */
struct session {
	uint8_t proto;
	struct end a, b, c, d;
	int map, to_map; /* whose session it is; which it keeps besides, as a hairpin; -1: none */
	bool replied, over;
	vtime expires;
};

/* What an inside endpoint's outside one sent to another's, and was refused. */
struct knock {
	uint8_t proto;
	struct end from, at;
	vtime until;
};

struct soak {
	struct rng r;
	struct nat_params params;
	struct ipaddr pool[2];
	struct nat_forward forward;
	struct mapping maps[MOST];
	struct session sessions[MOST];
	struct knock knocks[MOST]; /* the last NAT_KNOCKS count */
	int n_maps, n_sessions, n_knocks;
	vtime udp, icmp; /* time-outs */
};

static struct soak k;

static const uint32_t insides[] = {0xc0a80002, 0xc0a80003, 0xc0a80004};
static const uint32_t outsides[] = {0xcb007109, 0xcb00710a};
#define R_IN4 0xc0a80001
#define R_OUT4 0xcb007101

static inline uint32_t below(uint32_t n)
{
	return rng_below(&k.r, n);
}

static inline bool same(struct end x, struct end y)
{
	return x.addr == y.addr && x.port == y.port;
}

static inline bool is_inside(uint32_t addr)
{
	return addr >> 8 == 0xc0a800;
}

/* An address that the NAT stands for. */
static inline bool is_nats(uint32_t addr)
{
	return addr == R_OUT4 || (k.params.n_pool && (addr == 0xcb007164 || addr == 0xcb007165));
}

/* ---- the model's lists ---- */

static inline bool alive(const struct session *s)
{
	return !s->over && vtime_before(world_now(lab.w), s->expires);
}

static inline bool map_alive(int m)
{
	for (int i = 0; i < k.n_sessions; i++)
		if (alive(&k.sessions[i]) && (k.sessions[i].map == m || k.sessions[i].to_map == m))
			return true;
	return false;
}

static inline struct mapping *map_outside(uint8_t proto, struct end outside)
{
	for (int m = 0; m < k.n_maps; m++)
		if (k.maps[m].proto == proto && same(k.maps[m].outside, outside) && map_alive(m))
			return &k.maps[m];
	return NULL;
}

static inline struct end remote_of(struct end dst)
{
	struct end remote = {0};

	if (k.params.mapping != NAT_ENDPOINT_INDEPENDENT)
		remote.addr = dst.addr;
	if (k.params.mapping == NAT_ADDRESS_AND_PORT_DEPENDENT)
		remote.port = dst.port;
	return remote;
}

static inline struct mapping *map_inside(uint8_t proto, struct end inside, struct end dst)
{
	for (int m = 0; m < k.n_maps; m++)
		if (k.maps[m].proto == proto && same(k.maps[m].inside, inside) &&
		    same(k.maps[m].remote, remote_of(dst)) && map_alive(m))
			return &k.maps[m];
	return NULL;
}

static inline struct session *session_of(uint8_t proto, struct end src, struct end dst, bool *back)
{
	for (int i = 0; i < k.n_sessions; i++) {
		struct session *s = &k.sessions[i];

		if (!alive(s) || s->proto != proto)
			continue;
		*back = !(same(s->a, src) && same(s->b, dst));
		if (!*back || (same(s->d, src) && same(s->c, dst)))
			return s;
	}
	return NULL;
}

static inline bool is_forwarded(uint8_t proto, struct end e)
{
	return k.params.n_forwards && proto == IPPROTO_UDP && e.port == k.forward.first && is_nats(e.addr);
}

/* ---- which ports may be given out ---- */

static inline bool port_fits(uint8_t proto, uint32_t addr, struct end inside, uint32_t port)
{
	bool parity = k.params.port_parity && proto == IPPROTO_UDP;
	struct end e = {addr, (uint16_t)port};

	return !map_outside(proto, e) && !is_forwarded(proto, e) && (!parity || !((port ^ inside.port) & 1));
}

static inline bool keeps_port(uint8_t proto, uint32_t addr, struct end inside)
{
	return k.params.port_preservation && inside.port >= k.params.first_port &&
	       inside.port <= k.params.last_port && port_fits(proto, addr, inside, inside.port);
}

static inline bool has_port(uint8_t proto, uint32_t addr, struct end inside)
{
	for (uint32_t p = k.params.first_port; p <= k.params.last_port; p++)
		if (port_fits(proto, addr, inside, p))
			return true;
	return false;
}

/* The addresses that an inside one may get: all, or the one that its hash says. */
static inline int addresses_for(struct end inside, uint32_t list[2])
{
	struct ipaddr a = ipaddr_from4(inside.addr);

	list[0] = R_OUT4;
	if (!k.params.n_pool)
		return 1;
	for (uint32_t i = 0; i < 2; i++)
		list[i] = ipaddr_to4(&k.pool[i]);
	if (!k.params.paired)
		return 2;
	list[0] = list[ipaddr_hash(&a) % 2];
	return 1;
}

/* A forwarded port is for what it leads to, on the way out too; on how many addresses it is free. */
static inline int forwards_free(uint8_t proto, struct end inside)
{
	struct end to = {ipaddr_to4(&k.forward.to), k.forward.to_port};
	uint32_t list[2];
	int n = addresses_for(inside, list), free = 0;

	if (!k.params.n_forwards || proto != IPPROTO_UDP || !same(inside, to))
		return 0;
	for (int i = 0; i < n; i++)
		free += !map_outside(proto, (struct end){list[i], k.forward.first});
	return free;
}

enum ports { THERE_IS, THERE_IS_NONE, WHO_KNOWS };

/* Whose turn it is among the addresses the model does not know. */
static inline enum ports ports_for(uint8_t proto, struct end inside)
{
	uint32_t list[2];
	int n = addresses_for(inside, list), forwards = forwards_free(proto, inside);

	for (int i = 0; i < n; i++)
		if (has_port(proto, list[i], inside))
			return THERE_IS;
	return forwards == n ? THERE_IS : forwards ? WHO_KNOWS : THERE_IS_NONE;
}

/* The NAT has chosen: was it right? */
static inline void choice_check(uint8_t proto, struct end inside, struct end outside)
{
	uint32_t list[2];
	int n = addresses_for(inside, list);

	assert_true(outside.addr == list[0] || (n == 2 && outside.addr == list[1]));
	if (forwards_free(proto, inside) && is_forwarded(proto, outside)) {
		assert_null(map_outside(proto, outside));
		return;
	}
	assert_int_not_equal(forwards_free(proto, inside), n);
	assert_true(outside.port >= k.params.first_port && outside.port <= k.params.last_port);
	if (keeps_port(proto, outside.addr, inside))
		assert_int_equal(outside.port, inside.port);
	assert_true(port_fits(proto, outside.addr, inside, outside.port));
}

/* ---- what a packet must become ---- */

enum fate { ARRIVES, DROPPED };

struct want {
	enum fate fate;
	enum drop_reason why;
	struct end src, dst;
	bool src_open;    /* a new mapping: src is what the NAT chose, for this inside endpoint */
	struct end inside;
	struct session *session;
};

static inline struct session *session_add(uint8_t proto, struct end a, struct end b, struct end c,
					  struct end d, int map)
{
	struct session *s = &k.sessions[k.n_sessions++];

	assert_true(k.n_sessions < MOST);
	*s = (struct session){.proto = proto, .a = a, .b = b, .c = c, .d = d, .map = map, .to_map = -1};
	s->expires = vtime_add(world_now(lab.w), proto == IPPROTO_UDP ? k.udp : k.icmp);
	return s;
}

/* Another session has packets that would look like this one's: it goes if nobody ever answered it. */
static inline bool makes_way(uint8_t proto, struct end src, struct end dst)
{
	bool back;
	struct session *s = session_of(proto, src, dst, &back);

	if (!s)
		return true;
	if (s->replied || s->map >= 0)
		return false;
	return s->over = true;
}

static inline int map_add(uint8_t proto, struct end inside, struct end dst, struct end outside)
{
	assert_true(k.n_maps + 1 < MOST);
	k.maps[k.n_maps] = (struct mapping){
		.proto = proto, .inside = inside, .outside = outside, .remote = remote_of(dst)};
	return k.n_maps++;
}

/* What the model cannot foresee is not sent: which of two addresses it will be. */
#define NOT_KNOWN DROP_REASON_COUNT

static inline struct want dropped(enum drop_reason why)
{
	return (struct want){.fate = DROPPED, .why = why};
}

/* The NAT will choose the forwarded port for a, perhaps, and with that it would be another session's. */
static inline bool may_clash(uint8_t proto, struct end a, struct end d)
{
	uint32_t list[2];
	int n = addresses_for(a, list);
	bool back;

	for (int i = 0; i < n && forwards_free(proto, a); i++)
		if (session_of(proto, d, (struct end){list[i], k.forward.first}, &back))
			return true;
	return false;
}

/* New, from a to b; it becomes from c to d. c_open: whatever the NAT chooses for a. */
static inline struct want begin(uint8_t proto, struct end a, struct end b, struct end c,
				struct end d, int map, bool c_open)
{
	if (c_open && may_clash(proto, a, d))
		return dropped(NOT_KNOWN);
	if (!c_open && !makes_way(proto, d, c))
		return dropped(DROP_CONNTRACK_CLASH);
	return (struct want){.fate = ARRIVES, .src = c, .dst = d, .src_open = c_open, .inside = a,
			     .session = session_add(proto, a, b, c, d, map)};
}

static inline struct want leaves(uint8_t proto, struct end src, struct end dst)
{
	struct mapping *m = map_inside(proto, src, dst);

	if (m)
		return begin(proto, src, dst, m->outside, dst, (int)(m - k.maps), false);
	if (ports_for(proto, src) != THERE_IS)
		return dropped(ports_for(proto, src) == WHO_KNOWS ? NOT_KNOWN : DROP_NAT_EXHAUSTED);
	return begin(proto, src, dst, src, dst, -1, true);
}

static inline bool admits(int map, struct end from)
{
	if (k.params.filtering == NAT_ENDPOINT_INDEPENDENT)
		return true;
	for (int i = 0; i < k.n_sessions; i++) {
		const struct session *s = &k.sessions[i];
		struct end peer = same(s->a, k.maps[map].inside) ? s->b : s->a;

		if (alive(s) && s->map == map && peer.addr == from.addr &&
		    (k.params.filtering == NAT_ADDRESS_DEPENDENT || peer.port == from.port))
			return true;
	}
	return false;
}

/* Whether `from` has knocked at `at`; a port of 0 is not known yet. */
static inline enum ports knocked(uint8_t proto, struct end from, struct end at)
{
	enum ports answer = THERE_IS_NONE;

	for (int i = k.n_knocks > NAT_KNOCKS ? k.n_knocks - NAT_KNOCKS : 0; i < k.n_knocks; i++) {
		const struct knock *n = &k.knocks[i];

		if (n->proto != proto || !same(n->from, from) || n->at.addr != at.addr ||
		    !vtime_before(world_now(lab.w), n->until))
			continue;
		if (k.params.filtering == NAT_ADDRESS_DEPENDENT || n->at.port == at.port)
			return THERE_IS;
		if (!at.port)
			answer = WHO_KNOWS;
	}
	return answer;
}

static inline void knock(uint8_t proto, struct end from, struct end at)
{
	vtime until = vtime_add(world_now(lab.w), vtime_s(120));

	assert_true(k.n_knocks < MOST);
	k.knocks[k.n_knocks++] = (struct knock){proto, from, at, until};
}

/* To the NAT: from outside, or from inside (a hairpin). */
static inline struct want enters(uint8_t proto, struct end src, struct end dst)
{
	struct mapping *m = map_outside(proto, dst), *own;
	bool f = is_forwarded(proto, dst), hairpin = is_inside(src.addr);
	struct want w;
	struct end seen = src, to = {ipaddr_to4(&k.forward.to), k.forward.to_port};

	if (!f && !m)
		return begin(proto, src, dst, src, dst, -1, false);
	if (hairpin && !k.params.hairpinning)
		return dropped(DROP_NAT_NO_HAIRPIN);
	own = hairpin ? map_inside(proto, src, dst) : NULL;
	if (hairpin && !own && ports_for(proto, src) != THERE_IS)
		return dropped(ports_for(proto, src) == WHO_KNOWS ? NOT_KNOWN : DROP_NAT_EXHAUSTED);
	if (own)
		seen = own->outside;
	/* A new endpoint is one that nobody can have sent to; but its address perhaps. */
	if (hairpin && !own) {
		uint32_t list[2];

		if (addresses_for(src, list) > 1)
			return dropped(NOT_KNOWN);
		seen = (struct end){list[0], 0};
	}
	if (!f && own != m && !admits((int)(m - k.maps), seen)) {
		enum ports said = hairpin ? knocked(proto, m->outside, seen) : THERE_IS_NONE;

		if (said == WHO_KNOWS)
			return dropped(NOT_KNOWN);
		if (said == THERE_IS_NONE && own)
			knock(proto, seen, m->outside);
		if (said == THERE_IS_NONE)
			return dropped(DROP_NAT_FILTERED);
	}
	if (!f)
		to = m->inside;
	if (own)
		w = begin(proto, src, dst, seen, to, (int)(own - k.maps), false);
	else if (hairpin)
		w = begin(proto, src, dst, src, to, -1, true);
	else
		w = begin(proto, src, dst, seen, to, f ? -1 : (int)(m - k.maps), false);
	if (w.session && hairpin && !f)
		w.session->to_map = (int)(m - k.maps);
	return w;
}

static inline struct want expected(uint8_t proto, struct end src, struct end dst)
{
	bool back;
	struct session *s = session_of(proto, src, dst, &back);

	if (s) {
		s->replied |= back;
		s->expires = vtime_add(world_now(lab.w), proto == IPPROTO_UDP ? k.udp : k.icmp);
		return (struct want){.fate = ARRIVES, .src = back ? s->b : s->c, .dst = back ? s->a : s->d,
				     .session = s};
	}
	if (is_nats(dst.addr) && proto == IPPROTO_UDP)
		return enters(proto, src, dst);
	if (is_inside(src.addr) && !is_inside(dst.addr))
		return leaves(proto, src, dst);
	return begin(proto, src, dst, src, dst, -1, false);
}

#endif
