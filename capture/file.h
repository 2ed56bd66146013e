/*
 * A file that appears whole or not at all: written as `.NAME.part` in the folder it belongs to,
 * and renamed when the last byte is in.
 *
 * The first failure sticks: later writes do nothing, and file_commit() reports it. Small writes
 * are gathered; large ones go to the kernel as they are.
 */
#ifndef CAPTURE_FILE_H
#define CAPTURE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct file;

/* A file at `path` (copied), in a folder that exists. Nothing happens before the first write. */
struct file *file_new(const char *path);

/* Another attempt at the same file, while f can still be read back. One of the two is committed
 * and the other aborted. */
struct file *file_again(const struct file *f);

void file_write(struct file *f, const void *data, size_t len);
void file_print(struct file *f, const char *text);
void file_printf(struct file *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Bytes written so far, gathered ones included. */
uint64_t file_size(const struct file *f);

/* Overwrites bytes that were written before. */
void file_rewrite(struct file *f, uint64_t offset, const void *data, size_t len);

/* Reads back up to len bytes from offset; returns how many, 0 at the end and after a failure. */
size_t file_read_back(struct file *f, uint64_t offset, void *buf, size_t len);

/* From now on the file is open only while it is written to: a process may have many more files
 * under way than the system lets it have open. */
void file_thrifty(struct file *f);

/* Declares the file failed, errno-like; an earlier failure stays. */
void file_fail(struct file *f, int error_number);

/* NULL, or the sentence of the first failure ("out/a.json: No space left on device"); valid as
 * long as the file. */
const char *file_error(const struct file *f);

/*
 * Puts the file in place under its name (an empty one too) and frees f. False: *error (freed by the
 * caller; may be NULL) is one sentence that names the file, and nothing of it is left.
 */
bool file_commit(struct file *f, char **error);

/* Removes what was written and frees f. NULL is fine. */
void file_abort(struct file *f);

/* The whole life of a small file. */
bool file_put(const char *path, const void *data, size_t len, char **error);

/*
 * Makes a folder and those above it. *made, if not NULL, tells whether the last one is new.
 * False: *error names the folder; freed by the caller.
 */
bool file_folder(const char *path, bool *made, char **error);

#endif
