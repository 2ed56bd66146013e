#include "cli/live_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "capture/file.h"
#include "cli/cli.h"

static int failed(struct live *l, int error_number)
{
	return session_machine(&l->session, g_strdup_printf("%s: %s", l->session.out,
							    strerror(error_number)));
}

static int refused(struct live *l, const char *sub, const struct privilege *p)
{
	const char *out = l->session.out;

	return session_machine(&l->session, g_strdup_printf(
		"%s%s%s: live becomes %s, who could not write there; choose a new folder with --out, "
		"or give that one to %s", out, sub ? "/" : "", sub ? sub : "", p->name, p->name));
}

int live_folder_enter(struct live *l, struct live_folder *f, const struct privilege *p)
{
	char *why = NULL;

	f->before = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (!file_folder(l->session.out, &f->made, &why))
		return session_machine(&l->session, why);
	if (chdir(l->session.out) < 0)
		return failed(l, errno);
	f->ours = f->made || (!privilege_may_write(p, ".") && outdir_has_only_results("."));
	return f->ours || privilege_may_write(p, ".") ? CLI_OK : refused(l, NULL, p);
}

int live_folder_give(struct live *l, const struct live_folder *f, const struct privilege *p)
{
	const struct outdir *o = &l->session.world->outdir;

	/* What files there are by now are those that the run has under way (capture/file.h): the
	 * beginning of the run has removed all others of such names. */
	for (size_t i = 0; i < OUTDIR_FOLDERS; i++) {
		const char *folder = outdir_folders[i];

		if (o->kept[i] && !privilege_may_write(p, folder))
			return refused(l, folder, p);
		if (!privilege_give_folder(p, folder, !o->kept[i], ".part") && errno != ENOENT)
			return failed(l, errno);
	}
	return privilege_give_folder(p, ".", f->ours, ".part") ? CLI_OK : failed(l, errno);
}

void live_folder_leave(struct live *l, const struct live_folder *f)
{
	if (f->made && fchdir(f->before) == 0)
		rmdir(l->session.out);
	if (f->before >= 0)
		close(f->before);
}
