/*
 * Parameters and results as JSON on the control connection: members in the real one's order,
 * without blanks. Reading takes any JSON: it looks for members by name and passes over the rest.
 */
#include "programs/iperf3/tcp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"

/* Text that grows. */
struct text {
	char *at;
	size_t len, room;
};

static void __attribute__((format(printf, 2, 3))) put(struct text *x, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (x->room - x->len < 256) {
		x->room = 2 * x->room + 512;
		x->at = nt_realloc(x->at, x->room);
	}
	va_start(ap, fmt);
	n = vsnprintf(x->at + x->len, x->room - x->len, fmt, ap);
	va_end(ap);
	if (n > 0)
		x->len += (size_t)n;
}

char *iperf_tcp_params_text(const struct iperf_tcp *t)
{
	const struct iperf_tcp_params *p = &t->params;
	struct text x = {.len = 0};
	vtime duration = p->duration.ns == VTIME_NEVER.ns ? VTIME_ZERO : p->duration;

	put(&x, "{\"tcp\":true,\"omit\":%.15g,\"time\":%.15g,\"num\":%llu,\"blockcount\":%llu",
	    vtime_seconds(p->omit), vtime_seconds(duration), (unsigned long long)p->bytes,
	    (unsigned long long)p->blocks);
	if (p->mss)
		put(&x, ",\"MSS\":%u", p->mss);
	if (p->nodelay)
		put(&x, ",\"nodelay\":true");
	put(&x, ",\"parallel\":%u", p->parallel);
	if (p->reverse)
		put(&x, ",\"reverse\":true");
	if (p->window)
		put(&x, ",\"window\":%u", p->window);
	put(&x, ",\"len\":%u", p->len);
	if (p->rate)
		put(&x, ",\"bandwidth\":%llu", (unsigned long long)p->rate);
	put(&x, ",\"pacing_timer\":1000");
	if (p->burst)
		put(&x, ",\"burst\":%u", p->burst);
	if (p->tos)
		put(&x, ",\"TOS\":%u", p->tos);
	if (*p->congestion)
		put(&x, ",\"congestion\":\"%s\"", p->congestion);
	put(&x, ",\"client_version\":\"3.12\"}");
	return x.at;
}

static const char *skip_blank(const char *s)
{
	return s + strspn(s, " \t\r\n");
}

/* Behind the string that begins here; at the NUL if it does not end. */
static const char *skip_string(const char *s)
{
	for (s++; *s && *s != '"'; s++)
		if (*s == '\\' && s[1])
			s++;
	return *s ? s + 1 : s;
}

/* Behind the value that begins here. */
static const char *skip_value(const char *s)
{
	int depth = 0;

	for (s = skip_blank(s); *s;) {
		if (*s == '"') {
			s = skip_string(s);
			if (!depth)
				return s;
			continue;
		}
		if (!depth && strchr(",]}", *s))
			return s;
		if (*s == '{' || *s == '[')
			depth++;
		if ((*s == '}' || *s == ']') && --depth == 0)
			return s + 1;
		s++;
	}
	return s;
}

/* The value of a member; NULL: the object has none of that name, or is none. */
static const char *member(const char *object, const char *key)
{
	size_t len = strlen(key);
	const char *s = skip_blank(object);

	if (*s != '{')
		return NULL;
	for (s = skip_blank(s + 1); *s == '"';) {
		const char *name = s + 1, *end = skip_string(s);

		s = skip_blank(end);
		if (*s != ':')
			return NULL;
		s = skip_blank(s + 1);
		if ((size_t)(end - name) == len + 1 && memcmp(name, key, len) == 0)
			return s;
		s = skip_blank(skip_value(s));
		if (*s != ',')
			return NULL;
		s = skip_blank(s + 1);
	}
	return NULL;
}

/* Element number i of an array, or NULL. */
static const char *element(const char *array, uint32_t i)
{
	const char *s = array ? skip_blank(array) : "";

	if (*s != '[')
		return NULL;
	s = skip_blank(s + 1);
	for (; i && *s; i--) {
		s = skip_blank(skip_value(s));
		if (*s != ',')
			return NULL;
		s = skip_blank(s + 1);
	}
	return *s && *s != ']' ? s : NULL;
}

/* A number within [0, max]; what is missing or none leaves *out alone. False: out of range. */
static bool take(const char *object, const char *key, double max, double *out)
{
	const char *s = member(object, key);
	double v;
	char *end;

	if (!s)
		return true;
	v = strtod(s, &end);
	if (end == s)
		return true;
	if (!(v >= 0 && v <= max))
		return false;
	*out = v;
	return true;
}

static bool is_true(const char *object, const char *key)
{
	const char *s = member(object, key);

	return s && strncmp(s, "true", 4) == 0;
}

static void take_word(const char *object, const char *key, char *out, size_t size)
{
	const char *s = member(object, key);
	size_t len;

	if (!s || *s != '"')
		return;
	len = strcspn(s + 1, "\"\\");
	if (len < size)
		snprintf(out, size, "%.*s", (int)len, s + 1);
}

bool iperf_tcp_params_parse(struct iperf_tcp *t, const char *text)
{
	struct iperf_tcp_params *p = &t->params;
	double omit = 0, seconds = 0, bytes = 0, blocks = 0, mss = 0, parallel = 1, window = 0,
	       len = IPERF_TCP_LEN, rate = 0, burst = 0, tos = 0;

	if (!is_true(text, "tcp") || !take(text, "omit", IPERF_MAX_OMIT, &omit) ||
	    !take(text, "time", 86400, &seconds) ||
	    !take(text, "num", 0x1p62, &bytes) || !take(text, "blockcount", 0x1p62, &blocks) ||
	    !take(text, "MSS", 9216, &mss) || !take(text, "parallel", 128, &parallel) ||
	    !take(text, "window", 512 << 20, &window) ||
	    !take(text, "len", IPERF_TCP_MAX_LEN, &len) ||
	    !take(text, "bandwidth", 0x1p62, &rate) || !take(text, "burst", 1000, &burst) ||
	    !take(text, "TOS", 255, &tos) || parallel < 1 || len < 1)
		return false;
	*p = (struct iperf_tcp_params){
		.omit = vtime_ns((int64_t)(omit * 1e9 + 0.5)),
		.duration = seconds > 0 ? vtime_ns((int64_t)(seconds * 1e9 + 0.5)) : VTIME_NEVER,
		.bytes = (uint64_t)bytes, .blocks = (uint64_t)blocks, .mss = (uint32_t)mss,
		.nodelay = is_true(text, "nodelay"), .parallel = (uint32_t)parallel,
		.reverse = is_true(text, "reverse"), .window = (uint32_t)window,
		.len = (uint32_t)len, .rate = (uint64_t)rate, .burst = (uint32_t)burst,
		.tos = (uint8_t)tos,
	};
	take_word(text, "congestion", p->congestion, sizeof p->congestion);
	return true;
}

/* The CPU of a virtual host takes no time. A receiver knows no retransmissions: -1, as 64 bits. */
char *iperf_tcp_results_text(const struct iperf_tcp *t)
{
	struct text x = {.len = 0};

	put(&x, "{\"cpu_util_total\":0,\"cpu_util_user\":0,\"cpu_util_system\":0,"
	    "\"sender_has_retransmits\":%s,\"congestion_used\":\"%s\",\"streams\":[",
	    t->sender ? "1" : "18446744073709551615", t->congestion);
	for (uint32_t i = 0; i < t->params.parallel; i++) {
		const struct iperf_tcp_stream *s = &t->streams[i];

		put(&x, "%s{\"id\":%u,\"bytes\":%llu,\"retransmits\":", i ? "," : "",
		    i ? i + 2 : 1, (unsigned long long)s->bytes);
		if (t->sender)
			put(&x, "%u", s->retransmits);
		else
			put(&x, "18446744073709551615");
		put(&x, ",\"jitter\":0,\"errors\":0,\"packets\":0,\"start_time\":0,"
		    "\"end_time\":%.15g}", vtime_seconds(vtime_sub(t->end, t->start)));
	}
	put(&x, "]}");
	return x.at;
}

bool iperf_tcp_results_parse(struct iperf_tcp *t, const char *text)
{
	const char *streams = member(text, "streams");

	take_word(text, "congestion_used", t->peer_congestion, sizeof t->peer_congestion);
	for (uint32_t i = 0; i < t->params.parallel; i++) {
		struct iperf_tcp_stream *s = &t->streams[i];
		const char *one = element(streams, i);
		double bytes = 0, retransmits = 0, end = 0;

		if (!one || !take(one, "bytes", 0x1p62, &bytes) || !take(one, "end_time", 1e9, &end))
			return false;
		if (!t->sender && !take(one, "retransmits", 0x1p32, &retransmits))
			return false;
		s->peer_bytes = (uint64_t)bytes;
		s->peer_retransmits = (uint64_t)retransmits;
		s->peer_span = vtime_ns((int64_t)(end * 1e9 + 0.5));
	}
	t->have_results = true;
	return true;
}
