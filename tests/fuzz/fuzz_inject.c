/*
 * What a step `inject:` may say, from its text to its packets: the input is the value of that key. What the
 * checker accepts is built and sent, by two hosts and a router, and no packet may be missing in the
 * end; what it refuses it refuses with a place and a sentence.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "topo/play/inject.h"
#include "topo/play/play.h"

#define COUNT_MOST 3 /* more of the same shows nothing new */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char before[] =
	"nodes:\n"
	"  a: {address: [10.0.0.1/24, 'fd00::1/64']}\n"
	"  gw: {kind: router, interfaces: {eth0: {address: [10.0.0.254/24, 'fd00::fe/64']},"
	" eth1: {address: [10.0.1.254/24, 'fd01::fe/64']}}, firewall: {forward: [{allow: any}]}}\n"
	"  web: {address: [10.0.1.2/24, 'fd01::2/64']}\n"
	"links: [a -- gw, gw -- web]\n"
	"duration: 100ms\n"
	"run: [{on: a, inject: ";
static const char after[] = "}]\n";

static const struct program *find(const char *name)
{
	(void)name;
	return NULL;
}

static void play(struct scenario *s)
{
	struct internet *in = internet_new(s, NULL);
	struct play *p;

	if (!in)
		return;
	for (uint32_t k = 0; k < s->n_steps; k++) {
		struct topo_inject *i = s->steps[k].kind == TOPO_STEP_DO
						? (struct topo_inject *)s->steps[k].commands[0].inject
						: NULL;

		if (i && i->count > COUNT_MOST)
			i->count = COUNT_MOST;
	}
	p = play_new(in, find, NULL, NULL);
	while (play_run(p, 1000))
		;
	play_end(p);
	assert(in->world->pool.live == 0);
	play_free(p);
	internet_free(in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const none[] = {NULL};
	const struct scenario_options options = {.programs = none};
	g_autoptr(GString) text = g_string_new(before);
	GError *error = NULL;
	struct scenario *s;

	g_string_append_len(text, (const char *)data, (gssize)size);
	g_string_append(text, after);
	s = scenario_parse(text->str, text->len, "fuzz", &options, &error);
	if (s) {
		play(s);
		scenario_free(s);
	} else {
		assert(error && !strncmp(error->message, "fuzz:", 5));
		g_error_free(error);
	}
	return 0;
}
