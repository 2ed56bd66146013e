/* Consoles: what a process prints, kept and shown; and what it may read. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "process/engine.h"
#include "process/process.h"

static void console_append(struct console *c, const char *text, size_t len)
{
	if (c->len + len + 1 > c->room) {
		size_t room = c->room ? c->room : 128;

		while (room < c->len + len + 1)
			room *= 2;
		c->text = nt_realloc(c->text, room);
		c->room = room;
	}
	memcpy(c->text + c->len, text, len);
	c->len += len;
	c->text[c->len] = '\0';
}

/* The last CONSOLE_TAIL bytes, as a ring: byte n of what came after the head is at n modulo its size. */
static void tail_append(struct console *c, const char *text, size_t len)
{
	if (!c->tail)
		c->tail = nt_malloc(CONSOLE_TAIL);
	for (size_t done = 0; done < len;) {
		size_t at = (c->after + done) % CONSOLE_TAIL, n = CONSOLE_TAIL - at;

		if (n > len - done)
			n = len - done;
		memcpy(c->tail + at, text + done, n);
		done += n;
	}
	c->after += len;
}

/* Head, a line that says how much is missing, and the tail from the start of a line on. */
static const char *console_join(struct console *c, size_t *len)
{
	size_t kept = c->after < CONSOLE_TAIL ? c->after : CONSOLE_TAIL, from = c->after - kept;
	int note = 0;

	free(c->joined);
	c->joined = nt_malloc(c->len + 64 + kept + 1);
	memcpy(c->joined, c->text, c->len);
	if (from) {
		do /* the byte before the first one is gone: it may have ended a line, or not */
			from++;
		while (from < c->after && c->tail[(from - 1) % CONSOLE_TAIL] != '\n');
		note = snprintf(c->joined + c->len, 64, "\n[%zu bytes were left out here]\n", from);
	}
	*len = c->len + (size_t)note;
	for (; from < c->after; from++)
		c->joined[(*len)++] = c->tail[from % CONSOLE_TAIL];
	c->joined[*len] = '\0';
	return c->joined;
}

void console_fini(struct console *c)
{
	free(c->text);
	free(c->tail);
	free(c->joined);
}

void process_write(struct process *p, const void *data, size_t len)
{
	struct processes *ps = p->all;
	struct console *c = &p->root->console;

	if (len == 0)
		return;
	if (ps->output)
		ps->output(p->root, data, len, ps->output_arg);
	size_t head = c->len < CONSOLE_MAX ? CONSOLE_MAX - c->len : 0;
	if (head > len)
		head = len;
	if (head)
		console_append(c, data, head);
	if (head < len)
		tail_append(c, (const char *)data + head, len - head);
}

void process_vprintf(struct process *p, const char *fmt, va_list ap)
{
	char line[512];
	va_list again;

	va_copy(again, ap);
	int n = vsnprintf(line, sizeof(line), fmt, ap);
	if (n >= 0 && (size_t)n < sizeof(line)) {
		process_write(p, line, (size_t)n);
	} else if (n >= 0) {
		char *text = nt_malloc((size_t)n + 1);

		vsnprintf(text, (size_t)n + 1, fmt, again);
		process_write(p, text, (size_t)n);
		free(text);
	}
	va_end(again);
}

void process_printf(struct process *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	process_vprintf(p, fmt, ap);
	va_end(ap);
}

const char *process_console(const struct process *p, size_t *len)
{
	struct console *c = &p->root->console;
	size_t joined;

	if (c->after)
		return console_join(c, len ? len : &joined);
	if (len)
		*len = c->len;
	return c->text ? c->text : "";
}

void processes_on_output(struct processes *ps,
			 void (*output)(struct process *, const char *text, size_t len, void *arg),
			 void *arg)
{
	ps->output = output;
	ps->output_arg = arg;
}

void process_set_input(struct process *p, const void *data, size_t len)
{
	free(p->input);
	p->input = nt_malloc(len ? len : 1);
	memcpy(p->input, data, len);
	p->input_len = len;
	p->input_at = 0;
}

size_t process_read(struct process *p, void *buf, size_t size)
{
	struct process *r = p->root;
	size_t n = r->input_len - r->input_at;

	if (n > size)
		n = size;
	if (n)
		memcpy(buf, r->input + r->input_at, n);
	r->input_at += n;
	return n;
}
