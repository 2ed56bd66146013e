/*
 * Captures: what tcpdump would have written on every captured interface, and what became of it.
 *
 * One capture is one file: taps on one or more interfaces (a node's, or both ends of a link), each
 * with an Interface Description Block of its own. A capture set owns all captures of a run.
 *
 *     set = capture_set_new(world, "out/x/captures")    nothing is on disk yet
 *     capture_set_name(set, &addr, "laptop") ...         names for Wireshark
 *     c = capture_new(set, &params, &error)              a bad filter is found here
 *     capture_add_iface(c, iface) ...
 *     capture_set_begin(set, &error)                     makes the folder, hooks the taps
 *     ... the run; capture_set_error(set) now and then: a full disk ...
 *     capture_set_finish(set, false, &error)             unhooks; the files appear, whole
 *     capture_set_free(set)                              without finish: leaves nothing behind
 *
 * The set must be finished or freed while the interfaces and the world still exist.
 *
 * What became of a packet is known later than its frame: the sender's capture has shown it long
 * before a link two hops on loses it. So a capture holds its newest frames back in memory, in two
 * chunks. When both are full the older one goes into the file, with comments for all fates known
 * by then (fate.h), and is used again. A fate that comes even later makes the file be written once
 * more when the run ends, and nothing is lost; that, too, is how secrets (known last, read first)
 * come to stand before the packets. The bytes of a finished file do not depend on the chunks' size.
 *
 * A file is written under a temporary name in its folder and renamed when it is whole (file.h).
 */
#ifndef CAPTURE_CAPTURE_H
#define CAPTURE_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct world;
struct iface;
struct ipaddr;
struct capture;
struct capture_set;

enum capture_format {
	CAPTURE_PCAPNG,
	CAPTURE_PCAP, /* classic, nanoseconds; no names, directions, ids, comments and secrets */
};

struct capture_params {
	const char *file;   /* its name in the set's folder, "laptop.pcapng" */
	enum capture_format format;
	const char *filter; /* pcap-filter(7) expression; NULL: every frame */
	uint32_t snaplen;   /* bytes kept of each frame; 0: all */
};

/* All strings that are given are copied. */
struct capture_set *capture_set_new(struct world *w, const char *folder);

/* Removes every file that finish() did not put in place, and the folder if begin() made it and
 * it is empty. NULL is fine. */
void capture_set_free(struct capture_set *set);

/*
 * A name for an address, before begin(). All files of the set hold all names (in the order given),
 * unless that would be more than four million entries in all; then each holds the names of its own
 * nodes only.
 */
void capture_set_name(struct capture_set *set, const struct ipaddr *addr, const char *name);

/*
 * How many packets an interface itself has dropped on the way out (its queue was full), asked when
 * the set is finished; goes into the Interface Statistics Block. Without it that count is left out.
 */
void capture_set_drops(struct capture_set *set,
		       uint64_t (*drops)(const struct iface *, void *user), void *user);

/*
 * Memory to hold frames back in: `chunk` bytes twice for each capture at most (it starts small and
 * grows; 0: 512 KiB, less when there are many captures). The default is right for every run;
 * tests make it tiny.
 */
void capture_set_chunk(struct capture_set *set, size_t chunk);

/*
 * A new capture of the set, which owns it. NULL if the filter is wrong: *error is then one sentence
 * without a place ("filter \"tpc\": syntax error"), freed by the caller.
 */
struct capture *capture_new(struct capture_set *set, const struct capture_params *params,
			    char **error);

/* Before begin(). The interface must outlive the set or its finish. */
void capture_add_iface(struct capture *c, struct iface *i);

/*
 * Lines of an NSS key log ("CLIENT_RANDOM ..."), at any time until finish(): they stand in one
 * Decryption Secrets Block before the first packet.
 */
void capture_add_secrets(struct capture *c, const char *keylog, size_t len);

/*
 * Makes the folder (and those above it) and starts to capture. False: *error names the folder,
 * freed by the caller; nothing is left behind.
 */
bool capture_set_begin(struct capture_set *set, char **error);

/* NULL, or what went wrong since begin() ("out/x/captures/a.pcapng: No space left on device"):
 * a run may stop then, finish() will fail. Valid as long as the set. */
const char *capture_set_error(const struct capture_set *set);

/*
 * The end: taps are removed and all files put in place. interrupted: each pcapng file says so in
 * its section header ("interrupted at 1.500 s of virtual time"). False: *error names the first file
 * that could not be written, freed by the caller; those that could stay, and no half file does.
 */
bool capture_set_finish(struct capture_set *set, bool interrupted, char **error);

/* The captures in the order in which they were made, for reports. */
uint32_t capture_set_count(const struct capture_set *set);
const struct capture *capture_set_at(const struct capture_set *set, uint32_t index);
const char *capture_file(const struct capture *c);
uint64_t capture_frames(const struct capture *c); /* recorded, after the filter */

#endif
