#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

#include "programs/programs.h"
#include "core/nearest.h"

static void commands_print(void)
{
	puts("netarium runs a whole internet in one process, from a scenario file, in virtual time.\n\n"
	     "Usage: netarium COMMAND [OPTION...]\n\nCommands:");
	for (const struct cli_command *c = cli_commands; c->name; c++)
		printf("  %-8s%-20s%s\n", c->name, c->args, c->says);
	puts("\n'netarium COMMAND --help' prints a command's options.\n\n"
	     "Programs that a virtual host can run ('netarium help PROGRAM'):");
	for (size_t i = 0; programs[i]; i++)
		printf("  %-14s%s\n", programs[i]->name, programs[i]->summary);
	puts("\nExit status: 0 done, 1 an expectation failed, 2 the scenario or the command line is\n"
	     "wrong, 3 the machine failed (disk full ...), 130 or 143 ended by SIGINT or SIGTERM.");
}

static int topic_print(const char *topic)
{
	const struct program *program = program_find(topic);
	struct nearest nearest = nearest_to(topic);
	char *help[] = { (char *)topic, (char *)"--help", NULL };

	if (program) {
		fputs(program->usage, stdout);
		return CLI_OK;
	}
	for (const struct cli_command *c = cli_commands; c->name; c++) {
		if (!strcmp(c->name, topic))
			return c->run(2, help);
		nearest_try(&nearest, c->name);
	}
	for (size_t i = 0; programs[i]; i++)
		nearest_try(&nearest, programs[i]->name);
	cli_complain("help: there is no program or command '%s'%s", topic,
		     *nearest_hint(&nearest) ? nearest.hint : "; 'netarium help' lists them");
	return CLI_WRONG;
}

int cli_help(int argc, char **argv)
{
	int status = CLI_OK;

	if (!cli_options("help", NULL, &argc, &argv))
		return CLI_WRONG;
	if (argc > 2) {
		cli_complain("help: unexpected '%s'; expected one program", argv[2]);
		return CLI_WRONG;
	}
	if (argc == 2)
		status = topic_print(argv[1]);
	else
		commands_print();
	return cli_flush() ? CLI_MACHINE : status;
}
