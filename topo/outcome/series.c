#include "topo/outcome/series.h"

#include <stdlib.h>
#include <unistd.h>

#include "core/alloc.h"
#include "topo/outcome/series_private.h"

static const char *const kind_names[] = {
	[SERIES_TCP] = "tcp", [SERIES_QUEUES] = "queues", [SERIES_LINKS] = "links",
};

static bool asks(const vtime *every, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (every[i].ns != VTIME_NEVER.ns)
			return true;
	return false;
}

static void file_free(void *data)
{
	struct series_file *f = data;

	if (f->open)
		csv_abort(&f->csv);
	g_free(f->name);
	g_free(f->peer_name);
	free(f);
}

static guint address_hash(const void *address)
{
	const uint8_t *bytes = address;
	guint h = 2166136261u;

	for (size_t i = 0; i < sizeof(struct ipaddr); i++)
		h = (h ^ bytes[i]) * 16777619u;
	return h;
}

static gboolean address_equal(const void *a, const void *b)
{
	return ipaddr_eq(a, b);
}

/* Whose address is it? A link-local one says nothing where several have it. */
static void addresses_learn(struct series *s)
{
	const struct internet *in = s->in;

	for (uint32_t n = 0; n < in->scenario->n_nodes; n++) {
		if (!in->nodes[n].node)
			continue;
		for (struct ip_iface *i = in->nodes[n].node->ifaces; i; i = ip_iface_next(i))
			for (struct ip_addr *a = i->addrs; a; a = a->next)
				g_hash_table_insert(s->nodes, &a->addr, GUINT_TO_POINTER(n + 1));
	}
}

struct series *series_new(const struct internet *in, const char *folder)
{
	const struct scenario *sc = in->scenario;
	const struct topo_series *t = &sc->series;
	struct series *s;

	if (!t->tcp || (!asks(t->tcp, sc->n_nodes) && !asks(t->queues, 2 * (size_t)sc->n_links) &&
			!asks(t->links, 2 * (size_t)sc->n_links)))
		return NULL;
	s = nt_calloc(1, sizeof(*s));
	s->in = in;
	s->folder = g_strdup(folder);
	s->files = g_ptr_array_new_with_free_func(file_free);
	s->samplers = g_ptr_array_new();
	s->names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	s->nodes = g_hash_table_new(address_hash, address_equal);
	return s;
}

/* Of a run that is given up nothing remains, not even connections that were over by then. */
static void forget(struct series *s)
{
	for (guint i = 0; i < s->files->len; i++) {
		struct series_file *f = s->files->pdata[i];
		char *path = g_strdup_printf("%s/%s", s->folder, f->name);

		if (f->open)
			csv_abort(&f->csv);
		else
			unlink(path);
		f->open = false;
		g_free(path);
	}
	rmdir(s->folder);
}

void series_free(struct series *s)
{
	if (!s)
		return;
	if (s->begun && (!s->finished || s->error))
		forget(s);
	for (guint i = 0; i < s->samplers->len; i++) {
		struct series_sampler *sampler = s->samplers->pdata[i];

		g_ptr_array_unref(sampler->files);
		free(sampler);
	}
	g_ptr_array_unref(s->samplers);
	g_ptr_array_unref(s->files);
	g_hash_table_destroy(s->names);
	g_hash_table_destroy(s->nodes);
	free(s->watches);
	free(s->error);
	g_free(s->folder);
	free(s);
}

bool series_begin(struct series *s, char **error)
{
	if (!s)
		return true;
	if (!file_folder(s->folder, NULL, error))
		return false;
	s->begun = true;
	addresses_learn(s);
	series_watch_nodes(s);
	series_watch_links(s);
	return true;
}

/* NAME.csv, or NAME.2.csv if there was one before. */
static char *name_take(struct series *s, char *name)
{
	guint n = GPOINTER_TO_UINT(g_hash_table_lookup(s->names, name)) + 1;
	char *file = n == 1 ? g_strdup_printf("%s.csv", name) : g_strdup_printf("%s.%u.csv", name, n);

	g_hash_table_insert(s->names, name, GUINT_TO_POINTER(n));
	return file;
}

struct series_file *series_file_new(struct series *s, enum series_kind kind, char *name,
				    const struct csv_column *columns, unsigned count)
{
	struct series_file *f = nt_calloc(1, sizeof(*f));
	char *path;

	f->kind = kind;
	f->series = s;
	f->name = name_take(s, name);
	f->open = true;
	path = g_strdup_printf("%s/%s", s->folder, f->name);
	csv_init(&f->csv, path, columns, count);
	g_free(path);
	g_ptr_array_add(s->files, f);
	return f;
}

void series_file_end(struct series_file *f)
{
	char *error = NULL;

	if (!f->open)
		return;
	f->open = false;
	if (csv_commit(&f->csv, &error))
		return;
	if (f->series->error)
		free(error);
	else
		f->series->error = error;
}

const char *series_error(const struct series *s)
{
	return s ? s->error : NULL;
}

void series_finish(struct series *s)
{
	if (!s || s->finished)
		return;
	s->finished = true;
	series_links_end(s);
	for (guint i = 0; i < s->files->len; i++)
		series_file_end(s->files->pdata[i]);
}

static void put_tcp(const struct series_file *f, struct json *j)
{
	char local[IPADDR_TEXT], peer[IPADDR_TEXT];

	json_string(j, "node", f->series->in->scenario->nodes[f->node].name);
	json_string(j, "local", ipaddr_format(local, sizeof(local), &f->local.addr));
	json_uint(j, "local_port", f->local.port);
	json_string(j, "peer", ipaddr_format(peer, sizeof(peer), &f->peer.addr));
	json_uint(j, "peer_port", f->peer.port);
	json_string(j, "peer_node", f->peer_name);
	json_string(j, "congestion_control", f->congestion);
}

static void put_link(const struct series_file *f, struct json *j)
{
	const struct scenario *s = f->series->in->scenario;
	const struct topo_link *l = &s->links[f->link];

	json_string(j, "link", l->name);
	json_string(j, "direction", f->direction ? "reverse" : "forward");
	json_string(j, "from", s->nodes[l->end[f->direction].node].name);
	json_string(j, "to", s->nodes[l->end[!f->direction].node].name);
	json_string(j, "queue", qdisc_kind_name(l->dir[f->direction].queue.params.kind));
}

static void put_file(const struct series_file *f, struct json *j)
{
	char *path = g_strdup_printf("%s/%s", SERIES_FOLDER, f->name);

	json_object_flat(j, NULL);
	json_string(j, "file", path);
	json_string(j, "what", kind_names[f->kind]);
	json_uint(j, "rows", f->csv.rows);
	if (f->csv.rows) {
		json_double(j, "begin", vtime_seconds(f->csv.begin));
		json_double(j, "end", vtime_seconds(f->csv.end));
	}
	if (f->kind == SERIES_TCP)
		put_tcp(f, j);
	else
		put_link(f, j);
	json_end(j);
	g_free(path);
}

void series_json(const struct series *s, struct json *j)
{
	if (!s)
		return;
	json_array(j, "series");
	for (guint i = 0; i < s->files->len; i++)
		put_file(s->files->pdata[i], j);
	json_end(j);
}

uint32_t series_count(const struct series *s)
{
	return s ? s->files->len : 0;
}

uint64_t series_rows(const struct series *s)
{
	uint64_t n = 0;

	for (guint i = 0; s && i < s->files->len; i++)
		n += ((const struct series_file *)s->files->pdata[i])->csv.rows;
	return n;
}
