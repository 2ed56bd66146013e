#include "capture/filter.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/alloc.h"

#define FRAME_MAX 262144 /* what libpcap takes as the largest frame */

struct filter {
	struct bpf_program program;
};

struct filter *filter_new(const char *expression, char *why, size_t size)
{
	pcap_t *dead = pcap_open_dead(DLT_EN10MB, FRAME_MAX);
	struct filter *f = nt_calloc(1, sizeof(*f));

	if (!dead) {
		snprintf(why, size, "libpcap: out of memory");
	} else if (pcap_compile(dead, &f->program, expression, 1, PCAP_NETMASK_UNKNOWN) < 0) {
		snprintf(why, size, "%s", pcap_geterr(dead));
	} else {
		pcap_close(dead);
		return f;
	}
	if (dead)
		pcap_close(dead);
	free(f);
	return NULL;
}

void filter_free(struct filter *f)
{
	if (!f)
		return;
	pcap_freecode(&f->program);
	free(f);
}

bool filter_passes(const struct filter *f, const uint8_t *frame, uint32_t len)
{
	return bpf_filter(f->program.bf_insns, frame, len, len) != 0;
}

int filter_check(const char *expression, char *why, size_t size)
{
	struct filter *f = filter_new(expression, why, size);

	filter_free(f);
	return f ? 0 : -1;
}

struct count_tap {
	struct tap tap;
	struct filter_count *count;
	struct iface *iface;
	struct count_tap *next;
};

struct filter_count {
	struct filter *filter;
	vtime from, until;
	uint64_t value;
	vtime *instants; /* of the first `keep` */
	uint32_t keep;
	struct count_tap *taps;
	uint8_t *frame; /* contiguous, as the filter wants it */
	uint32_t room;
};

struct filter_count *filter_count_new(const char *expression, char *why, size_t size)
{
	struct filter_count *fc = nt_calloc(1, sizeof(*fc));

	fc->until = VTIME_NEVER;
	if (expression) {
		fc->filter = filter_new(expression, why, size);
		if (!fc->filter) {
			free(fc);
			return NULL;
		}
	}
	return fc;
}

void filter_count_free(struct filter_count *fc)
{
	if (!fc)
		return;
	while (fc->taps) {
		struct count_tap *t = fc->taps;

		fc->taps = t->next;
		iface_tap_remove(t->iface, &t->tap);
		free(t);
	}
	filter_free(fc->filter);
	free(fc->frame);
	free(fc->instants);
	free(fc);
}

static bool count_passes(struct filter_count *fc, const struct packet *p)
{
	uint32_t len = packet_len(p);

	if (!fc->filter)
		return true;
	if (len > fc->room) {
		fc->room = len < 2048 ? 2048 : len;
		fc->frame = nt_realloc(fc->frame, fc->room);
	}
	packet_read(p, p->head, 0, fc->frame, len);
	return filter_passes(fc->filter, fc->frame, len);
}

static void count_frame(struct tap *tap, const struct packet *p, enum tap_dir dir, vtime at)
{
	struct filter_count *fc = container_of(tap, struct count_tap, tap)->count;

	(void)dir;
	if (vtime_before(at, fc->from) || !vtime_before(at, fc->until) || !count_passes(fc, p))
		return;
	if (fc->value < fc->keep)
		fc->instants[fc->value] = at;
	fc->value++;
}

void filter_count_add(struct filter_count *fc, struct iface *i)
{
	struct count_tap *t = nt_calloc(1, sizeof(*t));

	t->tap.frame = count_frame;
	t->count = fc;
	t->iface = i;
	t->next = fc->taps;
	fc->taps = t;
	iface_tap_add(i, &t->tap);
}

uint64_t filter_count_value(const struct filter_count *fc)
{
	return fc->value;
}

void filter_count_between(struct filter_count *fc, vtime from, vtime until)
{
	fc->from = from;
	fc->until = until;
}

void filter_count_keep(struct filter_count *fc, uint32_t most)
{
	fc->instants = nt_realloc(fc->instants, most * sizeof(*fc->instants));
	fc->keep = most;
}

vtime filter_count_instant(const struct filter_count *fc, uint32_t i)
{
	return fc->instants[i];
}
