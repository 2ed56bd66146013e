#include "cli/report_words.h"

#include <math.h>
#include <string.h>

#include "topo/notation/units.h"

#define PHRASES_MAX 8

/* ---- numbers as people read them ---- */

static void put_number(GString *to, double value)
{
	if (value == rint(value) && fabs(value) < 1e15)
		g_string_append_printf(to, "%.0f", value);
	else
		g_string_append_printf(to, "%.4g", value);
}

/* With the largest prefix that leaves at least 1 before it. */
static void put_decimal(GString *to, double value, const char *unit)
{
	static const char *const prefix[] = {"", "k", "M", "G", "T"};
	size_t p = 0;

	while (fabs(value) >= 1000 && p + 1 < G_N_ELEMENTS(prefix)) {
		value /= 1000;
		p++;
	}
	g_string_append_printf(to, "%.*f %s%s", p == 0 ? 0 : value < 10 ? 2 : 1, value, prefix[p],
			       unit);
}

static void put_seconds(GString *to, double s)
{
	if (fabs(s) >= 1000)
		g_string_append_printf(to, "%.0f s", s);
	else if (fabs(s) >= 1 || s == 0)
		g_string_append_printf(to, "%.3g s", s);
	else if (fabs(s) >= 1e-3)
		g_string_append_printf(to, "%.3g ms", s * 1e3);
	else
		g_string_append_printf(to, "%.3g us", s * 1e6);
}

/* ---- metrics ---- */

enum form {
	FORM_COUNT,    /* "3 sent" */
	FORM_SOME,     /* the same, but nothing for 0 */
	FORM_SHARE,    /* "2% loss" */
	FORM_RTT,      /* "rtt min/avg/max ms", for the first of the three */
	FORM_SECONDS,  /* "in 10 s" */
	FORM_TIME,     /* "jitter 0.1 ms" */
	FORM_RATE,     /* "9.57 Mbit/s" */
	FORM_BYTES,    /* "12.0 MB" */
	FORM_NAMED,    /* "mtu 1492" */
	FORM_SILENT,   /* said by another */
};

static const struct {
	const char *metric;
	enum form form;
} forms[] = {
	{"sent", FORM_COUNT},
	{"received", FORM_COUNT},
	{"packets", FORM_COUNT},
	{"lost", FORM_SOME},
	{"loss", FORM_SHARE},
	{"duplicates", FORM_SOME},
	{"retransmits", FORM_SOME},
	{"errors", FORM_SOME},
	{"rtt_min", FORM_RTT},
	{"rtt_avg", FORM_SILENT},
	{"rtt_max", FORM_SILENT},
	{"rtt_mdev", FORM_SILENT},
	{"jitter", FORM_TIME},
	{"stall_max", FORM_TIME},
	{"goodput", FORM_RATE},
	{"rate", FORM_RATE},
	{"bytes", FORM_BYTES},
	{"seconds", FORM_SECONDS},
	{"hops", FORM_COUNT},
};

static enum form form_of(const char *metric)
{
	for (size_t i = 0; i < G_N_ELEMENTS(forms); i++)
		if (!strcmp(forms[i].metric, metric))
			return forms[i].form;
	return FORM_NAMED;
}

static void put_rtt(GString *to, const struct metrics *all)
{
	static const char *const names[] = {"rtt_min", "rtt_avg", "rtt_max"};
	const struct metric *most = metrics_find(all, "rtt_max");
	int digits = most && most->value < 0.01 ? 3 : 1;

	g_string_append(to, "rtt ");
	for (int i = 0; i < 3; i++) {
		const struct metric *m = metrics_find(all, names[i]);

		g_string_append_printf(to, "%s%.*f", i ? "/" : "", digits, m ? m->value * 1e3 : 0);
	}
	g_string_append(to, " ms");
}

/* False: this metric is not worth a word. */
static bool put_metric(GString *to, const struct metric *m, const struct metrics *all)
{
	enum form form = form_of(m->name);

	if (form == FORM_SILENT || (form == FORM_SOME && m->value == 0))
		return false;
	if (to->len)
		g_string_append(to, ", ");
	switch (form) {
	case FORM_SHARE:
		g_string_append_printf(to, "%.3g%% %s", m->value * 100, m->name);
		break;
	case FORM_RTT:
		put_rtt(to, all);
		break;
	case FORM_SECONDS:
		g_string_append(to, "in ");
		put_seconds(to, m->value);
		break;
	case FORM_TIME:
		g_string_append_printf(to, "%s ", m->name);
		put_seconds(to, m->value);
		break;
	case FORM_RATE:
		put_decimal(to, m->value, "bit/s");
		break;
	case FORM_BYTES:
		put_decimal(to, m->value, "B");
		break;
	case FORM_NAMED:
		g_string_append_printf(to, "%s ", m->name);
		put_number(to, m->value);
		break;
	default:
		put_number(to, m->value);
		g_string_append_printf(to, " %s", m->name);
		if (m->value == 1 && to->str[to->len - 1] == 's')
			g_string_truncate(to, to->len - 1); /* "1 error" */
		break;
	}
	return true;
}

/*
 * Where programs say what went wrong: the first line if it begins with the program's name (the
 * complaint about its own command line, with help behind it), else the last that is not empty.
 */
static char *complaint(const struct process *p)
{
	size_t len, name = strlen(process_program(p)->name);
	const char *text = process_console(p, &len);
	size_t end = len, start;

	if (!strncmp(text, process_program(p)->name, name) && text[name] == ':')
		return g_strndup(text, strcspn(text, "\n"));

	while (end && (text[end - 1] == '\n' || text[end - 1] == ' '))
		end--;
	for (start = end; start && text[start - 1] != '\n'; start--)
		;
	return g_strndup(text + start, end - start);
}

char *words_of_process(const struct process *p)
{
	const struct metrics *all = process_metrics(p);
	int status = process_exit_status(p);
	GString *to = g_string_new(NULL);
	uint32_t phrases = 0;

	if (process_failure(p)) {
		g_string_append_printf(to, "exit %d: %s", status, process_failure(p));
		return g_string_free(to, FALSE);
	}
	for (uint32_t i = 0; i < all->count && phrases < PHRASES_MAX; i++)
		phrases += put_metric(to, &all->items[i], all);
	if (phrases && status == 0)
		return g_string_free(to, FALSE);
	g_string_append_printf(to, "%sexit %d", phrases ? ", " : "", status);
	if (!phrases && status) {
		g_autofree char *said = complaint(p);

		if (*said)
			g_string_append_printf(to, ": %s", said);
	}
	return g_string_free(to, FALSE);
}

/* ---- steps that change a link ---- */

static void put_word(GString *to, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void put_word(GString *to, const char *format, ...)
{
	va_list args;

	if (to->len && to->str[to->len - 1] != ' ')
		g_string_append(to, ", ");
	va_start(args, format);
	g_string_append_vprintf(to, format, args);
	va_end(args);
}

static void put_loss(GString *to, const struct topo_loss *l)
{
	switch (l->kind) {
	case TOPO_LOSS_NONE:
		put_word(to, "no loss");
		break;
	case TOPO_LOSS_BERNOULLI:
		put_word(to, "loss %.4g%%", l->share * 100);
		break;
	case TOPO_LOSS_GILBERT:
		put_word(to, "loss in bursts");
		break;
	case TOPO_LOSS_EVERY:
		put_word(to, "loss every %" G_GUINT64_FORMAT, l->every);
		break;
	case TOPO_LOSS_PACKETS:
		put_word(to, "loss of %u packets", l->packets.n);
		break;
	}
}

static void put_dir(GString *to, const struct topo_dir *d)
{
	char text[64];

	if (d->given & TOPO_KEY_RATE) {
		if (d->trace)
			put_word(to, "rate trace");
		else
			put_word(to, "rate %s",
				 d->rate ? units_print_rate(text, sizeof(text), d->rate) : "none");
	}
	if (d->given & TOPO_KEY_DELAY)
		put_word(to, "delay %s", units_print_time(text, sizeof(text), d->delay.ns));
	if (d->given & TOPO_KEY_JITTER)
		put_word(to, "jitter %s",
			 units_print_time(text, sizeof(text), d->jitter.amount.ns));
	if (d->given & TOPO_KEY_LOSS)
		put_loss(to, &d->loss);
	if (d->given & TOPO_KEY_REORDER)
		put_word(to, "reorder %.4g%%", d->reorder * 100);
	if (d->given & TOPO_KEY_DUPLICATE)
		put_word(to, "duplicate %.4g%%", d->duplicate * 100);
	if (d->given & TOPO_KEY_CORRUPT)
		put_word(to, "corrupt %.4g%%", d->corrupt * 100);
	if (d->given & TOPO_KEY_QUEUE)
		put_word(to, "queue changed");
	if (d->given & TOPO_KEY_MTU)
		put_word(to, "mtu %u", d->mtu);
	if (d->given & TOPO_KEY_OVERHEAD)
		put_word(to, "overhead %uB", d->overhead);
}

char *words_of_change(const struct topo_step *t)
{
	GString *to = g_string_new(t->has_state ? (t->up ? "up" : "down") : "");
	g_autoptr(GString) back = g_string_new(NULL);

	put_dir(back, &t->dir[1]);
	if (t->dir[0].given) {
		g_autoptr(GString) forth = g_string_new(NULL);

		put_dir(forth, &t->dir[0]);
		put_word(to, "%s", forth->str);
		if (!strcmp(forth->str, back->str))
			return g_string_free(to, FALSE);
	}
	if (back->len)
		put_word(to, "reverse: %s", back->str);
	return g_string_free(to, FALSE);
}
