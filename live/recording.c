#include "live/recording.h"

#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "live/frame_checksum.h"

#define SECOND INT64_C(1000000000)

struct recording {
	pcap_t *pcap;
	bool begun;
	int64_t first, last; /* ns: the first frame's stamp; the newest one's distance from it */
	uint8_t frame[DEVICE_FRAME];
};

struct recording *recording_open(const char *path, struct device_error *error)
{
	char why[PCAP_ERRBUF_SIZE];
	pcap_t *p = pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, why);
	struct recording *r;

	if (!p)
		return device_fail(error, false, "%s%s%s", strstr(why, path) ? "" : path,
				   strstr(why, path) ? "" : ": ", why);
	if (pcap_datalink(p) != DLT_EN10MB) {
		const char *name = pcap_datalink_val_to_name(pcap_datalink(p));

		device_fail(error, false, "%s: was recorded from %s; expected Ethernet frames (tcpdump "
			    "on one interface, not on 'any')", path, name ? name : "an unknown link");
		pcap_close(p);
		return NULL;
	}
	r = nt_malloc(sizeof(*r));
	*r = (struct recording){.pcap = p};
	return r;
}

void recording_free(struct recording *r)
{
	if (!r)
		return;
	pcap_close(r->pcap);
	free(r);
}

const char *recording_why(const struct recording *r)
{
	return pcap_geterr(r->pcap);
}

int recording_next(struct recording *r, struct recorded *frame)
{
	struct pcap_pkthdr *h;
	const u_char *bytes;
	int n = pcap_next_ex(r->pcap, &h, &bytes);
	int64_t at;

	if (n != 1)
		return n == PCAP_ERROR_BREAK ? 0 : -1;
	/* Stamps are whatever the file says: seconds that no clock shows must not overflow. */
	at = (int64_t)(h->ts.tv_sec % (INT64_MAX / SECOND / 4)) * SECOND + h->ts.tv_usec;
	if (!r->begun)
		r->first = at;
	r->begun = true;
	if (at - r->first > r->last)
		r->last = at - r->first;
	*frame = (struct recorded){
		.at = r->last,
		.bytes = r->frame,
		.len = h->caplen < DEVICE_FRAME ? h->caplen : DEVICE_FRAME,
	};
	memcpy(r->frame, bytes, frame->len);
	frame->cut = frame->len < h->len;
	frame->completed = !frame->cut && frame_checksum_complete(r->frame, frame->len);
	return 1;
}
