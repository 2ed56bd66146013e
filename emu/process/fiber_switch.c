/* How a new stack looks to fiber_switch(); and on machines without one of ours, ucontext's. */
#include "process/fiber_switch.h"

#include <stdint.h>

#if !defined(FIBER_UCONTEXT) && defined(__x86_64__)

void fiber_start(void);

void *fiber_prepare(void *top, size_t size, void *arg)
{
	/* r15 r14 r13 r12 rbx rbp, the return address; two words so that fiber_start, which calls
	 * on, finds the stack aligned to 16 bytes. */
	uintptr_t *sp = (uintptr_t *)top - 9;

	(void)size;
	for (int i = 0; i < 9; i++)
		sp[i] = 0;
	sp[3] = (uintptr_t)arg;
	sp[6] = (uintptr_t)fiber_start;
	return sp;
}

#elif !defined(FIBER_UCONTEXT) && defined(__aarch64__)

void fiber_start(void);

void *fiber_prepare(void *top, size_t size, void *arg)
{
	uintptr_t *sp = (uintptr_t *)top - 20; /* x19..x30, d8..d15 */

	(void)size;
	for (int i = 0; i < 20; i++)
		sp[i] = 0;
	sp[0] = (uintptr_t)arg;          /* x19 */
	sp[11] = (uintptr_t)fiber_start; /* x30 */
	return sp;
}

#else

#include <ucontext.h>

/* makecontext() passes integers only. */
static void enter(unsigned high, unsigned low)
{
	fiber_enter((void *)((uintptr_t)high << 16 << 16 | low));
}

void *fiber_prepare(void *top, size_t size, void *arg)
{
	size_t own = (sizeof(ucontext_t) + 15) & ~(size_t)15;
	ucontext_t *c = (ucontext_t *)((char *)top - own);

	getcontext(c);
	c->uc_stack.ss_sp = (char *)top - size;
	c->uc_stack.ss_size = size - own;
	c->uc_link = NULL;
	makecontext(c, (void (*)(void))enter, 2, (unsigned)((uintptr_t)arg >> 16 >> 16),
		    (unsigned)(uintptr_t)arg);
	return c;
}

void fiber_switch(void **save_sp, void *to_sp)
{
	ucontext_t here;

	*save_sp = &here;
	swapcontext(&here, to_sp);
}

#endif
