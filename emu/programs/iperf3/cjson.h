/*
 * JSON onto a process's console in the shape of cJSON_Print(), which scripts that read iperf3's
 * with line tools rely on: tabs, a tab behind the colon, array elements on one line with their brackets.
 *
 * key: NULL in an array and at the top.
 */
#ifndef PROGRAMS_IPERF3_CJSON_H
#define PROGRAMS_IPERF3_CJSON_H

#include <stdbool.h>

#include "core/vtime.h"

struct process;

struct cjson {
	struct process *process;
	int depth;
	bool first; /* nothing has been written in the present object or array; begin with true */
};

void cjson_object(struct cjson *j, const char *key);
void cjson_end_object(struct cjson *j);
void cjson_array(struct cjson *j, const char *key);
void cjson_end_array(struct cjson *j);
void cjson_number(struct cjson *j, const char *key, double v);
void cjson_boolean(struct cjson *j, const char *key, bool v);
void cjson_string(struct cjson *j, const char *key, const char *v);

/* iperf3's member "timestamp". */
void cjson_timestamp(struct cjson *j, vtime at);

#endif
