/* What the files of series share. Private to topo/series*.c. */
#ifndef TOPO_OUTCOME_SERIES_PRIVATE_H
#define TOPO_OUTCOME_SERIES_PRIVATE_H

#include "capture/csv.h"
#include "topo/outcome/series.h"
#include "transport/tcp/tcp.h"

enum series_kind { SERIES_TCP, SERIES_QUEUES, SERIES_LINKS };

/* One file. The csv of one that is finished is gone but for its counts. */
struct series_file {
	enum series_kind kind;
	struct series *series;
	char *name;                  /* "tcp-a-1025-b-80.csv" */
	struct csv csv;
	bool open;
	vtime every;
	uint32_t node;               /* TCP */
	struct endpoint local, peer;
	char *peer_name;
	const char *congestion;
	uint32_t link;               /* QUEUES, LINKS */
	int direction;
	vtime seen_at;               /* when it was looked at last, and what was counted then */
	uint64_t seen[4];
};

/* Looks at links once in `every`. */
struct series_sampler {
	struct event event;
	struct series *series;
	vtime every;
	GPtrArray *files;            /* struct series_file */
};

/* The watcher of one node. */
struct series_watch {
	struct tcp_watch watch;
	struct series *series;
	uint32_t node;
	vtime every;
};

struct series {
	const struct internet *in;
	char *folder;
	GPtrArray *files;            /* in the order in which they began; owned */
	GPtrArray *samplers;
	GHashTable *names;           /* file name -> how many have it; owned keys */
	GHashTable *nodes;           /* address -> index of its node + 1; looked up only */
	struct series_watch *watches; /* parallel to the scenario's nodes */
	char *error;
	bool begun, finished;
};

/* A file of that name, which is freed; `columns` are borrowed. */
struct series_file *series_file_new(struct series *s, enum series_kind kind, char *name,
				    const struct csv_column *columns, unsigned count);

/* Puts it in place; the first failure is s->error. */
void series_file_end(struct series_file *f);

/* series_tcp.c, series_link.c */
void series_watch_nodes(struct series *s);
void series_watch_links(struct series *s);

/* A last look, and none after it. */
void series_links_end(struct series *s);

#endif
