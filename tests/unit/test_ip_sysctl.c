/* The table of knobs: defaults, names, ranges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ip/sysctl.h"

/* What the table says is the default is what a node begins with. */
static void defaults_agree(void **state)
{
	char want[40], got[40];

	(void)state;
	for (size_t i = 0; i < sysctl_table_len; i++) {
		const struct sysctl_def *def = &sysctl_table[i];

		if (def->key)
			snprintf(want, sizeof(want), "00000000-00000000-00000000-00000000");
		else if (def->words)
			snprintf(want, sizeof(want), "%s", def->words[def->def[0]]);
		else if (def->values == 3)
			snprintf(want, sizeof(want), "%d\t%d\t%d", def->def[0], def->def[1],
				 def->def[2]);
		else if (def->values == 2)
			snprintf(want, sizeof(want), "%d\t%d", def->def[0], def->def[1]);
		else
			snprintf(want, sizeof(want), "%d", def->def[0]);
		assert_true(sysctl_get(&sysctls_default, def->name, got, sizeof(got)) > 0);
		if (strcmp(want, got))
			fail_msg("%s: table %s, struct %s", def->name, want, got);
	}
}

/* Each row has a place of its own: what is set is read back, and nothing else moves. */
static void rows_are_apart(void **state)
{
	static const int32_t no_key[SYSCTL_KEY_VALUES];
	char err[200], text[80], want[80];

	(void)state;
	for (size_t i = 0; i < sysctl_table_len; i++) {
		const struct sysctl_def *def = &sysctl_table[i];
		struct sysctls s = sysctls_default;
		int32_t value = def->def[0] == def->max ? def->min : def->max;

		if (def->key)
			snprintf(want, sizeof(want), "01234567-89abcdef-fedcba98-00000001,"
				 "00000002-00000003-00000004-ffffffff");
		else if (def->words)
			snprintf(want, sizeof(want), "%s", def->words[value]);
		else if (def->values == 3)
			snprintf(want, sizeof(want), "%d\t%d\t%d", value, value, def->max);
		else if (def->values == 2)
			snprintf(want, sizeof(want), "%d\t%d", value, def->max);
		else
			snprintf(want, sizeof(want), "%d", value);
		assert_int_equal(sysctl_set(&s, def->name, want, err, sizeof(err)), 0);
		sysctl_get(&s, def->name, text, sizeof(text));
		assert_string_equal(text, want);
		memcpy((char *)&s + def->offset, def->key ? no_key : def->def,
		       sizeof(int32_t) * (size_t)def->values);
		assert_memory_equal(&s, &sysctls_default, sizeof(s));
	}
}

static void ranges(void **state)
{
	struct sysctls s = sysctls_default;
	char err[200];

	(void)state;
	assert_int_equal(sysctl_set(&s, "net.ipv4.ip_default_ttl", "0", err, sizeof(err)), -1);
	assert_string_equal(err, "'0' is not a value of net.ipv4.ip_default_ttl; expected a number from 1 to 255");
	assert_int_equal(sysctl_set(&s, "net.ipv4.ip_default_ttl", "256", err, sizeof(err)), -1);
	assert_int_equal(sysctl_set(&s, "net.ipv4.ip_default_ttl", "6x", err, sizeof(err)), -1);
	assert_int_equal(sysctl_set(&s, "net.ipv4.ip_default_ttl", "", err, sizeof(err)), -1);
	assert_int_equal(sysctl_set(&s, "net.ipv4.ip_local_port_range", "5 4", err, sizeof(err)), -1);
	assert_int_equal(sysctl_set(&s, "net.ipv4.ip_local_port_range", "5", err, sizeof(err)), -1);
	assert_int_equal(sysctl_set(&s, "net.ipv4.ip_local_port_range", "5 6 7", err, sizeof(err)), -1);
	assert_memory_equal(&s, &sysctls_default, sizeof(s));
	assert_int_equal(sysctl_set(&s, "net.ipv4.ip_local_port_range", "5  6\n", err, sizeof(err)), 0);
	assert_int_equal(s.local_port_range[1], 6);
	assert_int_equal(sysctl_set(&s, "net/ipv4/ip_forward", "1", err, sizeof(err)), 0);
	assert_int_equal(s.ip_forward, 1);
	assert_int_equal(sysctl_set(&s, "net.ipv4.tcp_rmem", "1 2", err, sizeof(err)), -1);
	assert_int_equal(sysctl_set(&s, "net.ipv4.tcp_rmem", "1 3 2", err, sizeof(err)), -1);
	assert_int_equal(sysctl_set(&s, "net.ipv4.tcp_rmem", "1 2 3", err, sizeof(err)), 0);
	assert_int_equal(s.tcp_rmem[2], 3);
	assert_int_equal(sysctl_set(&s, "net.ipv4.tcp_congestion_control", "cubik", err, sizeof(err)), -1);
	assert_string_equal(err, "'cubik' is not a value of net.ipv4.tcp_congestion_control; "
				 "expected one of cubic reno bbr dctcp vegas");
	assert_int_equal(sysctl_set(&s, "net.ipv4.tcp_congestion_control", "bbr", err, sizeof(err)), 0);
	assert_int_equal(sysctl_set(&s, "net.ipv4.ip_forwardx", "1", err, sizeof(err)), -1);
}

/* net.ipv4.tcp_fastopen_key: as /proc/sys prints it; leading zeros may be left out. */
static void keys(void **state)
{
	static const char *const wrong[] = {"", "1", "1-2-3", "1-2-3-4-5", "1-2-3-4,", "1-2-3-4,5",
					    "123456789-1-1-1", "1-2-3-g", "1--3-4", "1-2-3-4,1-2-3-4,"};
	struct sysctls s = sysctls_default;
	char err[300], text[80];

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(sysctl_set(&s, "net.ipv4.tcp_fastopen_key", wrong[i], err,
					    sizeof(err)), -1);
	assert_memory_equal(&s, &sysctls_default, sizeof(s));
	assert_int_equal(sysctl_set(&s, "net.ipv4.tcp_fastopen_key", "1-20-300-A000000b\n", err,
				    sizeof(err)), 0);
	assert_int_equal(s.tcp_fastopen_key[0], 1);
	sysctl_get(&s, "net.ipv4.tcp_fastopen_key", text, sizeof(text));
	assert_string_equal(text, "00000001-00000020-00000300-a000000b");
	assert_int_equal(sysctl_set(&s, "net.ipv4.tcp_fastopen", "0x403", err, sizeof(err)), 0);
	assert_int_equal(s.tcp_fastopen, 1027);
}

static void unknown(void **state)
{
	(void)state;
	assert_null(sysctl_find("net.ipv4.ip_forwar"));
	assert_null(sysctl_unbuilt("net.ipv4.ip_forwar"));
	assert_string_equal(sysctl_unbuilt("net.mptcp.enabled"), "tcp");
	assert_null(sysctl_find("net.ipv4.tcp_fack"));
	assert_int_equal(sysctl_get(&sysctls_default, "nope", NULL, 0), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_agree),
		cmocka_unit_test(rows_are_apart),
		cmocka_unit_test(ranges),
		cmocka_unit_test(keys),
		cmocka_unit_test(unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
