/* Command lines on paper: every program says what is wrong with one, where, and does nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "process/paper.h"
#include "process/process.h"
#include "programs/programs.h"

/* Knows one host. */
static bool known(void *data, const char *host, char why[PAPER_WHY])
{
	if (strcmp(host, data) == 0)
		return true;
	snprintf(why, PAPER_WHY, "no '%s' here", host);
	return false;
}

/* "2+1 why": the word, the bytes into it, and the clause; "" if it is right. */
static void said(const char *command, char *text, size_t size)
{
	char web[] = "web";
	struct paper_fault fault;
	const char *error;
	int argc;
	char **argv = command_split(command, &argc, &error);

	assert_non_null(argv);
	assert_non_null(program_find(argv[0]));
	text[0] = '\0';
	if (!paper_check(program_find(argv[0]), argc, argv, known, web, &fault))
		snprintf(text, size, "%d+%zu %s", fault.word, fault.at, fault.why);
	free(argv);
}

static void test_right(void **state)
{
	static const char *const commands[] = {
		"ping web", "ping -c3 -i 0.2 -M do -s 100 web", "ping -h", "ping -V", "traceroute -n -w 1,2 web",
		"traceroute --help", "tracepath -n web", "iperf3 -s", "iperf3 -c web -u -b 10M/8 -t 5 -J",
		"iperf3 -c web -P 4 -C reno", "nc -l 80", "nc -u web 53", "nc -z web http", "rr -l",
		"rr -n 3 web", "ss -ti state established", "conntrack -L -p udp", "punch -l", "punch web me",
		"udp-echo -p 7", "mgen -d web -r 10 --poisson", "udp-sink -c 3", "ip -br addr", "ip route get 10.0.0.1",
		"ip help", "udhcpc -i eth0 -q", "dhcpd --range 10.0.0.5-10.0.0.9 --lease 2h --dns 10.0.0.1,10.0.0.2",
		"sleep 1.5 2m", "echo -z anything", "true --or not", "false",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		char text[PAPER_WHY + 20];

		said(commands[i], text, sizeof(text));
		if (*text)
			print_error("%s\n", commands[i]);
		assert_string_equal(text, "");
	}
}

static void test_wrong(void **state)
{
	static const struct {
		const char *command, *said;
	} cases[] = {
		{"ping -C 3 web", "1+1 ping has no option -C; did you mean -c?"},
		{"ping -nqZ web", "1+3 ping has no option -Z; 'netarium help ping' lists those it has"},
		{"ping --count 3 web", "1+0 ping has no option --count; did you mean -c?"},
		{"ping -c", "1+1 -c of ping wants a value behind it; 'netarium help ping' says which"},
		{"ping -qc3x web", "1+3 ping -c: invalid argument: '3x'"},
		{"ping -s -1 web",
		 "2+0 ping -s: invalid argument: '-1': out of range: 0 <= value <= 2147483647"},
		{"ping -i 200ms web", "2+0 '200ms' is no time for ping; expected seconds such as 0.2"},
		{"ping -q", "-1+0 ping: usage error: Destination address required"},
		{"ping -c 3 wbe", "3+0 no 'wbe' here"},
		{"traceroute --maxhops 3 web", "1+0 traceroute has no option --maxhops; did you mean --max-hops?"},
		{"traceroute -Q 3 web", "1+1 traceroute has no option -Q; did you mean -q?"},
		{"traceroute -m 300 web", "-1+0 traceroute: max hops cannot be more than 255"},
		{"traceroute wbe", "1+0 no 'wbe' here"},
		{"traceroute", "-1+0 traceroute lacks a host; expected one such as traceroute web"},
		{"tracepath web 3", "2+0 '3' is one too many for tracepath; 'netarium help tracepath' says what "
		 "it takes"},
		{"tracepath -n", "-1+0 tracepath lacks an argument; 'netarium help tracepath' says what it takes"},
		{"iperf3 -c web --tme 3", "3+0 iperf3 has no option --tme; did you mean --time?"},
		{"iperf3 -c web -t 10s", "4+0 iperf3 -t 10s: a time is a number of seconds, such as 10"},
		{"iperf3 -s -u", "-1+0 iperf3: some option you are trying to set is client only"},
		{"iperf3 -c wbe", "2+0 no 'wbe' here"},
		{"nc -X web 80", "1+1 nc has no option -X; 'netarium help nc' lists those it has"},
		{"nc web", "-1+0 nc: missing port number"},
		{"nc web 80a", "2+0 nc: port number invalid: 80a"},
		{"nc -l 70000", "2+0 nc: port number too large: 70000"},
		{"nc wbe 80", "1+0 no 'wbe' here"},
		{"rr web 3", "2+0 '3' is one too many for rr; 'netarium help rr' says what it takes"},
		{"rr -p 99999 web", "2+0 rr -p: \"99999\" is not possible"},
		{"rr wbe", "1+0 no 'wbe' here"},
		{"ss -tx", "1+2 ss has no option -x; 'netarium help ss' lists those it has"},
		{"conntrack", "-1+0 conntrack lacks -L or -C; expected one such as conntrack -L"},
		{"punch -l a b", "3+0 'b' is one too many for punch; 'netarium help punch' says what it takes"},
		{"punch wbe me", "1+0 no 'wbe' here"},
		{"udp-echo -p 0", "2+0 udp-echo -p: '0' is not a port (1 to 65535)"},
		{"mgen web", "-1+0 mgen lacks -d HOST; expected whom to send to"},
		{"mgen -d wbe", "2+0 no 'wbe' here"},
		{"udp-sink x", "1+0 'x' is one too many for udp-sink; 'netarium help udp-sink' says what it takes"},
		{"ip adr", "1+0 ip: Object \"adr\" is unknown, try \"ip help\""},
		{"ip addr add 10.0.0.1", "2+0 ip: \"address add\" is not built: addresses, routes and links are "
		 "set in the scenario file"},
		{"udhcpc -t none", "2+0 udhcpc -t: 'none' is wrong for -t; see 'netarium help udhcpc'"},
		{"dhcpd --leese 3", "1+0 dhcpd has no option --leese; did you mean --lease?"},
		{"dhcpd --range 10.0.0.5", "2+0 dhcpd --range: '10.0.0.5' is wrong there; see 'netarium help dhcpd'"},
		{"sleep 1 2x", "2+0 sleep: '2x' is no time; expected one such as 1.5 or 2m"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[PAPER_WHY + 20];

		said(cases[i].command, text, sizeof(text));
		if (strcmp(text, cases[i].said))
			print_error("%s\n", cases[i].command);
		assert_string_equal(text, cases[i].said);
	}
}

/* A row without a check lets everything pass: only those that take any words may lack one. */
static void test_every_program(void **state)
{
	(void)state;
	for (size_t i = 0; programs[i]; i++)
		if (!programs[i]->check)
			assert_true(programs[i] == &program_echo || programs[i] == &program_true ||
				    programs[i] == &program_false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_right),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_every_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
