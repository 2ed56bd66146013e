/* Names: the tables, and what programs make of them. */
#include "transport_lab.h"

#include <stdio.h>
#include <string.h>

#include "process/host.h"
#include "process/names.h"
#include "process/resolve.h"

static void test_tables(void **state)
{
	struct names *t = names_new();
	struct ipaddr out[4], one = IPADDR_V4(10, 0, 0, 1), two = IPADDR_V4(10, 0, 0, 2);
	struct ipaddr six = addr_of("fd00::1"), none = IPADDR_V4(10, 0, 0, 9);

	(void)state;
	assert_int_equal(names_find(t, "web", out, 4), 0);
	assert_null(names_reverse(t, &one));
	names_add(t, "web", &two);
	names_add(t, "Web", &six);
	names_add(t, "alias", &one);
	names_add(t, "web", &one);
	assert_int_equal(names_find(t, "WEB", out, 4), 3);
	assert_true(ipaddr_eq(&out[0], &two));
	assert_true(ipaddr_eq(&out[1], &six));
	assert_true(ipaddr_eq(&out[2], &one));
	assert_int_equal(names_find(t, "web", out, 1), 3);
	assert_int_equal(names_find(t, "we", out, 4), 0);
	assert_int_equal(names_find(t, "webb", out, 4), 0);
	assert_string_equal(names_reverse(t, &one), "alias");
	assert_string_equal(names_reverse(t, &six), "Web");
	assert_null(names_reverse(t, &none));
	names_add(t, "later", &none);
	assert_string_equal(names_reverse(t, &none), "later");
	names_remove(t, "WEB", &two);
	names_remove(t, "web", &none); /* another name's */
	assert_int_equal(names_find(t, "web", out, 4), 2);
	assert_true(ipaddr_eq(&out[0], &six));
	names_remove(t, "later", &none);
	assert_null(names_reverse(t, &none));
	names_free(t);
	assert_int_equal(names_find(NULL, "web", out, 4), 0);
	assert_null(names_reverse(NULL, &one));
}

static void test_large_table(void **state)
{
	struct names *t = names_new();
	enum { N = 20000 };
	char (*text)[16] = malloc(N * sizeof(*text));
	struct ipaddr out;

	(void)state;
	for (uint32_t i = 0; i < N; i++) {
		uint32_t shuffled = i * 7919 % N;
		struct ipaddr a = ipaddr_from4(0x0a000000 + shuffled);

		snprintf(text[i], sizeof(text[i]), "host%u", shuffled);
		names_add(t, text[i], &a);
	}
	for (uint32_t i = 0; i < N; i++) {
		char name[16];
		struct ipaddr a = ipaddr_from4(0x0a000000 + i);

		snprintf(name, sizeof(name), "host%u", i);
		assert_int_equal(names_find(t, name, &out, 1), 1);
		assert_true(ipaddr_eq(&out, &a));
		assert_string_equal(names_reverse(t, &a), name);
	}
	names_free(t);
	free(text);
}

/* Each word of the command is looked up; -4 and -6 set the family for the rest. */
static int look(struct process *p, int argc, char **argv)
{
	int family = AF_UNSPEC;

	for (int i = 1; i < argc; i++) {
		struct endpoint e;
		char text[RESOLVE_TEXT];
		int err;

		if (argv[i][0] == '-') {
			family = argv[i][1] == '4' ? AF_INET : AF_INET6;
			continue;
		}
		err = resolve_host(p, argv[i], family, &e);
		process_printf(p, "%s ", err ? resolve_strerror(err)
					     : resolve_format(p, text, sizeof(text), &e));
	}
	return 0;
}

static int look_back(struct process *p, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		struct ipaddr a = addr_of(argv[i]);
		const char *name = resolve_name(p, &a);

		process_printf(p, "%s ", name ? name : "-");
	}
	return 0;
}

struct answers {
	struct lab lab;
	struct names *names;
	struct processes *ps;
};

static void expect(struct answers *t, struct node *n, int (*main)(struct process *, int, char **),
		   const char *command, const char *output)
{
	struct program row = {.name = "look", .main = main};
	const char *error;
	struct process *p = process_spawn(t->ps, n, &row, command, "p", &error);

	lab_run(&t->lab, vtime_ms(1));
	assert_true(process_ended(p));
	assert_string_equal(process_console(p, NULL), output);
}

static void test_resolve(void **state)
{
	struct answers t;
	struct ipaddr ula = addr_of("fd00::2"), four = addr_of("10.0.2.1");
	struct ipaddr global = addr_of("2001:db8:2::1"), far = addr_of("2001:db8:2::99");
	struct ipaddr db = addr_of("10.1.2.3");

	(void)state;
	lab_open(&t.lab);
	t.names = names_new();
	t.ps = processes_new(t.lab.w, t.names);
	names_add(t.names, "local", &ula);
	names_add(t.names, "local", &four);
	names_add(t.names, "both", &four);
	names_add(t.names, "both", &global);
	names_add(t.names, "two", &far);
	names_add(t.names, "two", &global);
	names_add(t.names, "only4", &four);
	struct node *a = t.lab.a;

	/* RFC 6724: IPv4 before unique local, global IPv6 before IPv4, else as added. */
	expect(&t, a, look, "look local both two", "10.0.2.1 2001:db8:2::1 2001:db8:2::99 ");
	expect(&t, a, look, "look -4 local both -6 both BOTH",
	       "10.0.2.1 10.0.2.1 2001:db8:2::1 2001:db8:2::1 ");
	expect(&t, a, look, "look nobody", "Name or service not known ");
	expect(&t, a, look, "look -6 only4", "No address associated with hostname ");
	expect(&t, a, look, "look 192.0.2.1 2001:DB8::1 ::1", "192.0.2.1 2001:db8::1 ::1 ");
	expect(&t, a, look, "look -4 ::1", "Address family for hostname not supported ");
	expect(&t, a, look, "look fe80::1%eth0 fe80::1%1 fe80::1",
	       "fe80::1%eth0 fe80::1%eth0 fe80::1 ");
	expect(&t, a, look, "look fe80::1%eth7 fe80::1%9 fe80::1%",
	       "Name or service not known Name or service not known Name or service not known ");
	expect(&t, a, look, "look localhost -4 localhost", "::1 127.0.0.1 ");
	expect(&t, a, look_back, "look 10.0.2.1 2001:db8:2::1 10.9.9.9 127.0.0.1",
	       "local both - localhost ");

	/* Where IPv6 has no route, the IPv4 address is the one that works. */
	struct prefix all = prefix_make(&ipaddr_any6, 0);
	free(fib_remove(&a->fib, &all, 0));
	route_cache_flush(a);
	expect(&t, a, look, "look both", "10.0.2.1 ");

	/* A node's own table comes first; `names: none` leaves only that. */
	host_add_name(t.lab.b, "db", &db);
	host_add_name(t.lab.b, "both", &db);
	expect(&t, t.lab.b, look, "look db both only4", "10.1.2.3 10.1.2.3 10.0.2.1 ");
	expect(&t, t.lab.b, look_back, "look 10.1.2.3", "db ");
	expect(&t, a, look, "look db", "Name or service not known ");
	host_hide_names(t.lab.b);
	expect(&t, t.lab.b, look, "look db only4", "10.1.2.3 Name or service not known ");
	expect(&t, t.lab.b, look_back, "look 10.1.2.3 10.0.2.1", "db - ");

	processes_free(t.ps);
	names_free(t.names);
	host_free(t.lab.a);
	host_free(t.lab.b);
	lab_close(&t.lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_large_table),
		cmocka_unit_test(test_resolve),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
