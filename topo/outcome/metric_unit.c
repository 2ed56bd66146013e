#include "topo/outcome/metric_unit.h"

#include <stdio.h>
#include <string.h>

#include <glib.h>

#include "topo/notation/units.h"

static const struct {
	const char *says, *such_as;
} kinds[] = {
	[UNITS_PLAIN] = { "a count", "3" },
	[UNITS_TIME] = { "a time", "40ms" },
	[UNITS_RATE] = { "a rate", "8Mbit/s" },
	[UNITS_SIZE] = { "a number of bytes", "64kB" },
	[UNITS_SHARE] = { "a share", "5%" },
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

bool metric_unit_fits(const char *metric, const char *want, char why[METRIC_UNIT_WHY])
{
	g_auto(GStrv) numbers = g_strsplit(want + strspn(want, "<>=! "), "..", 2);
	enum units_kind kind = kind_of(metric);

	for (char **number = numbers; *number && kind < G_N_ELEMENTS(names); number++) {
		enum units_kind given = units_kind_of(*number);

		if (given == UNITS_PLAIN || given == kind)
			continue;
		snprintf(why, METRIC_UNIT_WHY, "'%.40s' is %s, but '%.60s' is %s; expected one such as %s",
			 *number, kinds[given].says, metric, kinds[kind].says, kinds[kind].such_as);
		return false;
	}
	return true;
}
