#include "core/vtime.h"

#include <inttypes.h>
#include <stdio.h>

char *vtime_format(char *buf, size_t size, vtime t)
{
	int64_t ns = t.ns;

	if (ns == INT64_MAX)
		snprintf(buf, size, "never");
	else if (ns >= 999500000) /* three digits would round to 1000 ms, and likewise below */
		snprintf(buf, size, "%.3f s", (double)ns / 1e9);
	else if (ns >= 999500)
		snprintf(buf, size, "%.3g ms", (double)ns / 1e6);
	else if (ns >= NS_PER_US)
		snprintf(buf, size, "%.3g us", (double)ns / 1e3);
	else
		snprintf(buf, size, "%" PRId64 " ns", ns);
	return buf;
}
