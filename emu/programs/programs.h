/*
 * The programs that a virtual host can run: one table.
 *
 * A program is a row (process/program.h) in a file of its own; large ones have several files that
 * begin with its name. Adding one is that file, a line in the list below and nothing else: the
 * scenario checker, `netarium help` and the metric names of expectations come from the rows. A
 * row's `check` is main's own parser on paper (process/paper.h), so that a mistyped option is
 * found before anything runs.
 *
 * The programs are named after the tools that people know. They take the flags of the real ones,
 * print what these print, and end with their exit status. What a real tool has and ours has not is
 * said in a program's usage text.
 */
#ifndef PROGRAMS_PROGRAMS_H
#define PROGRAMS_PROGRAMS_H

#include <stdbool.h>

#include "process/program.h"

/* In the order in which help lists them; NULL at the end. */
extern const struct program *const programs[];

/* The program of that name, NULL if there is none. */
const struct program *program_find(const char *name);

/* Whether the program reports a metric of that name. */
bool program_has_metric(const struct program *program, const char *metric);

extern const struct program program_ping, program_traceroute, program_tracepath, program_iperf3,
	program_nc, program_rr, program_ss, program_udp_echo, program_mgen, program_udp_sink, program_ip,
	program_conntrack, program_punch, program_udhcpc, program_dhcpd, program_sleep,
	program_echo, program_true, program_false;

#endif
