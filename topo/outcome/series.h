/*
 * Values over time: what a scenario's `series` asks for, as CSV files (capture/csv.h) in one folder.
 *
 *     series = series_new(internet, "out/x/series");
 *     series_begin(series, &error);         before the first event
 *     ... the run ...
 *     series_finish(series);                each file has its name then, unless series_error()
 *     series_json(series, &json);           for results.json
 *     series_free(series);                  after internet_free(): connections know it
 *
 * Three kinds of files, by the names of what they are about:
 *
 *     tcp-NODE-PORT-PEER-PORT.csv           series_tcp.c: a connection as seen by one end, by its events
 *     queue-LINK-forward.csv                series_link.c: looked at once an interval
 *     link-LINK-reverse.csv
 *
 * PEER is the name of the node with that address, or the address. Where a name is taken already (a
 * port was used again) ".2", ".3" ... come before ".csv". Nothing that is recorded changes the run:
 * connections are watched (struct tcp_watch), and the events that look at links touch nothing and do
 * not keep a run going in which nothing else would happen.
 */
#ifndef TOPO_OUTCOME_SERIES_H
#define TOPO_OUTCOME_SERIES_H

#include "capture/json.h"
#include "topo/internet.h"

struct series;

#define SERIES_FOLDER "series"

/* NULL if the scenario asks for none; then all that follows does nothing. */
struct series *series_new(const struct internet *in, const char *folder);

/* Before series_finish(), or after it failed, this takes away what was written. */
void series_free(struct series *s);

/* Makes the folder and begins to record. False: *error is one sentence, freed by the caller. */
bool series_begin(struct series *s, char **error);

/* NULL, or the sentence of the first file that could not be written. */
const char *series_error(const struct series *s);

/* The end of the run, before play_end(): every file is put in place. */
void series_finish(struct series *s);

/* The array "series" of results.json: one object a file, in the order in which they began; nothing
 * without series. After series_finish(). */
void series_json(const struct series *s, struct json *j);

/* Files, and rows in them. */
uint32_t series_count(const struct series *s);
uint64_t series_rows(const struct series *s);

#endif
