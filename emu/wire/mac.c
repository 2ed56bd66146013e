#include "wire/mac.h"

#include <stdio.h>

#include "wire/hex.h"

bool mac_parse(const char *text, struct mac *out)
{
	struct mac m;
	char sep = 0;

	for (int i = 0; i < 6; i++) {
		int hi, lo;

		if (i == 1)
			sep = *text;
		if (i && ((sep != ':' && sep != '-') || *text++ != sep))
			return false;
		hi = hex_value(text[0]);
		lo = hi < 0 ? -1 : hex_value(text[1]);
		if (lo < 0)
			return false;
		m.b[i] = (uint8_t)(hi << 4 | lo);
		text += 2;
	}
	if (*text)
		return false;
	*out = m;
	return true;
}

char *mac_format(char *buf, size_t size, const struct mac *m)
{
	snprintf(buf, size, "%02x:%02x:%02x:%02x:%02x:%02x", m->b[0], m->b[1], m->b[2], m->b[3],
		 m->b[4], m->b[5]);
	return buf;
}
