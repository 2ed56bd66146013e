#include "topo/outcome/metric_unit.h"

#include <stdio.h>
#include <string.h>

#include <glib.h>

#include "topo/notation/units.h"

static const struct {
	const char *says, *such_as;
	/* What a number without a unit probably lacks, below `turn` and from there; NULL: it needs none. */
	const char *below, *above;
	double turn;
} kinds[] = {
	[UNITS_PLAIN] = { "a count", "3", NULL, NULL, 0 },
	[UNITS_TIME] = { "a time", "40ms", "s", "ms", 1 },
	[UNITS_RATE] = { "a rate", "8Mbit/s", "Mbit/s", "bit/s", 10000 },
	[UNITS_SIZE] = { "a number of bytes", "64kB", "B", "B", 0 },
	[UNITS_SHARE] = { "a share", "5%", NULL, NULL, 0 },
};

/* The names of each kind, with a blank on both sides of each. */
static const char *const names[] = {
	[UNITS_PLAIN] = " acks assured bound burst_avg conflicts conntrack.count conntrack.peak count "
			"declined declines delivered drops dropped duplicated duplicates entries errors "
			"established exhausted exit forwarded hops back ignored leases lost marked naks "
			"nat.mappings offers open originated out_of_order packets punched reached received "
			"releases renewals requests requests_per_second retransmits sent sockets streams "
			"tests time_wait unreplied ",
	[UNITS_TIME] = (" start end seconds times rtt_min rtt_avg rtt_max rtt_mdev jitter stall_max delay_min "
			"delay_avg delay_max connect_time address_time lease_time "),
	[UNITS_RATE] = " goodput ",
	[UNITS_SIZE] = " bytes bytes_sent bytes_received cwnd pmtu ",
	[UNITS_SHARE] = " loss fairness index ",
};

/* What the metric is; G_N_ELEMENTS(names) if there is no row for it. */
static enum units_kind kind_of(const char *metric)
{
	g_autofree char *word = g_strdup_printf(" %s ", metric);
	size_t kind = 0;

	/* firewall.forward.rule1.bytes, drops.REASON */
	if (g_str_has_prefix(metric, "firewall.") || g_str_has_prefix(metric, "drops."))
		return g_str_has_suffix(metric, ".bytes") ? UNITS_SIZE : UNITS_PLAIN;
	while (kind < G_N_ELEMENTS(names) && !strstr(names[kind], word))
		kind++;
	return (enum units_kind)kind;
}

bool metric_unit_known(const char *metric)
{
	return kind_of(metric) < G_N_ELEMENTS(names);
}

/* Times of this run and of leases are seconds, of packets milliseconds. */
static const char *unit_lacking(const char *metric, enum units_kind kind, double n)
{
	g_autofree char *word = g_strdup_printf(" %s ", metric);

	if (strstr(" start end seconds times address_time lease_time ", word))
		return "s";
	return n < kinds[kind].turn ? kinds[kind].below : kinds[kind].above;
}

/* Bytes come bare where the name says bytes, and an MTU does, as elsewhere in a scenario. */
static bool bare_name(const char *metric)
{
	return strstr(metric, "bytes") || !strcmp(metric, "pmtu");
}

static bool bare_fits(const char *metric, enum units_kind kind, const char *number,
		      char why[METRIC_UNIT_WHY])
{
	double n;

	if (!units_any(number, &n, why) || n == 0 || !kinds[kind].above || bare_name(metric))
		return true;
	snprintf(why, METRIC_UNIT_WHY, "'%.40s' has no unit, but '%.60s' is %s; write %.40s%s", number,
		 metric, kinds[kind].says, number, unit_lacking(metric, kind, n));
	return false;
}

/* An index is never said in hundredths: its 1 is all. */
static bool share_fits(const char *metric, const char *number, char why[METRIC_UNIT_WHY])
{
	double share;

	_Static_assert(METRIC_UNIT_WHY >= UNITS_WHY, "the reader's clause fits");
	if (units_share(number, &share, why) || (!strcmp(number, "1") && strcmp(metric, "loss") != 0))
		return true;
	if (strcmp(metric, "loss") != 0)
		snprintf(why, METRIC_UNIT_WHY, "'%.40s' is more than '%.60s' can be; expected 0 to 1",
			 number, metric);
	return false;
}

static bool number_fits(const char *metric, enum units_kind kind, const char *number,
			char why[METRIC_UNIT_WHY])
{
	enum units_kind given = units_kind_of(number);

	if (given != UNITS_PLAIN && given != kind) {
		snprintf(why, METRIC_UNIT_WHY, "'%.40s' is %s, but '%.60s' is %s; expected one such as %s",
			 number, kinds[given].says, metric, kinds[kind].says, kinds[kind].such_as);
		return false;
	}
	if (kind == UNITS_SHARE)
		return share_fits(metric, number, why);
	return given == kind || bare_fits(metric, kind, number, why);
}

bool metric_unit_fits(const char *metric, const char *want, char why[METRIC_UNIT_WHY])
{
	g_auto(GStrv) numbers = g_strsplit(want + strspn(want, "<>=! "), "..", 2);
	enum units_kind kind = kind_of(metric);

	for (char **number = numbers; *number && kind < G_N_ELEMENTS(names); number++)
		if (!number_fits(metric, kind, *number, why))
			return false;
	return true;
}
