/*
 * Frames that somebody recorded: a pcap or pcapng file, read by libpcap one frame at a time.
 *
 *     r = recording_open("real.pcapng", &error)
 *     while ((n = recording_next(r, &frame)) > 0) ...      -1: the file is broken; recording_why(r)
 *     recording_free(r)
 *
 * Checksums that the recording machine had left to its network card are filled in
 * (frame_checksum.h); everything else is as it was.
 */
#ifndef LIVE_RECORDING_H
#define LIVE_RECORDING_H

#include "live/device.h"

struct recording;

struct recorded {
	int64_t at;      /* ns since the first frame; never less than that of the frame before */
	uint8_t *bytes;  /* valid until the next call */
	size_t len;
	bool cut;        /* the recording kept less than there was (snaplen) */
	bool completed;  /* a checksum was filled in */
};

/* NULL with *error filled: no such file, no recording, or not of Ethernet. */
struct recording *recording_open(const char *path, struct device_error *error);
void recording_free(struct recording *r);

/* 1; 0: the end; -1: the file is broken from here on. */
int recording_next(struct recording *r, struct recorded *frame);
const char *recording_why(const struct recording *r);

#endif
