/* A capture set from outside: files, failures, filters, classic pcap. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <pcap/pcap.h>

#include "capture/capture.h"
#include "capture/filter.h"
#include "capture/pcapng.h"
#include "capture_fake.h"

static struct iface laptop = {.name = "eth0", .node = "laptop", .link = "wan"};
static struct iface web = {.name = "eth0", .node = "web", .link = "wan"};
static struct world *world;
static struct capture_set *set;
static char *parent, *folder;

static int setup(void **state)
{
	(void)state;
	parent = g_dir_make_tmp("netarium-set-XXXXXX", NULL);
	folder = g_build_filename(parent, "out", "captures", NULL);
	world = world_new(1);
	set = capture_set_new(world, folder);
	laptop.taps = web.taps = NULL;
	return 0;
}

static int teardown(void **state)
{
	char *out = g_build_filename(parent, "out", NULL);

	(void)state;
	world_free(world);
	rmdir(out);
	int left = rmdir(parent); /* each test leaves nothing behind */
	g_free(out);
	g_free(folder);
	g_free(parent);
	return left;
}

static struct capture *add(const char *file, const char *filter, enum capture_format format,
			   struct iface *i)
{
	struct capture *c = capture_new(set, &(struct capture_params){
		.file = file,
		.filter = filter,
		.format = format,
	}, NULL);

	assert_non_null(c);
	if (i)
		capture_add_iface(c, i);
	return c;
}

static bool exists(const char *file)
{
	char *path = g_build_filename(folder, file, NULL);
	bool there = access(path, F_OK) == 0;

	g_free(path);
	return there;
}

static uint32_t files(void)
{
	GDir *dir = g_dir_open(folder, 0, NULL);
	uint32_t count = 0;

	if (!dir)
		return 0;
	while (g_dir_read_name(dir))
		count++;
	g_dir_close(dir);
	return count;
}

static void remove_file(const char *file)
{
	char *path = g_build_filename(folder, file, NULL);

	assert_int_equal(unlink(path), 0);
	g_free(path);
}

/* An Ethernet frame with an IPv4 header of that protocol and `len` bytes behind it. */
static void show(struct iface *i, uint8_t protocol, uint32_t len)
{
	static const uint8_t eth[14] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0};
	struct packet *p = packet_new(world);
	uint8_t *ip = packet_put(p, 20);

	memset(ip, 0, 20);
	ip[0] = 0x45;
	ip[8] = 64;
	ip[9] = protocol;
	memcpy(packet_push(p, 14), eth, 14);
	p->slab = slab_new(world, len);
	p->data = memset(p->slab->bytes, 0xab, len);
	p->data_len = len;
	fake_show(i, p, TAP_OUT);
	packet_free(p);
}

static void test_pcap(void **state)
{
	char *path, error[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *h;
	const u_char *frame;
	pcap_t *in;

	(void)state;
	struct capture *c = add("a.pcap", "udp", CAPTURE_PCAP, &laptop);
	assert_true(capture_set_begin(set, NULL));
	sched_advance(&world->sched, vtime_ns(1500000001));
	show(&laptop, 17, 100);
	show(&laptop, 6, 100);
	show(&laptop, 17, 40000);
	assert_int_equal(capture_frames(c), 2);
	assert_false(exists("a.pcap"));
	assert_true(capture_set_finish(set, false, NULL));
	assert_null(laptop.taps);
	assert_null(world->observers);

	path = g_build_filename(folder, "a.pcap", NULL);
	in = pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, error);
	assert_non_null(in);
	assert_int_equal(pcap_datalink(in), DLT_EN10MB);
	assert_int_equal(pcap_next_ex(in, &h, &frame), 1);
	assert_int_equal(h->ts.tv_sec, 1);
	assert_int_equal(h->ts.tv_usec, 500000001);
	assert_int_equal(h->caplen, 134);
	assert_int_equal(h->len, 134);
	assert_int_equal(frame[23], 17);
	assert_int_equal(frame[133], 0xab);
	assert_int_equal(pcap_next_ex(in, &h, &frame), 1);
	assert_int_equal(h->caplen, 40034);
	assert_int_equal(frame[40033], 0xab);
	assert_int_equal(pcap_next_ex(in, &h, &frame), PCAP_ERROR_BREAK);
	pcap_close(in);
	unlink(path);
	g_free(path);
	capture_set_free(set);
}

/* The bytes of a classic file, and a short snaplen. */
static void test_pcap_golden(void **state)
{
	static const uint8_t golden[] = {
		0x4d, 0x3c, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		16, 0, 0, 0, 1, 0, 0, 0,
		2, 0, 0, 0, 7, 0, 0, 0, 16, 0, 0, 0, 35, 0, 0, 0,
		2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0,
	};
	char *path = g_build_filename(folder, "b.pcap", NULL), *got;
	struct capture *c = capture_new(set, &(struct capture_params){
		.file = "b.pcap",
		.format = CAPTURE_PCAP,
		.snaplen = 16,
	}, NULL);
	gsize len;

	(void)state;
	capture_add_iface(c, &laptop);
	assert_true(capture_set_begin(set, NULL));
	sched_advance(&world->sched, vtime_ns(2000000007));
	show(&laptop, 17, 1);
	assert_true(capture_set_finish(set, false, NULL));
	assert_true(g_file_get_contents(path, &got, &len, NULL));
	assert_int_equal(len, sizeof(golden));
	assert_memory_equal(got, golden, len);
	unlink(path);
	g_free(got);
	g_free(path);
	capture_set_free(set);
}

static void test_bad_filter(void **state)
{
	char *error = NULL, why[256] = "";

	(void)state;
	assert_null(capture_new(set, &(struct capture_params){
		.file = "c.pcapng",
		.filter = "tpc port 80",
	}, &error));
	assert_non_null(error);
	assert_non_null(strstr(error, "filter \"tpc port 80\": "));
	assert_non_null(strstr(error, "syntax error"));
	free(error);
	assert_int_equal(capture_set_count(set), 0);
	assert_int_equal(filter_check("tcp port 80", why, sizeof(why)), 0);
	assert_int_not_equal(filter_check("tcp prt 80", why, sizeof(why)), 0);
	assert_true(why[0]);
	capture_set_free(set);
	assert_int_equal(access(folder, F_OK), -1);
}

static void test_count(void **state)
{
	char why[256];
	struct filter_count *all = filter_count_new(NULL, why, sizeof(why));
	struct filter_count *udp = filter_count_new("udp and greater 100", why, sizeof(why));

	(void)state;
	assert_null(filter_count_new("nonsense here", why, sizeof(why)));
	filter_count_add(all, &laptop);
	filter_count_add(all, &web);
	filter_count_add(udp, &web);
	show(&laptop, 17, 1000);
	show(&web, 17, 1000);
	show(&web, 17, 10);
	show(&web, 6, 60000);
	assert_int_equal(filter_count_value(all), 4);
	assert_int_equal(filter_count_value(udp), 1);
	filter_count_free(all);
	filter_count_free(udp);
	assert_null(laptop.taps);
	assert_null(web.taps);
	capture_set_free(set);
}

/* A run that gives up before its end leaves nothing. */
static void test_given_up(void **state)
{
	(void)state;
	capture_set_chunk(set, 1000);
	add("d.pcapng", NULL, CAPTURE_PCAPNG, &laptop);
	add("d.pcap", NULL, CAPTURE_PCAP, &laptop);
	assert_true(capture_set_begin(set, NULL));
	for (int i = 0; i < 100; i++)
		show(&laptop, 17, 1400);
	assert_true(exists(".d.pcapng.part"));
	assert_true(exists(".d.pcap.part"));
	capture_set_free(set);
	assert_int_equal(access(folder, F_OK), -1);
	assert_null(laptop.taps);
	assert_null(world->observers);
}

static void link_to_full(const char *file)
{
	char *path = g_build_filename(folder, file, NULL);

	assert_int_equal(symlink("/dev/full", path), 0);
	g_free(path);
}

/* The disk is full: the run learns of it, the other files are whole, nothing half is left. */
static void test_full(void **state)
{
	char *error = NULL, *want;

	(void)state;
	capture_set_chunk(set, 1000);
	add("e.pcapng", NULL, CAPTURE_PCAPNG, &laptop);
	add("f.pcapng", NULL, CAPTURE_PCAPNG, &laptop);
	add("g.pcap", NULL, CAPTURE_PCAP, &web);
	assert_true(capture_set_begin(set, NULL));
	link_to_full(".e.pcapng.part");
	link_to_full(".g.pcap.part");
	want = g_strdup_printf("%s/e.pcapng: No space left on device", folder);
	for (int i = 0; i < 100; i++)
		show(&laptop, 17, 1400);
	assert_string_equal(capture_set_error(set), want);
	for (int i = 0; i < 100; i++)
		show(&web, 17, 1400);
	assert_string_equal(capture_set_error(set), want); /* the first one */
	assert_false(capture_set_finish(set, false, &error));
	assert_string_equal(error, want);
	assert_true(exists("f.pcapng"));
	assert_int_equal(files(), 1);
	remove_file("f.pcapng");
	capture_set_free(set);
	assert_int_equal(access(folder, F_OK), -1);
	free(error);
	g_free(want);
}

/* Full at the very end, and full while a file is written for the second time. */
static void test_full_late(void **state)
{
	char *error = NULL, *want;

	(void)state;
	capture_set_chunk(set, 4096);
	struct capture *c = add("h.pcapng", NULL, CAPTURE_PCAPNG, &laptop);
	add("i.pcapng", NULL, CAPTURE_PCAPNG, &web);
	add("j.pcap", NULL, CAPTURE_PCAP, &web);
	assert_true(capture_set_begin(set, NULL));
	link_to_full(".h.pcapng.again.part");
	link_to_full(".i.pcapng.part");
	link_to_full(".j.pcap.part");
	show(&web, 17, 100);
	for (int i = 0; i < 100; i++)
		show(&laptop, 17, 1400);
	assert_null(capture_set_error(set));
	capture_add_secrets(c, "CLIENT_RANDOM 0 0\n", 18);
	assert_false(capture_set_finish(set, false, &error));
	want = g_strdup_printf("%s/h.pcapng: No space left on device", folder);
	assert_string_equal(error, want);
	assert_int_equal(files(), 0);
	capture_set_free(set);
	free(error);
	g_free(want);
}

/* A limit in the middle of the file, as a quota or a nearly full disk sets it. */
static void test_limit(void **state)
{
	struct rlimit limit, before;
	char *error = NULL, *want = g_strdup_printf("%s/k.pcapng: File too large", folder);

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	limit = before;
	limit.rlim_cur = 100000;
	capture_set_chunk(set, 4096);
	add("k.pcapng", NULL, CAPTURE_PCAPNG, &laptop);
	assert_true(capture_set_begin(set, NULL));
	setrlimit(RLIMIT_FSIZE, &limit);
	for (int i = 0; i < 100; i++)
		show(&laptop, 17, 1400);
	assert_true(exists(".k.pcapng.part"));
	assert_string_equal(capture_set_error(set), want);
	assert_false(capture_set_finish(set, false, &error));
	setrlimit(RLIMIT_FSIZE, &before);
	assert_string_equal(error, want);
	assert_int_equal(files(), 0);
	capture_set_free(set);
	free(error);
	g_free(want);
}

static void test_no_folder(void **state)
{
	char *out = g_build_filename(parent, "out", NULL), *error = NULL;
	char *want = g_strdup_printf("%s: Not a directory", out);

	(void)state;
	assert_true(g_file_set_contents(out, "", 0, NULL));
	add("l.pcapng", NULL, CAPTURE_PCAPNG, &laptop);
	assert_false(capture_set_begin(set, &error));
	assert_string_equal(error, want);
	assert_null(laptop.taps);
	capture_set_free(set);
	unlink(out);
	free(error);
	g_free(want);
	g_free(out);
}

/* What was there before stays there when the run fails, and is replaced when it does not. */
static void test_replace(void **state)
{
	char *path = g_build_filename(folder, "m.pcapng", NULL), *got;

	(void)state;
	g_mkdir_with_parents(folder, 0777);
	assert_true(g_file_set_contents(path, "old", 3, NULL));
	add("m.pcapng", NULL, CAPTURE_PCAPNG, &laptop);
	assert_true(capture_set_begin(set, NULL));
	capture_set_free(set);
	assert_true(g_file_get_contents(path, &got, NULL, NULL));
	assert_string_equal(got, "old");
	g_free(got);
	set = capture_set_new(world, folder);
	add("m.pcapng", NULL, CAPTURE_PCAPNG, &laptop);
	assert_true(capture_set_begin(set, NULL));
	assert_true(capture_set_finish(set, false, NULL));
	assert_true(g_file_get_contents(path, &got, NULL, NULL));
	assert_memory_equal(got, "\x0a\x0d\x0d\x0a", 4);
	g_free(got);
	unlink(path);
	g_free(path);
	capture_set_free(set);
	rmdir(folder);
}

/* The Name Resolution Blocks of a file's text contain that name. */
static bool capture_names_contain(const char *file, const char *name)
{
	char *path = g_build_filename(folder, file, NULL), *got;
	bool found = false;
	gsize len;

	assert_true(g_file_get_contents(path, &got, &len, NULL));
	for (gsize at = 0; at < len; at += le32_load((uint8_t *)got + at + 4)) {
		uint32_t size = le32_load((uint8_t *)got + at + 4);

		if (le32_load((uint8_t *)got + at) == PCAPNG_NAMES)
			found |= memmem(got + at, size, name, strlen(name) + 1) != NULL;
	}
	g_free(got);
	g_free(path);
	return found;
}

/* Many captures: few descriptors, and not everybody's name in everybody's file. */
static void test_many(void **state)
{
	enum { COUNT = 300, NAMES = 14000 };
	struct iface *i = g_new0(struct iface, COUNT);
	struct rlimit limit, before;
	char name[32];

	(void)state;
	for (uint32_t k = 0; k < NAMES; k++) {
		struct ipaddr a = ipaddr_from4(0x0a000000 + k);

		snprintf(name, sizeof(name), "host%u", k);
		capture_set_name(set, &a, name);
	}
	for (uint32_t k = 0; k < COUNT; k++) {
		i[k].name = "eth0";
		i[k].node = g_strdup_printf("host%u", k);
		snprintf(name, sizeof(name), "host%u.pcapng", k);
		add(name, NULL, CAPTURE_PCAPNG, &i[k]);
	}
	getrlimit(RLIMIT_NOFILE, &before);
	limit = before;
	limit.rlim_cur = 50;
	setrlimit(RLIMIT_NOFILE, &limit);
	assert_true(capture_set_begin(set, NULL));
	for (uint32_t n = 0; n < 100; n++)
		for (uint32_t k = 0; k < COUNT; k++)
			show(&i[k], 17, 1400);
	assert_null(capture_set_error(set));
	assert_int_equal(files(), COUNT); /* all are under way */
	assert_true(capture_set_finish(set, false, NULL));
	setrlimit(RLIMIT_NOFILE, &before);
	assert_true(capture_names_contain("host7.pcapng", "host7"));
	assert_false(capture_names_contain("host7.pcapng", "host8"));
	assert_int_equal(capture_set_count(set), COUNT);
	for (uint32_t k = 0; k < COUNT; k++) {
		const struct capture *c = capture_set_at(set, k);

		assert_int_equal(capture_frames(c), 100);
		remove_file(capture_file(c));
		g_free((char *)i[k].node);
	}
	capture_set_free(set);
	assert_int_equal(access(folder, F_OK), -1);
	g_free(i);
}

#define SET_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SET_TEST(test_pcap),
		SET_TEST(test_pcap_golden),
		SET_TEST(test_bad_filter),
		SET_TEST(test_count),
		SET_TEST(test_given_up),
		SET_TEST(test_full),
		SET_TEST(test_full_late),
		SET_TEST(test_limit),
		SET_TEST(test_no_folder),
		SET_TEST(test_replace),
		SET_TEST(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
