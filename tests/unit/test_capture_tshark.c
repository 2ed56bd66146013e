/* What tshark and capinfos read in our files. Skipped where they are not installed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <cmocka.h>
#include <glib.h>

#include "capture/capture.h"
#include "capture_fake.h"
#include "wire/ipaddr.h"

static struct iface laptop = {
	.name = "eth0", .node = "laptop", .link = "wan", .mac = {2, 0, 0, 0, 0, 1}, .rate = 50000000,
};
static struct iface web = {.name = "eth0", .node = "web", .link = "wan", .mac = {2, 0, 0, 0, 0, 2}};

/* UDP 10.0.0.1:40000 -> 10.0.0.2:7 with the text as payload; checksums are worked out here. */
static struct packet *datagram(struct world *w, const char *text)
{
	uint8_t b[14 + 28 + 64] = {
		2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0,
		0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
		40000 >> 8, 40000 & 255, 0, 7,
	};
	uint32_t len = (uint32_t)strlen(text), sum = 0;
	struct packet *p = packet_new(w);

	memcpy(b + 42, text, len);
	b[17] = (uint8_t)(28 + len);
	b[39] = (uint8_t)(8 + len);
	for (int i = 14; i < 34; i += 2)
		sum += (uint32_t)(b[i] << 8 | b[i + 1]);
	sum = ~(sum + (sum >> 16)) & 0xffff;
	b[24] = (uint8_t)(sum >> 8);
	b[25] = (uint8_t)sum;
	sum = 17 + 8 + len;
	for (uint32_t i = 26; i < 42 + len; i += 2)
		sum += (uint32_t)(b[i] << 8 | b[i + 1]);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~(sum + (sum >> 16)) & 0xffff;
	b[40] = (uint8_t)(sum >> 8);
	b[41] = (uint8_t)sum;
	memcpy(packet_put(p, 28), b + 14, 28);
	memcpy(packet_push(p, 14), b, 14);
	packet_copy_in(p, b + 42, len);
	return p;
}

static uint64_t drops(const struct iface *i, void *user)
{
	(void)user;
	return i == &laptop ? 3 : 0;
}

static void write_captures(const char *folder)
{
	struct world *w = world_new(1);
	struct capture_set *set = capture_set_new(w, folder);
	struct capture *both = capture_new(set, &(struct capture_params){
		.file = "wan.pcapng",
		.filter = "udp",
	}, NULL);
	struct capture *one = capture_new(set, &(struct capture_params){.file = "web.pcapng"}, NULL);
	struct packet *p;

	capture_set_name(set, &(struct ipaddr)IPADDR_V4(10, 0, 0, 1), "laptop");
	capture_set_name(set, &(struct ipaddr)IPADDR_V4(10, 0, 0, 2), "web");
	capture_set_drops(set, drops, NULL);
	capture_add_iface(both, &laptop);
	capture_add_iface(both, &web);
	capture_add_iface(one, &web);
	assert_true(capture_set_begin(set, NULL));

	sched_advance(&w->sched, vtime_ns(1000000001));
	p = datagram(w, "one");
	fake_show(&laptop, p, TAP_OUT);
	sched_advance(&w->sched, vtime_ns(1500000002));
	fake_show(&web, p, TAP_IN);
	packet_free(p);
	p = datagram(w, "second");
	fake_show(&laptop, p, TAP_OUT);
	packet_note(p, "reordered on wan");
	packet_note(p, "lost on wan: burst loss");
	packet_free(p);
	capture_add_secrets(one, "CLIENT_RANDOM 00 11\n", 20);
	assert_true(capture_set_finish(set, true, NULL));
	capture_set_free(set);
	world_free(w);
}

/* Standard output of a shell command; it must succeed. */
static char *output_of(const char *fmt, ...)
{
	va_list ap;
	char *command, *out = NULL;
	const char *argv[] = {"sh", "-c", NULL, NULL};
	int status = -1;

	va_start(ap, fmt);
	command = g_strdup_vprintf(fmt, ap);
	va_end(ap);
	argv[2] = command;
	assert_true(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &out,
				 NULL, &status, NULL));
	if (status != 0)
		fail_msg("%s: status %d\n%s", command, status, out);
	g_free(command);
	return out;
}

static void check(const char *folder)
{
	char *out = output_of("tshark -n -r %s/wan.pcapng -o udp.check_checksum:TRUE "
			      "-o ip.check_checksum:TRUE -T fields -E separator=/s "
			      "-e frame.time_epoch -e frame.interface_name "
			      "-e frame.packet_flags_direction -e frame.packet_id "
			      "-e ip.checksum.status -e udp.checksum.status", folder);

	assert_string_equal(out, "1.000000001 laptop:eth0 0x00000002 1 1 1\n"
				 "1.500000002 web:eth0 0x00000001 1 1 1\n"
				 "1.500000002 laptop:eth0 0x00000002 2 1 1\n");
	g_free(out);
	out = output_of("tshark -n -r %s/wan.pcapng -Y frame.comment -T fields -e frame.number "
			"-e frame.interface_description -e frame.comment", folder);
	assert_string_equal(out, "3\tlaptop:eth0 on wan\t"
				 "reordered on wan,lost on wan: burst loss\n");
	g_free(out);
	out = output_of("tshark -r %s/wan.pcapng -N n -c 1 -T fields -e ip.src_host -e ip.dst_host",
			folder);
	assert_string_equal(out, "laptop\tweb\n");
	g_free(out);
	/* Nothing is wrong with any packet, and every byte of the file is understood. */
	out = output_of("tshark -n -r %s/wan.pcapng -o udp.check_checksum:TRUE "
			"-Y '_ws.malformed || _ws.expert.severity >= 0x600000' 2>&1 | "
			"grep -v '^Running as user'; "
			"tshark -n -r %s/web.pcapng -T fields -e udp.payload 2>&1 | "
			"grep -v '^Running as user'", folder, folder);
	assert_string_equal(out, "6f6e65\n");
	g_free(out);
}

static void check_file(const char *folder)
{
	char *out = output_of("capinfos -M %s/wan.pcapng", folder);
	static const char *const lines[] = {
		"Number of packets:   3\n",
		"Capture application: netarium\n",
		"interrupted at 1.500 s of virtual time\n",
		"Name = laptop:eth0\n",
		"Description = laptop:eth0 on wan\n",
		"Speed = 50000000\n",
		"Time precision = nanoseconds (9)\n",
		"Filter string = udp\n",
		"Number of stat entries = 1\n",
		"Strict time order:   True\n",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (!strstr(out, lines[i]))
			fail_msg("capinfos does not say \"%s\" but\n%s", lines[i], out);
	g_free(out);
	out = output_of("capinfos -M %s/web.pcapng", folder);
	assert_non_null(strstr(out, "Number of decryption secrets in file: 1\n"));
	g_free(out);
}

/* editcap 4.0 refuses files whose interfaces come after other blocks. */
static void check_editcap(const char *folder)
{
	char *out;

	g_free(output_of("editcap %s/wan.pcapng %s/again.pcapng", folder, folder));
	out = output_of("tshark -n -r %s/again.pcapng -T fields -e frame.interface_name "
			"-e frame.comment", folder);
	assert_string_equal(out, "laptop:eth0\t\nweb:eth0\t\n"
				 "laptop:eth0\treordered on wan,lost on wan: burst loss\n");
	g_free(out);
}

static int clean(const char *arguments, const char *folder, const char *file)
{
	char *command = g_strdup_printf("bash %s/tests/tshark-clean.sh %s %s/%s >%s/said",
					NETARIUM_SOURCE_DIR, arguments, folder, file, folder);
	int status = system(command);

	g_free(command);
	return WEXITSTATUS(status);
}

static void write_bad(const char *folder)
{
	struct world *w = world_new(1);
	struct capture_set *set = capture_set_new(w, folder);
	struct packet *p = datagram(w, "one");

	capture_add_iface(capture_new(set, &(struct capture_params){.file = "bad.pcapng"}, NULL),
			  &web);
	assert_true(capture_set_begin(set, NULL));
	p->hdr[p->l3 + 26] ^= 1; /* the UDP checksum */
	fake_show(&web, p, TAP_IN);
	packet_free(p);
	assert_true(capture_set_finish(set, false, NULL));
	capture_set_free(set);
	world_free(w);
}

/* The script that looks at the captures of all shipped scenarios finds what there is to find. */
static void check_script(const char *folder)
{
	char *path = g_build_filename(folder, "said", NULL), *text, *want;

	assert_int_equal(clean("", folder, "wan.pcapng"), 0);
	write_bad(folder);
	assert_int_equal(clean("-a icmp.resp_not_found", folder, "bad.pcapng"), 1);
	assert_true(g_file_get_contents(path, &text, NULL, NULL));
	want = g_strdup_printf("%s/bad.pcapng: frame 1: udp.checksum.bad: Bad checksum ", folder);
	assert_true(g_str_has_prefix(text, want));
	g_free(text);
	g_free(want);
	assert_int_equal(clean("-a udp.checksum.bad", folder, "bad.pcapng"), 0);
	g_free(path);
	path = g_build_filename(folder, "scenario.yaml", NULL);
	assert_true(g_file_set_contents(path, "title: x\n# expect-expert: a.b udp.checksum.bad\n", -1,
					NULL));
	want = g_strdup_printf("-s %s", path);
	assert_int_equal(clean(want, folder, "bad.pcapng"), 0);
	assert_int_equal(clean("", folder, "nosuch.pcapng"), 1);
	g_free(want);
	g_free(path);
}

static void test_tshark(void **state)
{
	char *folder;

	(void)state;
	if (system("command -v tshark capinfos editcap >/dev/null 2>&1") != 0) {
		print_message("SKIP: tshark, capinfos and editcap are not installed\n");
		skip();
	}
	folder = g_dir_make_tmp("netarium-tshark-XXXXXX", NULL);
	write_captures(folder);
	check(folder);
	check_file(folder);
	check_editcap(folder);
	check_script(folder);
	g_free(output_of("rm -r %s", folder));
	g_free(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tshark),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
