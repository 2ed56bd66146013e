/*
 * The folder that a run leaves its files in.
 *
 * It is made when the scenario is known to be right. If it is there already, what the run before
 * has left in it goes first: the files that its results.json names, results.json itself, files
 * that a killed run was still writing (`.NAME.part`), and the folders that are empty then. Nothing
 * else in it is touched.
 */
#ifndef LIB_OUTDIR_H
#define LIB_OUTDIR_H

#include <stdbool.h>

#define OUTDIR_FOLDERS 3

struct outdir {
	char *path;
	bool made; /* the folder is new */
	bool kept[OUTDIR_FOLDERS]; /* that folder in it has something else in it and stays */
	int lock;  /* a descriptor that says to others that somebody writes here; -1: none */
};

/* The folders in it: captures, consoles, series. */
extern const char *const outdir_folders[OUTDIR_FOLDERS];

/* Whether the results of a run are there, and nothing beside them. */
bool outdir_has_only_results(const char *path);

/* False: *error is one sentence that names what could not be made, freed by the caller. */
bool outdir_begin(struct outdir *o, const char *path, char **error);

/* keep: false after a failure, or when nothing was wanted after all: removes the folder again if it
 * was new and is empty. Legal on a zeroed one. */
void outdir_end(struct outdir *o, bool keep);

#endif
