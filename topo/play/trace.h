/*
 * Mahimahi's link traces: a text file with a number a line, the millisecond at
 * which 1500 bytes may leave. Numbers do not fall, several may be equal, and the
 * trace starts again after its last one.
 */
#ifndef TOPO_PLAY_TRACE_H
#define TOPO_PLAY_TRACE_H

#include "topo/arena.h"
#include "topo/scenario.h"

/* A trace file may be this large. */
#define TRACE_FILE_MAX (64u << 20)

/* The trace in the file `name` as written at `at`; each file is read once, `seen`
 * (path -> trace) remembers it. NULL with an error at `at`, or in the trace. */
const struct topo_trace *trace_load(struct arena *arena, GHashTable *seen, struct place at,
				    const char *name, GError **error);

#endif
