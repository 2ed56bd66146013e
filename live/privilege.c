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
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NOBODY 65534 /* what Debian and the kernel (overflowuid) call so */

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

bool privilege_may_write(const struct privilege *p, const char *path)
{
	const mode_t need = S_IWOTH | S_IXOTH;
	struct stat st;
	int shift;

	if (!p->root)
		return access(path, W_OK | X_OK) == 0;
	if (lstat(path, &st) < 0 || !S_ISDIR(st.st_mode))
		return false;
	shift = st.st_uid == p->uid ? 6 : st.st_gid == p->gid ? 3 : 0;
	return (st.st_mode >> shift & need) == need;
}

static bool has_suffix(const char *name, const char *suffix)
{
	size_t len = strlen(name), end = strlen(suffix);

	return len >= end && !strcmp(name + len - end, suffix);
}

bool privilege_give_folder(const struct privilege *p, const char *path, bool itself,
			   const char *suffix)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;
	bool ok = dir && (!itself || fchown(fd, p->uid, p->gid) == 0);

	while (ok && (e = readdir(dir)))
		if (has_suffix(e->d_name, suffix))
			ok = fchownat(fd, e->d_name, p->uid, p->gid, AT_SYMLINK_NOFOLLOW) == 0;
	if (dir)
		closedir(dir);
	else if (fd >= 0)
		close(fd);
	return ok;
}
