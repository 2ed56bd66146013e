/* The pool of fiber stacks; private to fiber*.c and stack.c. */
#ifndef PROCESS_STACK_H
#define PROCESS_STACK_H

#include "process/fiber.h"

struct stack {
	struct stack *next; /* in the pool */
	char *bottom;       /* lowest usable byte */
	char *top;          /* where it begins, aligned to 16 */
	bool guarded;
	unsigned valgrind_id;
};

struct stack *stack_take(struct stack_pool *pool);

/* Fibers that grew over the end of an unguarded stack are found here, by an assertion. */
void stack_give(struct stack_pool *pool, struct stack *s);

#endif
