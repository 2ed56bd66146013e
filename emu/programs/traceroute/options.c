#include "programs/traceroute/traceroute.h"

#include <stdio.h>
#include <string.h>

#include "core/nearest.h"

const char trace_usage[] =
	"Usage:\n"
	"  traceroute [ -46FInU ] [ -f first_ttl ] [ -i device ] [ -m max_ttl ] [ -N squeries ] "
	"[ -p port ] [ -t tos ] [ -w MAX,HERE,NEAR ] [ -q nqueries ] [ -s src_addr ] [ -z sendwait ] "
	"host [ packetlen ]\n"
	"Options:\n"
	"  -4                          Use IPv4\n"
	"  -6                          Use IPv6\n"
	"  -F  --dont-fragment         Do not fragment packets\n"
	"  -f first_ttl  --first=first_ttl\n"
	"                              Start from the first_ttl hop (instead from 1)\n"
	"  -I  --icmp                  Use ICMP ECHO for tracerouting\n"
	"  -i device  --interface=device\n"
	"                              Specify a network interface to operate with\n"
	"  -m max_ttl  --max-hops=max_ttl\n"
	"                              Set the max number of hops (max TTL to be\n"
	"                              reached). Default is 30\n"
	"  -N squeries  --sim-queries=squeries\n"
	"                              Set the number of probes to be tried\n"
	"                              simultaneously (default is 16)\n"
	"  -n                          Do not resolve IP addresses to their domain names\n"
	"  -p port  --port=port        Set the destination port to use: the first one of\n"
	"                              the default method (33434, incremented by each\n"
	"                              probe), the first sequence number of -I (1), or\n"
	"                              the constant port of -U (53)\n"
	"  -q nqueries  --queries=nqueries\n"
	"                              Set the number of probes per each hop. Default is\n"
	"                              3\n"
	"  -s src_addr  --source=src_addr\n"
	"                              Use source src_addr for outgoing packets\n"
	"  -t tos  --tos=tos           Set the TOS (IPv4 type of service) or TC (IPv6\n"
	"                              traffic class) value for outgoing packets\n"
	"  -U  --udp                   Use UDP to particular port for tracerouting\n"
	"                              (instead of increasing the port per each probe),\n"
	"                              default port is 53\n"
	"  -w MAX,HERE,NEAR  --wait=MAX,HERE,NEAR\n"
	"                              Wait for a probe no more than HERE (default 3)\n"
	"                              times longer than a response from the same hop,\n"
	"                              or no more than NEAR (default 10) times than some\n"
	"                              next hop, or MAX (default 5.0) seconds\n"
	"  -z sendwait  --sendwait=sendwait\n"
	"                              Minimal time interval between probes (default 0).\n"
	"                              More than 10 is a number in milliseconds, else it\n"
	"                              is a number of seconds\n"
	"  --help                      Read this help and exit\n"
	"\n"
	"Arguments:\n"
	"      host          The host to traceroute to\n"
	"      packetlen     The full packet length (default is the length of an IP\n"
	"                    header plus 40)\n"
	"\n"
	"Metrics: reached (1 if the destination answered, else 0), hops (to the destination, or\n"
	"to the last router that answered).\n";

struct letter {
	char letter;
	const char *name;     /* without dashes; NULL: none */
	const char *argument; /* NULL: a flag */
};

static const struct letter letters[] = {
	{'4', NULL, NULL},
	{'6', NULL, NULL},
	{'F', "dont-fragment", NULL},
	{'f', "first", "first_ttl"},
	{'h', "help", NULL},
	{'I', "icmp", NULL},
	{'i', "interface", "device"},
	{'m', "max-hops", "max_ttl"},
	{'N', "sim-queries", "squeries"},
	{'n', NULL, NULL},
	{'p', "port", "port"},
	{'q', "queries", "nqueries"},
	{'s', "source", "src_addr"},
	{'t', "tos", "tos"},
	{'U', "udp", NULL},
	{'w', "wait", "MAX,HERE,NEAR"},
	{'z', "sendwait", "sendwait"},
	{0, NULL, NULL},
};

static bool parse_waits(struct trace *t, const char *text)
{
	double v[3] = {5, t->here, t->near};
	char word[32];

	for (int i = 0; i < 3; i++) {
		size_t n = strcspn(text, ",");

		if (n >= sizeof word)
			return false;
		memcpy(word, text, n);
		word[n] = 0;
		if (!option_decimal(word, 0, 1e6, &v[i]))
			return false;
		text += n;
		if (!*text++)
			break;
		if (i == 2)
			return false;
	}
	t->wait = vtime_ns((int64_t)(v[0] * 1e9 + 0.5));
	t->here = v[1];
	t->near = v[2];
	return true;
}

static bool parse_pause(struct trace *t, const char *text)
{
	double v;

	if (!option_decimal(text, 0, 1e6, &v))
		return false;
	t->pause = vtime_ns((int64_t)((v > 10 ? v * 1e6 : v * 1e9) + 0.5));
	return true;
}

static bool set(struct trace *t, char letter, const char *arg)
{
	int64_t v;

	switch (letter) {
	case '4': t->family = AF_INET; return true;
	case '6': t->family = AF_INET6; return true;
	case 'F': t->dont_fragment = true; return true;
	case 'I': t->method = TRACE_ICMP; return true;
	case 'U': t->method = TRACE_UDP_CONSTANT; return true;
	case 'n': t->numeric = true; return true;
	case 'i': t->device = arg; return true;
	case 's': t->source = arg; return true;
	case 'f': return option_integer(arg, 0, INT32_MAX, &t->first);
	case 'm': return option_integer(arg, 0, INT32_MAX, &t->hops);
	case 'N': return option_integer(arg, 0, INT32_MAX, &t->sim);
	case 'q': return option_integer(arg, 0, INT32_MAX, &t->queries);
	case 'p': return option_integer(arg, 0, 65535, &t->port);
	case 'w': return parse_waits(t, arg);
	case 'z': return parse_pause(t, arg);
	case 't':
		if (!option_integer(arg, 0, 255, &v))
			return false;
		t->tos = (int)v;
		return true;
	}
	return false;
}

static const struct letter *find_letter(char c)
{
	for (const struct letter *l = letters; l->letter; l++)
		if (l->letter == c && c != 'h')
			return l;
	return NULL;
}

static const struct letter *find_name(const char *name, size_t len)
{
	for (const struct letter *l = letters; l->letter; l++)
		if (l->name && strlen(l->name) == len && memcmp(l->name, name, len) == 0)
			return l;
	return NULL;
}

/* On paper, `place` is where the word stands, and what may have been meant is told. */
static int bad_option(struct trace *t, const char *place, const char *word, int at)
{
	const struct letter *l = word[1] == '-' ? NULL : find_letter((char)(word[1] ^ 0x20));
	struct nearest nearest = nearest_to(word + 2);
	char near[32] = "";

	for (const struct letter *k = letters; word[1] == '-' && k->letter; k++)
		nearest_try(&nearest, k->name);
	if (nearest.best)
		snprintf(near, sizeof near, "--%s", nearest.best);
	else if (l)
		snprintf(near, sizeof near, "-%c", l->letter);
	paper_no_option(t->process, place, word, *near ? near : NULL);
	process_printf(t->process, "Bad option `%s' (argc %d)\n", word, at);
	return 2;
}

/* An option's argument stands in the same word, or is the next one. -1 to go on. */
static int with_argument(struct trace *t, const struct letter *l, const char *name,
			 const char *rest, int argc, char **argv, int *at)
{
	const char *arg = rest;

	if (!arg) {
		if (*at + 1 >= argc) {
			paper_read(t->process, argv[*at], NULL);
			process_printf(t->process, "Option `%s' (argc %d) requires an argument: "
				       "`%s %s'\n", name, *at, name, l->argument);
			return 2;
		}
		arg = argv[++*at];
	}
	paper_read(t->process, arg, name);
	if (set(t, l->letter, arg))
		return -1;
	process_printf(t->process, "Cannot handle `%s' option with arg `%s' (argc %d)\n", name, arg,
		       *at);
	return 2;
}

static int take_long(struct trace *t, int argc, char **argv, int *at)
{
	const char *word = argv[*at], *name = word + 2;
	size_t len = strcspn(name, "=");
	const struct letter *l = find_name(name, len);

	if (!l || (!l->argument && name[len]))
		return bad_option(t, word, word, *at);
	if (l->letter == 'h') {
		process_printf(t->process, "%s", trace_usage);
		return 0;
	}
	if (l->argument)
		return with_argument(t, l, word, name[len] ? name + len + 1 : NULL, argc, argv, at);
	set(t, l->letter, NULL);
	return -1;
}

static int take_letters(struct trace *t, int argc, char **argv, int *at)
{
	int word = *at;

	for (const char *c = argv[word] + 1; *c; c++) {
		const struct letter *l = find_letter(*c);
		char name[3] = {'-', *c, 0};

		if (!l)
			return bad_option(t, c, name, word);
		if (l->argument)
			return with_argument(t, l, name, c[1] ? c + 1 : NULL, argc, argv, at);
		set(t, l->letter, NULL);
	}
	return -1;
}

int trace_find_host(struct trace *t)
{
	int r = resolve_host(t->process, t->host, t->family, &t->to);

	if (!r)
		return -1;
	process_printf(t->process, "%s: %s\nCannot handle \"host\" cmdline arg `%s' on position 1 "
		       "(argc %d)\n", t->host,
		       resolve_strerror(r == RESOLVE_NODATA ? RESOLVE_NONAME : r), t->host, t->host_at);
	return 2;
}

static int check(struct trace *t)
{
	const char *wrong = NULL;

	if (t->first < 1 || t->first > t->hops)
		wrong = "first hop out of range";
	else if (t->hops > 255)
		wrong = "max hops cannot be more than 255";
	else if (t->queries > 10)
		wrong = "no more than 10 probes per hop";
	else if (t->queries < 1)
		wrong = "at least one probe per hop is wanted";
	if (wrong)
		process_printf(t->process, "%s\n", wrong);
	else if (t->length > 65000)
		process_printf(t->process, "too big packetlen %lld specified\n",
			       (long long)t->length);
	else
		return -1;
	return 2;
}

/* Words that are not options; the host can only be looked up once the family is known. */
static int take_words(struct trace *t, char **argv, const int *words, int count)
{
	paper_read(t->process, count > 2 ? argv[words[2]] : count > 1 ? argv[words[1]] : NULL, NULL);
	if (count == 0) {
		process_printf(t->process, "Specify \"host\" missing argument.\n");
		return 2;
	}
	t->host = argv[words[0]];
	t->host_at = words[0];
	if (count > 1 && !option_integer(argv[words[1]], 0, INT32_MAX, &t->length)) {
		process_printf(t->process, "Cannot handle \"packetlen\" cmdline arg `%s' on "
			       "position 2 (argc %d)\n", argv[words[1]], words[1]);
		return 2;
	}
	if (count > 2) {
		process_printf(t->process, "Extra arg `%s' (position 3, argc %d)\n",
			       argv[words[2]], words[2]);
		return 2;
	}
	return check(t);
}

int trace_parse(struct trace *t, int argc, char **argv)
{
	bool ended = false;
	int words[3], count = 0;

	if (argc < 2) {
		process_printf(t->process, "%s", trace_usage);
		return 0;
	}
	for (int i = 1; i < argc; i++) {
		int status = -1;

		if (ended || argv[i][0] != '-' || !argv[i][1]) {
			if (count < 3)
				words[count++] = i;
		} else if (strcmp(argv[i], "--") == 0) {
			ended = true;
		} else if (argv[i][1] == '-') {
			status = take_long(t, argc, argv, &i);
		} else {
			status = take_letters(t, argc, argv, &i);
		}
		if (status >= 0)
			return status;
	}
	return take_words(t, argv, words, count);
}
