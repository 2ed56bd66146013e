/*
 * netarium replay: frames that were recorded on a real network enter a scenario at an interface, as if
 * its link had brought them, at their own pace in virtual time. At an interface of an external node
 * they leave: its link brings them to whoever is at the other end.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/session.h"
#include "ip/port.h"
#include "live/recording.h"
#include "topo/notation/units.h"

#define SPEED_LEAST 1e-6
#define SPEED_MOST 1e6
#define FARTHEST 1e18 /* ns: 31 years, behind every duration */

struct replay {
	struct session session; /* first */
	char *from, *into, *speed_text, *at_text;
	double speed;
	int64_t at;               /* ns: when the first frame comes */
	struct recording *recording;
	struct ip_port inlet;     /* never opened: whose packets they are */
	struct nt_port *port;     /* of an external node; NULL: of another */
	struct event due;
	struct recorded frame;    /* what comes next */
	uint64_t frames, refused, cut, completed;
	bool broken;
};

/* ---- the command line ---- */

static int wrong(char *why)
{
	cli_complain("replay: %s", why);
	free(why);
	return CLI_WRONG;
}

static int read_numbers(struct replay *r)
{
	char why[UNITS_WHY], *end;

	r->speed = 1;
	if (r->speed_text) {
		r->speed = g_ascii_strtod(r->speed_text, &end);
		if (!*r->speed_text || *end || !(r->speed >= SPEED_LEAST && r->speed <= SPEED_MOST))
			return wrong(g_strdup_printf("--speed '%s' is no factor such as 2 or 0.5",
						     r->speed_text));
	}
	if (r->at_text && (!units_time(r->at_text, &r->at, why) || r->at < 0))
		return wrong(g_strdup_printf("--at '%s': expected a time such as 10ms", r->at_text));
	if (!r->from)
		return wrong(g_strdup("what is replayed; expected --from FILE"));
	if (!r->into)
		return wrong(g_strdup("where do frames enter; expected --into NODE:INTERFACE"));
	return CLI_OK;
}

static void leave(struct nt_port *port, int64_t at, const void *data, size_t len, void *arg)
{
	/* The recording does not answer. */
	(void)port;
	(void)at;
	(void)data;
	(void)len;
	(void)arg;
}

static int open_external(struct replay *r)
{
	char *why = NULL;

	r->port = nt_port_open(r->session.world, r->into, NT_PORT_FRAME, leave, r, &why);
	return r->port ? CLI_OK : wrong(why);
}

static int find_inlet(struct replay *r)
{
	const struct internet *in = r->session.world->internet;
	const struct scenario *s = in->scenario;
	g_auto(GStrv) part = g_strsplit(r->into, ":", 2);
	uint32_t n = part[0] ? scenario_node(s, part[0]) : TOPO_NONE, k = 0;

	if (n == TOPO_NONE)
		return wrong(g_strdup_printf("--into: no node is called '%s'", part[0] ? part[0] : ""));
	const struct topo_node *node = &s->nodes[n];
	if (node->kind == TOPO_EXTERNAL)
		return open_external(r);
	if (node->kind == TOPO_SWITCH)
		return wrong(g_strdup_printf("--into: '%s' is a switch; expected an interface of a host, "
					     "a router or an external node", node->name));
	if (part[1])
		k = scenario_iface(node, part[1]);
	else if (node->n_ifaces != 1)
		return wrong(g_strdup_printf("--into: '%s' has %u interfaces; expected one by its name",
					     node->name, node->n_ifaces));
	if (k == TOPO_NONE)
		return wrong(g_strdup_printf("--into: '%s' has no interface '%s'", node->name, part[1]));
	r->inlet.iface = ip_iface_of(in->nodes[n].ifaces[k]);
	return CLI_OK;
}

static int open_recording(struct replay *r)
{
	struct device_error error;

	r->recording = recording_open(r->from, &error);
	return r->recording ? CLI_OK : wrong(g_strdup(error.text));
}

/* ---- while it runs ---- */

/* The next frame's instant, or the end of what we have to bring. */
static void arm_next(struct replay *r)
{
	struct nt_world *w = r->session.world;
	int n = recording_next(r->recording, &r->frame);
	double at = (double)r->frame.at / r->speed;

	if (n > 0) {
		at = at < FARTHEST ? at : FARTHEST;
		event_arm(&world_of(w)->sched, &r->due, vtime_ns(r->at + (int64_t)at));
		return;
	}
	r->broken = n < 0;
	play_let_go(w->play);
}

static bool bring(struct replay *r)
{
	if (r->port)
		return nt_port_inject(r->port, r->frame.bytes, r->frame.len) == 0;
	struct packet *p = ip_port_packet(&r->inlet, true, r->frame.bytes, r->frame.len);
	iface_receive(&r->inlet.iface->link, p);
	return true;
}

static void due_fire(struct event *e)
{
	struct replay *r = container_of(e, struct replay, due);

	r->frames++;
	r->cut += r->frame.cut;
	r->completed += r->frame.completed;
	r->refused += !bring(r);
	arm_next(r);
}

static void tell(const struct replay *r)
{
	FILE *to = r->session.report.to;

	if (r->broken)
		cli_complain("replay: %s is broken behind frame %" G_GUINT64_FORMAT ": %s", r->from,
			     r->frames, recording_why(r->recording));
	if (!session_talks(&r->session))
		return;
	fprintf(to, "replay %s into %s  %" G_GUINT64_FORMAT " frame%s", r->from, r->into, r->frames,
		r->frames == 1 ? "" : "s");
	if (r->completed)
		fprintf(to, ", %" G_GUINT64_FORMAT " checksums filled in", r->completed);
	if (r->cut)
		fprintf(to, ", %" G_GUINT64_FORMAT " cut short by the recording", r->cut);
	if (r->refused)
		fprintf(to, ", %" G_GUINT64_FORMAT " could not be sent", r->refused);
	fputc('\n', to);
}

static int play(struct replay *r)
{
	int status = session_begin(&r->session);

	if (status != CLI_OK)
		return status;
	event_init(&r->due, due_fire);
	play_hold(r->session.world->play);
	arm_next(r);
	session_play(&r->session);
	progress_clear(&r->session.progress);
	tell(r);
	status = session_end(&r->session);
	return r->broken && status == CLI_OK ? CLI_WRONG : status;
}

int cli_replay(int argc, char **argv)
{
	struct replay r = {0};
	const GOptionEntry entries[] = {
		{"from", 0, 0, G_OPTION_ARG_FILENAME, &r.from, "What was recorded, as pcap or pcapng",
		 "FILE"},
		{"into", 0, 0, G_OPTION_ARG_STRING, &r.into, "Where the frames enter",
		 "NODE:INTERFACE"},
		{"speed", 0, 0, G_OPTION_ARG_STRING, &r.speed_text, "So many times as fast", "N"},
		{"at", 0, 0, G_OPTION_ARG_STRING, &r.at_text, "When the first frame enters, not at 0s",
		 "TIME"},
		{NULL, 0, 0, 0, NULL, NULL, NULL},
	};
	int status = CLI_WRONG;

	if (run_options_read(&r.session.options, "replay", entries, argc, argv))
		status = read_numbers(&r);
	if (status == CLI_OK)
		status = session_prepare(&r.session);
	if (status == CLI_OK)
		status = find_inlet(&r);
	if (status == CLI_OK)
		status = open_recording(&r);
	if (status == CLI_OK)
		status = play(&r);
	session_fini(&r.session);
	recording_free(r.recording);
	g_free(r.from);
	g_free(r.into);
	g_free(r.speed_text);
	g_free(r.at_text);
	return status;
}
