/* netarium run: a scenario in virtual time, as fast as it goes. */
#include "cli/cli.h"
#include "cli/session.h"

int cli_run(int argc, char **argv)
{
	struct session s = {0};
	int status = CLI_WRONG;

	if (run_options_read(&s.options, "run", NULL, argc, argv))
		status = session_prepare(&s);
	if (status == CLI_OK)
		status = session_begin(&s);
	if (status == CLI_OK) {
		session_play(&s);
		status = session_end(&s);
	}
	session_fini(&s);
	return status;
}
