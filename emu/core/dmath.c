#include "core/dmath.h"

#include <stdint.h>
#include <string.h>

#define LN2_HI 0x1.62e42fee00000p-1 /* the first 32 bits of ln 2: k * LN2_HI is exact */
#define LN2_LO 0x1.a39ef35793c76p-33
#define SQRT2 0x1.6a09e667f3bcdp+0

static double from_bits(uint64_t u)
{
	double d;

	memcpy(&d, &u, sizeof(d));
	return d;
}

double dm_log(double x)
{
	uint64_t u;

	memcpy(&u, &x, sizeof(u));
	int k = (int)(u >> 52) - 1023;
	double m = from_bits((u & UINT64_C(0xfffffffffffff)) | UINT64_C(0x3ff0000000000000));
	if (m > SQRT2) {
		m *= 0.5;
		k++;
	}
	/* log m = 2 atanh s, |s| < 0.1716: the terms after s^21 are below the last bit. */
	double s = (m - 1) / (m + 1), z = s * s, sum = 0;
	for (int i = 21; i >= 3; i -= 2)
		sum = (sum + 1.0 / i) * z;
	return k * LN2_HI + (2 * s + (2 * s * sum + k * LN2_LO));
}

double dm_exp(double x)
{
	double q = x * 0x1.71547652b82fep+0; /* 1 / ln 2 */
	int k = (int)(q < 0 ? q - 0.5 : q + 0.5);
	double r = (x - k * LN2_HI) - k * LN2_LO, sum = 1;

	for (int i = 16; i >= 1; i--)
		sum = 1 + sum * r / i;
	return sum * from_bits((uint64_t)(k + 1023) << 52);
}
