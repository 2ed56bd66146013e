#include "programs/iperf3/tcp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "wire/be.h"

#define MESSAGE_PATIENCE vtime_s(120) /* the real one's --rcv-timeout */

int iperf_tcp_state_send(struct iperf_tcp *t, enum iperf_state state)
{
	uint8_t byte = (uint8_t)state;
	int64_t n = sys_write(t->process, t->control, &byte, 1);

	return n < 0 ? (int)n : 0;
}

int iperf_tcp_state_receive(struct iperf_tcp *t, enum iperf_state *state)
{
	uint8_t byte;
	int64_t n = sys_read_whole(t->process, t->control, &byte, 1,
				   tool_after(t->process, MESSAGE_PATIENCE));

	if (n <= 0)
		return n == 0 ? -ECONNRESET : n == -EAGAIN ? -ETIMEDOUT : (int)n;
	*state = byte;
	return 0;
}

/* The length goes first, and alone, as the real one's does. */
int iperf_tcp_json_send(struct iperf_tcp *t, const char *text)
{
	size_t len = strlen(text);
	uint8_t head[4];
	int64_t n;

	be32_store(head, (uint32_t)len);
	n = sys_write(t->process, t->control, head, sizeof head);
	if (n >= 0)
		n = sys_write(t->process, t->control, text, len);
	return n < 0 ? (int)n : 0;
}

char *iperf_tcp_json_receive(struct iperf_tcp *t, int *err)
{
	vtime until = tool_after(t->process, MESSAGE_PATIENCE);
	uint8_t head[4];
	char *text;
	int64_t n = sys_read_whole(t->process, t->control, head, sizeof head, until);

	*err = n == -EAGAIN ? -ETIMEDOUT : n < 0 ? (int)n : -ECONNRESET;
	if (n < 4)
		return NULL;
	if (be32_load(head) > IPERF_JSON_MAX) {
		*err = -EPROTO;
		return NULL;
	}
	text = nt_malloc(be32_load(head) + 1u);
	n = sys_read_whole(t->process, t->control, text, be32_load(head), until);
	if (n == be32_load(head)) {
		text[n] = 0;
		*err = 0;
		return text;
	}
	*err = n < 0 && n != -EAGAIN ? (int)n : -ECONNRESET;
	free(text);
	return NULL;
}

/* The real one's numbers: descriptors, where each stream has mapped a file behind its own. */
static int stream_id(const struct iperf_tcp *t, uint32_t i)
{
	return IPERF_ID + (int)i * 2 + (t->server && i ? 1 : 0);
}

void iperf_tcp_streams_new(struct iperf_tcp *t)
{
	t->streams = nt_calloc(t->params.parallel, sizeof *t->streams);
	t->polls = nt_calloc(t->params.parallel + 2, sizeof *t->polls);
	for (uint32_t i = 0; i < t->params.parallel; i++) {
		t->streams[i].fd = -1;
		t->streams[i].id = stream_id(t, i);
		t->streams[i].true_min_rtt = UINT32_MAX;
	}
	if (t->sender)
		t->slab = sys_pattern(t->process);
}

int iperf_tcp_stream_options(struct iperf_tcp *t, int fd)
{
	const struct iperf_tcp_params *p = &t->params;
	int err = 0;

	if (p->nodelay)
		sys_set(t->process, fd, SOCKET_NODELAY, 1);
	if (p->mss)
		err = sys_set(t->process, fd, SOCKET_MAXSEG, (int)p->mss);
	if (p->window) {
		sys_set(t->process, fd, SOCKET_SNDBUF, (int)p->window);
		sys_set(t->process, fd, SOCKET_RCVBUF, (int)p->window);
	}
	if (p->tos)
		sys_set(t->process, fd, SOCKET_TOS, p->tos);
	return err;
}

int iperf_tcp_stream_opened(struct iperf_tcp *t, uint32_t i, int fd)
{
	struct iperf_tcp_stream *s = &t->streams[i];
	const char *name;
	int err = 0;

	s->fd = fd;
	if (*t->params.congestion)
		err = sys_set_congestion(t->process, fd, t->params.congestion);
	name = sys_congestion(t->process, fd);
	snprintf(t->congestion, sizeof t->congestion, "%s", name ? name : "");
	sys_local(t->process, fd, &s->local);
	sys_peer(t->process, fd, &s->peer);
	return err;
}

void iperf_tcp_begin(struct iperf_tcp *t)
{
	t->start = t->interval_start = t->end = process_now(t->process);
	t->started = true;
	t->omitting = t->params.omit.ns > 0;
}

void iperf_tcp_fini(struct iperf_tcp *t)
{
	for (uint32_t i = 0; t->streams && i < t->params.parallel; i++) {
		if (t->streams[i].fd >= 0)
			sys_close(t->process, t->streams[i].fd);
		free(t->streams[i].intervals);
	}
	if (t->control >= 0)
		sys_close(t->process, t->control);
	if (t->slab)
		slab_unref(process_world(t->process), t->slab);
	free(t->streams);
	free(t->polls);
}
