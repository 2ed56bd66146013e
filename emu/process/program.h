/*
 * A program that a virtual host can run. The table of all of them is in programs/; this room
 * only knows what a row looks like.
 */
#ifndef PROCESS_PROGRAM_H
#define PROCESS_PROGRAM_H

struct process;

struct program {
	const char *name;           /* "ping" */
	const char *summary;        /* one line: "send ICMP echo requests" */
	const char *usage;          /* whole text of `netarium help NAME`, ends with a newline */
	const char *const *metrics; /* names for results.json, NULL at the end; or NULL */
	/* argv[argc] is NULL; argv belongs to the process and may be permuted. Returns the exit
	 * status. */
	int (*main)(struct process *p, int argc, char **argv);
	/* Reads the same words with the same parser and starts nothing, on a process that is on paper
	 * (paper.h): more than 0 if main would refuse them, which is then said there. NULL: any words
	 * are right. */
	int (*check)(struct process *p, int argc, char **argv);
};

#endif
