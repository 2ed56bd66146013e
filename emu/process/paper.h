/*
 * A command line read on paper: what a program would say to its arguments, without a world.
 *
 * The `check` of a program's row (program.h) reads the words with the parser that main has, and
 * starts nothing. The process that it is given has a console to complain on, and nothing else: no
 * node, no world, no descriptors; a parser touches none of them. It is "on paper".
 *
 * What options.c hands out there is remembered, so that a complaint can be told the word that it
 * is about. Who knows better than the console what is wrong says so with paper_wrong(); otherwise
 * the first line on the console is the reason, and where that is the usage text, the word that
 * was one too many or is missing. On a real process all paper_* calls do nothing.
 */
#ifndef PROCESS_PAPER_H
#define PROCESS_PAPER_H

#include <stdbool.h>
#include <stddef.h>

#include "process/program.h"

/* What is wrong with a command line: one clause, and where. */
#define PAPER_WHY 256
struct paper_fault {
	int word;       /* index into argv; -1: the line as a whole */
	size_t at;      /* bytes into that word */
	char why[PAPER_WHY];
};

/* What the caller knows of a word that names a host: false with a clause in `why`. */
typedef bool (*paper_host_fn)(void *data, const char *host, char why[PAPER_WHY]);

/*
 * Whether the program takes the words; if not, fills *fault. argv is not changed. known may be NULL:
 * any host will do.
 */
bool paper_check(const struct program *program, int argc, char *const *argv, paper_host_fn known,
		 void *data, struct paper_fault *fault);

/* ---- for options.c ---- */

/* A word, or an option's argument, is being looked at; NULL: one more was wanted and is not there.
 * `option` ("-c") is borrowed until the next call; NULL: it is no option's. */
void paper_read(struct process *p, const char *text, const char *option);

/* ---- for parsers ---- */

/* What is wrong with the text (a pointer into argv) or, if NULL, with the word read last. The first
 * word stays. */
void paper_wrong(struct process *p, const char *text, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* There is no such option as the one at `text`, called "-C" or "--cuont"; near ("-c") is what may have
 * been meant; NULL: nothing is near. */
void paper_no_option(struct process *p, const char *text, const char *option, const char *near);

/* This word is a host. NULL is none. */
void paper_host(struct process *p, const char *host);

#endif
