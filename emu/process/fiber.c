#include "process/fiber.h"

#include "process/stack.h"

void fiber_init(struct fiber *f, struct stack_pool *pool, void (*main)(void *arg), void *arg)
{
	struct stack *s = stack_take(pool);

	*f = (struct fiber){
		.stack = s,
		.pool = pool,
		.main = main,
		.arg = arg,
		.bottom = s->bottom,
		.size = (size_t)(s->top - s->bottom),
	};
	f->sp = fiber_prepare(s->top, f->size, f);
}

void fiber_release(struct fiber *f)
{
	stack_give(f->pool, f->stack);
	f->stack = NULL;
	f->sp = NULL;
}

void fiber_finish(struct fiber *f)
{
	f->finished = true;
	FIBER_LEAVING(NULL, f->caller_bottom, f->caller_size); /* NULL: this stack is over */
	fiber_switch(&f->sp, f->caller_sp);
	__builtin_unreachable();
}

void fiber_enter(void *arg)
{
	struct fiber *f = arg;

	FIBER_ARRIVED(NULL, &f->caller_bottom, &f->caller_size);
	f->main(f->arg);
	fiber_finish(f);
}

void fiber_drop(struct fiber *f)
{
	if (f->stack)
		fiber_release(f);
}
