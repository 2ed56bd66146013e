#include "capture/pcap.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>

#include "capture/file.h"
#include "core/alloc.h"

#define FRAME_MAX 262144

struct pcap_out {
	struct file *file;
	pcap_t *dead;
	pcap_dumper_t *dumper;
};

static ssize_t stream_write(void *cookie, const char *data, size_t len)
{
	file_write(cookie, data, len);
	return (ssize_t)len; /* the file remembers its failure */
}

struct pcap_out *pcap_out_new(struct file *f, uint32_t snaplen)
{
	struct pcap_out *o = nt_calloc(1, sizeof(*o));
	FILE *stream = fopencookie(f, "w", (cookie_io_functions_t){.write = stream_write});

	o->file = f;
	o->dead = pcap_open_dead_with_tstamp_precision(DLT_EN10MB,
						       snaplen ? (int)snaplen : FRAME_MAX,
						       PCAP_TSTAMP_PRECISION_NANO);
	if (stream)
		setvbuf(stream, NULL, _IONBF, 0); /* struct file gathers */
	if (stream && o->dead)
		o->dumper = pcap_dump_fopen(o->dead, stream);
	if (!o->dumper) {
		file_fail(f, ENOMEM);
		if (stream)
			fclose(stream);
	}
	return o;
}

void pcap_out_frame(struct pcap_out *o, const uint8_t *frame, uint32_t captured,
		    uint32_t original, vtime at)
{
	/* With nanosecond precision tv_usec counts nanoseconds. */
	struct pcap_pkthdr h = {
		.ts = {.tv_sec = at.ns / NS_PER_S, .tv_usec = at.ns % NS_PER_S},
		.caplen = captured,
		.len = original,
	};

	if (o->dumper)
		pcap_dump((u_char *)o->dumper, &h, frame);
}

void pcap_out_free(struct pcap_out *o)
{
	if (!o)
		return;
	if (o->dumper)
		pcap_dump_close(o->dumper);
	if (o->dead)
		pcap_close(o->dead);
	free(o);
}
