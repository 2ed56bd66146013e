/* echo, true and false: what scenario steps like to have at hand. */
#include "programs/programs.h"

#include <string.h>

#include "process/process.h"

static int echo_main(struct process *p, int argc, char **argv)
{
	int i = 1;
	bool newline = true;

	for (; i < argc && strcmp(argv[i], "-n") == 0; i++)
		newline = false;
	for (int first = i; i < argc; i++)
		process_printf(p, "%s%s", i > first ? " " : "", argv[i]);
	if (newline)
		process_write(p, "\n", 1);
	return 0;
}

static int true_main(struct process *p, int argc, char **argv)
{
	(void)p, (void)argc, (void)argv;
	return 0;
}

static int false_main(struct process *p, int argc, char **argv)
{
	(void)p, (void)argc, (void)argv;
	return 1;
}

const struct program program_echo = {
	.name = "echo",
	.summary = "write words to the console",
	.usage = "Usage: echo [-n] [WORD]...\n"
		 "\n"
		 "Writes the words to the console, with a newline behind them unless -n is given.\n",
	.main = echo_main,
};

const struct program program_true = {
	.name = "true",
	.summary = "do nothing, successfully",
	.usage = "Usage: true\n\nEnds at once with exit status 0.\n",
	.main = true_main,
};

const struct program program_false = {
	.name = "false",
	.summary = "do nothing, unsuccessfully",
	.usage = "Usage: false\n\nEnds at once with exit status 1.\n",
	.main = false_main,
};
