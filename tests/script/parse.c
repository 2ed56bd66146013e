/* From text to steps. */
#include "tests/script/script.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct script *loading;
static int line_number;

static void __attribute__((format(printf, 1, 2), noreturn)) wrong(const char *fmt, ...)
{
	va_list args;

	fprintf(stderr, "%s:%d: ", loading->file, line_number);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	exit(2);
}

static const char *blank(const char *p)
{
	while (isspace((unsigned char)*p))
		p++;
	return p;
}

/* Whether p begins with the word, which must end there; moves past it. */
static bool word(const char **p, const char *w)
{
	size_t n = strlen(w);

	if (strncmp(*p, w, n) != 0 || isalnum((unsigned char)(*p)[n]))
		return false;
	*p = blank(*p + n);
	return true;
}

static uint32_t number(const char **p)
{
	char *end;
	unsigned long v = strtoul(*p, &end, 10);

	if (end == *p)
		wrong("expected a number at: %s", *p);
	*p = end;
	return (uint32_t)v;
}

static void expect_char(const char **p, char c)
{
	*p = blank(*p);
	if (**p != c)
		wrong("expected %c at: %s", c, *p);
	++*p;
}

/* Decimal seconds, exactly: nine digits behind the point. */
static int64_t seconds(const char **p)
{
	int64_t ns = 0, unit = 1000000000;

	if (!isdigit((unsigned char)**p) && **p != '.')
		wrong("expected a time at: %s", *p);
	for (; isdigit((unsigned char)**p); ++*p)
		ns = ns * 10 + (**p - '0') * INT64_C(1000000000);
	if (**p == '.')
		for (++*p; isdigit((unsigned char)**p) && unit > 1; ++*p)
			ns += (**p - '0') * (unit /= 10);
	return ns;
}

/* "0.1", "+0.1", "+0.1~+0.2", "*": sets at and until. */
static const char *parse_time(const char *p, struct step *st, int64_t last)
{
	if (*p == '*') {
		st->any_time = true;
		st->at = st->until = last;
		return blank(p + 1);
	}
	st->at = *p == '+' ? (p++, last + seconds(&p)) : seconds(&p);
	st->until = st->at;
	if (*p == '~') {
		p++;
		st->until = *p == '+' ? (p++, last + seconds(&p)) : seconds(&p);
	}
	if (st->at < last || st->until < st->at)
		wrong("time runs backwards");
	return blank(p);
}

static const char *parse_ecn(const char *p, struct segment *s)
{
	static const char *const names[] = {"[noecn]", "[ect1]", "[ect0]", "[ce]"};

	s->ecn = s->tos = -1;
	if (strncmp(p, "[tos ", 5) == 0) {
		char *end;

		s->tos = (int)strtol(p + 5, &end, 0);
		p = end;
		expect_char(&p, ']');
		return blank(p);
	}
	for (int i = 0; i < 4; i++)
		if (strncmp(p, names[i], strlen(names[i])) == 0) {
			s->ecn = i;
			return blank(p + strlen(names[i]));
		}
	return p;
}

static const char *parse_ports(const char *p, struct segment *s)
{
	const char *q = p;

	s->lport = s->rport = 0;
	if (!isdigit((unsigned char)*p))
		return p;
	uint32_t a = number(&q);
	if (*q != '>')
		wrong("expected FROM>TO ports at: %s", p);
	q++;
	s->lport = (uint16_t)a;
	s->rport = (uint16_t)number(&q);
	return blank(q);
}

static const char *parse_flags(const char *p, struct segment *s)
{
	static const char letters[] = "FSRP.UEWA";

	for (; *p && !isspace((unsigned char)*p); p++) {
		const char *at = strchr(letters, *p);

		if (*p == 'p')
			s->any_psh = true;
		if (*p == '-' || *p == 'p')
			continue;
		if (!at)
			wrong("no such flag: %c", *p);
		s->flags |= (uint16_t)(1 << (at - letters));
	}
	return blank(p);
}

static const char *parse_options(const char *p, struct segment *s)
{
	p = blank(p);
	if (strncmp(p, "...>", 4) == 0) {
		s->any_options = true;
		return p + 4;
	}
	while (*p != '>') {
		const char *next = option_parse(p, &s->option[s->options]);

		if (!next)
			wrong("no option at: %s", p);
		if (++s->options == TCP_OPTIONS_MAX)
			wrong("too many options");
		p = blank(next);
		if (*p == ',')
			p = blank(p + 1);
		else if (*p != '>')
			wrong("expected , or > at: %s", p);
	}
	return p + 1;
}

/* "what a capture is told" */
static const char *parse_note(const char *p, char note[SCRIPT_NOTE])
{
	size_t n = strcspn(p + 1, "\"");

	if (*p != '"' || !p[n + 1] || !n || n >= SCRIPT_NOTE)
		wrong("expected \"words\"");
	memcpy(note, p + 1, n);
	return blank(p + n + 2);
}

/* FLAGS SEQ:END(LEN) [ack N] [win N] [urg N] [<options>] ["note"] */
static void parse_segment(const char *p, struct segment *s)
{
	s->win = s->urgent = -1;
	p = parse_ecn(p, s);
	p = parse_ports(p, s);
	p = parse_flags(p, s);
	s->seq = number(&p);
	expect_char(&p, ':');
	uint32_t end = number(&p);
	expect_char(&p, '(');
	s->len = number(&p);
	expect_char(&p, ')');
	if (s->seq + s->len != end)
		wrong("%u bytes from %u end at %u", s->len, s->seq, s->seq + s->len);
	p = blank(p);
	if (word(&p, "ack")) {
		s->has_ack = true;
		s->ack = number(&p);
		p = blank(p);
	}
	if (s->has_ack != !!(s->flags & TCPHDR_ACK))
		wrong("the flag . and \"ack\" belong together");
	if (word(&p, "win")) {
		s->win = (int)number(&p);
		p = blank(p);
	}
	if (word(&p, "urg")) {
		s->urgent = (int)number(&p);
		p = blank(p);
	}
	if (*p == '<')
		p = blank(parse_options(p + 1, s));
	if (*p == '"')
		p = parse_note(p, s->note);
	if (*p)
		wrong("what is this: %s", p);
}

/* FROM>TO is the peer's port and then the host's. */
static void parse_incoming(const char *p, struct segment *s)
{
	uint16_t port;

	parse_segment(p, s);
	port = s->lport;
	s->lport = s->rport;
	s->rport = port;
}

/* icmp WHAT [mtu N] [SEQ:END(LEN)] */
static void parse_icmp(const char *p, struct icmp_error *e)
{
	size_t n = strcspn(p, " ");

	if (n == 0 || n >= sizeof(e->what))
		wrong("expected the name of an error");
	memcpy(e->what, p, n);
	p = blank(p + n);
	if (word(&p, "mtu"))
		e->mtu = number(&p);
	p = blank(p);
	e->seq = 1;
	if (*p == '[') {
		p++;
		e->seq = number(&p);
		p += strcspn(p, "]");
		expect_char(&p, ']');
	}
}

/* Copies one argument up to a comma or the closing parenthesis outside brackets. */
static const char *parse_arg(const char *p, char *out, size_t size)
{
	int depth = 0;
	size_t n = 0;

	p = blank(p);
	for (; *p && (depth || (*p != ',' && *p != ')')); p++) {
		depth += strchr("[{(", *p) ? 1 : strchr("]})", *p) ? -1 : 0;
		if (n + 1 < size)
			out[n++] = *p;
	}
	while (n && isspace((unsigned char)out[n - 1]))
		n--;
	out[n] = '\0';
	return p;
}

static void parse_call(const char *p, struct call *c)
{
	size_t n = strcspn(p, "(");

	if (!p[n] || n >= sizeof(c->name))
		wrong("neither a segment nor a call: %s", p);
	memcpy(c->name, p, n);
	p = blank(p + n + 1);
	while (*p && *p != ')') {
		if (c->args == CALL_ARGS)
			wrong("too many arguments");
		p = parse_arg(p, c->arg[c->args++], sizeof(c->arg[0]));
		if (*p == ',')
			p++;
	}
	expect_char(&p, ')');
	p = blank(p);
	if (!*p)
		return;
	expect_char(&p, '=');
	snprintf(c->result, sizeof(c->result), "%s", blank(p));
	if (strcmp(c->result, "...") == 0)
		c->result[0] = '\0';
}

/* %{ field op value }% */
static void parse_check(const char *p, struct check *c)
{
	if (sscanf(p, "%%{ %39s %2[=<>!] %ld }%%", c->field, c->op, &c->value) != 3)
		wrong("expected %%{ field == number }%%");
}

static void parse_line(struct step *st, const char *p, int64_t last)
{
	if (*p == '`') {
		const char *name = strncmp(p, "`sysctl -q ", 11) == 0 ? p + 11 : NULL;
		size_t n = name ? strcspn(name, "`") : 0;

		if (!name || n >= sizeof(st->sysctl) || !strchr(name, '='))
			wrong("expected `sysctl -q NAME=VALUE`");
		st->kind = STEP_SYSCTL;
		memcpy(st->sysctl, name, n);
		st->at = st->until = last;
		return;
	}
	p = parse_time(p, st, last);
	if (!*p) {
		st->kind = STEP_WAIT;
	} else if (*p == '%') {
		st->kind = STEP_CHECK;
		parse_check(p, &st->check);
	} else if (*p == '>') {
		st->kind = STEP_EXPECT;
		parse_segment(blank(p + 1), &st->segment);
	} else if (*p == '<') {
		p = blank(p + 1);
		st->kind = word(&p, "icmp") ? STEP_ICMP : STEP_INJECT;
		if (st->kind == STEP_ICMP)
			parse_icmp(p, &st->icmp);
		else
			parse_incoming(p, &st->segment);
	} else if (word(&p, "note")) {
		st->kind = STEP_NOTE;
		if (*parse_note(blank(p), st->note))
			wrong("expected note \"words\"");
	} else {
		st->kind = STEP_CALL;
		parse_call(p, &st->call);
	}
}

/* --ip_version=ipv6, --mtu=1400 */
static void parse_setting(struct script *s, const char *p)
{
	if (strcmp(p, "--ip_version=ipv6") == 0)
		s->ipv6 = true;
	else if (strncmp(p, "--mtu=", 6) == 0)
		s->mtu = (uint32_t)atoi(p + 6);
	else
		wrong("no such setting: %s", p);
}

/* Cuts comments (// and #) and blanks off the end. */
static void trim(char *p)
{
	size_t n;

	for (char *c = p; *c; c++)
		if (*c == '#' || (c[0] == '/' && c[1] == '/'))
			*c = '\0';
	n = strlen(p);
	while (n && isspace((unsigned char)p[n - 1]))
		p[--n] = '\0';
}

static char *slurp(const char *file)
{
	FILE *f = fopen(file, "r");
	char *text = calloc(1, 1 << 20);

	if (!f || !text) {
		perror(file);
		exit(2);
	}
	text[fread(text, 1, (1 << 20) - 1, f)] = '\0';
	fclose(f);
	return text;
}

void script_load(struct script *s, const char *file)
{
	int64_t last = 0;
	int room = 0;

	*s = (struct script){.file = file, .mtu = 1500, .text = slurp(file)};
	loading = s;
	line_number = 0;
	for (char *line = s->text, *end; line; line = end) {
		const char *p;

		end = strchr(line, '\n');
		if (end)
			*end++ = '\0';
		line_number++;
		trim(line);
		p = blank(line);
		if (!*p)
			continue;
		if (strncmp(p, "--", 2) == 0) {
			parse_setting(s, p);
			continue;
		}
		if (s->count == room) {
			room = room ? 2 * room : 64;
			s->steps = realloc(s->steps, (size_t)room * sizeof(*s->steps));
		}
		struct step *st = &s->steps[s->count++];
		memset(st, 0, sizeof(*st));
		st->line = line_number;
		st->text = p;
		parse_line(st, p, last);
		last = st->at;
	}
	if (!s->count)
		wrong("an empty script shows nothing");
}

void script_free(struct script *s)
{
	free(s->steps);
	free(s->text);
}
