/*
 * Classic pcap files, written by libpcap, with nanosecond stamps.
 *
 * libpcap writes into a stream that leads to a struct file (file.h), so that these files, too,
 * appear whole or not at all; failures are found there.
 */
#ifndef CAPTURE_PCAP_H
#define CAPTURE_PCAP_H

#include <stdint.h>

#include "core/vtime.h"

struct file;
struct pcap_out;

/* Writes the file header into f, which must live until pcap_out_free(). snaplen 0: whole frames. */
struct pcap_out *pcap_out_new(struct file *f, uint32_t snaplen);

/* Appends a frame of `original` bytes, of which `captured` stand at `frame`. */
void pcap_out_frame(struct pcap_out *o, const uint8_t *frame, uint32_t captured,
		    uint32_t original, vtime at);

/* Writes what is left; the file is not committed. NULL is fine. */
void pcap_out_free(struct pcap_out *o);

#endif
