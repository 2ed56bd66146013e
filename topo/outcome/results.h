/*
 * results.json: what a run measured, for programs. The same for the same run, byte for byte:
 * links and nodes in the order of the scenario, processes in that of their start, drops in that of
 * core/drop.h. SI units: seconds, bit/s, bytes, shares.
 *
 *     {"scenario", "seed", "virtual_seconds", "interrupted",
 *      "processes": {NAME: {"node", "command", "start", "end", "exit", "console",
 *                           "metrics": {...}}},
 *      "links": {NAME: {"forward": {"sent", "duplicated", "delivered", "lost", "dropped", "bytes"},
 *                       "reverse": {...}, "drops": {REASON: n}}},
 *      "nodes": {NAME: {"forwarded", "delivered", "originated", "drops": {REASON: n}}},
 *      "expectations": [{"text", "ok", "got"}], "captures": [FILE],
 *      "series": [{"file", "what", "rows", "begin", "end", ...}]}
 *
 * "interrupted" is there, and true, only when the run did not reach its own end; "series" is there
 * when the scenario asks for some. A link's drops are
 * those that happened on the wire, both directions together; frames that its queues refused count
 * as "dropped" there, and under their reason at the node that had sent them. An entry of "series" says
 * whose values they are: {"node", "local", "local_port", "peer", "peer_port", "peer_node",
 * "congestion_control"} or {"link", "direction", "from", "to", "queue"}. Files are relative to
 * the folder that results.json lies in.
 */
#ifndef TOPO_OUTCOME_RESULTS_H
#define TOPO_OUTCOME_RESULTS_H

#include "capture/capture.h"
#include "topo/outcome/expect.h"
#include "topo/outcome/series.h"

struct results {
	const struct play *play; /* after play_end() */
	const struct expects *expects;
	const struct capture_set *captures; /* NULL: none */
	const struct series *series; /* NULL: none */
	bool interrupted;
};

/* The folders inside the one that results.json lies in. */
#define RESULTS_CAPTURES "captures"
#define RESULTS_CONSOLE "console"

/* The whole text; the caller frees it. */
char *results_json(const struct results *r, size_t *len);

/* The file with a process' console, "console/laptop.first.txt"; g_free(). */
char *results_console(const struct play *p, const struct play_process *row);

/*
 * Writes the consoles and then results.json into an existing folder. False: *error names the file
 * that could not be written, freed by the caller; nothing half-written stands under its name.
 */
bool results_write(const struct results *r, const char *folder, char **error);

#endif
