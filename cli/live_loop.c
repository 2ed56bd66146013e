/*
 * Time of a live run: it follows the wall clock.
 *
 * A turn: what is due by now happens; frames that have come enter; then poll(2) until the next event
 * or the next frame. A world that has more to do than time allows is moved in slices, so that frames
 * enter close to when they came, and being late shows.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include "cli/cli.h"
#include "cli/live.h"

#define SLICE INT64_C(1000000)    /* ns of virtual time in a turn, if something happens in them */
#define FRAMES 64                 /* of a device in a turn */
#define LONGEST INT64_C(60000000000)

/* ---- frames that come ---- */

static void tell_too_large(const struct attachment *a)
{
	cli_complain("live: frames larger than the MTU of %u come from '%s' and are lost: their sender "
		     "leaves cutting them to his hardware; ip link set dev HIS gso_max_segs 1 ends that",
		     a->iface->link.mtu, a->name);
}

static void enter(struct attachment *a, const uint8_t *frame, size_t len)
{
	if (!nt_port_inject(a->port, frame, len))
		return;
	a->refused++;
	if (errno == EMSGSIZE && !a->too_large++) {
		progress_clear(&a->live->session.progress);
		tell_too_large(a);
	}
}

/* False: the device is gone. */
static bool receive(struct attachment *a)
{
	static uint8_t frame[DEVICE_FRAME];
	ssize_t len = 0;

	for (int i = 0; i < FRAMES && (len = device_read(a->device, frame, sizeof(frame))) > 0; i++)
		enter(a, frame, (size_t)len);
	return len >= 0;
}

static bool receive_all(struct live *l)
{
	for (uint32_t i = 0; i < l->n; i++)
		if (!receive(&l->at[i])) {
			l->gone = &l->at[i];
			return false;
		}
	return true;
}

/* ---- time ---- */

static void tell_late(struct live *l, int64_t late)
{
	progress_clear(&l->session.progress);
	cli_complain("live: %.1f ms behind the wall clock at %.3f s; this is said once, how often and how "
		     "far at the end", (double)late / 1e6, (double)nt_now(l->session.world) / 1e9);
}

/* Moves time on towards the wall clock. False: it stands still (play_stuck()). */
static bool advance(struct live *l, int64_t end)
{
	struct nt_world *w = l->session.world;
	int64_t now = pace_now(&l->pace), next = nt_next_event(w), present = nt_now(w);
	int64_t to = MIN(now, end);
	int64_t first = MAX(next, present);
	int64_t late = first <= to ? now - first : 0;

	if (pace_late(&l->pace, now, late))
		tell_late(l, late);
	if (first < to - SLICE)
		to = first + SLICE;
	return to <= present || nt_advance_to(w, to) == 0;
}

/* Until something is due, a frame comes or a signal does. */
static void wait_next(struct live *l, int64_t end, const sigset_t *signals)
{
	int64_t next = MIN(nt_next_event(l->session.world), end);
	int64_t wait = CLAMP(next - pace_now(&l->pace), 0, LONGEST);
	const struct timespec t = {.tv_sec = wait / 1000000000, .tv_nsec = wait % 1000000000};

	ppoll(l->fds, l->n, &t, signals);
}

void live_loop(struct live *l)
{
	const struct scenario *s = l->session.world->scenario;
	int64_t end = s->has_duration ? s->duration.ns : NT_NEVER;
	sigset_t ours, before;

	/* A signal between looking for it and sleeping would be slept over: it comes in ppoll() only. */
	sigemptyset(&ours);
	sigaddset(&ours, SIGINT);
	sigaddset(&ours, SIGTERM);
	sigprocmask(SIG_BLOCK, &ours, &before);
	prctl(PR_SET_TIMERSLACK, 1);
	pace_begin(&l->pace);
	while (advance(l, end) && nt_now(l->session.world) < end && receive_all(l) &&
	       session_goes_on(&l->session))
		wait_next(l, end, &before);
	sigprocmask(SIG_SETMASK, &before, NULL);
}
