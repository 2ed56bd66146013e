/*
 * Giving up what opening a device took.
 *
 * A process that is root becomes the user who called sudo (SUDO_UID, SUDO_GID), or nobody; one that
 * has capabilities only (file capabilities) keeps its user. Either way no capability is left in any
 * set, and none can be had again.
 */
#ifndef LIVE_PRIVILEGE_H
#define LIVE_PRIVILEGE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct privilege {
	bool root;  /* uid and gid are those to become; else this process stays who it is */
	uid_t uid;
	gid_t gid;
	char name[64]; /* of that user, or "#1000" */
};

/* Whom this process would become. */
void privilege_plan(struct privilege *p);

/* Becomes it. False with errno; the process should end then. */
bool privilege_drop(const struct privilege *p);

/* Whether that user can make files in a folder, as far as its mode says; a link to one is none. */
bool privilege_may_write(const struct privilege *p, const char *path);

/*
 * Gives that user the files in a folder whose names end so (links themselves, never what they are
 * links to), and `itself` the folder, too. False with errno: ENOENT if there is none, ELOOP or
 * ENOTDIR if it is none.
 */
bool privilege_give_folder(const struct privilege *p, const char *path, bool itself,
			   const char *suffix);

#endif
