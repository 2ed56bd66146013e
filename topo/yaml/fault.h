/*
 * What is wrong with a text that is no YAML, in words that help.
 *
 * A parser notices a mistake where it can go on no longer, which is often lines behind the slip: a
 * brace that is not closed, a quote, a tab. Here the text is read once more, as people read it, for
 * the few slips that nearly all of them are; only after these the place where the parser stopped is
 * judged. It is a guess, made only when the text has been refused already.
 */
#ifndef TOPO_YAML_FAULT_H
#define TOPO_YAML_FAULT_H

#include <stddef.h>
#include <stdint.h>

#define YAML_FAULT_WHY 256

struct yaml_fault {
	uint32_t line, col;		/* from 1 */
	char why[YAML_FAULT_WHY];	/* one clause and what was expected */
};

/* Fills in `fault` for a text whose parser stopped at stop_line, stop_col (from 1). */
void yaml_fault_find(const char *text, size_t length, uint32_t stop_line, uint32_t stop_col,
		     struct yaml_fault *fault);

#endif
