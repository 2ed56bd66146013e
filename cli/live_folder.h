/*
 * The results' folder of a live run by root, who will be somebody else when there are results.
 *
 * The run works inside the folder, because the way there may be closed to the user that it becomes.
 * What the run has made itself it gives to that user: the folder, or a former run's that has
 * nothing else in it, its own folders in there, and the files that it has begun. Nothing else
 * changes its owner: a folder in which that user could write nothing is refused.
 */
#ifndef CLI_LIVE_FOLDER_H
#define CLI_LIVE_FOLDER_H

#include "cli/live.h"
#include "live/privilege.h"

struct live_folder {
	int before; /* the working directory of before; -1: still there */
	bool made, ours;
};

/* Before the session begins. Both: CLI_OK, or the exit status after a sentence. */
int live_folder_enter(struct live *l, struct live_folder *f, const struct privilege *p);

/* After that, as root still. */
int live_folder_give(struct live *l, const struct live_folder *f, const struct privilege *p);

/* A new folder with nothing in it goes. Legal where none was entered. */
void live_folder_leave(struct live *l, const struct live_folder *f);

#endif
