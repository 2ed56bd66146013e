#include "programs/programs.h"

#include <stddef.h>
#include <string.h>

const struct program *const programs[] = {
	&program_ping,
	&program_traceroute,
	&program_tracepath,
	&program_iperf3,
	&program_nc,
	&program_rr,
	&program_ss,
	&program_udp_echo,
	&program_punch,
	&program_mgen,
	&program_udp_sink,
	&program_ip,
	&program_conntrack,
	&program_udhcpc,
	&program_dhcpd,
	&program_sleep,
	&program_echo,
	&program_true,
	&program_false,
	NULL,
};

const struct program *program_find(const char *name)
{
	for (const struct program *const *p = programs; *p; p++)
		if (strcmp((*p)->name, name) == 0)
			return *p;
	return NULL;
}

bool program_has_metric(const struct program *program, const char *metric)
{
	for (const char *const *m = program->metrics; m && *m; m++)
		if (strcmp(*m, metric) == 0)
			return true;
	return false;
}
