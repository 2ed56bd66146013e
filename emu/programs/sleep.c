/* sleep (GNU coreutils): numbers with s, m, h or d behind them, added up. */
#include "programs/programs.h"

#include <errno.h>
#include <stdlib.h>

#include "programs/tool.h"

static const char usage[] =
	"Usage: sleep NUMBER[SUFFIX]...\n"
	"\n"
	"Pauses for NUMBER seconds of virtual time. SUFFIX may be s for seconds (the default), m for\n"
	"minutes, h for hours or d for days. NUMBER may have a fraction. Several are added up.\n";

/* False if it is not an interval of at most 100 years. */
static bool parse(const char *text, double *seconds)
{
	double unit = 1, v;
	char *end;

	if ((*text < '0' || *text > '9') && *text != '.')
		return false;
	v = strtod(text, &end);
	if (*end == 'm')
		unit = 60;
	else if (*end == 'h')
		unit = 3600;
	else if (*end == 'd')
		unit = 86400;
	else if (*end && *end != 's')
		return false;
	*seconds = v * unit;
	return end > text && (!*end || !end[1]) && *seconds <= 100.0 * 366 * 86400;
}

static int hint(struct process *p)
{
	process_printf(p, "Try 'sleep --help' for more information.\n");
	return 1;
}

/* How long; -1 to go on, else the exit status. */
static int parse_all(struct process *p, int argc, char **argv, double *sum)
{
	static const struct option_long longs[] = {{"help", 'h', OPTION_FLAG}, {NULL, 0, OPTION_FLAG}};
	struct options o;
	const char *word;
	double seconds;
	bool wrong = false;

	options_init(&o, p, argc, argv, "", longs);
	switch (options_next(&o)) {
	case 'h':
		process_printf(p, "%s", usage);
		return 0;
	case -1:
		return hint(p);
	}
	if (argc < 2) {
		process_printf(p, "sleep: missing operand\n");
		return hint(p);
	}
	while ((word = options_word(&o))) {
		if (parse(word, &seconds)) {
			*sum += seconds;
			continue;
		}
		paper_wrong(p, word, "sleep: '%.60s' is no time; expected one such as 1.5 or 2m", word);
		process_printf(p, "sleep: invalid time interval ‘%s’\n", word);
		wrong = true;
	}
	return wrong ? hint(p) : -1;
}

static int sleep_check(struct process *p, int argc, char **argv)
{
	double sum = 0;

	return parse_all(p, argc, argv, &sum);
}

static int sleep_main(struct process *p, int argc, char **argv)
{
	double sum = 0;
	int status = parse_all(p, argc, argv, &sum);

	if (status >= 0)
		return status;
	/* An interrupted sleep ends like one that a signal ended. */
	return sys_sleep(p, vtime_ns((int64_t)(sum * 1e9 + 0.5))) == -EINTR ? 130 : 0;
}

const struct program program_sleep = {
	.name = "sleep",
	.summary = "pause for a span of virtual time",
	.usage = usage,
	.main = sleep_main,
	.check = sleep_check,
};
