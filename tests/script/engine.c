/*
 * Runs a script against a host, step by step. Every packet that leaves must be expected: one that
 * is still waiting when the script goes on to a later instant, or at its end, is a failure.
 */
#include "tests/script/script.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUEUE 4096
#define PEERS 256
#define HOST_PORT 8080
#define PEER_PORT 40000
#define ANY_TIME INT64_C(10000000000000) /* "*" waits so long */

static struct {
	const struct script *script;
	const struct host *host;
	struct addresses addr;
	struct sent *queue[QUEUE];
	int first, waiting;
	struct peer peers[PEERS], *peer;        /* peer: the connection at hand */
	int peer_count;
	int64_t shift;          /* what ranges moved the rest of the script by */
	bool verbose, record;
	int64_t late;           /* live: all lateness so far */
	uint32_t sent;
	int64_t recorded;       /* when the last line of a recording was */
} eng;

static double sec(int64_t ns)
{
	return (double)ns / 1e9;
}

void fail_step(const struct step *s, const char *fmt, ...)
{
	va_list args;

	fprintf(stderr, "%s:%d: ", eng.script->file, s->line);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fprintf(stderr, "\n  script: %s\n", s->text);
	exit(1);
}

static void describe(char *buf, size_t size, const struct sent *p)
{
	if (p->tcp)
		segment_format(buf, size, &p->segment);
	else
		snprintf(buf, size, "a packet of %zu bytes that is no TCP", p->len);
}

static void __attribute__((noreturn)) fail_packet(const struct step *s, const struct sent *got,
						  const char *why)
{
	char text[1024];

	fprintf(stderr, "%s:%d: %s\n", eng.script->file, s->line, why);
	if (s->kind == STEP_EXPECT) {
		segment_format(text, sizeof(text), &s->segment);
		fprintf(stderr, "  script packet: %10.6f %s\n", sec(s->at + eng.shift), text);
	} else {
		fprintf(stderr, "  script: %s\n", s->text);
	}
	if (got) {
		describe(text, sizeof(text), got);
		fprintf(stderr, "  actual packet: %10.6f %s\n", sec(got->at), text);
	}
	exit(1);
}

static struct peer *peer_find(uint16_t lport, uint16_t rport)
{
	for (int i = eng.peer_count; i-- > 0;)
		if (eng.peers[i].lport == lport && eng.peers[i].rport == rport)
			return &eng.peers[i];
	return NULL;
}

static struct peer *peer_new(uint16_t lport, uint16_t rport)
{
	struct peer *c = &eng.peers[eng.peer_count++];

	if (eng.peer_count == PEERS) {
		fprintf(stderr, "too many connections in one script\n");
		exit(2);
	}
	*c = (struct peer){.lport = lport, .rport = rport};
	return c;
}

void engine_sent(int64_t at, const uint8_t *packet, size_t len)
{
	struct sent *p = calloc(1, sizeof(*p));
	struct peer *c;

	if (!p || eng.waiting == QUEUE || len > sizeof(p->bytes))
		abort();
	p->at = at;
	p->number = ++eng.sent;
	p->len = len;
	memcpy(p->bytes, packet, len);
	p->tcp = segment_read(packet, len, p);
	if (!p->tcp && len && (packet[0] >> 4 == 6 && packet[6] != IPPROTO_ICMPV6)) {
		free(p);
		return;
	}
	if (p->tcp && !peer_find(p->segment.lport, p->segment.rport)) {
		c = peer_new(p->segment.lport, p->segment.rport);
		if ((p->segment.flags & (TCPHDR_SYN | TCPHDR_ACK)) == TCPHDR_SYN)
			eng.peer = c;
	}
	eng.queue[(eng.first + eng.waiting++) % QUEUE] = p;
}

/* The first packet that waits, in the script's numbers; want is what the script has there. */
static struct sent *take(const struct segment *want)
{
	struct sent *p = eng.queue[eng.first];
	struct peer *c;

	if (p->tcp) {
		c = peer_find(p->segment.lport, p->segment.rport);
		if (want)
			segment_learn(c, &p->segment, want);
		segment_to_script(c, &p->segment);
	}
	eng.first = (eng.first + 1) % QUEUE;
	eng.waiting--;
	return p;
}

static void check_payload(const struct step *st, const struct sent *p)
{
	const struct segment *s = &p->segment;
	const struct peer *c = peer_find(s->lport, s->rport);
	uint32_t at = s->seq + c->iss - c->iss_wire - 1 + (s->flags & TCPHDR_SYN ? 1 : 0);

	for (uint32_t i = 0; c->has_iss && i < s->len; i++)
		if (p->bytes[p->payload_off + i] != stream_byte(at + i))
			fail_step(st, "byte %u of the segment is not what was written", i);
}

/*
 * How far off its time a packet may be. A kernel in real time rounds longer timers up, by as much
 * as an eighth (its timer wheel); what it was late by is added to the rest of the script.
 */
static int64_t slack_of(const struct step *st)
{
	int64_t waited = st > eng.script->steps ? st->at - st[-1].at : st->at;

	return eng.host->slack ? eng.host->slack + waited / 8 : 0;
}

static void expect(const struct step *st)
{
	int64_t at = st->at + eng.shift, until = st->until + eng.shift;
	int64_t slack = slack_of(st);
	const char *why;
	char text[100];
	struct sent *p;

	if (!eng.waiting)
		eng.host->run(st->any_time ? at + ANY_TIME : until + slack, true, true);
	if (!eng.waiting)
		fail_packet(st, NULL, "nothing was sent by then");
	p = take(&st->segment);
	if (!p->tcp)
		fail_packet(st, p, "not TCP");
	why = segment_differs(&st->segment, &p->segment, true,
			      (uint32_t)((slack + eng.late) / 1000000));
	if (why) {
		snprintf(text, sizeof(text), "the packet is not the one expected: %s", why);
		fail_packet(st, p, text);
	}
	if (!st->any_time && (p->at < at - slack || p->at > until + slack))
		fail_packet(st, p, "the packet is the one expected, but not its time");
	check_payload(st, p);
	if (*st->segment.note && eng.host->noted && !eng.host->noted(p->number, st->segment.note))
		fail_packet(st, p, "captures are not told this about it");
	if (st->any_time || st->until > st->at)
		eng.shift += p->at - at;
	else if (slack && p->at > at)
		eng.shift += p->at - at;
	if (slack && p->at > at)
		eng.late += p->at - at;
	free(p);
}

/* The connection that a segment or an ICMP error from the script belongs to. */
static struct peer *incoming(const struct segment *s)
{
	struct peer *c = eng.peer;

	if (s->rport)
		c = peer_find(s->lport, s->rport);
	if (!c)
		c = s->rport ? peer_new(s->lport, s->rport) : peer_new(HOST_PORT, PEER_PORT);
	eng.peer = c;
	if (s->flags & TCPHDR_SYN) {
		if (!c->has_isn)
			c->rcv_isn = s->seq;
		else if (c->rcv_isn != s->seq && !(s->flags & TCPHDR_ACK))
			c->renew = true;
		c->has_isn = true;
	}
	return c;
}

static void inject(const struct step *st)
{
	static uint8_t packet[SCRIPT_PACKET];
	size_t len;

	if (st->kind == STEP_INJECT) {
		len = segment_build(&eng.addr, incoming(&st->segment), &st->segment, packet);
	} else {
		if (!eng.peer)
			fail_step(st, "there is no connection that it could be about");
		len = icmp_build(&eng.addr, eng.peer, &st->icmp, packet);
	}
	eng.host->inject(packet, len);
}

static void set_sysctl(const struct step *st)
{
	char name[120], *value;

	snprintf(name, sizeof(name), "%s", st->sysctl);
	value = strchr(name, '=');
	*value++ = '\0';
	value += strspn(value, "\"'"); /* several numbers stand between quotes */
	value[strcspn(value, "\"'")] = '\0';
	if (eng.host->sysctl(name, value) < 0)
		fail_step(st, "no such sysctl, or not this value");
}

/* The time since the last recorded line, exactly. */
static const char *since(int64_t at)
{
	static char text[40];
	size_t n = (size_t)snprintf(text, sizeof(text), "+%.9f", sec(at - eng.recorded));

	while (text[n - 1] == '0')
		text[--n] = '\0';
	if (text[n - 1] == '.')
		text[--n] = '\0';
	eng.recorded = at;
	return text;
}

/* Recording: what left is written as the script's lines; the script's own are not looked at. */
static void record_sent(const struct segment *want)
{
	char text[1024];

	while (eng.waiting) {
		struct sent *p = take(want && (want->flags & TCPHDR_SYN) ? want : NULL);

		if (eng.peer_count == 1)
			p->segment.lport = 0;
		p->segment.ecn = p->segment.ecn > 0 ? p->segment.ecn : -1;
		p->segment.tos = p->segment.tos > 3 ? p->segment.tos : -1;
		describe(text, sizeof(text), p);
		printf("%s > %s\n", since(p->at), text);
		free(p);
	}
}

static void record_line(const struct step *st, int64_t at)
{
	const char *text = st->text + strcspn(st->text, " ");

	record_sent(NULL);
	if (st->kind == STEP_SYSCTL)
		text = st->text;
	else
		printf("%s", since(at));
	printf("%s\n", text);
}

static void check_note(const struct step *st)
{
	if (eng.host->noted && !eng.host->noted(0, st->note))
		fail_step(st, "captures were not told this about any segment");
}

static void run_step(const struct step *st)
{
	int64_t at = st->at + eng.shift;

	if (st->kind == STEP_EXPECT && eng.record) {
		if (!eng.waiting)
			eng.host->run(at + eng.host->slack, true, true);
		record_sent(&st->segment);
		return;
	}
	if (st->kind == STEP_EXPECT) {
		expect(st);
		return;
	}
	eng.host->run(at, st->kind == STEP_CHECK || st->kind == STEP_NOTE || st->kind == STEP_WAIT,
		      false);
	if (eng.record)
		record_line(st, at);
	if (eng.waiting && eng.queue[eng.first]->at < at - eng.host->slack)
		fail_packet(st, take(NULL), "a packet was sent that the script does not have");
	if (st->kind == STEP_CALL)
		call_run(eng.host, eng.script, st);
	else if (st->kind == STEP_CHECK)
		check_run(eng.host, st);
	else if (st->kind == STEP_SYSCTL)
		set_sysctl(st);
	else if (st->kind == STEP_NOTE)
		check_note(st);
	else if (st->kind != STEP_WAIT)
		inject(st);
}

int engine_run(const struct script *s, const struct host *h, bool verbose, bool record)
{
	struct step *last = &s->steps[s->count - 1];
	int i = 0;

	memset(&eng, 0, sizeof(eng));
	eng.script = s;
	eng.host = h;
	eng.verbose = verbose;
	eng.record = record;
	ipaddr_parse(s->ipv6 ? "fd3d:a0b:17d6::1" : "192.168.0.1", &eng.addr.local);
	ipaddr_parse(s->ipv6 ? "fd3d:fa7b:d17d::1" : "192.0.2.1", &eng.addr.remote);
	call_reset();
	h->open(s, &eng.addr);
	for (; i < s->count && s->steps[i].kind == STEP_SYSCTL; i++)
		set_sysctl(&s->steps[i]);
	h->start();
	for (; i < s->count; i++) {
		if (verbose)
			fprintf(stderr, "%10.6f  %s\n", sec(h->now()), s->steps[i].text);
		run_step(&s->steps[i]);
	}
	h->run(last->at + eng.shift, true, false);
	if (record)
		record_sent(NULL);
	if (eng.waiting)
		fail_packet(last, take(NULL), "a packet was sent that the script does not have");
	h->close();
	return 0;
}
