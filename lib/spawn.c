/* Programs of the emulator, started from outside. A struct nt_process is the process itself. */
#include "lib/result.h"
#include "lib/world.h"

static struct process *process_of(const struct nt_process *p)
{
	return (struct process *)(uintptr_t)p;
}

struct nt_process *nt_spawn(struct nt_host *h, const char *command, char **error)
{
	char *why = NULL;
	struct process *p = play_spawn(h->world->play, h->index, command, &why);

	if (!p) {
		sentence(error, why);
		g_free(why);
		errno = EINVAL;
	}
	return (struct nt_process *)p;
}

bool nt_ended(const struct nt_process *p)
{
	return process_ended(process_of(p));
}

int nt_exit_status(const struct nt_process *p)
{
	return process_exit_status(process_of(p));
}

const char *nt_console(struct nt_process *p, size_t *len)
{
	size_t n;
	const char *text = process_console(process_of(p), &n);

	if (len)
		*len = n;
	return text;
}

void nt_kill(struct nt_process *p)
{
	if (!process_ended(process_of(p)))
		process_kill(process_of(p));
}
