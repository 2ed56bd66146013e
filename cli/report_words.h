/*
 * What a process achieved, or what a step changes, in a few words: "3 sent, 3 received, 0% loss,
 * rtt 40.1/40.2/40.3 ms". Made from the metrics that its program reports; one table of metrics for
 * all programs. The caller g_free()s.
 */
#ifndef CLI_REPORT_WORDS_H
#define CLI_REPORT_WORDS_H

#include "process/process.h"
#include "topo/scenario.h"

/* Of a process that has ended. */
char *words_of_process(const struct process *p);

/* Of a step that changes a link: "down", "loss 5%, rate 1Mbit/s". */
char *words_of_change(const struct topo_step *t);

#endif
