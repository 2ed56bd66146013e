/*
 * Filter expressions in the language of pcap-filter(7), compiled by libpcap for Ethernet frames
 * and run by its interpreter.
 */
#ifndef CAPTURE_FILTER_H
#define CAPTURE_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "link/tap.h"

struct filter;

/* NULL if libpcap does not take it: `why` (of size bytes) then says so in libpcap's words. */
struct filter *filter_new(const char *expression, char *why, size_t size);
void filter_free(struct filter *f);

/* Whether the frame of len bytes, contiguous and whole, passes. */
bool filter_passes(const struct filter *f, const uint8_t *frame, uint32_t len);

/* 0 if libpcap takes the expression; else fills `why` of size bytes. */
int filter_check(const char *expression, char *why, size_t size);

/*
 * Counts frames on interfaces that pass a filter, for expectations. The expression may be NULL:
 * every frame counts. Taps must be removed (filter_count_free) while the interfaces exist.
 */
struct filter_count;

struct filter_count *filter_count_new(const char *expression, char *why, size_t size);
void filter_count_free(struct filter_count *fc);
void filter_count_add(struct filter_count *fc, struct iface *i);
uint64_t filter_count_value(const struct filter_count *fc);

/* Counts only frames seen at `from` or later and before `until`. */
void filter_count_between(struct filter_count *fc, vtime from, vtime until);

/* Keeps the instants of the first `most` frames that count; number i of them, i < most and
 * i < filter_count_value(). */
void filter_count_keep(struct filter_count *fc, uint32_t most);
vtime filter_count_instant(const struct filter_count *fc, uint32_t i);

#endif
