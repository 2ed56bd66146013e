/*
 * Fibers: stacks, and the switch from one to another.
 *
 * A fiber is a function with a stack of its own. fiber_resume() runs it until it calls
 * fiber_suspend() or returns; there is no scheduler here, and a fiber is always resumed from
 * outside all fibers of its pool. The switch saves what the ABI says a call preserves
 * (fiber_x86_64.S, fiber_aarch64.S; elsewhere ucontext), a few nanoseconds.
 *
 * Stacks come from a pool, FIBER_STACK bytes of address space each with an inaccessible page
 * below; memory is used for the pages that were touched. AddressSanitizer is told of every switch,
 * valgrind of every stack. Where the kernel grants no more guard pages (before Linux 6.13:
 * vm.max_map_count, some 32,000 stacks) further stacks have a word at their end that must still be
 * there when they are given back.
 */
#ifndef PROCESS_FIBER_H
#define PROCESS_FIBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "process/fiber_switch.h"

/* gcc says it with a macro, clang with a feature. */
#if defined(__SANITIZE_ADDRESS__)
#define FIBER_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FIBER_ASAN 1
#endif
#endif

#ifdef FIBER_ASAN
#define FIBER_STACK (256 * 1024) /* red zones take room */
#else
#define FIBER_STACK (64 * 1024)
#endif

struct stack_pool;

struct stack_pool *stack_pool_new(void);
void stack_pool_free(struct stack_pool *pool); /* every fiber must be finished or dropped */

/* Stacks mapped so far: a figure for reports. */
uint32_t stack_pool_count(const struct stack_pool *pool);

struct fiber {
	void *sp;           /* where it stands while it is suspended */
	struct stack *stack;
	struct stack_pool *pool;
	void (*main)(void *arg);
	void *arg;
	void *caller_sp;    /* where its resumer stands meanwhile */
	bool finished;
	/* AddressSanitizer's: both stacks, and what it keeps for each. */
	const void *bottom, *caller_bottom;
	size_t size, caller_size;
	void *fake, *caller_fake;
};

/* Prepares main(arg); it runs at the first resume. */
void fiber_init(struct fiber *f, struct stack_pool *pool, void (*main)(void *arg), void *arg);

/*
 * The two halves of a switch are inline: after one, the processor predicts every return wrongly
 * that was not called on the same stack, so there should be few of them.
 */
#ifdef FIBER_ASAN
#include <sanitizer/common_interface_defs.h>
#define FIBER_LEAVING(save, bottom, size) __sanitizer_start_switch_fiber(save, bottom, size)
#define FIBER_ARRIVED(fake, bottom, size) __sanitizer_finish_switch_fiber(fake, bottom, size)
#else
#define FIBER_LEAVING(save, bottom, size) ((void)0)
#define FIBER_ARRIVED(fake, bottom, size) ((void)0)
#endif

/* Gives the stack of a finished fiber back. */
void fiber_release(struct fiber *f);

/* Runs it until it suspends or finishes; its stack returns to the pool when it has finished. */
static inline void fiber_resume(struct fiber *f)
{
	FIBER_LEAVING(&f->caller_fake, f->bottom, f->size);
	fiber_switch(&f->caller_sp, f->sp);
	FIBER_ARRIVED(f->caller_fake, NULL, NULL);
	if (__builtin_expect(f->finished, 0))
		fiber_release(f);
}

/* From within: back to whoever resumed. */
static inline void fiber_suspend(struct fiber *f)
{
	FIBER_LEAVING(&f->fake, f->caller_bottom, f->caller_size);
	fiber_switch(&f->sp, f->caller_sp);
	FIBER_ARRIVED(f->fake, &f->caller_bottom, &f->caller_size);
}

/* From within, anywhere: finishes without returning from its functions. */
void fiber_finish(struct fiber *f) __attribute__((noreturn));

/* From outside: forgets a suspended fiber; nothing on its stack is unwound. */
void fiber_drop(struct fiber *f);

#endif
