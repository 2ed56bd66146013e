#include "cli/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"

#define REDRAW 0.1 /* s */
#define BAR 24     /* columns */

static double wall_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void progress_init(struct progress *p, bool wanted, vtime end)
{
	const char *term = getenv("TERM");

	*p = (struct progress){.end = end};
	p->on = wanted && isatty(STDERR_FILENO) && !(term && !strcmp(term, "dumb"));
	p->colors = cli_colors(STDERR_FILENO);
	/* Nothing is drawn in the first tenth of a second: most runs are over by then. */
	p->begun = p->drawn_at = wall_clock();
}

void progress_line(char *text, size_t size, vtime now, vtime end, double elapsed, uint64_t events)
{
	double at = vtime_seconds(now), all = vtime_seconds(end);
	double speed = elapsed > 0 ? at / elapsed : 0;
	char bar[BAR + 1];
	int filled, len;

	if (end.ns == VTIME_NEVER.ns) {
		len = snprintf(text, size, "%.3f s of virtual time, %.3gx real time, ", at, speed);
		if (len < 0 || (size_t)len >= size)
			return;
		if (events < 1000000)
			snprintf(text + len, size - (size_t)len, "%" PRIu64 " event%s", events,
				 events == 1 ? "" : "s");
		else
			snprintf(text + len, size - (size_t)len, "%.3g million events",
				 (double)events / 1e6);
		return;
	}
	filled = all > 0 ? (int)(BAR * at / all) : BAR;
	memset(bar, '-', BAR);
	memset(bar, '#', (size_t)filled);
	bar[BAR] = '\0';
	snprintf(text, size, "[%s] %3.0f%%  %.3f s of %.3f s, %.3gx real time, %.0f s left", bar,
		 all > 0 ? 100 * at / all : 100, at, all, speed,
		 speed > 0 ? (all - at) / speed : 0);
}

void progress_show(struct progress *p, vtime now, uint64_t events)
{
	struct winsize size;
	char text[200];
	double wall;

	if (!p->on)
		return;
	wall = wall_clock();
	if (wall - p->drawn_at < REDRAW)
		return;
	progress_line(text, sizeof(text), now, p->end, wall - p->begun, events);
	/* A line that wraps could not be taken away again. */
	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 &&
	    size.ws_col - 1u < strlen(text))
		text[size.ws_col - 1] = '\0';
	fprintf(stderr, p->colors ? "\r\033[32m%s\033[0m\033[K" : "\r%s\033[K", text);
	fflush(stderr);
	p->drawn = true;
	p->drawn_at = wall;
}

void progress_clear(struct progress *p)
{
	if (!p->drawn)
		return;
	fputs("\r\033[K", stderr);
	fflush(stderr);
	p->drawn = false;
}
