/* The small notations of packets, and that what is drawn for one step does not depend on another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "play_world.h"
#include "topo/notation/packet.h"
#include "wire/tcp.h"

static char why[NOTATION_WHY];

static void numbers(void **state)
{
	static const char *const bad[] = {"", "0x", "0x1g", "-1", "1.5", "4294967296", "0x100000000",
					  "ten", "7 "};
	uint32_t n;

	(void)state;
	assert_true(notation_field("4294967295", &n, why) && n == UINT32_MAX);
	assert_true(notation_field("0x1F", &n, why) && n == 31);
	assert_true(notation_field("0", &n, why) && n == 0);
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
		assert_false(notation_field(bad[i], &n, why));
}

static void hex(void **state)
{
	static const char *const bad[] = {"", "0x", "a", "abc", "zz", "12 3", "12,34"};
	struct arena *arena = arena_new();
	struct craft_bytes b;

	(void)state;
	assert_true(notation_hex(arena, "0xdeadBEEF", &b, why) && b.len == 4);
	assert_memory_equal(b.at, "\xde\xad\xbe\xef", 4);
	assert_true(notation_hex(arena, " 01:02-03.04 0506\n", &b, why) && b.len == 6);
	assert_memory_equal(b.at, "\1\2\3\4\5\6", 6);
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
		assert_false(notation_hex(arena, bad[i], &b, why));
	arena_free(arena);
}

static void flags(void **state)
{
	uint16_t f;

	(void)state;
	assert_true(notation_tcp_flags("FSRPAUECN", &f, why) && f == 0x1ff);
	assert_true(notation_tcp_flags("S.", &f, why) && f == (TCPHDR_SYN | TCPHDR_ACK));
	assert_true(notation_tcp_flags("We", &f, why) && f == (TCPHDR_CWR | TCPHDR_AE));
	assert_true(notation_tcp_flags("none", &f, why) && f == 0);
	assert_false(notation_tcp_flags("SYN", &f, why));
	assert_string_equal(why, "'SYN' has 'Y', which is no flag of TCP; expected letters out of "
				 "FSRPAUECN such as SA, or none");
}

static void sequences(void **state)
{
	static const char *const bad[] = {"", "rcv.nxt+", "rcv.nxt 1", "rcv.wnd", "+1", "snd.una+x"};
	struct inject_number n;

	(void)state;
	assert_true(notation_seq("0x10", &n, why) && n.base == INJECT_ZERO && n.n == 16);
	assert_true(notation_seq("RCV.NXT", &n, why) && n.base == INJECT_RCV_NXT && n.n == 0);
	assert_true(notation_seq("snd.una-1", &n, why) && n.base == INJECT_SND_UNA);
	assert_int_equal(n.n, UINT32_MAX);
	assert_true(notation_seq("snd.nxt+0x10", &n, why) && n.base == INJECT_SND_NXT && n.n == 16);
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
		assert_false(notation_seq(bad[i], &n, why));
}

static void ends(void **state)
{
	static const char *const bad[] = {"web:", "web:x", "web:65536", "[::1", "[::1]x", "[::1]80",
					  "10.0.0.0/33:1", "a b", "10.0.0.0/8/8", "it's"};
	struct arena *arena = arena_new();
	struct inject_end e;

	(void)state;
	assert_true(notation_packet_end(arena, "web:80", &e, why));
	assert_string_equal(e.host, "web");
	assert_true(!e.literal && e.has_port && e.port == 80);
	assert_true(notation_packet_end(arena, ":4000", &e, why) && !e.host && e.port == 4000);
	assert_true(notation_packet_end(arena, "2001:db8::7", &e, why) && e.literal && !e.has_port);
	assert_int_equal(e.net.len, 128);
	assert_true(notation_packet_end(arena, "[2001:db8::7]:7", &e, why) && e.literal && e.port == 7);
	assert_true(notation_packet_end(arena, "[2001:db8::/64]:7", &e, why) && e.net.len == 64);
	assert_true(notation_packet_end(arena, "198.51.100.0/24:53", &e, why) && e.literal);
	assert_int_equal(e.net.len, IPADDR_V4_BITS + 24);
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
		if (notation_packet_end(arena, bad[i], &e, why))
			fail_msg("'%s' is taken for an end", bad[i]);
	arena_free(arena);
}

static void options(void **state)
{
	static const char *const bad[] = {"mss", "mss 65536", "wscale 256", "TS val 1", "sack 1", "0x0",
					  "sackok 1", ""};
	static const uint8_t want[] = {2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 1, 0, 1, 3, 3, 7, 5,
				       10, 0, 0, 0, 9, 0, 0, 0, 10, 0xfe, 2, 0};
	uint8_t bytes[40];
	uint32_t len = 0;

	(void)state;
	assert_true(notation_tcp_option("mss 1460", bytes, &len, why));
	assert_true(notation_tcp_option("sackOK", bytes, &len, why));
	assert_true(notation_tcp_option("TS val 1 ecr 0x100", bytes, &len, why));
	assert_true(notation_tcp_option("nop", bytes, &len, why));
	assert_true(notation_tcp_option("wscale 7", bytes, &len, why));
	assert_true(notation_tcp_option("sack 9:10", bytes, &len, why));
	assert_true(notation_tcp_option("0xfe02", bytes, &len, why));
	assert_true(notation_tcp_option("eol", bytes, &len, why));
	assert_int_equal(len, sizeof(want));
	assert_memory_equal(bytes, want, len);
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
		assert_false(notation_tcp_option(bad[i], bytes, &len, why));
	len = 0;
	assert_true(notation_ip_option("rr 9", bytes, &len, why) && len == 39);
	assert_memory_equal(bytes, "\x07\x27\x04", 3);
	assert_true(notation_ip_option("nop", bytes, &len, why) && len == 40);
	assert_false(notation_ip_option("nop", bytes, &len, why));
	len = 0;
	assert_true(notation_ip_option("ra", bytes, &len, why) && len == 4);
	assert_memory_equal(bytes, "\x94\x04\x00\x00", 4);
	assert_true(notation_ip_option("ts 9", bytes + 0, &(uint32_t){0}, why));
	assert_memory_equal(bytes, "\x44\x28\x05\x00", 4);
	assert_false(notation_ip_option("rr 10", bytes, &len, why));
}

/* What the step `as: mine` printed, which injects that, in a world with these steps beside. */
static char *console_of_mine(const char *inject, const char *steps)
{
	g_autofree char *yaml = g_strdup_printf(
		"nodes: {a: {address: [10.0.0.1/24, \"2001:db8::1/64\"]},\n"
		"        b: {address: [10.0.0.2/24, \"2001:db8::2/64\"]}}\n"
		"links: [a -- b]\n"
		"run:\n%s"
		"  - {at: 1s, on: a, as: mine, inject: {%s}}\n", steps, inject);
	struct play_world w;
	char *text = NULL;

	world_open(&w, yaml);
	world_play(&w);
	for (uint32_t i = 0; i < play_process_count(w.play); i++)
		if (!strcmp(play_process_at(w.play, i)->result, "mine"))
			text = g_strdup(process_console(play_process_at(w.play, i)->process, NULL));
	world_close(&w);
	assert_non_null(text);
	return text;
}

static void streams(void **state)
{
	static const char mine[] = "udp: {from: 192.0.2.0/24, to: b:7}, count: 3";
	g_autofree char *alone = console_of_mine(mine, "");
	g_autofree char *second = console_of_mine(
		mine, "  - {on: a, inject: {udp: {from: 192.0.2.0/24, to: b:7, data: {random: 9}}, count: 5}}\n");

	(void)state;
	assert_string_equal(alone, second);
	assert_non_null(strstr(alone, "IP 192.0.2."));
}

/* What cannot leave is not printed as if it had. */
static void too_long(void **state)
{
	g_autofree char *said = console_of_mine("udp: {to: b:7, data: {zeros: 5000}}", "");

	(void)state;
	assert_string_equal(said, "inject: 5048 bytes are more than the way's MTU; expected 'fragments'\n");
}

/* Ends are written as they may be written in a scenario. */
static void no_connection(void **state)
{
	g_autofree char *four = console_of_mine(
		"tcp: {from: \"10.0.0.1:9\", to: \"10.0.0.2:80\", ack: snd.una}", "");
	g_autofree char *six = console_of_mine(
		"tcp: {from: \":9\", to: \"[2001:db8::2]:80\", seq: rcv.nxt}", "");

	(void)state;
	assert_string_equal(four, "inject: there is no connection between 10.0.0.1:9 and 10.0.0.2:80\n");
	assert_string_equal(six, "inject: there is no connection between [2001:db8::1]:9 and "
				 "[2001:db8::2]:80\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers), cmocka_unit_test(hex),	cmocka_unit_test(flags),
		cmocka_unit_test(ends),	   cmocka_unit_test(sequences), cmocka_unit_test(options),
		cmocka_unit_test(streams), cmocka_unit_test(no_connection),
		cmocka_unit_test(too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
