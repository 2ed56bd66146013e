#include "programs/iperf3/cjson.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "process/process.h"

static void tabs(struct cjson *j)
{
	for (int i = 0; i < j->depth; i++)
		process_write(j->process, "\t", 1);
}

/* The place of the next value: after its key in an object, after a comma in an array. */
static void place(struct cjson *j, const char *key)
{
	if (!key) {
		if (!j->first)
			process_write(j->process, ", ", 2);
	} else {
		process_printf(j->process, j->first ? "\n" : ",\n");
		tabs(j);
		process_printf(j->process, "\"%s\":\t", key);
	}
	j->first = false;
}

void cjson_object(struct cjson *j, const char *key)
{
	place(j, key);
	process_write(j->process, "{", 1);
	j->depth++;
	j->first = true;
}

void cjson_end_object(struct cjson *j)
{
	j->depth--;
	process_write(j->process, "\n", 1);
	tabs(j);
	process_write(j->process, "}", 1);
	j->first = false;
}

void cjson_array(struct cjson *j, const char *key)
{
	place(j, key);
	process_write(j->process, "[", 1);
	j->depth++;
	j->first = true;
}

void cjson_end_array(struct cjson *j)
{
	j->depth--;
	process_write(j->process, "]", 1);
	j->first = false;
}

void cjson_number(struct cjson *j, const char *key, double v)
{
	char text[32];

	snprintf(text, sizeof text, "%1.15g", v);
	if (strtod(text, NULL) != v)
		snprintf(text, sizeof text, "%1.17g", v);
	place(j, key);
	process_printf(j->process, "%s", text);
}

void cjson_boolean(struct cjson *j, const char *key, bool v)
{
	place(j, key);
	process_printf(j->process, v ? "true" : "false");
}

void cjson_string(struct cjson *j, const char *key, const char *v)
{
	place(j, key);
	process_write(j->process, "\"", 1);
	for (; *v; v++) {
		if (*v == '"' || *v == '\\')
			process_printf(j->process, "\\%c", *v);
		else if ((unsigned char)*v < 0x20)
			process_printf(j->process, "\\u%04x", *v);
		else
			process_write(j->process, v, 1);
	}
	process_write(j->process, "\"", 1);
}

/* Virtual time begins where Unix time does. */
void cjson_timestamp(struct cjson *j, vtime at)
{
	time_t seconds = at.ns / NS_PER_S;
	struct tm tm;
	char text[64];

	gmtime_r(&seconds, &tm);
	strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &tm);
	cjson_object(j, "timestamp");
	cjson_string(j, "time", text);
	cjson_number(j, "timesecs", (double)seconds);
	cjson_end_object(j);
}
