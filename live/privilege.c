#include "live/privilege.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NOBODY 65534 /* what Debian and the kernel (overflowuid) call so */
#define DEEP 2       /* captures/, a file */

/* A positive number in the environment. */
static bool number_of(const char *variable, unsigned *n)
{
	const char *text = getenv(variable);
	char *end;
	unsigned long value;

	if (!text || *text < '0' || *text > '9')
		return false;
	errno = 0;
	value = strtoul(text, &end, 10);
	*n = (unsigned)value;
	return !errno && !*end && value > 0 && value < (uid_t)-1;
}

void privilege_plan(struct privilege *p)
{
	unsigned uid, gid;
	struct passwd *user;

	*p = (struct privilege){.root = geteuid() == 0, .uid = geteuid(), .gid = getegid()};
	if (p->root) {
		bool sudo = number_of("SUDO_UID", &uid) && number_of("SUDO_GID", &gid);

		user = sudo ? NULL : getpwnam("nobody");
		p->uid = sudo ? uid : user ? user->pw_uid : NOBODY;
		p->gid = sudo ? gid : user ? user->pw_gid : NOBODY;
	}
	user = getpwuid(p->uid);
	if (user)
		snprintf(p->name, sizeof(p->name), "%s", user->pw_name);
	else
		snprintf(p->name, sizeof(p->name), "#%u", (unsigned)p->uid);
}

bool privilege_drop(const struct privilege *p)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return false;
	if (p->root && (setgroups(1, &p->gid) < 0 || setresgid(p->gid, p->gid, p->gid) < 0 ||
			setresuid(p->uid, p->uid, p->uid) < 0))
		return false;
	if (syscall(SYS_capset, &header, none) < 0)
		return false;
	/* Believing it is not enough. */
	if (p->root && setuid(0) == 0)
		return errno = EPERM, false;
	return true;
}

/* The folder behind a descriptor, which is closed; deep < 0: nothing in it. Links are given, never
 * followed. */
static bool give(const struct privilege *p, int fd, int deep)
{
	DIR *dir = fdopendir(fd);
	struct dirent *e;
	bool ok = dir && fchown(fd, p->uid, p->gid) == 0;

	while (ok && deep >= 0 && (e = readdir(dir))) {
		int sub;

		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		sub = deep ? openat(fd, e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
			   : -1;
		if (sub >= 0)
			ok = give(p, sub, deep - 1);
		else
			ok = fchownat(fd, e->d_name, p->uid, p->gid, AT_SYMLINK_NOFOLLOW) == 0;
	}
	if (dir)
		closedir(dir);
	else
		close(fd);
	return ok;
}

bool privilege_give_folder(const struct privilege *p, const char *path, bool whole)
{
	int fd;

	if (!p->root)
		return true;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd >= 0 && give(p, fd, whole ? DEEP : -1);
}
