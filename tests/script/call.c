/* The socket calls of a script. */
#include "tests/script/script.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define HOST_PORT 8080

static struct fd {
	bool open;
	int handle;
	uint32_t tx, rx;        /* bytes written and read so far */
} fds[SCRIPT_FDS];

static const struct host *host;
static const struct script *script;
static const struct step *step;
static uint8_t buffer[1 << 22];

void call_reset(void)
{
	memset(fds, 0, sizeof(fds));
}

static struct fd *fd_at(int i)
{
	if (i < 0 || i >= SCRIPT_FDS)
		fail_step(step, "no such descriptor");
	return &fds[i];
}

static struct fd *fd_arg(const struct call *c)
{
	struct fd *f = fd_at(atoi(c->arg[0]));

	if (!f->open)
		fail_step(step, "descriptor %s is not open", c->arg[0]);
	return f;
}

/* Gives a new handle the number that the script says, and returns it. */
static int fd_give(const struct call *c, int handle)
{
	int n = atoi(c->result);
	struct fd *f;

	if (handle < 0)
		return handle;
	f = fd_at(n);
	if (n < 3 || f->open)
		fail_step(step, "the call gave a socket, which needs a free number from 3 on");
	*f = (struct fd){.open = true, .handle = handle};
	return n;
}

static int flags_of(const char *text)
{
	static const struct {
		const char *name;
		int flag;
	} names[] = {{"MSG_MORE", MSG_MORE}, {"MSG_PEEK", MSG_PEEK}, {"MSG_TRUNC", MSG_TRUNC},
		     {"MSG_OOB", MSG_OOB},   {"MSG_FASTOPEN", MSG_FASTOPEN}};
	int flags = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strstr(text, names[i].name))
			flags |= names[i].flag;
	return flags;
}

static int call_socket(const struct call *c)
{
	return fd_give(c, host->socket(script->ipv6));
}

static int call_bind(const struct call *c)
{
	return host->bind(fd_arg(c)->handle, HOST_PORT);
}

static int call_listen(const struct call *c)
{
	return host->listen(fd_arg(c)->handle, atoi(c->arg[1]));
}

static int call_accept(const struct call *c)
{
	return fd_give(c, host->accept(fd_arg(c)->handle));
}

static int call_connect(const struct call *c)
{
	return host->connect(fd_arg(c)->handle, HOST_PORT);
}

static int call_write(const struct call *c)
{
	struct fd *f = fd_arg(c);
	size_t len = (size_t)atol(c->arg[2]);
	int n;

	if (len > sizeof(buffer))
		fail_step(step, "too much at once");
	for (size_t i = 0; i < len; i++)
		buffer[i] = stream_byte(f->tx + (uint32_t)i);
	n = host->send(f->handle, buffer, len, c->args > 3 ? flags_of(c->arg[3]) : 0);
	if (n > 0)
		f->tx += (uint32_t)n;
	return n;
}

static int call_read(const struct call *c)
{
	struct fd *f = fd_arg(c);
	size_t len = (size_t)atol(c->arg[2]);
	int flags = c->args > 3 ? flags_of(c->arg[3]) : 0, n;

	if (len > sizeof(buffer))
		fail_step(step, "too much at once");
	n = host->recv(f->handle, buffer, len, flags);
	if (!(flags & MSG_TRUNC))
		for (int i = 0; i < n; i++)
			if (buffer[i] != stream_byte(f->rx + (uint32_t)i))
				fail_step(step, "byte %d is not what the peer sent", i);
	if (n > 0 && !(flags & MSG_PEEK))
		f->rx += (uint32_t)n;
	return n;
}

static int call_close(const struct call *c)
{
	struct fd *f = fd_arg(c);

	f->open = false;
	return host->close_socket(f->handle);
}

static int call_shutdown(const struct call *c)
{
	int how = strcmp(c->arg[1], "SHUT_RD") == 0 ? SHUT_RD :
		  strcmp(c->arg[1], "SHUT_WR") == 0 ? SHUT_WR : SHUT_RDWR;

	return host->shutdown(fd_arg(c)->handle, how);
}

static int call_setsockopt(const struct call *c)
{
	return host->set(fd_arg(c)->handle, c->arg[2], c->arg[3]);
}

/* getsockopt(4, SOL_SOCKET, SO_ERROR, [0], [4]): the value must be the one that stands there. */
static int call_getsockopt(const struct call *c)
{
	int want = atoi(c->arg[3] + strspn(c->arg[3], "[")), value = 0, err;
	const char *name = c->arg[3] + strspn(c->arg[3], "[");

	for (int e = 1; want == 0 && e < 134; e++) {
		const char *errno_name = strerrorname_np(e);

		if (errno_name && strncmp(name, errno_name, strlen(errno_name)) == 0 &&
		    name[strlen(errno_name)] == ']')
			want = e;
	}
	err = host->get(fd_arg(c)->handle, c->arg[2], &value);
	if (err >= 0 && value != want)
		fail_step(step, "the value is %d (as an error: %s), not %s", value,
			  value > 0 && strerrorname_np(value) ? strerrorname_np(value) : "none",
			  c->arg[3]);
	return err;
}

static int call_ioctl(const struct call *c)
{
	int want = atoi(c->arg[2] + strspn(c->arg[2], "["));
	int n = host->queued(fd_arg(c)->handle, strcmp(c->arg[1], "SIOCOUTQ") == 0);

	if (n >= 0 && n != want)
		fail_step(step, "%d bytes, not %d", n, want);
	return n < 0 ? n : 0;
}

static int call_fcntl(const struct call *c)
{
	(void)fd_arg(c); /* nothing ever waits here */
	return 0;
}

/* poll(4) = POLLIN|POLLOUT: in this order, of all that are set; 0 for none. */
static void run_poll(const struct call *c)
{
	static const struct {
		int bit;
		const char *name;
	} bits[] = {{POLLIN, "POLLIN"}, {POLLOUT, "POLLOUT"}, {POLLERR, "POLLERR"},
		    {POLLHUP, "POLLHUP"}, {POLLRDHUP, "POLLRDHUP"}};
	int got = host->poll(fd_arg(c)->handle);
	char text[80] = "";

	for (size_t i = 0; i < sizeof(bits) / sizeof(*bits); i++)
		if (got & bits[i].bit) {
			if (*text)
				strcat(text, "|");
			strcat(text, bits[i].name);
		}
	if (!*text)
		strcpy(text, "0");
	if (*c->result && strcmp(text, c->result) != 0)
		fail_step(step, "poll says %s", text);
}

static const struct {
	const char *name;
	int (*run)(const struct call *);
	int args;
} calls[] = {
	{"socket", call_socket, 0},         {"bind", call_bind, 1},
	{"listen", call_listen, 2},         {"accept", call_accept, 1},
	{"connect", call_connect, 1},       {"write", call_write, 3},
	{"send", call_write, 3},            {"sendto", call_write, 3},
	{"read", call_read, 3},             {"recv", call_read, 3},
	{"close", call_close, 1},           {"shutdown", call_shutdown, 2},
	{"setsockopt", call_setsockopt, 4}, {"getsockopt", call_getsockopt, 4},
	{"ioctl", call_ioctl, 3},           {"fcntl", call_fcntl, 1},
};

/* Compares with "3", "-1 EAGAIN"; what follows the errno's name is prose. */
static void check_result(const struct call *c, int got)
{
	char text[40];

	if (got < 0)
		snprintf(text, sizeof(text), "-1 %s", strerrorname_np(-got));
	else
		snprintf(text, sizeof(text), "%d", got);
	size_t n = strlen(text);
	bool same = strncmp(c->result, text, n) == 0 && (!c->result[n] || c->result[n] == ' ');
	if (*c->result && !same)
		fail_step(step, "the call gave %s", text);
}

void call_run(const struct host *h, const struct script *s, const struct step *st)
{
	const struct call *c = &st->call;

	host = h;
	script = s;
	step = st;
	if (strcmp(c->name, "poll") == 0) {
		run_poll(c);
		return;
	}
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if (strcmp(calls[i].name, c->name) == 0) {
			if (c->args < calls[i].args)
				fail_step(st, "%s needs %d arguments", c->name, calls[i].args);
			check_result(c, calls[i].run(c));
			return;
		}
	fail_step(st, "no such call: %s", c->name);
}

/* %{ tcpi_snd_cwnd == 10 }%: of the socket with the highest number. */
void check_run(const struct host *h, const struct step *st)
{
	const struct check *c = &st->check;
	int64_t v = 0;
	int i = SCRIPT_FDS - 1;
	bool ok;

	while (i >= 0 && !fds[i].open)
		i--;
	if (i < 0)
		fail_step(st, "no socket is open");
	if (h->info(fds[i].handle, c->field, &v) < 0)
		fail_step(st, "no such field: %s", c->field);
	if (strcmp(c->op, "==") == 0)
		ok = v == c->value;
	else if (strcmp(c->op, "!=") == 0)
		ok = v != c->value;
	else if (c->op[0] == '<')
		ok = c->op[1] ? v <= c->value : v < c->value;
	else
		ok = c->op[1] ? v >= c->value : v > c->value;
	if (!ok)
		fail_step(st, "%s is %ld", c->field, v);
}
