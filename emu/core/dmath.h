/*
 * Logarithm and exponential that give the same bits on every machine.
 *
 * A C library picks its code for log() and exp() by the features of the CPU, and the results may
 * differ in the last bit: enough to make two runs differ. These use only IEEE additions,
 * multiplications and divisions (the build forbids contraction); the error is a few units in the
 * last place.
 */
#ifndef CORE_DMATH_H
#define CORE_DMATH_H

/* Natural logarithm of x; x > 0, normal. */
double dm_log(double x);

/* e to the x; |x| < 700. */
double dm_exp(double x);

#endif
