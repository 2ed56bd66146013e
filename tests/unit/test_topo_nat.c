/* `nat:`: the time-outs that a router with NAT has (RFC 4787 REQ-5, RFC 5382 REQ-5, RFC 5508 REQ-2). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ip/sysctl.h"
#include "topo/internet.h"

static struct scenario *scenario;
static struct internet *internet;

/* The time-outs of a router with that `nat:` and those sysctls. */
static const int32_t *timeouts(const char *nat, const char *sysctl)
{
	g_autofree char *text = g_strdup_printf(
		"nodes:\n"
		"  pc: {address: 192.168.1.10/24}\n"
		"  home:\n"
		"    kind: router\n"
		"    interfaces: {lan: {address: 192.168.1.1/24}, wan: {address: 203.0.113.5/24}}\n"
		"    nat: {outside: wan%s}\n"
		"    sysctl: {%s}\n"
		"  web: {address: 203.0.113.80/24}\n"
		"links: [\"pc -- home:lan\", \"home:wan -- web\"]\n"
		"run: [{at: 1s, on: pc, do: ping -c 1 web}]\n", nat, sysctl);
	GError *error = NULL;

	scenario = scenario_parse(text, strlen(text), "t.yaml", NULL, &error);
	if (!scenario || !(internet = internet_new(scenario, &error)))
		fail_msg("%s", error->message);
	return internet->nodes[scenario_node(scenario, "home")].node->sysctl->nf_conntrack_timeout;
}

static int forget(void **state)
{
	(void)state;
	internet_free(internet);
	scenario_free(scenario);
	return 0;
}

static void as_the_rfcs_ask(void **state)
{
	const int32_t *t = timeouts("", "");
	static const enum ct_timeout transitory[] = {
		CT_TIMEOUT_TCP_SYN_SENT, CT_TIMEOUT_TCP_SYN_RECV, CT_TIMEOUT_TCP_FIN_WAIT,
		CT_TIMEOUT_TCP_CLOSE_WAIT, CT_TIMEOUT_TCP_LAST_ACK, CT_TIMEOUT_TCP_TIME_WAIT,
		CT_TIMEOUT_TCP_CLOSE,
	};

	(void)state;
	assert_int_equal(t[CT_TIMEOUT_UDP], 120);
	assert_int_equal(t[CT_TIMEOUT_UDP_STREAM], 120);
	assert_int_equal(t[CT_TIMEOUT_TCP_ESTABLISHED], 2 * 3600 + 4 * 60);
	assert_int_equal(t[CT_TIMEOUT_ICMP], 60);
	for (size_t k = 0; k < sizeof(transitory) / sizeof(transitory[0]); k++)
		assert_int_equal(t[transitory[k]], 240);
}

static void as_they_are_told(void **state)
{
	const int32_t *t = timeouts(", timeouts: {udp: 30s, tcp: 1h, tcp_transitory: 20s, icmp: 5s}",
				    "net.netfilter.nf_conntrack_udp_timeout_stream: 77");

	(void)state;
	assert_int_equal(t[CT_TIMEOUT_UDP], 30);
	assert_int_equal(t[CT_TIMEOUT_UDP_STREAM], 77);
	assert_int_equal(t[CT_TIMEOUT_TCP_ESTABLISHED], 3600);
	assert_int_equal(t[CT_TIMEOUT_TCP_FIN_WAIT], 20);
	assert_int_equal(t[CT_TIMEOUT_ICMP], 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(as_the_rfcs_ask, forget),
		cmocka_unit_test_teardown(as_they_are_told, forget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
