#include "topo/schema/schema.h"

#include <stdio.h>

#include "cli/cli.h"

int cli_schema(int argc, char **argv)
{
	gboolean markdown = FALSE;
	const GOptionEntry entries[] = {
		{ "markdown", 0, 0, G_OPTION_ARG_NONE, &markdown, "Print the reference page instead",
		  NULL },
		{ NULL, 0, 0, 0, NULL, NULL, NULL },
	};
	char *text;

	if (!cli_options("schema", entries, &argc, &argv))
		return CLI_WRONG;
	if (argc > 1) {
		cli_complain("schema: unexpected '%s'", argv[1]);
		return CLI_WRONG;
	}
	text = markdown ? schema_markdown() : schema_json();
	fputs(text, stdout);
	g_free(text);
	return cli_flush();
}
