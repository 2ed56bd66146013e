/*
 * A scenario from a text, with programs of the test's own: for tests of play, expect and results.
 *
 *     wait SECONDS [STATUS]   sleeps, then ends
 *     serve                   sleeps for ever; measures `asked` 7, and says good-bye when killed
 *     block                   waits for a datagram that never comes, without a timer
 *     send ADDRESS [SECONDS]  one datagram of 100 bytes, after a while
 *     measure NAME=VALUE...   metrics
 */
#ifndef TEST_PLAY_WORLD_H
#define TEST_PLAY_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "process/sys.h"
#include "topo/outcome/expect.h"
#include "topo/play/play.h"

static inline int wait_main(struct process *p, int argc, char **argv)
{
	double seconds = argc > 1 ? strtod(argv[1], NULL) : 0;

	process_printf(p, "waiting %s\n", argc > 1 ? argv[1] : "0");
	sys_sleep(p, vtime_ns((int64_t)(seconds * 1e9)));
	process_metric(p, "waited", vtime_seconds(vtime_sub(process_now(p), process_start(p))));
	return argc > 2 ? atoi(argv[2]) : 0;
}

static inline int serve_main(struct process *p, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	process_count(p, "asked", 7);
	while (sys_sleep(p, vtime_s(1000)) == 0)
		;
	process_printf(p, "good-bye\n");
	return 0;
}

static inline int udp_socket(struct process *p)
{
	int fd = sys_socket(p, SOCKET_UDP, AF_INET);

	assert_true(fd >= 0);
	return fd;
}

static inline int block_main(struct process *p, int argc, char **argv)
{
	char byte;

	(void)argc;
	(void)argv;
	return sys_recv(p, udp_socket(p), &byte, 1) < 0;
}

static inline int send_main(struct process *p, int argc, char **argv)
{
	struct endpoint to = {.port = 9};
	char data[100] = {0};

	assert_true(argc > 1 && ipaddr_parse(argv[1], &to.addr));
	if (argc > 2)
		sys_sleep(p, vtime_ns((int64_t)(strtod(argv[2], NULL) * 1e9)));
	return sys_sendto(p, udp_socket(p), data, sizeof(data), &to) < 0;
}

static inline int measure_main(struct process *p, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		const char *equals = strchr(argv[i], '=');

		assert_non_null(equals);
		/* Metrics' names are static strings. */
		g_autofree char *name = g_strndup(argv[i], (size_t)(equals - argv[i]));
		process_metric(p, g_intern_string(name), strtod(equals + 1, NULL));
	}
	return 0;
}

static const struct program world_programs[] = {
	{.name = "wait", .main = wait_main},   {.name = "serve", .main = serve_main},
	{.name = "block", .main = block_main}, {.name = "send", .main = send_main},
	{.name = "measure", .main = measure_main},
};

static inline const struct program *world_find(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(world_programs); i++)
		if (!strcmp(world_programs[i].name, name))
			return &world_programs[i];
	return NULL;
}

struct play_world {
	struct scenario *scenario;
	struct internet *internet;
	struct expects *expects;
	struct play *play;
	GString *log; /* what the watch was told, one word each */
};

static inline void world_log(struct play_world *w, const char *what, const char *who)
{
	g_string_append_printf(w->log, "%g:%s:%s ", vtime_seconds(world_now(w->internet->world)),
			       what, who);
}

static inline void world_began(const struct play *p, uint32_t step, void *arg)
{
	struct play_world *w = arg;
	const char *name = w->scenario->steps[step].name;
	char number[16];

	(void)p;
	snprintf(number, sizeof(number), "%u", step);
	world_log(w, "begin", name ? name : number);
}

static inline void world_ended(const struct play *p, uint32_t step, void *arg)
{
	(void)p;
	world_log(arg, "end", ((struct play_world *)arg)->scenario->steps[step].name);
}

static inline void world_service(const struct play *p, const struct play_process *row, void *arg)
{
	(void)p;
	world_log(arg, "service", row->result);
}

static const struct play_watch world_watch = {world_began, world_ended, world_service};

static inline void world_open(struct play_world *w, const char *yaml)
{
	g_autofree char *path = g_strdup_printf("%s/play_world_%d.yaml", g_get_tmp_dir(), getpid());
	GError *error = NULL;

	memset(w, 0, sizeof(*w));
	w->log = g_string_new(NULL);
	assert_true(g_file_set_contents(path, yaml, -1, NULL));
	w->scenario = scenario_load(path, NULL, &error);
	remove(path);
	if (!w->scenario)
		fail_msg("%s", error->message);
	w->internet = internet_new(w->scenario, &error);
	if (!w->internet)
		fail_msg("%s", error->message);
	w->expects = expects_new(w->internet, &error);
	if (!w->expects)
		fail_msg("%s", error->message);
	w->play = play_new(w->internet, world_find, &world_watch, w);
}

/* To the end of the run; seconds of virtual time. */
static inline double world_play(struct play_world *w)
{
	while (play_run(w->play, 3))
		;
	play_end(w->play);
	expects_judge(w->expects, w->play);
	return vtime_seconds(world_now(w->internet->world));
}

static inline void world_close(struct play_world *w)
{
	expects_free(w->expects);
	play_free(w->play);
	internet_free(w->internet);
	scenario_free(w->scenario);
	g_string_free(w->log, TRUE);
}

#endif
