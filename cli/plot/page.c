#include "cli/plot/page.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

#define WIDTH 1060
#define PANEL_HEIGHT 190
#define HEAD 64  /* above the panels: the title */
#define FOOT 58  /* below them: the axis of time */
#define GAP 14   /* between them */
#define LEFT 0.085
#define RIGHT 0.745
#define KEY 0.76    /* where legends begin */
#define TITLE 27     /* letters of a legend's line, which fit beside the panel */

/* Okabe and Ito's palette, those that are seen on white. */
static const char *const colours[] = {
	"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#999999",
};

#define CROWD 150 /* so many marks hide what they mark */

static const char *const styles[] = {
	[PLOT_LINE] = "lines lw 1.6",
	[PLOT_STEPS] = "steps lw 1.8",
	[PLOT_BINS_OF] = "fsteps lw 1.6",
	[PLOT_THIN] = "steps lw 1",
	[PLOT_DASHED] = "steps lw 1.6 dt (8,5)",
	[PLOT_DOTS] = "points pt 7 ps 0.25",
	[PLOT_CROSSES] = "points pt 2 ps 0.9 lw 1.6",
	[PLOT_TRIANGLES] = "points pt 9 ps 1.3",
};

struct plot_panel *page_panel(struct plot_page *p, const char *label, enum plot_unit unit)
{
	struct plot_panel *panel = &p->panels[p->count++];

	g_assert(p->count <= PLOT_PANELS);
	*panel = (struct plot_panel){.label = g_strdup(label), .unit = unit};
	return panel;
}

void panel_line(struct plot_panel *p, const struct plot_curve *curve, enum plot_style style,
		int colour, const char *title, ...)
{
	struct plot_line *line = &p->lines[p->count];
	va_list ap;

	if (curve_empty(curve) || p->count == PLOT_LINES)
		return;
	va_start(ap, title);
	*line = (struct plot_line){.curve = curve, .title = g_strdup_vprintf(title, ap),
				   .style = style, .colour = colour};
	va_end(ap);
	if (strlen(line->title) > TITLE)
		memcpy(line->title + TITLE - 2, "..", sizeof(".."));
	p->count++;
}

bool page_trim(struct plot_page *p)
{
	int kept = 0;

	for (int i = 0; i < p->count; i++)
		if (p->panels[i].count)
			p->panels[kept++] = p->panels[i];
		else
			g_free(p->panels[i].label);
	p->count = kept;
	return kept > 0;
}

void page_fini(struct plot_page *p)
{
	for (int i = 0; i < p->count; i++) {
		for (int k = 0; k < p->panels[i].count; k++)
			g_free(p->panels[i].lines[k].title);
		g_free(p->panels[i].label);
	}
	g_free(p->name);
	g_free(p->title);
	g_free(p->subtitle);
	*p = (struct plot_page){0};
}

/* What a value is multiplied with to be drawn, and the unit that it has then. */
struct scale {
	double factor;
	const char *name;
};

static double panel_most(const struct plot_panel *p)
{
	double most = 0;

	for (int i = 0; i < p->count; i++)
		most = fmax(most, p->lines[i].curve->most);
	return p->most > 0 ? fmin(most, p->most) : most;
}

static struct scale panel_scale(const struct plot_panel *p)
{
	double most = panel_most(p);

	switch (p->unit) {
	case PLOT_SECONDS:
		return most >= 2 ? (struct scale){1, "s"} : most >= 2e-3 ? (struct scale){1e3, "ms"}
								     : (struct scale){1e6, "us"};
	case PLOT_BIT_RATE:
		return most >= 2e9 ? (struct scale){1e-9, "Gbit/s"}
		     : most >= 2e6 ? (struct scale){1e-6, "Mbit/s"}
		     : most >= 2e3 ? (struct scale){1e-3, "kbit/s"} : (struct scale){1, "bit/s"};
	default:
		return (struct scale){1, NULL};
	}
}

/* In single quotes, where gnuplot reads everything as it is but the quote. */
static void quoted(GString *s, const char *text)
{
	g_string_append_c(s, '\'');
	for (; *text; text++)
		if (*text == '\'')
			g_string_append(s, "''");
		else if (*text != '\n')
			g_string_append_c(s, *text);
	g_string_append_c(s, '\'');
}

static void put_data(GString *s, const struct plot_panel *p, int number)
{
	struct scale scale = panel_scale(p);

	for (int i = 0; i < p->count; i++) {
		const GArray *points = p->lines[i].curve->points;

		g_string_append_printf(s, "$data%d_%d << END\n", number, i);
		for (guint k = 0; k < points->len; k++) {
			const struct plot_point *point = &g_array_index(points, struct plot_point, k);

			g_string_append_printf(s, "%.9g %.6g\n", point->t, point->v * scale.factor);
		}
		g_string_append(s, "END\n");
	}
}

static const char *style_of(const struct plot_line *line)
{
	bool crowd = line->curve->points->len > CROWD;

	return line->style == PLOT_CROSSES && crowd ? "points pt 2 ps 0.55 lw 0.9"
	     : line->style == PLOT_TRIANGLES && crowd ? "points pt 9 ps 0.5" : styles[line->style];
}

static void put_lines(GString *s, const struct plot_panel *p, int number)
{
	g_string_append(s, "\tplot ");
	for (int i = 0; i < p->count; i++) {
		const struct plot_line *line = &p->lines[i];

		g_string_append_printf(s, "%s$data%d_%d with %s lc rgb '%s' title ", i ? ", \\\n\t\t" : "",
				       number, i, style_of(line), colours[line->colour]);
		quoted(s, line->title);
	}
	g_string_append_c(s, '\n');
}

static void put_panel(GString *s, const struct plot_page *page, int number)
{
	const struct plot_panel *p = &page->panels[number];
	double height = HEAD + FOOT + page->count * PANEL_HEIGHT;
	double top = height - HEAD - number * PANEL_HEIGHT, bottom = top - PANEL_HEIGHT + GAP;
	struct scale scale = panel_scale(p);
	bool last = number == page->count - 1;
	g_autofree char *label = scale.name ? g_strdup_printf("%s, %s", p->label, scale.name)
					    : g_strdup(p->label);
	double most = panel_most(p) * scale.factor;

	g_string_append_printf(s, "\tset tmargin at screen %.5f\n\tset bmargin at screen %.5f\n",
			       top / height, bottom / height);
	g_string_append_printf(s, "\tset key at screen %.3f, screen %.5f left top\n", KEY, top / height);
	g_string_append(s, "\tset ylabel ");
	quoted(s, label);
	g_string_append_printf(s, " offset 0.5\n\tset yrange [0:%.6g]\n", most > 0 ? most * 1.08 : 1);
	g_string_append_printf(s, "\tset format x '%s'\n", last ? "%g" : "");
	if (last)
		g_string_append(s, "\tset xlabel 'virtual time, s'\n");
	if (!number) {
		g_string_append(s, "\tset label 1 ");
		quoted(s, page->title);
		g_string_append_printf(s, " at screen %.3f, screen %.5f font ',15'\n\tset label 2 ", LEFT,
				       (height - 20) / height);
		quoted(s, page->subtitle);
		g_string_append_printf(s, " at screen %.3f, screen %.5f tc rgb '#555555'\n", LEFT,
				       (height - 44) / height);
	}
	put_lines(s, p, number);
	if (!number)
		g_string_append(s, "\tunset label\n");
}

char *page_script(const struct plot_page *p, const char *formats)
{
	GString *s = g_string_new("# Made by `netarium plot`; `gnuplot ");
	int height = HEAD + FOOT + p->count * PANEL_HEIGHT;

	g_string_append_printf(s, "%s.gp` draws it again.\n", p->name);
	for (int i = 0; i < p->count; i++)
		put_data(s, &p->panels[i], i);
	g_string_append(s, "if (!exists('before')) before = ''\nif (!exists('behind')) behind = ''\n"
			   "set termoption noenhanced\n"
			   "set encoding utf8\n");
	g_string_append_printf(s, "do for [format in '%s'] {\n", formats);
	g_string_append_printf(s,
		"\tif (format eq 'svg') {\n"
		"\t\tset terminal svg noenhanced size %d,%d dynamic font 'sans-serif,12' background '#ffffff'\n"
		"\t} else {\n"
		"\t\tset terminal pngcairo noenhanced size %d,%d font 'sans-serif,12' fontscale 1.25 "
		"linewidth 1.6 pointscale 1.6\n"
		"\t}\n", WIDTH, height, WIDTH * 8 / 5, height * 8 / 5);
	g_string_append_printf(s, "\tset output before . '%s.' . format . behind\n", p->name);
	g_string_append_printf(s,
		"\tset multiplot\n"
		"\tset lmargin at screen %g\n\tset rmargin at screen %g\n"
		"\tset border 3 lc rgb '#444444'\n\tset tics nomirror out scale 0.5\n"
		"\tset grid lc rgb '#dddddd' lt 1 lw 0.6\n"
		"\tset key Left reverse samplen 2 spacing 1.15\n"
		"\tset xrange [%.9g:%.9g]\n", LEFT, RIGHT, p->span.from, p->span.to);
	for (int i = 0; i < p->count; i++)
		put_panel(s, p, i);
	g_string_append(s, "\tunset multiplot\n\tset output\n\treset\n}\n");
	return g_string_free(s, FALSE);
}
