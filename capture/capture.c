#include "capture/capture.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "capture/capture_private.h"
#include "capture/file.h"
#include "capture/filter.h"
#include "capture/pcap.h"
#include "core/alloc.h"

/*
 * Memory to hold frames back in. All chunks together should stay in the processor's cache, which
 * makes a record two to three times cheaper (60 against 150 ns with 22 captures); with fewer
 * captures each may hold more, and fewer fates come too late.
 */
#define CHUNK_MAX (UINT32_C(512) << 10)
#define CHUNK_MIN (UINT32_C(16) << 10)
#define CHUNKS_TOTAL (UINT32_C(1) << 20)
#define OPEN_FILES 200 /* with more captures, files are open only while they are written to */

struct capture_set *capture_set_new(struct world *w, const char *folder)
{
	struct capture_set *set = nt_calloc(1, sizeof(*set));

	set->world = w;
	set->folder = nt_strdup(folder);
	set->late = UINT64_MAX;
	fates_init(&set->fates);
	return set;
}

void capture_set_name(struct capture_set *set, const struct ipaddr *addr, const char *name)
{
	assert(!set->running);
	capture_names_add(&set->names, addr, name);
}

void capture_set_drops(struct capture_set *set,
		       uint64_t (*drops)(const struct iface *, void *user), void *user)
{
	set->drops = drops;
	set->drops_user = user;
}

void capture_set_chunk(struct capture_set *set, size_t chunk)
{
	set->chunk = chunk;
}

struct capture *capture_new(struct capture_set *set, const struct capture_params *params,
			    char **error)
{
	struct filter *filter = NULL;
	struct capture *c;
	char why[256];

	assert(!set->running);
	if (params->filter) {
		filter = filter_new(params->filter, why, sizeof(why));
		if (!filter) {
			if (error)
				*error = nt_asprintf("filter \"%s\": %s", params->filter, why);
			return NULL;
		}
	}
	if (set->count == set->room) {
		set->room = set->room ? 2 * set->room : 16;
		set->captures = nt_realloc(set->captures, set->room * sizeof(*set->captures));
	}
	c = set->captures[set->count++] = nt_calloc(1, sizeof(*c));
	c->set = set;
	c->file_name = nt_strdup(params->file);
	c->format = params->format;
	c->expression = params->filter ? nt_strdup(params->filter) : NULL;
	c->filter = filter;
	c->snaplen = params->snaplen ? params->snaplen : UINT32_MAX;
	return c;
}

void capture_add_secrets(struct capture *c, const char *keylog, size_t len)
{
	bytes_add(&c->secrets, keylog, len);
}

void capture_add_iface(struct capture *c, struct iface *i)
{
	struct capture_tap *t = nt_calloc(1, sizeof(*t));

	assert(!c->set->running);
	t->tap.frame = c->format == CAPTURE_PCAP ? record_pcap : record_pcapng;
	t->capture = c;
	t->iface = i;
	t->index = c->tap_count;
	c->taps = nt_realloc(c->taps, (c->tap_count + 1) * sizeof(struct capture_tap *));
	c->taps[c->tap_count++] = t;
}

/* The header while the run goes on. Secrets that come later make it be written again. */
static void header_for_now(struct spool *s, struct bytes *b)
{
	layout_header(container_of(s, struct capture, spool), NULL, b);
}

static void capture_begin(struct capture *c)
{
	struct capture_set *set = c->set;
	char *path = nt_asprintf("%s/%s", set->folder, c->file_name);
	struct file *f = file_new(path);

	free(path);
	if (set->count > OPEN_FILES)
		file_thrifty(f);
	if (c->format == CAPTURE_PCAP) {
		c->file = f;
		c->pcap = pcap_out_new(f, c->snaplen == UINT32_MAX ? 0 : c->snaplen);
	} else {
		layout_interfaces(c);
		spool_init(&c->spool, f, set->chunk, &set->fates, header_for_now);
	}
	for (uint32_t i = 0; i < c->tap_count; i++)
		iface_tap_add(c->taps[i]->iface, &c->taps[i]->tap);
}

bool capture_set_begin(struct capture_set *set, char **error)
{
	assert(!set->running);
	if (!file_folder(set->folder, &set->folder_made, error))
		return false;
	if (!set->chunk) {
		set->chunk = set->count ? CHUNKS_TOTAL / (2 * set->count) : CHUNK_MAX;
		set->chunk = set->chunk > CHUNK_MAX ? CHUNK_MAX : set->chunk;
		set->chunk = set->chunk < CHUNK_MIN ? CHUNK_MIN : set->chunk;
	}
	set->begun = world_now(set->world);
	for (uint32_t i = 0; i < set->count; i++)
		capture_begin(set->captures[i]);
	set->observer.note = record_fate;
	world_observe(set->world, &set->observer);
	set->running = true;
	return true;
}

const char *capture_set_error(const struct capture_set *set)
{
	return set->error;
}

/* Nothing more is seen or noted. */
static void set_unhook(struct capture_set *set)
{
	if (!set->running)
		return;
	for (uint32_t i = 0; i < set->count; i++)
		for (uint32_t k = 0; k < set->captures[i]->tap_count; k++)
			iface_tap_remove(set->captures[i]->taps[k]->iface,
					 &set->captures[i]->taps[k]->tap);
	world_unobserve(set->world, &set->observer);
	set->running = false;
}

static bool capture_end(struct capture *c, const char *comment, char **error)
{
	struct bytes header = {0}, trailer = {0};
	struct file *f = c->file;
	bool ok;

	if (c->format == CAPTURE_PCAP) {
		pcap_out_free(c->pcap);
		c->pcap = NULL;
		c->file = NULL;
		return file_commit(f, error);
	}
	layout_header(c, comment, &header);
	layout_statistics(c, &trailer);
	ok = spool_finish(&c->spool, &header, &trailer, c->set->late, error);
	free(header.at);
	free(trailer.at);
	return ok;
}

static void capture_close(struct capture *c)
{
	pcap_out_free(c->pcap);
	c->pcap = NULL;
	file_abort(c->file);
	c->file = NULL;
	spool_fini(&c->spool);
}

bool capture_set_finish(struct capture_set *set, bool interrupted, char **error)
{
	char now[32], comment[80];

	assert(set->running);
	set_unhook(set);
	vtime_format(now, sizeof(now), world_now(set->world));
	snprintf(comment, sizeof(comment), "interrupted at %s of virtual time", now);
	for (uint32_t i = 0; i < set->count; i++) {
		char *why = NULL;

		if (!capture_end(set->captures[i], interrupted ? comment : NULL, &why)) {
			if (!set->error)
				set->error = nt_strdup(why);
			free(why);
		}
		capture_close(set->captures[i]);
	}
	if (set->error && error)
		*error = nt_strdup(set->error);
	return !set->error;
}

void capture_set_free(struct capture_set *set)
{
	if (!set)
		return;
	set_unhook(set);
	for (uint32_t i = 0; i < set->count; i++) {
		struct capture *c = set->captures[i];

		capture_close(c);
		for (uint32_t k = 0; k < c->tap_count; k++)
			free(c->taps[k]);
		free(c->taps);
		free(c->interfaces.at);
		free(c->secrets.at);
		free(c->frame);
		filter_free(c->filter);
		free(c->expression);
		free(c->file_name);
		free(c);
	}
	if (set->folder_made)
		rmdir(set->folder); /* does nothing if there are files in it */
	free(set->captures);
	capture_names_fini(&set->names);
	fates_fini(&set->fates);
	free(set->folder);
	free(set->error);
	free(set);
}

uint32_t capture_set_count(const struct capture_set *set)
{
	return set->count;
}

const struct capture *capture_set_at(const struct capture_set *set, uint32_t index)
{
	return set->captures[index];
}

const char *capture_file(const struct capture *c)
{
	return c->file_name;
}

uint64_t capture_frames(const struct capture *c)
{
	return c->frames;
}
