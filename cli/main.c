#include "cli/cli.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "netarium.h"

/* Numbers and sorting must not depend on where it runs: the locale stays "C"; only
 * the encoding of what people read is taken from the environment. */
int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : NULL;

	setlocale(LC_CTYPE, "");
	if (!name) {
		cli_help(1, argv);
		return CLI_WRONG;
	}
	if (!strcmp(name, "--version") || !strcmp(name, "-V")) {
		printf("netarium %s\n", nt_version());
		return cli_flush();
	}
	if (!strcmp(name, "--help") || !strcmp(name, "-h"))
		name = "help";
	return cli_dispatch(name, argc - 1, argv + 1);
}
