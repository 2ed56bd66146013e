/*
 * For tests of queue disciplines: IP frames of a chosen flow, a discipline without a link, whose
 * time the test sets, and the RFCs' pseudo code for CoDel as a naive twin.
 */
#ifndef TESTS_QDISC_LAB_H
#define TESTS_QDISC_LAB_H

#include "link_pair.h"

#include <math.h>

#include "link/qdisc.h"
#include "wire/be.h"
#include "wire/ecn.h"
#include "wire/ipv4.h"

/* A UDP frame of len bytes (at least 42) over IPv4 whose source port is the flow. */
static inline struct packet *udp_frame(struct world *w, uint32_t len, uint16_t flow,
				       enum ecn_codepoint ecn)
{
	static const uint8_t zeros[65536];
	struct packet *p = packet_new(w);
	uint8_t *eth = packet_push(p, 14), *ip = packet_put(p, 20), *udp;
	struct ipv4_hdr h = {
		.ihl = 5,
		.tos = (uint8_t)ecn,
		.total_len = (uint16_t)(len - 14),
		.ttl = 64,
		.proto = 17,
		.src = ipaddr_from_bytes4((const uint8_t[]){10, 0, 0, 1}),
		.dst = ipaddr_from_bytes4((const uint8_t[]){10, 0, 0, 2}),
	};

	memset(eth, 0, 12);
	be16_store(eth + 12, 0x0800);
	ipv4_emit(ip, &h);
	ipv4_set_checksum(ip);
	p->l4 = p->end;
	udp = packet_put(p, 8);
	memset(udp, 0, 8);
	be16_store(udp, flow);
	be16_store(udp + 2, 9);
	packet_copy_in(p, zeros, len - 42);
	return p;
}

struct lab {
	struct world *w;
	struct site site;
	struct link_counters counters;
	struct qdisc_params params;
	struct qdisc_place place;
	struct qdisc *q;
	struct notes notes;
};

/* A limit of 1000 packets and 10 Mbit/s; the test may change params and place before lab_start(). */
static inline void lab_init(struct lab *l, enum qdisc_kind kind)
{
	memset(l, 0, sizeof(*l));
	l->w = world_new(1);
	site_init(&l->site, l->w, "isp");
	notes_start(&l->notes, l->w);
	l->params = qdisc_defaults(kind);
	l->place = (struct qdisc_place){
		.site = &l->site,
		.stream = "lab",
		.counters = &l->counters,
		.rate = 10000000,
		.limit = 1000,
		.mtu = 1514,
	};
}

static inline void lab_start(struct lab *l)
{
	l->q = qdisc_new(&l->params, &l->place, world_now(l->w));
}

static inline void lab_send(struct lab *l, uint32_t len, uint16_t flow, enum ecn_codepoint ecn)
{
	qdisc_enqueue(l->q, udp_frame(l->w, len, flow, ecn), world_now(l->w));
}

/* Takes the next frame and returns its id; 0: none. */
static inline uint64_t lab_next(struct lab *l)
{
	struct packet *p = qdisc_dequeue(l->q, world_now(l->w));
	uint64_t id = p ? p->id : 0;

	if (p)
		packet_free(p);
	return id;
}

static inline double lab_figure(const struct lab *l, const char *name)
{
	struct qdisc_figure f[QDISC_FIGURES];
	uint32_t n = qdisc_figures(l->q, f);

	for (uint32_t i = 0; i < n; i++)
		if (!strcmp(f[i].name, name))
			return f[i].value;
	fail_msg("no figure '%s'", name);
	return 0;
}

static inline void lab_fini(struct lab *l)
{
	struct packet *p;

	while ((p = qdisc_take(l->q)) != NULL)
		packet_free(p);
	assert_int_equal(l->q->packets, 0);
	assert_int_equal(l->q->bytes, 0);
	qdisc_free(l->q);
	site_fini(&l->site);
	world_close(l->w);
}

/*
 * RFC 8289 5.4 to 5.6 line by line, over an array: what the queue would do, without packets.
 */
struct twin_frame {
	uint64_t id;
	int64_t at;
	uint32_t len;
};

struct twin_codel {
	struct twin_frame frames[20000];
	uint32_t first, end;
	uint64_t bytes;
	int64_t first_above_time_, drop_next_, target, interval;
	uint32_t count_, lastcount_, maxpacket_;
	bool dropping_;
	uint64_t drops;
};

struct twin_look {
	const struct twin_frame *p;
	bool ok_to_drop;
};

static inline int64_t twin_law(const struct twin_codel *c, int64_t t, uint32_t count)
{
	return t + (int64_t)((double)c->interval / sqrt(count));
}

static inline struct twin_look twin_dodequeue(struct twin_codel *c, int64_t now)
{
	struct twin_look r = {NULL, false};

	if (c->first == c->end) {
		c->first_above_time_ = 0;
		return r;
	}
	r.p = &c->frames[c->first++ % 20000];
	c->bytes -= r.p->len;
	int64_t sojourn_time = now - r.p->at;
	if (sojourn_time < c->target || c->bytes <= c->maxpacket_) {
		c->first_above_time_ = 0;
	} else {
		if (c->first_above_time_ == 0)
			c->first_above_time_ = now + c->interval;
		else if (now >= c->first_above_time_)
			r.ok_to_drop = true;
	}
	return r;
}

/* The id of the next frame; 0: none. */
static inline uint64_t twin_dequeue(struct twin_codel *c, int64_t now)
{
	struct twin_look r = twin_dodequeue(c, now);

	if (c->dropping_) {
		if (!r.ok_to_drop)
			c->dropping_ = false;
		while (now >= c->drop_next_ && c->dropping_) {
			c->drops++;
			++c->count_;
			r = twin_dodequeue(c, now);
			if (!r.ok_to_drop)
				c->dropping_ = false;
			else
				c->drop_next_ = twin_law(c, c->drop_next_, c->count_);
		}
	} else if (r.ok_to_drop) {
		c->drops++;
		r = twin_dodequeue(c, now);
		c->dropping_ = true;
		uint32_t delta = c->count_ - c->lastcount_;
		c->count_ = 1;
		if (delta > 1 && now - c->drop_next_ < 16 * c->interval)
			c->count_ = delta;
		c->drop_next_ = twin_law(c, now, c->count_);
		c->lastcount_ = c->count_;
	}
	return r.p ? r.p->id : 0;
}

static inline void twin_enqueue(struct twin_codel *c, uint64_t id, uint32_t len, int64_t now)
{
	assert_true(c->end - c->first < 20000);
	c->frames[c->end++ % 20000] = (struct twin_frame){id, now, len};
	c->bytes += len;
}

#endif
