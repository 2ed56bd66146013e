/*
 * Virtual time: nanoseconds since the world began.
 *
 * It is a type of its own so that it cannot be mixed up with a count of bytes or with the wall
 * clock, which nothing in the emulator reads. It moves only in the scheduler (sched.h).
 * The range is 292 years; VTIME_NEVER is later than every instant.
 */
#ifndef CORE_VTIME_H
#define CORE_VTIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
	int64_t ns;
} vtime;

#define VTIME_ZERO ((vtime){0})
#define VTIME_NEVER ((vtime){INT64_MAX})

#define NS_PER_US INT64_C(1000)
#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S INT64_C(1000000000)

static inline vtime vtime_ns(int64_t ns)
{
	return (vtime){ns};
}

static inline vtime vtime_us(int64_t us)
{
	return (vtime){us * NS_PER_US};
}

static inline vtime vtime_ms(int64_t ms)
{
	return (vtime){ms * NS_PER_MS};
}

static inline vtime vtime_s(int64_t s)
{
	return (vtime){s * NS_PER_S};
}

/* Saturates at VTIME_NEVER, so that "never" plus a delay is still never. */
static inline vtime vtime_add(vtime a, vtime b)
{
	int64_t sum;

	return __builtin_add_overflow(a.ns, b.ns, &sum) ? VTIME_NEVER : vtime_ns(sum);
}

static inline vtime vtime_sub(vtime a, vtime b)
{
	return vtime_ns(a.ns - b.ns);
}

static inline bool vtime_before(vtime a, vtime b)
{
	return a.ns < b.ns;
}

static inline vtime vtime_max(vtime a, vtime b)
{
	return a.ns > b.ns ? a : b;
}

static inline vtime vtime_min(vtime a, vtime b)
{
	return a.ns < b.ns ? a : b;
}

static inline double vtime_seconds(vtime t)
{
	return (double)t.ns / 1e9;
}

/*
 * Writes t as people read it, "1.250 s", "40.1 ms", "250 us", into buf of size bytes
 * (32 are enough); returns buf.
 */
char *vtime_format(char *buf, size_t size, vtime t);

#endif
