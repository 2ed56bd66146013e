#include "process/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/nearest.h"
#include "process/paper.h"
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

/* "-C" may have been meant to be -c. */
static void unknown_letter(struct options *o, const char *at, char letter)
{
	char word[3] = {'-', letter, 0}, near[3] = {'-', letter ^ 0x20, 0};
	bool is_letter = (near[1] >= 'a' && near[1] <= 'z') || (near[1] >= 'A' && near[1] <= 'Z');

	paper_no_option(o->process, at, word, is_letter && strchr(o->spec, near[1]) ? near : NULL);
}

/* "--colour" may have been meant to be --color or, where there is nothing like it, -c. */
static void unknown_name(struct options *o, const char *word, const char *name, size_t len)
{
	char text[64], near[80] = "";
	struct nearest nearest;

	snprintf(text, sizeof(text), "--%.*s", (int)(len < 60 ? len : 60), name);
	nearest = nearest_to(text + 2);
	for (const struct option_long *l = o->longs; l && l->name; l++)
		nearest_try(&nearest, l->name);
	if (nearest.best)
		snprintf(near, sizeof(near), "--%s", nearest.best);
	else if (*name && *name != ':' && strchr(o->spec, *name))
		snprintf(near, sizeof(near), "-%c", *name);
	paper_no_option(o->process, word, text, *near ? near : NULL);
}

/* The option's argument, and on paper whose it is. */
static int option_found(struct options *o, int id, const char *word, const char *dashes,
			const char *name)
{
	char shown[48];

	snprintf(shown, sizeof(shown), "%s%.40s", dashes, name);
	paper_read(o->process, o->arg ? o->arg : word, shown);
	return id;
}

static void lacks_argument(struct options *o, const char *word, const char *dashes, const char *name)
{
	paper_wrong(o->process, word, "%s%s of %s wants a value behind it; 'netarium help %s' says which",
		    dashes, name, o->argv[0], o->argv[0]);
}

static int short_option(struct options *o)
{
	const char *at = o->more;
	char letter = *o->more++;
	const char *def = letter == ':' ? NULL : strchr(o->spec, letter);
	const char *rest = *o->more ? o->more : NULL;

	if (!rest)
		o->more = NULL;
	if (!def) {
		unknown_letter(o, at, letter);
		return complain(o, "invalid option -- '%c'", letter);
	}
	if (def[1] != ':')
		return option_found(o, letter, at, "-", (char[]){letter, '\0'});
	o->more = NULL;
	if (rest || def[2] == ':') {
		o->arg = rest;
	} else {
		if (o->index == o->argc) {
			lacks_argument(o, at, "-", (char[]){letter, '\0'});
			return complain(o, "option requires an argument -- '%c'", letter);
		}
		o->arg = o->argv[o->index++];
	}
	return option_found(o, letter, at, "-", (char[]){letter, '\0'});
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
	if (!l) {
		unknown_name(o, word, name, len);
		return complain(o, "unrecognized option '--%.*s'", (int)len, name);
	}
	if (value) {
		if (l->kind == OPTION_FLAG)
			return complain(o, "option '--%s' doesn't allow an argument", l->name);
		o->arg = value + 1;
	} else if (l->kind == OPTION_ARG) {
		if (o->index == o->argc) {
			lacks_argument(o, word, "--", l->name);
			return complain(o, "option '--%s' requires an argument", l->name);
		}
		o->arg = o->argv[o->index++];
	}
	return option_found(o, l->id, word, "--", l->name);
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
	char *word = o->taken < o->words ? o->argv[1 + o->taken++] : NULL;

	paper_read(o->process, word, NULL);
	return word;
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
