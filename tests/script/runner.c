/*
 * runner [-v] [--live] [--record] SCRIPT...
 *
 * Plays each script in virtual time against emu/'s TCP, or with --live in real time against this
 * machine's kernel. With --record what leaves is not compared but written down, in a script's
 * notation: what a new script begins with. Exit status 0: all hold; 1: one does not (the line, what
 * was expected, what came); 2: a script is wrong; 77: live, but not allowed to.
 */
#include "tests/script/script.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	const struct host *host = &host_virtual;
	bool verbose = false, record = false;
	int played = 0;

	for (int i = 1; i < argc; i++) {
		struct script s;

		if (strcmp(argv[i], "-v") == 0) {
			verbose = true;
		} else if (strcmp(argv[i], "--live") == 0) {
			host = &host_live;
		} else if (strcmp(argv[i], "--record") == 0) {
			record = true;
		} else {
			script_load(&s, argv[i]);
			engine_run(&s, host, verbose, record);
			script_free(&s);
			played++;
		}
	}
	if (!played)
		fprintf(stderr, "usage: runner [-v] [--live] [--record] SCRIPT...\n");
	return played ? 0 : 2;
}
