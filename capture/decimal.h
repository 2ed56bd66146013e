/* Whole numbers and fixed decimals as text, for files of millions of them. */
#ifndef CAPTURE_DECIMAL_H
#define CAPTURE_DECIMAL_H

#include <stdint.h>
#include <string.h>

#define DECIMAL_MAX 32 /* bytes of the longest */

/* Writes `value` in units of 10^-decimals (at most 20), with so many digits behind the point and none
 * if that is 0; returns the end. No zero is put behind it. */
static inline char *decimal_put(char *to, uint64_t value, int decimals)
{
	char digits[DECIMAL_MAX], *d = digits + sizeof(digits);
	int n = 0;

	do {
		if (n == decimals && n)
			*--d = '.';
		*--d = (char)('0' + value % 10);
		value /= 10;
		n++;
	} while (value || n <= decimals);
	memcpy(to, d, (size_t)(digits + sizeof(digits) - d));
	return to + (digits + sizeof(digits) - d);
}

#endif
