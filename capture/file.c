#include "capture/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/alloc.h"

#define GATHER 16384 /* what is at least this large goes to the kernel as it is */
#define GATHER_FIRST 512

struct file {
	char *path, *part;
	char *error;
	int fd;       /* -1: not open now */
	bool created; /* the part exists */
	bool thrifty;
	uint64_t size;
	uint8_t *gather;
	size_t held, gather_room;
};

static struct file *file_new_suffix(const char *path, const char *suffix)
{
	struct file *f = nt_calloc(1, sizeof(*f));
	const char *slash = strrchr(path, '/');
	int folder = slash ? (int)(slash - path) + 1 : 0;

	f->path = nt_strdup(path);
	f->part = nt_asprintf("%.*s.%s.%s", folder, path, path + folder, suffix);
	f->fd = -1;
	return f;
}

struct file *file_new(const char *path)
{
	return file_new_suffix(path, "part");
}

struct file *file_again(const struct file *f)
{
	return file_new_suffix(f->path, "again.part");
}

void file_fail(struct file *f, int error_number)
{
	if (!f->error)
		f->error = nt_asprintf("%s: %s", f->path, strerror(error_number));
}

static bool file_open(struct file *f)
{
	int flags = O_RDWR | O_CLOEXEC;

	if (f->error)
		return false;
	if (f->fd >= 0)
		return true;
	/* What a killed run has left under that name is of no use to anybody. */
	f->fd = open(f->part, f->created ? flags : flags | O_CREAT | O_TRUNC, 0666);
	if (f->fd < 0) {
		file_fail(f, errno);
		return false;
	}
	f->created = true;
	if (lseek(f->fd, 0, SEEK_END) < 0)
		file_fail(f, errno);
	return !f->error;
}

static void file_close(struct file *f)
{
	/* Some file systems tell only now that the disk is full. */
	if (f->fd >= 0 && close(f->fd) < 0)
		file_fail(f, errno);
	f->fd = -1;
}

static void file_send(struct file *f, const uint8_t *data, size_t len)
{
	if (!file_open(f))
		return;
	while (len) {
		ssize_t n = write(f->fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			file_fail(f, n < 0 ? errno : ENOSPC);
			return;
		}
		data += n;
		len -= (size_t)n;
	}
	if (f->thrifty)
		file_close(f);
}

static void file_flush(struct file *f)
{
	if (f->held)
		file_send(f, f->gather, f->held);
	f->held = 0;
}

void file_write(struct file *f, const void *data, size_t len)
{
	if (f->error || !len)
		return;
	f->size += len;
	if (f->held + len > GATHER)
		file_flush(f);
	if (len >= GATHER) {
		file_send(f, data, len);
		return;
	}
	if (f->held + len > f->gather_room) {
		f->gather_room = f->gather_room ? f->gather_room : GATHER_FIRST;
		while (f->gather_room < f->held + len)
			f->gather_room *= 2;
		f->gather = nt_realloc(f->gather, f->gather_room);
	}
	memcpy(f->gather + f->held, data, len);
	f->held += len;
}

void file_print(struct file *f, const char *text)
{
	file_write(f, text, strlen(text));
}

void file_printf(struct file *f, const char *fmt, ...)
{
	va_list ap;
	char *text;
	int len;

	va_start(ap, fmt);
	len = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (len < 0) {
		file_fail(f, ENOMEM);
		return;
	}
	file_write(f, text, (size_t)len);
	free(text);
}

uint64_t file_size(const struct file *f)
{
	return f->size;
}

void file_rewrite(struct file *f, uint64_t offset, const void *data, size_t len)
{
	const uint8_t *at = data;

	file_flush(f);
	if (!file_open(f))
		return;
	while (len) {
		ssize_t n = pwrite(f->fd, at, len, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			file_fail(f, n < 0 ? errno : ENOSPC);
			return;
		}
		at += n;
		offset += (uint64_t)n;
		len -= (size_t)n;
	}
}

size_t file_read_back(struct file *f, uint64_t offset, void *buf, size_t len)
{
	size_t done = 0;

	file_flush(f);
	while (done < len && file_open(f)) {
		ssize_t n = pread(f->fd, (uint8_t *)buf + done, len - done,
				  (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			file_fail(f, errno);
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	return f->error ? 0 : done;
}

void file_thrifty(struct file *f)
{
	f->thrifty = true;
}

const char *file_error(const struct file *f)
{
	return f->error;
}

static void file_free(struct file *f)
{
	free(f->path);
	free(f->part);
	free(f->error);
	free(f->gather);
	free(f);
}

/* An empty file is a file, and whole as soon as it is there. To make one costs the kernel less than
 * to open one, and what is there already is cut. 0, or errno. */
static int make_empty(const char *path)
{
	int fd;

	if (mknod(path, S_IFREG | 0666, 0) == 0)
		return 0;
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	return fd < 0 || close(fd) < 0 ? errno : 0;
}

static void file_commit_empty(struct file *f)
{
	int why = make_empty(f->path);

	if (why)
		file_fail(f, why);
}

static void file_commit_part(struct file *f)
{
	file_flush(f);
	file_close(f);
	if (!f->error && rename(f->part, f->path) < 0)
		file_fail(f, errno);
}

bool file_commit(struct file *f, char **error)
{
	if (!f->size && !f->created)
		file_commit_empty(f);
	else
		file_commit_part(f);
	if (!f->error) {
		file_free(f);
		return true;
	}
	if (error)
		*error = nt_strdup(f->error);
	file_abort(f);
	return false;
}

void file_abort(struct file *f)
{
	if (!f)
		return;
	file_close(f);
	if (f->created)
		unlink(f->part);
	file_free(f);
}

bool file_put(const char *path, const void *data, size_t len, char **error)
{
	struct file *f;

	if (!len && make_empty(path) == 0)
		return true;
	f = file_new(path);
	file_write(f, data, len);
	return file_commit(f, error);
}

bool file_folder(const char *path, bool *made, char **error)
{
	char *p = nt_strdup(path);
	bool is_new = false;
	int why = 0;

	for (char *end = p + 1; !why; end++) {
		char was = *end;
		struct stat st;

		if (was && was != '/')
			continue;
		*end = '\0';
		is_new = mkdir(p, 0777) == 0;
		if (!is_new) {
			/* Whatever the reason, a folder that is there already is good enough. */
			why = errno == EEXIST ? ENOTDIR : errno;
			if (stat(p, &st) == 0 && S_ISDIR(st.st_mode))
				why = 0;
		}
		if (!was)
			break;
		if (!why)
			*end = was;
	}
	if (!why && access(p, W_OK | X_OK) < 0)
		why = errno;
	if (why && error)
		*error = nt_asprintf("%s: %s", p, strerror(why));
	free(p);
	if (made)
		*made = !why && is_new;
	return !why;
}
