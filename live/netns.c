#include "live/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/alloc.h"

#define NAME_MAX_LEN 64
#define PATH_LEN 160

extern char **environ;

struct netns {
	char name[NAME_MAX_LEN + 1];
	int alive;    /* the writing end of the keeper's pipe: closes when we end */
	pid_t keeper;
};

/* ---- running ip(8) ---- */

/* The first line that ip said, without what stands in front of it. */
static void first_line(char *said)
{
	char *text = said;

	said[strcspn(said, "\n")] = '\0';
	if (!strncmp(text, "Error: ", 7))
		text += 7;
	memmove(said, text, strlen(text) + 1);
}

/* input: for its standard input, or NULL. said: what it complained of. False: it failed. */
static bool ip_run(const char *const argv[], const char *input, char *said, size_t size)
{
	FILE *in = tmpfile(), *err = tmpfile();
	posix_spawn_file_actions_t actions;
	int status = -1;
	size_t n = 0;
	pid_t pid;

	*said = '\0';
	if (in && err) {
		fputs(input ? input : "", in);
		rewind(in);
		posix_spawn_file_actions_init(&actions);
		posix_spawn_file_actions_adddup2(&actions, fileno(in), 0);
		posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
		posix_spawn_file_actions_adddup2(&actions, fileno(err), 2);
		if (posix_spawnp(&pid, argv[0], &actions, NULL, (char *const *)argv, environ)) {
			snprintf(said, size, "there is no ip(8) here (Debian package iproute2)");
		} else {
			while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
				;
			rewind(err);
			n = fread(said, 1, size - 1, err);
			said[n] = '\0';
		}
		posix_spawn_file_actions_destroy(&actions);
	}
	if (in)
		fclose(in);
	if (err)
		fclose(err);
	first_line(said);
	return status == 0;
}

/* ---- the keeper ---- */

static void hosts_path(const struct netns *ns, char *path, const char *file)
{
	snprintf(path, PATH_LEN, "/etc/netns/%s%s", ns->name, file);
}

/* Waits for our end, then removes all. The pipe is the only descriptor that it keeps. */
static void __attribute__((noreturn)) keep(const struct netns *ns, int pipe_read)
{
	const char *const argv[] = {"ip", "netns", "del", ns->name, NULL};
	char path[PATH_LEN], said[128], byte;
	int null = open("/dev/null", O_RDWR);

	setsid();
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	dup2(pipe_read, 3);
	close_range(4, ~0U, 0);
	/* A byte: there is a hosts file of ours. */
	bool hosts = false;
	ssize_t n;
	while ((n = read(3, &byte, 1)) > 0 || (n < 0 && errno == EINTR))
		hosts |= n > 0;
	ip_run(argv, NULL, said, sizeof(said));
	if (hosts) {
		hosts_path(ns, path, "/hosts");
		unlink(path);
		hosts_path(ns, path, "");
		rmdir(path);
	}
	_exit(0);
}

static bool keeper_start(struct netns *ns)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return false;
	ns->keeper = fork();
	if (!ns->keeper) {
		close(ends[1]);
		keep(ns, ends[0]);
	}
	close(ends[0]);
	ns->alive = ends[1];
	return ns->keeper > 0;
}

/* ---- the namespace ---- */

static bool name_is_good(const char *name)
{
	return *name && *name != '.' && *name != '-' && strlen(name) <= NAME_MAX_LEN &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
	       strlen(name);
}

struct netns *netns_new(const char *name, struct device_error *error)
{
	const char *const argv[] = {"ip", "netns", "add", name, NULL};
	char path[PATH_LEN], said[160];
	struct netns *ns;

	if (!name_is_good(name))
		return device_fail(error, false, "'%s' is no name of a namespace; expected letters, "
				   "digits, dots, hyphens and underscores", name);
	snprintf(path, sizeof(path), "/run/netns/%s", name);
	if (access(path, F_OK) == 0)
		return device_fail(error, false, "there is a namespace '%s' already; choose another "
				   "name ('ip netns' lists them)", name);
	if (!ip_run(argv, NULL, said, sizeof(said)))
		return device_fail(error, true, "cannot make the namespace '%s': %s%s", name, said,
				   geteuid() ? "; run as root or by sudo" : "");
	ns = nt_calloc(1, sizeof(*ns));
	snprintf(ns->name, sizeof(ns->name), "%s", name);
	if (keeper_start(ns))
		return ns;
	const char *const undo[] = {"ip", "netns", "del", name, NULL};
	ip_run(undo, NULL, said, sizeof(said));
	free(ns);
	return device_fail(error, true, "cannot start a process: %s", strerror(errno));
}

bool netns_take(struct netns *ns, const char *iface, struct device_error *error)
{
	const char *const argv[] = {"ip", "link", "set", "dev", iface, "netns", ns->name, NULL};
	char said[160];

	if (ip_run(argv, NULL, said, sizeof(said)))
		return true;
	device_fail(error, true, "cannot move '%s' into the namespace '%s': %s", iface, ns->name,
		    said);
	return false;
}

bool netns_batch(struct netns *ns, const char *lines, struct device_error *error)
{
	const char *const argv[] = {"ip", "-n", ns->name, "-batch", "-", NULL};
	char said[160];

	if (ip_run(argv, lines, said, sizeof(said)))
		return true;
	device_fail(error, true, "cannot set up the namespace '%s': %s", ns->name, said);
	return false;
}

bool netns_hosts(struct netns *ns, const char *text, struct device_error *error)
{
	char path[PATH_LEN];
	FILE *f;

	hosts_path(ns, path, "");
	mkdir("/etc/netns", 0755);
	if (mkdir(path, 0755) < 0 && errno == EEXIST)
		return true;
	hosts_path(ns, path, "/hosts");
	/* The keeper learns of it first: whatever happens, it is removed. */
	if (write(ns->alive, "h", 1) != 1 || !(f = fopen(path, "we"))) {
		device_fail(error, true, "%s: %s", path, strerror(errno));
		return false;
	}
	fputs(text, f);
	if (fclose(f) == 0)
		return true;
	device_fail(error, true, "%s: %s", path, strerror(errno));
	return false;
}

void netns_free(struct netns *ns)
{
	if (!ns)
		return;
	close(ns->alive);
	while (waitpid(ns->keeper, NULL, 0) < 0 && errno == EINTR)
		;
	free(ns);
}
