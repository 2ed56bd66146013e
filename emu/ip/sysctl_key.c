/* Keys in sysctls: words of hexadecimal digits, as /proc/sys/net/ipv4/tcp_fastopen_key has them. */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ip/sysctl.h"

#define DIGITS 8 /* of a word */

/* One key; NULL, or behind it. */
static const char *key_read(const char *p, int32_t words[SYSCTL_KEY_WORDS])
{
	for (int i = 0; i < SYSCTL_KEY_WORDS; i++) {
		char digits[DIGITS + 1] = "";

		if (i && *p++ != '-')
			return NULL;
		for (int d = 0; d < DIGITS && isxdigit((unsigned char)p[d]); d++)
			digits[d] = p[d];
		/* Leading zeros may be left out, as in Linux. */
		if (!digits[0] || isxdigit((unsigned char)p[strlen(digits)]))
			return NULL;
		words[i] = (int32_t)(uint32_t)strtoul(digits, NULL, 16);
		p += strlen(digits);
	}
	return p;
}

bool sysctl_key_read(const char *text, int32_t values[SYSCTL_KEY_VALUES])
{
	int32_t read[SYSCTL_KEY_VALUES] = {1};
	const char *p = key_read(text, &read[1]);

	if (p && *p == ',') {
		read[0] = 2;
		p = key_read(p + 1, &read[1 + SYSCTL_KEY_WORDS]);
	}
	if (!p || p[strspn(p, " \t\n")])
		return false;
	memcpy(values, read, sizeof(read));
	return true;
}

static int key_print(const int32_t words[SYSCTL_KEY_WORDS], char *text, size_t size)
{
	return snprintf(text, size, "%08" PRIx32 "-%08" PRIx32 "-%08" PRIx32 "-%08" PRIx32,
			(uint32_t)words[0], (uint32_t)words[1], (uint32_t)words[2],
			(uint32_t)words[3]);
}

int sysctl_key_print(const int32_t values[SYSCTL_KEY_VALUES], char *text, size_t size)
{
	int n = key_print(&values[1], text, size);

	if (values[0] < 2 || (size_t)n + 1 >= size)
		return n;
	text[n++] = ',';
	return n + key_print(&values[1 + SYSCTL_KEY_WORDS], text + n, size - (size_t)n);
}
