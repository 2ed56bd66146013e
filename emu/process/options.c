#include "process/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "process/process.h"

void options_init(struct options *o, struct process *p, int argc, char **argv, const char *spec,
		  const struct option_long *longs)
{
	*o = (struct options){
		.process = p, .argc = argc, .argv = argv, .spec = spec, .longs = longs, .index = 1};
}

static int __attribute__((format(printf, 2, 3))) complain(struct options *o, const char *fmt, ...)
{
	va_list ap;

	if (o->process) {
		process_printf(o->process, "%s: ", o->argv[0]);
		va_start(ap, fmt);
		process_vprintf(o->process, fmt, ap);
		va_end(ap);
		process_printf(o->process, "\n");
	}
	return -1;
}

static int short_option(struct options *o)
{
	char letter = *o->more++;
	const char *def = letter == ':' ? NULL : strchr(o->spec, letter);
	const char *rest = *o->more ? o->more : NULL;

	if (!rest)
		o->more = NULL;
	if (!def)
		return complain(o, "invalid option -- '%c'", letter);
	if (def[1] != ':')
		return letter;
	o->more = NULL;
	if (rest || def[2] == ':') {
		o->arg = rest;
	} else {
		if (o->index == o->argc)
			return complain(o, "option requires an argument -- '%c'", letter);
		o->arg = o->argv[o->index++];
	}
	return letter;
}

/* The row of that name, or the only one (or several with the same id) that begins with it. */
static const struct option_long *find_long(const struct options *o, const char *name, size_t len,
					   bool *ambiguous)
{
	const struct option_long *found = NULL;

	*ambiguous = false;
	for (const struct option_long *l = o->longs; l && l->name; l++) {
		if (strncmp(l->name, name, len) != 0)
			continue;
		if (l->name[len] == '\0') {
			*ambiguous = false;
			return l;
		}
		if (found && found->id != l->id)
			*ambiguous = true;
		found = l;
	}
	return found;
}

static int long_option(struct options *o, const char *word)
{
	const char *name = word + 2, *value = strchr(name, '=');
	size_t len = value ? (size_t)(value - name) : strlen(name);
	bool ambiguous;
	const struct option_long *l = find_long(o, name, len, &ambiguous);

	if (ambiguous)
		return complain(o, "option '--%.*s' is ambiguous", (int)len, name);
	if (!l)
		return complain(o, "unrecognized option '--%.*s'", (int)len, name);
	if (value) {
		if (l->kind == OPTION_FLAG)
			return complain(o, "option '--%s' doesn't allow an argument", l->name);
		o->arg = value + 1;
	} else if (l->kind == OPTION_ARG) {
		if (o->index == o->argc)
			return complain(o, "option '--%s' requires an argument", l->name);
		o->arg = o->argv[o->index++];
	}
	return l->id;
}

/* Words move to the front, over options that have been read. */
static void keep_word(struct options *o, char *word)
{
	o->argv[1 + o->words++] = word;
}

int options_next(struct options *o)
{
	o->arg = NULL;
	if (o->more)
		return short_option(o);
	while (o->index < o->argc) {
		char *word = o->argv[o->index++];

		if (o->ended || word[0] != '-' || word[1] == '\0') {
			keep_word(o, word);
		} else if (word[1] != '-') {
			o->more = word + 1;
			return short_option(o);
		} else if (word[2] != '\0') {
			return long_option(o, word);
		} else {
			o->ended = true;
		}
	}
	return 0;
}

char *options_word(struct options *o)
{
	return o->taken < o->words ? o->argv[1 + o->taken++] : NULL;
}

bool option_integer(const char *text, int64_t min, int64_t max, int64_t *out)
{
	const char *digits = text + (*text == '-' || *text == '+');
	char *end;

	if (*digits < '0' || *digits > '9')
		return false;
	errno = 0;
	long long v = strtoll(text, &end, 10);
	if (errno || *end || v < min || v > max)
		return false;
	*out = v;
	return true;
}

/* [+-]digits[.digits] without an exponent; strtod() would ask the locale for its point. */
bool option_decimal(const char *text, double min, double max, double *out)
{
	const char *at = text + (*text == '-' || *text == '+');
	double v = 0, unit = 1;
	int digits = 0;

	for (; *at >= '0' && *at <= '9'; at++, digits++)
		v = v * 10 + (*at - '0');
	if (*at == '.') {
		for (at++; *at >= '0' && *at <= '9'; at++, digits++) {
			v = v * 10 + (*at - '0');
			unit *= 10;
		}
	}
	if (*at || digits == 0)
		return false;
	/* One division of two exact numbers is correctly rounded. */
	v /= unit;
	if (*text == '-')
		v = -v;
	if (!(v >= min && v <= max))
		return false;
	*out = v;
	return true;
}
