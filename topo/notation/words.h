/*
 * Splits a command line into words as a shell does: blanks separate, '...' and
 * "..." keep what is between them, a backslash keeps the next character. There is
 * no shell behind it: pipes, redirections and variables are refused, not guessed.
 */
#ifndef TOPO_NOTATION_WORDS_H
#define TOPO_NOTATION_WORDS_H

#include "topo/arena.h"

#define WORDS_WHY 256

/* NULL-terminated words in the arena, their number in *n (at least 1); NULL with
 * one clause in `why` (WORDS_WHY bytes). */
char **words_split(struct arena *arena, const char *text, int *n, char *why);

/* Where in a text that words_split() has taken its n-th word begins, quotes and all: a byte offset. */
size_t words_offset(const char *text, int n);

#endif
