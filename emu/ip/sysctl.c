/* The table of knobs, and what all of them are at first: sysctl_rows.h, read twice. */
#include "ip/sysctl.h"

#define BIG INT32_MAX

const char *const sysctl_congestion_controls[] = { "cubic", "reno", "bbr", "dctcp", "vegas", NULL };

#define ROW(n, m, count, lo, hi) \
	.name = n, .offset = offsetof(struct sysctls, m), .values = count, .min = lo, .max = hi
#define ONE(n, m, lo, hi, d, w) { ROW(n, m, 1, lo, hi), .def = { d }, .says = w }
#define ASCENDING(n, m, count, lo, hi, w, ...) \
	{ ROW(n, m, count, lo, hi), .def = { __VA_ARGS__ }, .ordered = true, .says = w }
#define WORDS(n, m, list, last, w) { ROW(n, m, 1, 0, last), .words = list, .says = w }
#define KEY(n, m, w) { ROW(n, m, SYSCTL_KEY_VALUES, 0, 0), .key = true, .says = w }

const struct sysctl_def sysctl_table[] = {
#include "ip/sysctl_rows.h"
};

const size_t sysctl_table_len = sizeof(sysctl_table) / sizeof(sysctl_table[0]);

#undef ONE
#undef ASCENDING
#undef WORDS
#undef KEY
#define ONE(n, m, lo, hi, d, w) .m = d
#define ASCENDING(n, m, count, lo, hi, w, ...) .m = { __VA_ARGS__ }
#define WORDS(n, m, list, last, w) .m = 0
#define KEY(n, m, w) .m = { 0 }

const struct sysctls sysctls_default = {
#include "ip/sysctl_rows.h"
};
