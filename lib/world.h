/*
 * What stands behind struct nt_world; private to lib/ but for the first three calls, by which
 * `netarium run` tells a scenario that is wrong from a machine that fails it, and draws its lines.
 *
 *     w = world_read(file, NULL, &options, &error)       all that can be wrong with the scenario
 *     world_capture(w, folder, &options, &error)         the same of its captures
 *     world_begin(w, &watch, arg, &error)                the folder, the services, time 0
 *     while (world_run(w, 4096)) ...                     until the run is over
 *     nt_finish(w, &error); nt_free(w);
 *
 * nt_load() is the first three.
 */
#ifndef LIB_WORLD_H
#define LIB_WORLD_H

#include "netarium.h"

#include "lib/captures.h"
#include "lib/outdir.h"
#include "topo/outcome/expect.h"
#include "topo/play/play.h"
#include "topo/outcome/series.h"

struct descriptor;

struct nt_host {
	struct nt_world *world;
	struct node *node;       /* NULL: no host */
	struct descriptor **fds; /* by number - FD_FIRST; NULL: free */
	uint32_t room, index;    /* index: in the scenario's nodes */
};

struct nt_world {
	struct scenario *scenario;
	struct internet *internet;
	struct expects *expects;
	struct captures captures;
	struct series *series; /* NULL: none */
	struct outdir outdir;
	char *out; /* NULL: nothing is written */
	struct play *play;
	struct nt_host *hosts; /* parallel to the scenario's nodes */
	struct nt_port *ports;
	bool advancing, finished, interrupted;
};

/* text NULL: from the file. Nothing is on disk after it. NULL with one sentence, to be freed. */
struct nt_world *world_read(const char *file, const char *text, const struct nt_options *options,
			    char **error);

/* out: the run's folder; NULL: nothing will be written. Borrowed no longer than this call. */
bool world_capture(struct nt_world *w, const char *out, const struct nt_options *options,
		   char **error);

/* watch may be NULL; it and arg are borrowed. */
bool world_begin(struct nt_world *w, const struct play_watch *watch, void *arg, char **error);

/* Lets at most that many events happen, none behind the end of the run. False: it is over. */
bool world_run(struct nt_world *w, uint32_t events);

/* Here is the end of a run that has none of its own: it was not interrupted. */
void world_stop(struct nt_world *w);

static inline struct world *world_of(const struct nt_world *w)
{
	return w->internet->world;
}

/* host.c */
void hosts_init(struct nt_world *w);
void hosts_end(struct nt_world *w); /* closes what is open */
void hosts_fini(struct nt_world *w);




/* port.c */
struct ip_iface *nt_port_iface(const struct nt_port *p);
void ports_close_all(struct nt_world *w);

#endif
