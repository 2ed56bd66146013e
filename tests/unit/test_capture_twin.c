/*
 * The captures against a naive twin, which keeps every frame and every fate and writes the file
 * in one go when all is known. Both must agree to the byte, whatever the size of the chunks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <glib.h>

#include "capture/capture.h"
#include "capture/filter.h"
#include "capture_fake.h"
#include "core/rng.h"
#include "wire/ipaddr.h"

#define IFACES 6
#define FLIGHT 40

/* The twin: frames and fates in the order in which they came. */
struct frame {
	uint32_t iface, dir, len;
	int64_t at;
	uint64_t id;
	uint8_t *bytes;
};

struct fate {
	uint64_t id;
	char *text;
};

static GArray *frames, *fates;

static void put(GByteArray *b, const void *data, size_t len)
{
	g_byte_array_append(b, data, (guint)len);
}

static void put32(GByteArray *b, uint32_t v)
{
	uint8_t bytes[4] = {(uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16), (uint8_t)(v >> 24)};

	put(b, bytes, 4);
}

static void put_padding(GByteArray *b, size_t len)
{
	while (len++ % 4)
		put(b, "", 1);
}

static void put_option(GByteArray *b, uint32_t code, const void *value, size_t len)
{
	put32(b, code | (uint32_t)len << 16);
	put(b, value, len);
	put_padding(b, len);
}

static void put_block(GByteArray *file, uint32_t type, GByteArray *body)
{
	put32(file, type);
	put32(file, body->len + 12);
	put(file, body->data, body->len);
	put32(file, body->len + 12);
	g_byte_array_set_size(body, 0);
}

static void put_number(GByteArray *b, uint32_t code, uint64_t v)
{
	put32(b, code | 8 << 16);
	put32(b, (uint32_t)v);
	put32(b, (uint32_t)(v >> 32));
}

static void put_time(GByteArray *b, uint32_t code, int64_t ns)
{
	put32(b, code | 8 << 16);
	put32(b, (uint32_t)(ns >> 32));
	put32(b, (uint32_t)ns);
}

/* What one capture is to be. */
struct plan {
	const char *file, *filter;
	uint32_t snaplen;
	uint32_t ifaces; /* a bit each */
	const char *secrets;
};

static struct iface ifaces[IFACES] = {
	{.name = "eth0", .node = "laptop", .link = "wan", .mac = {2, 0, 0, 0, 0, 1}},
	{.name = "eth0", .node = "isp", .link = "wan", .mac = {2, 0, 0, 0, 0, 2}, .rate = 1000000},
	{.name = "eth1", .node = "isp", .link = "lan", .mac = {2, 0, 0, 0, 0, 3}},
	{.name = "eth0", .node = "web", .link = "lan", .mac = {2, 0, 0, 0, 0, 4}},
	{.name = "lo", .node = "web", .mac = {2, 0, 0, 0, 0, 5}},
	{.name = "eth1", .node = "web", .link = "idle", .mac = {2, 0, 0, 0, 0, 6}},
};

static const struct plan plans[] = {
	{.file = "laptop.pcapng", .ifaces = 1},
	{.file = "isp.pcapng", .ifaces = 2 | 4, .secrets = "CLIENT_RANDOM 00 11\n"},
	{.file = "wan.pcapng", .ifaces = 1 | 2, .snaplen = 61},
	{.file = "web.pcapng", .ifaces = 8 | 16 | 32, .filter = "ether[14] & 3 = 1"},
	{.file = "some.pcapng", .ifaces = 4 | 8, .filter = "ether[14] & 3 != 0", .snaplen = 33},
	{.file = "idle.pcapng", .ifaces = 32},
};

#define PLANS (sizeof(plans) / sizeof(plans[0]))

static uint64_t twin_drops(const struct iface *i, void *user)
{
	(void)user;
	return (uint64_t)(i - ifaces) * 1000;
}

static GByteArray *twin_section(const char *comment)
{
	GByteArray *body = g_byte_array_new(), *file = g_byte_array_new();

	put32(body, 0x1a2b3c4d);
	put32(body, 1);
	put32(body, 0); /* the length comes last */
	put32(body, 0);
	if (comment)
		put_option(body, 1, comment, strlen(comment));
	put_option(body, 4, "netarium", 8);
	put32(body, 0);
	put_block(file, 0x0a0d0d0a, body);
	g_byte_array_unref(body);
	return file;
}

static void twin_interface(GByteArray *file, const struct plan *plan, const struct iface *i)
{
	GByteArray *body = g_byte_array_new();
	char *full = g_strdup_printf("%s:%s", i->node, i->name);
	char *where = i->link ? g_strdup_printf("%s on %s", full, i->link) : g_strdup(full);
	char filter[64] = "";
	const char *name = plan->ifaces == (1 | 2) || plan->ifaces == (4 | 8) ? full : i->name;

	put32(body, 1);
	put32(body, plan->snaplen);
	put_option(body, 2, name, strlen(name));
	put_option(body, 3, where, strlen(where));
	put_option(body, 6, i->mac, 6);
	if (i->rate)
		put_number(body, 8, i->rate);
	put_option(body, 9, "\x09", 1);
	if (plan->filter) {
		strcpy(filter + 1, plan->filter);
		put_option(body, 11, filter, strlen(plan->filter) + 1);
	}
	put32(body, 0);
	put_block(file, 1, body);
	g_byte_array_unref(body);
	g_free(full);
	g_free(where);
}

static void twin_comments(GByteArray *body, uint64_t id)
{
	GPtrArray *done = g_ptr_array_new();

	for (guint i = 0; i < fates->len; i++) {
		const struct fate *f = &g_array_index(fates, struct fate, i);
		bool again = false;

		for (guint k = 0; k < done->len; k++)
			again |= strcmp(done->pdata[k], f->text) == 0;
		if (f->id != id || again)
			continue;
		put_option(body, 1, f->text, strlen(f->text));
		g_ptr_array_add(done, f->text);
	}
	g_ptr_array_unref(done);
}

static void twin_frame(GByteArray *file, const struct plan *plan, uint32_t index,
		       const struct frame *f)
{
	GByteArray *body = g_byte_array_new();
	uint32_t n = plan->snaplen && plan->snaplen < f->len ? plan->snaplen : f->len;

	put32(body, index);
	put32(body, (uint32_t)(f->at >> 32));
	put32(body, (uint32_t)f->at);
	put32(body, n);
	put32(body, f->len);
	put(body, f->bytes, n);
	put_padding(body, n);
	put32(body, 2 | 4 << 16);
	put32(body, f->dir);
	put_number(body, 5, f->id);
	twin_comments(body, f->id);
	put32(body, 0);
	put_block(file, 6, body);
	g_byte_array_unref(body);
}

static bool twin_passes(const struct plan *plan, const struct frame *f)
{
	if (!plan->filter)
		return true;
	return strstr(plan->filter, "!=") ? (f->bytes[14] & 3) != 0 : (f->bytes[14] & 3) == 1;
}

static void twin_names(GByteArray *file)
{
	GByteArray *body = g_byte_array_new();

	put_option(body, 1, "\x0a\0\0\1laptop", 11); /* its NUL included */
	put_option(body, 1, "\x0a\0\0\2web", 8);
	put32(body, 0);
	put_block(file, 4, body);
	g_byte_array_unref(body);
}

static void twin_secrets(GByteArray *file, const char *secrets)
{
	GByteArray *body = g_byte_array_new();

	put32(body, 0x544c534b);
	put32(body, (uint32_t)strlen(secrets));
	put(body, secrets, strlen(secrets));
	put_padding(body, strlen(secrets));
	put_block(file, 10, body);
	g_byte_array_unref(body);
}

static GByteArray *twin_file(const struct plan *plan, int64_t end, const char *comment)
{
	GByteArray *file = twin_section(comment), *body = g_byte_array_new();
	uint32_t index[IFACES], count = 0, section = file->len;
	uint64_t received[IFACES] = {0}, accepted[IFACES] = {0};

	for (uint32_t i = 0; i < IFACES; i++) {
		if (plan->ifaces >> i & 1) {
			index[i] = count++;
			twin_interface(file, plan, &ifaces[i]);
		}
	}
	twin_names(file);
	if (plan->secrets)
		twin_secrets(file, plan->secrets);
	for (guint i = 0; i < frames->len; i++) {
		const struct frame *f = &g_array_index(frames, struct frame, i);

		if (!(plan->ifaces >> f->iface & 1))
			continue;
		received[f->iface]++;
		if (!twin_passes(plan, f))
			continue;
		accepted[f->iface]++;
		twin_frame(file, plan, index[f->iface], f);
	}
	for (uint32_t i = 0; i < IFACES; i++) {
		if (!(plan->ifaces >> i & 1))
			continue;
		put32(body, index[i]);
		put32(body, (uint32_t)(end >> 32));
		put32(body, (uint32_t)end);
		put_time(body, 2, 0);
		put_time(body, 3, end);
		put_number(body, 4, received[i]);
		put_number(body, 5, twin_drops(&ifaces[i], NULL));
		put_number(body, 6, accepted[i]);
		put_number(body, 7, 0);
		put_number(body, 8, accepted[i]);
		put32(body, 0);
		put_block(file, 5, body);
	}
	for (int i = 0; i < 4; i++)
		file->data[16 + i] = (uint8_t)((file->len - section) >> 8 * i);
	g_byte_array_unref(body);
	return file;
}

/* The world: packets wander over the interfaces, and things happen to them. */
static void show(struct world *w, const struct packet *p, uint32_t iface, enum tap_dir dir)
{
	struct frame f = {
		.iface = iface,
		.dir = dir,
		.len = packet_len(p),
		.at = world_now(w).ns,
		.id = p->id,
	};

	f.bytes = g_malloc(f.len);
	packet_read(p, p->head, 0, f.bytes, f.len);
	g_array_append_val(frames, f);
	fake_show(&ifaces[iface], p, dir);
}

static void remember(uint64_t id, char *text)
{
	struct fate f = {id, text};

	g_array_append_val(fates, f);
}

static void happen(const struct packet *p, const char *text)
{
	remember(p->id, g_strdup(text));
	if (p->parent)
		remember(p->parent, g_strdup_printf("%s: %s",
				(p->hdr[p->l3 + 6] & 0x3f) ? "fragment" : "duplicate", text));
	packet_note(p, "%s", text);
}

static struct packet *make(struct world *w, struct rng *r)
{
	struct packet *p = packet_new(w);
	uint8_t payload[3000];
	/* Some end in their headers, some are jumbo frames. */
	uint32_t len = rng_below(r, 4) ? rng_below(r, 200) : rng_below(r, sizeof(payload));

	rng_bytes(r, packet_put(p, 28), 28);
	rng_bytes(r, packet_push(p, 14), 14);
	p->hdr[p->l3] = (uint8_t)(0x40 | rng_below(r, 16));
	p->hdr[p->l3 + 6] = 0;
	p->hdr[p->l3 + 7] = 0;
	rng_bytes(r, payload, len);
	packet_copy_in(p, payload, len);
	return p;
}

static struct packet *descend(struct packet *p, struct rng *r)
{
	struct packet *q;

	if (rng_chance(r, 0.5))
		return packet_clone(p);
	q = packet_slice(p, p->l3, 0, packet_l3_len(p) < 40 ? packet_l3_len(p) : 40);
	memcpy(packet_push(q, 14), p->hdr + p->head, 14);
	q->hdr[q->l3 + 6] = 0x20; /* more fragments */
	return q;
}

static const char *const happenings[] = {
	"lost on wan: burst loss", "lost on lan: random loss", "reordered on wan",
	"dropped at isp: queue full (64 packets)", "corrupted on lan",
};

static void wander(struct world *w, struct rng *r, int steps, double trouble)
{
	struct packet *flight[FLIGHT] = {0};

	for (int i = 0; i < steps; i++) {
		struct packet **p = &flight[rng_below(r, FLIGHT)];

		sched_advance(&w->sched, vtime_add(world_now(w), vtime_us(rng_below(r, 3000000))));
		if (!*p) {
			*p = make(w, r);
		} else if (rng_chance(r, 0.1)) {
			packet_free(*p);
			*p = NULL;
			continue;
		}
		/* The last interface is one where nothing ever happens. */
		show(w, *p, rng_below(r, IFACES - 1), rng_chance(r, 0.5) ? TAP_IN : TAP_OUT);
		if (rng_chance(r, trouble))
			happen(*p, happenings[rng_below(r, 5)]);
		if (rng_chance(r, trouble)) {
			struct packet **q = &flight[rng_below(r, FLIGHT)];

			if (!*q)
				*q = descend(*p, r);
		}
	}
	for (int i = 0; i < FLIGHT; i++)
		if (flight[i])
			packet_free(flight[i]);
}

static void forget(void)
{
	for (guint i = 0; i < frames->len; i++)
		g_free(g_array_index(frames, struct frame, i).bytes);
	for (guint i = 0; i < fates->len; i++)
		g_free(g_array_index(fates, struct fate, i).text);
	g_array_unref(frames);
	g_array_unref(fates);
}

static void compare(const char *folder, const struct plan *plan, int64_t end, const char *comment)
{
	GByteArray *want = twin_file(plan, end, comment);
	char *path = g_build_filename(folder, plan->file, NULL), *got;
	gsize len;

	assert_true(g_file_get_contents(path, &got, &len, NULL));
	for (gsize i = 0; i < len && i < want->len; i++)
		if ((uint8_t)got[i] != want->data[i])
			fail_msg("%s differs at byte %zu of %u", plan->file, i, want->len);
	assert_int_equal(len, want->len);
	unlink(path);
	g_free(path);
	g_free(got);
	g_byte_array_unref(want);
}

static void one_run(uint64_t seed, size_t chunk, int steps, double trouble, bool interrupted)
{
	char *tmp = g_dir_make_tmp("netarium-twin-XXXXXX", NULL), now[32], *comment = NULL;
	char *folder = g_build_filename(tmp, "captures", NULL), *error = NULL;
	struct world *w = world_new(seed);
	struct capture_set *set = capture_set_new(w, folder);
	struct capture *captures[PLANS];
	struct rng r;

	frames = g_array_new(FALSE, FALSE, sizeof(struct frame));
	fates = g_array_new(FALSE, FALSE, sizeof(struct fate));
	capture_set_chunk(set, chunk);
	capture_set_drops(set, twin_drops, NULL);
	capture_set_name(set, &(struct ipaddr)IPADDR_V4(10, 0, 0, 1), "laptop");
	capture_set_name(set, &(struct ipaddr)IPADDR_V4(10, 0, 0, 2), "web");
	for (size_t i = 0; i < PLANS; i++) {
		captures[i] = capture_new(set, &(struct capture_params){
			.file = plans[i].file,
			.filter = plans[i].filter,
			.snaplen = plans[i].snaplen,
		}, &error);
		assert_non_null(captures[i]);
		for (uint32_t k = 0; k < IFACES; k++)
			if (plans[i].ifaces >> k & 1)
				capture_add_iface(captures[i], &ifaces[k]);
	}
	assert_true(capture_set_begin(set, &error));
	rng_init(&r, seed, "twin");
	wander(w, &r, steps, trouble);
	for (size_t i = 0; i < PLANS; i++)
		if (plans[i].secrets)
			capture_add_secrets(captures[i], plans[i].secrets,
					    strlen(plans[i].secrets));
	if (interrupted)
		comment = g_strdup_printf("interrupted at %s of virtual time",
					  vtime_format(now, sizeof(now), world_now(w)));
	assert_null(capture_set_error(set));
	assert_true(capture_set_finish(set, interrupted, &error));
	for (size_t i = 0; i < PLANS; i++)
		compare(folder, &plans[i], world_now(w).ns, comment);
	capture_set_free(set);
	world_free(w);
	assert_int_equal(access(folder, F_OK), -1); /* it was empty: no temporary was left */
	rmdir(tmp);
	forget();
	g_free(comment);
	g_free(folder);
	g_free(tmp);
}

static void test_small_chunks(void **state)
{
	static const size_t chunks[] = {1, 300, 1000, 4096, 10000, 65536};

	(void)state;
	for (uint64_t seed = 1; seed <= 60; seed++)
		one_run(seed, chunks[seed % 6], 600, seed % 5 * 0.05, seed % 4 == 0);
}

static void test_long(void **state)
{
	(void)state;
	/* More than is held back, more than is read back at a time. */
	one_run(100, 32768, 12000, 0.01, false);
	one_run(101, 0, 12000, 0.002, true);
}

static void test_empty(void **state)
{
	(void)state;
	one_run(200, 0, 0, 0, false);
	one_run(201, 0, 0, 0, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_small_chunks),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
