#include "live/pace.h"

#include <time.h>

static int64_t monotonic(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

void pace_begin(struct pace *p)
{
	*p = (struct pace){.began = monotonic(), .behind_since = -1};
}

int64_t pace_now(const struct pace *p)
{
	return monotonic() - p->began;
}

bool pace_late(struct pace *p, int64_t now, int64_t late)
{
	bool first;

	if (late > p->late_max)
		p->late_max = late;
	if (late <= PACE_FINE) {
		if (p->behind_since >= 0)
			p->behind_for += now - p->behind_since;
		p->behind_since = -1;
		return false;
	}
	if (p->behind_since < 0) {
		p->behind_since = now - late;
		p->times++;
	}
	first = !p->told;
	p->told = true;
	return first;
}
