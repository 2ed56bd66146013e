/*
 * What a machine gives for fibers, used by fiber.h alone: a switch, and a stack made ready so that
 * the first switch to it calls fiber_enter(arg).
 */
#ifndef PROCESS_FIBER_SWITCH_H
#define PROCESS_FIBER_SWITCH_H

#include <stddef.h>

/* Saves where the caller stands in *save_sp and goes on at to_sp. */
void fiber_switch(void **save_sp, void *to_sp) __attribute__((visibility("hidden")));

/* The stack is [top - size, top), top aligned to 16; returns the to_sp of the first switch. */
void *fiber_prepare(void *top, size_t size, void *arg) __attribute__((visibility("hidden")));

/* fiber.c: the first function on a new stack. */
void fiber_enter(void *arg) __attribute__((noreturn, visibility("hidden")));

#endif
