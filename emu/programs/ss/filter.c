#include "programs/ss/filter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "process/resolve.h"
#include "transport/tcp/tcp.h"

#define BIT(state) (1u << (state))
#define ALL (0xfffu << 1)
#define NOT_OPEN (BIT(TCP_LISTEN) | BIT(TCP_CLOSE))
#define BUCKET (BIT(TCP_SYN_RECV) | BIT(TCP_TIME_WAIT))

struct parser {
	struct ss_filter *f;
	struct process *p;
	char text[SS_FILTER_TEXT];
	char *at;               /* behind the word at hand */
	char word[64];          /* "": the end */
	bool failed;
};

static const struct {
	const char *name;
	uint32_t states;
} state_words[] = {
	{"all", ALL},
	{"connected", ALL & ~NOT_OPEN},
	{"synchronized", ALL & ~(NOT_OPEN | BIT(TCP_SYN_SENT))},
	{"bucket", BUCKET},
	{"big", ALL & ~BUCKET},
	{"established", BIT(TCP_ESTABLISHED)},
	{"estab", BIT(TCP_ESTABLISHED)},
	{"syn-sent", BIT(TCP_SYN_SENT)},
	{"syn-recv", BIT(TCP_SYN_RECV)},
	{"fin-wait-1", BIT(TCP_FIN_WAIT1)},
	{"fin-wait-2", BIT(TCP_FIN_WAIT2)},
	{"time-wait", BIT(TCP_TIME_WAIT)},
	{"closed", BIT(TCP_CLOSE)},
	{"unconnected", BIT(TCP_CLOSE)},
	{"close-wait", BIT(TCP_CLOSE_WAIT)},
	{"last-ack", BIT(TCP_LAST_ACK)},
	{"listening", BIT(TCP_LISTEN)},
	{"listen", BIT(TCP_LISTEN)},
	{"closing", BIT(TCP_CLOSING)},
};

static const struct {
	const char *word;
	int op;
} operators[] = {
	{"=", SS_EQ}, {"==", SS_EQ}, {"eq", SS_EQ}, {"!=", SS_NE}, {"ne", SS_NE}, {"neq", SS_NE},
	{"<", SS_LT}, {"lt", SS_LT}, {">", SS_GT}, {"gt", SS_GT}, {"<=", SS_LE}, {"le", SS_LE},
	{">=", SS_GE}, {"ge", SS_GE},
};

static void wrong(struct parser *r, const char *what)
{
	if (!r->failed)
		process_printf(r->p, "ss: bison bellows (while parsing filter): \"%s\" Sorry.\n", what);
	r->failed = true;
}

/* The next word: letters, or a run of "=<>!", or a parenthesis. */
static void next(struct parser *r)
{
	size_t n;

	r->at += strspn(r->at, " \t");
	if (strchr("()", *r->at))
		n = *r->at != '\0';
	else if (strchr("=<>!", *r->at))
		n = strspn(r->at, "=<>!");
	else
		n = strcspn(r->at, " \t()=<>!");
	if (n >= sizeof r->word) {
		wrong(r, "a word is too long");
		n = 0;
	}
	memcpy(r->word, r->at, n);
	r->word[n] = '\0';
	r->at += n;
}

static bool is(const struct parser *r, const char *a, const char *b)
{
	return strcmp(r->word, a) == 0 || (b && strcmp(r->word, b) == 0);
}

static uint8_t add(struct parser *r, const struct ss_test *t)
{
	if (r->f->tests == SS_FILTER_NODES) {
		wrong(r, "the filter is too long");
		return 0;
	}
	r->f->test[r->f->tests] = *t;
	return r->f->tests++;
}

static int read_port(struct parser *r, const char *text)
{
	char *end;
	long v;

	if (*text == ':')
		text++;
	v = strtol(text, &end, 10);
	if (!*text || *end || v < 0 || v > 65535) {
		wrong(r, "syntax error: a port is expected");
		return -1;
	}
	return (int)v;
}

/* The port behind an address, cut off: "10.0.0.1:80", "[::1]:80", ":80". */
static char *split_port(char *text)
{
	char *close = strchr(text, ']'), *colon = strrchr(text, ':');

	if (close) {
		colon = close[1] == ':' ? close + 1 : NULL;
		*close = '\0';
	} else if (colon && strchr(text, ':') != colon) {
		colon = NULL; /* a bare IPv6 address */
	}
	if (!colon)
		return NULL;
	*colon = '\0';
	return colon + 1;
}

static uint8_t host_test(struct parser *r, bool source)
{
	struct ss_test t = {.kind = SS_HOST, .source = source, .port = -1};
	struct endpoint e;
	char *text = r->word, *port;

	if (is(r, "=", "==") || is(r, "eq", NULL))
		next(r);
	port = split_port(text);
	if (port && strcmp(port, "*") != 0)
		t.port = read_port(r, port);
	if (*text == '[')
		text++;
	t.any_host = !*text || strcmp(text, "*") == 0;
	if (t.any_host) {
		if (!port)
			wrong(r, "syntax error: an address is expected");
	} else if (!prefix_parse(text, &t.host)) {
		if (resolve_host(r->p, text, AF_UNSPEC, &e) != 0) {
			process_printf(r->p, "Error: an inet prefix is expected rather than \"%s\".\n",
				       text);
			r->failed = true;
			return 0;
		}
		t.host = prefix_make(&e.addr, IPADDR_BITS);
	}
	next(r);
	return add(r, &t);
}

static uint8_t port_test(struct parser *r, bool source)
{
	struct ss_test t = {.kind = SS_PORT, .source = source, .op = SS_EQ};

	for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
		if (is(r, operators[i].word, NULL)) {
			t.op = operators[i].op;
			next(r);
			break;
		}
	t.port = read_port(r, r->word);
	next(r);
	return add(r, &t);
}

static uint8_t expression(struct parser *r);

static uint8_t primary(struct parser *r)
{
	struct ss_test t = {.kind = SS_NOT};
	uint8_t inner;

	if (is(r, "not", "!")) {
		next(r);
		t.a = primary(r);
		return add(r, &t);
	}
	if (is(r, "(", NULL)) {
		next(r);
		inner = expression(r);
		if (!is(r, ")", NULL))
			wrong(r, "syntax error: ) is expected");
		next(r);
		return inner;
	}
	bool source = r->word[0] == 's', port = is(r, "sport", "dport");
	if (!port && !is(r, "src", "dst")) {
		wrong(r, "syntax error!");
		return 0;
	}
	next(r);
	return port ? port_test(r, source) : host_test(r, source);
}

static uint8_t conjunction(struct parser *r)
{
	uint8_t left = primary(r);

	while (!r->failed && *r->word && !is(r, "or", "||") && !is(r, "|", ")")) {
		struct ss_test t = {.kind = SS_AND, .a = left};

		if (is(r, "and", "&&") || is(r, "&", NULL))
			next(r);
		t.b = primary(r);
		left = add(r, &t);
	}
	return left;
}

static uint8_t expression(struct parser *r)
{
	uint8_t left = conjunction(r);

	while (!r->failed && (is(r, "or", "||") || is(r, "|", NULL))) {
		struct ss_test t = {.kind = SS_OR, .a = left};

		next(r);
		t.b = conjunction(r);
		left = add(r, &t);
	}
	return left;
}

/* "state X" adds, "exclude X" takes away: from all, if nothing was added before. */
static void read_state(struct parser *r, bool exclude)
{
	for (size_t i = 0; i < sizeof state_words / sizeof *state_words; i++)
		if (is(r, state_words[i].name, NULL)) {
			uint32_t had = r->f->states;

			if (exclude)
				r->f->states = (had ? had : ALL) & ~state_words[i].states;
			else
				r->f->states = had | state_words[i].states;
			return;
		}
	process_printf(r->p, "ss: wrong state name: %s\n", r->word);
	r->failed = true;
}

bool ss_filter_parse(struct ss_filter *f, struct process *p, int argc, char *const *argv)
{
	struct parser r = {.f = f, .p = p};
	size_t n = 0;

	*f = (struct ss_filter){.states = 0};
	for (int i = 0; i < argc; i++) {
		int k = snprintf(r.text + n, sizeof r.text - n, "%s ", argv[i]);

		if (k < 0 || (n += (size_t)k) >= sizeof r.text) {
			wrong(&r, "the filter is too long");
			return false;
		}
	}
	r.at = r.text;
	next(&r);
	while (!r.failed && is(&r, "state", "exclude")) {
		bool exclude = is(&r, "exclude", NULL);

		next(&r);
		read_state(&r, exclude);
		next(&r);
	}
	if (!r.failed && *r.word) {
		f->root = expression(&r);
		if (!r.failed && *r.word)
			wrong(&r, "syntax error!");
	}
	return !r.failed;
}

static bool compare(int op, int a, int b)
{
	switch (op) {
	case SS_NE: return a != b;
	case SS_LT: return a < b;
	case SS_GT: return a > b;
	case SS_LE: return a <= b;
	case SS_GE: return a >= b;
	default: return a == b;
	}
}

static bool match(const struct ss_filter *f, uint8_t n, const struct tcp_row *r)
{
	const struct ss_test *t = &f->test[n];
	const struct endpoint *e = t->source ? &r->local : &r->peer;

	switch (t->kind) {
	case SS_AND: return match(f, t->a, r) && match(f, t->b, r);
	case SS_OR: return match(f, t->a, r) || match(f, t->b, r);
	case SS_NOT: return !match(f, t->a, r);
	case SS_PORT: return compare(t->op, e->port, t->port);
	case SS_HOST: break;
	}
	return (t->port < 0 || e->port == t->port) &&
	       (t->any_host || prefix_contains(&t->host, &e->addr));
}

bool ss_filter_match(const struct ss_filter *f, const struct tcp_row *r)
{
	return !f->tests || match(f, f->root, r);
}

bool ss_filter_state(const struct ss_filter *f, const struct tcp_row *r)
{
	return f->states & BIT(r->state == TCP_NEW_SYN_RECV ? TCP_SYN_RECV : r->state);
}
