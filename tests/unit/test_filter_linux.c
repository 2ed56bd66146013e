/*
 * Connection tracking against Linux's: the packets of tests/golden/linux-conntrack.txt, and what the
 * kernel made of each (tests/interop/tracked.c wrote it down). Another recording may be given:
 *
 *     test_filter_linux FILE
 */
#include "filter_lab.h"

#include <stdlib.h>

#include "../interop/tracked_script.h"

static const char *recording = NETARIUM_SOURCE_DIR "/tests/golden/linux-conntrack.txt";

static const char *const timeout_names[CT_TIMEOUT_COUNT] = {
#define X(symbol, name, seconds) name,
	SYSCTL_CONNTRACK_TIMEOUTS(X)
#undef X
};

static void knob_set(struct node *n, const char *name, unsigned value)
{
	char text[16], why[100];

	snprintf(text, sizeof(text), "%u", value);
	assert_int_equal(node_sysctl_set(n, name, text, why, sizeof(why)), 0);
}

static void tracker_set(const char *name, unsigned value)
{
	char full[100];

	snprintf(full, sizeof(full), "net.netfilter.nf_conntrack_%s", name);
	knob_set(lab.r, full, value);
}

/* An empty table, and each time-out a thousand seconds from the next but the first: as in tracked.c. */
static void begin(void)
{
	static const enum ct_timeout order[] = {
		CT_TIMEOUT_TCP_SYN_SENT, CT_TIMEOUT_TCP_CLOSE, CT_TIMEOUT_TCP_LAST_ACK, CT_TIMEOUT_TCP_CLOSE_WAIT,
		CT_TIMEOUT_TCP_SYN_RECV, CT_TIMEOUT_TCP_FIN_WAIT, CT_TIMEOUT_TCP_TIME_WAIT,
		CT_TIMEOUT_TCP_UNACKNOWLEDGED, CT_TIMEOUT_TCP_MAX_RETRANS,
		CT_TIMEOUT_TCP_ESTABLISHED, CT_TIMEOUT_UDP, CT_TIMEOUT_UDP_STREAM, CT_TIMEOUT_ICMP,
		CT_TIMEOUT_GENERIC,
	};

	/* The hosts are only there to send and to be sent to. */
	knob_set(lab.in, "net.ipv4.icmp_echo_ignore_all", 1);
	knob_set(lab.out, "net.ipv4.icmp_echo_ignore_all", 1);
	for (unsigned i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		tracker_set(timeout_names[order[i]], i ? 1000 * i : 120);
}

/* What a rule sees of the packet that was just sent, and the table of the connection: as a line. */
static void outcome(char *said, size_t size, uint8_t proto, bool passed)
{
	static const char *const states[] = {"untracked", "invalid", "new", "established", "related"};
	size_t n = (size_t)snprintf(said, size, "%s",
				    passed ? states[lab.filter->in.state] : "lost");

	for (int i = 0; i < CT_TIMEOUT_COUNT; i++)
		for (struct conn *c = lab_table()->queues[i].head; c; c = c->later) {
			int64_t left = vtime_sub(c->expires, world_now(lab.w)).ns / NS_PER_S;
			int64_t whole = left <= 120 ? 120 : (left + 999) / 1000 * 1000;

			if (c->way[0].tuple.proto != proto)
				continue;
			bool tcp = proto == IPPROTO_TCP;
			n += (size_t)snprintf(said + n, size - n, "; %s%s%s%s%s%s",
					      tcp ? conntrack_tcp_state_name(c) : "", tcp ? " " : "",
					      timeout_names[i],
					      whole - left > 1 ? " old" : "",
					      c->replied ? " seen" : "", c->assured ? " assured" : "");
		}
}

static void send_in(const uint8_t *bytes, size_t len, bool back)
{
	struct packet *p = packet_new(lab.w);
	struct ip_iface *i = back ? lab.r_out : lab.r_in;
	size_t head = len < 80 ? len : 80;

	memcpy(packet_put(p, (uint16_t)head), bytes, head);
	if (len > head)
		packet_copy_in(p, bytes + head, (uint32_t)(len - head));
	p->in = &i->link;
	ip4_input(i, p);
	lab_wait(10);
}

/* One script: from its name to the next. Returns how many lines differ. */
static unsigned line_plays(char *line, unsigned number, const char *script)
{
	static uint8_t packet[4000];
	char *expected = strstr(line, " | "), copy[300], kind[8], said[300], knob[60];
	unsigned ms, value;
	uint64_t before = lab.r->forwarded;
	bool back;
	size_t len;

	if (expected)
		*expected = '\0';
	if (sscanf(line, "wait %u", &ms) == 1) {
		lab_wait(ms);
		return 0;
	}
	if (sscanf(line, "set %59s %u", knob, &value) == 2) {
		tracker_set(knob, value);
		return 0;
	}
	strcpy(copy, line);
	len = packet_make(packet, copy, &back);
	if (!len) {
		assert_true(!*line || *line == '#');
		return 0;
	}
	assert_non_null(expected);
	send_in(packet, len, back);
	sscanf(line, "%*c %7s", kind);
	if (!strcmp(kind, "error"))
		sscanf(line, "%*c error %*u %*u %7s", kind);
	static const uint8_t protos[] = {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP};
	outcome(said, sizeof(said), protos[kind_of(kind)], lab.r->forwarded > before);
	if (!strcmp(said, expected + 3))
		return 0;
	print_error("line %u, %s\n    %s\n    Linux: %s\n    here:  %s\n", number, script, line,
		    expected + 3, said);
	return 1;
}

static void recorded(void **state)
{
	FILE *f = fopen(recording, "r");
	char line[400], script[100] = "";
	unsigned number = 0, packets = 0, wrong = 0;
	bool skip = false;

	(void)state;
	assert_non_null(f);
	begin();
	while (fgets(line, sizeof(line), f)) {
		number++;
		line[strcspn(line, "\n")] = '\0';
		if (*line && line[strlen(line) - 1] == ':') {
			skip = false;
			snprintf(script, sizeof(script), "%.90s", line);
			lab_teardown(state);
			lab_setup(state);
			begin();
			continue;
		}
		packets += strstr(line, " | ") != NULL;
		/* After a difference all that follows would differ. */
		if (!skip && line_plays(line, number, script)) {
			wrong++;
			skip = true;
		}
	}
	fclose(f);
	assert_true(packets > 1);
	print_message("%u packets as Linux took them, in all but %u scripts\n", packets, wrong);
	assert_int_equal(wrong, 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(recorded, lab_setup, lab_teardown),
	};

	if (argc > 1)
		recording = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
