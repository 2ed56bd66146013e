/*
 * Command lines as getopt_long(3) reads them, without its static state.
 *
 *     static const struct option_long longs[] = {
 *             {"count", 'c', OPTION_ARG}, {"verbose", 'v', OPTION_FLAG}, {NULL, 0, 0}};
 *     struct options o;
 *     int c;
 *     options_init(&o, p, argc, argv, "c:v46", longs);
 *     while ((c = options_next(&o)) > 0)
 *             switch (c) { case 'c': count = o.arg; ... }
 *     if (c < 0)
 *             return 2;               the complaint is already on the console
 *     while ((word = options_word(&o)))
 *             ...                     what is not an option, in order
 *
 * The short spec is getopt's: a colon behind a letter wants an argument ("-c3", "-c 3"), two make
 * it optional ("-c3" only). Flags combine ("-4n"). Long options take "--count=3", "--count 3" and
 * unique beginnings. Options and other words may come in any order, "--" ends the options. A long
 * option's id may be any positive number, 256 and more for those without a letter.
 */
#ifndef PROCESS_OPTIONS_H
#define PROCESS_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct process;

enum option_kind { OPTION_FLAG, OPTION_ARG, OPTION_OPTIONAL };

struct option_long {
	const char *name;
	int id;
	enum option_kind kind;
};

struct options {
	struct process *process; /* complaints go to its console; NULL: nowhere */
	int argc;
	char **argv;
	const char *spec;
	const struct option_long *longs; /* NULL: none */
	int index;        /* of the next word */
	int words;        /* non-options seen so far; they stand at argv[1..words] */
	int taken;        /* of them, by options_word() */
	const char *more; /* rest of a word of combined flags */
	bool ended;       /* "--" was there */
	const char *arg;  /* of the option just returned; NULL without */
};

void options_init(struct options *o, struct process *p, int argc, char **argv, const char *spec,
		  const struct option_long *longs);

/* The id of the next option; 0: no more; -1: wrong, said on the console as getopt(3) says it
 * ("ping: invalid option -- 'z'"). */
int options_next(struct options *o);

/* After options_next() gave 0: the next word that is not an option; NULL: no more. */
char *options_word(struct options *o);

/* Numbers, whole text or nothing; false leaves *out alone. Decimal, no locale. */
bool option_integer(const char *text, int64_t min, int64_t max, int64_t *out);
bool option_decimal(const char *text, double min, double max, double *out);

#endif
