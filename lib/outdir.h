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

/* made: whether the folder is new. False: *error is one sentence that names what could not be
 * made, freed by the caller. */
bool outdir_begin(const char *path, bool *made, char **error);

/* After a failure: removes the folder again if it is empty. */
void outdir_undo(const char *path);

#endif
