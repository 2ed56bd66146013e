/*
 * void fiber_switch(void **save_sp, void *to_sp), System V ABI: what a call preserves is pushed,
 * the stack pointer exchanged. The floating-point control words are not saved: nobody here changes
 * them. It returns by a jump: `ret` would always be predicted to the place it was called from,
 * which is never where it goes (6 ns a switch instead of 10.5).
 */
#if defined(__x86_64__) && !defined(FIBER_UCONTEXT)
	.text
	.globl	fiber_switch
	.hidden	fiber_switch
	.type	fiber_switch, @function
	.p2align 4
fiber_switch:
	.cfi_startproc
	pushq	%rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movq	%rsp, (%rdi)
	movq	%rsi, %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	popq	%rcx
	jmp	*%rcx
	.cfi_endproc
	.size	fiber_switch, .-fiber_switch

/* Where a new fiber begins: %r12 is what fiber_prepare() left for it. The outermost frame. */
	.globl	fiber_start
	.hidden	fiber_start
	.type	fiber_start, @function
	.p2align 4
fiber_start:
	.cfi_startproc
	.cfi_undefined rip
	movq	%r12, %rdi
	call	fiber_enter
	ud2
	.cfi_endproc
	.size	fiber_start, .-fiber_start
#endif
	.section .note.GNU-stack, "", @progbits
