#include "topo/outcome/results.h"

#include <stdlib.h>

#include "capture/file.h"
#include "capture/json.h"
#include "filter/firewall.h"
#include "filter/nat.h"
#include "link/qdisc.h"
#include "topo/outcome/expect_value.h"

static void put_time(struct json *j, const char *name, vtime t)
{
	if (t.ns == VTIME_NEVER.ns)
		json_null(j, name);
	else
		json_double(j, name, vtime_seconds(t));
}

char *results_console(const struct play *p, const struct play_process *row)
{
	return g_strconcat(RESULTS_CONSOLE "/", play_internet(p)->scenario->nodes[row->node].name, ".",
			   row->label, ".txt", NULL);
}

static void put_process(struct json *j, const struct play *p, const struct play_process *row)
{
	const struct process *process = row->process;
	const struct metrics *metrics = process_metrics(process);
	g_autofree char *console = results_console(p, row);

	json_object(j, row->result);
	json_string(j, "node", play_internet(p)->scenario->nodes[row->node].name);
	json_string(j, "command", process_command(process));
	put_time(j, "start", process_start(process));
	put_time(j, "end", process_end(process));
	if (process_ended(process))
		json_int(j, "exit", process_exit_status(process));
	else
		json_null(j, "exit");
	if (process_failure(process))
		json_string(j, "failure", process_failure(process));
	json_string(j, "console", console);
	json_object_flat(j, "metrics");
	for (uint32_t i = 0; i < metrics->count; i++) {
		const struct metric *m = &metrics->items[i];

		if (m->count)
			json_uint(j, m->name, (uint64_t)m->value);
		else
			json_double(j, m->name, m->value);
	}
	json_end(j);
	json_end(j);
}

static void put_drops(struct json *j, const struct site *site)
{
	json_object_flat(j, "drops");
	for (int r = 0; r < DROP_REASON_COUNT; r++)
		if (site_drops(site, r))
			json_uint(j, drop_name(r), site_drops(site, r));
	json_end(j);
}

/* Of a direction with a discipline: what it has done, by reason, and how it stands. */
static void put_queue(struct json *j, const struct qdisc *q)
{
	struct qdisc_figure figures[QDISC_FIGURES];
	uint32_t n = qdisc_figures(q, figures);

	json_object_flat(j, "queue");
	json_string(j, "kind", q->ops->name);
	json_uint(j, "marked", q->place.counters->marked);
	json_object_flat(j, "drops");
	for (int r = 0; r < DROP_REASON_COUNT; r++)
		if (q->drops[r])
			json_uint(j, drop_name(r), q->drops[r]);
	json_end(j);
	for (uint32_t i = 0; i < n; i++) {
		if (figures[i].whole)
			json_uint(j, figures[i].name, (uint64_t)figures[i].value);
		else
			json_double(j, figures[i].name, figures[i].value);
	}
	json_end(j);
}

static void put_link(struct json *j, struct link *l)
{
	static const char *const direction[2] = {"forward", "reverse"};

	json_object(j, link_name(l));
	for (int d = 0; d < 2; d++) {
		const struct link_counters *c = link_counters(l, d);

		json_object_flat(j, direction[d]);
		json_uint(j, "sent", c->sent);
		json_uint(j, "duplicated", c->duplicated);
		json_uint(j, "delivered", c->delivered);
		json_uint(j, "lost", c->lost);
		json_uint(j, "dropped", c->dropped);
		json_uint(j, "bytes", c->bytes);
		if (link_qdisc(l, d))
			put_queue(j, link_qdisc(l, d));
		json_end(j);
	}
	put_drops(j, link_site(l));
	json_end(j);
}

static void put_count(struct json *j, const struct firewall_count *c)
{
	json_uint(j, "packets", c->packets);
	json_uint(j, "bytes", c->bytes);
	json_end(j);
}

static void put_chain(struct json *j, const struct firewall *f, enum firewall_chain chain)
{
	uint32_t n = firewall_rules(f, chain);
	struct firewall_count count = firewall_rule_count(f, chain, n);

	json_object_flat(j, firewall_chain_name(chain));
	json_array_flat(j, "rules");
	for (uint32_t i = 0; i < n; i++) {
		struct firewall_count c = firewall_rule_count(f, chain, i);

		json_object_flat(j, NULL);
		json_string(j, "text", firewall_rule_text(f, chain, i));
		put_count(j, &c);
	}
	json_end(j);
	json_object_flat(j, "policy");
	put_count(j, &count);
	json_end(j);
}

/* What stands at its hooks: connections, mappings, and how often each rule decided. */
static void put_filter(struct json *j, const struct node_filter *f)
{
	json_object_flat(j, "conntrack");
	json_uint(j, "count", conntrack_count(f->conntrack));
	json_uint(j, "peak", conntrack_peak(f->conntrack));
	json_end(j);
	if (f->nat) {
		json_object_flat(j, "nat");
		json_uint(j, "mappings", nat_mapping_count(f->nat));
		json_end(j);
	}
	if (!f->firewall)
		return;
	json_object_flat(j, "firewall");
	for (int k = 0; k < FIREWALL_CHAINS; k++)
		put_chain(j, f->firewall, k);
	json_end(j);
}

static void put_node(struct json *j, const char *name, const struct built_node *b)
{
	json_object_flat(j, name);
	json_uint(j, "forwarded", node_forwarded(b));
	if (b->node) {
		json_uint(j, "delivered", b->node->delivered);
		json_uint(j, "originated", b->node->originated);
	}
	put_drops(j, node_site(b));
	if (b->node && filter_of(b->node))
		put_filter(j, filter_of(b->node));
	json_end(j);
}

static void put_expectations(struct json *j, const struct expects *e)
{
	json_array(j, "expectations");
	for (uint32_t i = 0; i < expects_count(e); i++) {
		const struct verdict *v = expects_at(e, i);

		json_object_flat(j, NULL);
		json_string(j, "text", v->expect->text);
		json_bool(j, "ok", v->ok);
		json_string(j, "got", v->got);
		json_end(j);
	}
	json_end(j);
}

static void put_captures(struct json *j, const struct capture_set *captures)
{
	json_array(j, "captures");
	for (uint32_t i = 0; captures && i < capture_set_count(captures); i++) {
		g_autofree char *path = g_strdup_printf("%s/%s", RESULTS_CAPTURES,
				capture_file(capture_set_at(captures, i)));

		json_string(j, NULL, path);
	}
	json_end(j);
}

static void put_results(struct json *j, const struct results *r)
{
	const struct internet *in = play_internet(r->play);
	const struct scenario *s = in->scenario;

	json_object(j, NULL);
	json_string(j, "scenario", s->name);
	json_uint(j, "seed", s->seed);
	json_double(j, "virtual_seconds", vtime_seconds(world_now(in->world)));
	if (r->interrupted)
		json_bool(j, "interrupted", true);
	json_object(j, "processes");
	for (uint32_t i = 0; i < play_process_count(r->play); i++)
		put_process(j, r->play, play_process_at(r->play, i));
	json_end(j);
	json_object(j, "links");
	for (uint32_t k = 0; k < s->n_links; k++)
		put_link(j, in->links[k]);
	json_end(j);
	json_object(j, "nodes");
	for (uint32_t n = 0; n < s->n_nodes; n++)
		put_node(j, s->nodes[n].name, &in->nodes[n]);
	json_end(j);
	put_expectations(j, r->expects);
	put_captures(j, r->captures);
	series_json(r->series, j);
	json_end(j);
}

char *results_json(const struct results *r, size_t *len)
{
	struct json j;

	json_init(&j);
	put_results(&j, r);
	return json_finish(&j, len);
}

static bool write_consoles(const struct play *p, const char *folder, char **error)
{
	g_autofree char *consoles = g_strdup_printf("%s/%s", folder, RESULTS_CONSOLE);

	if (!play_process_count(p))
		return true;
	if (!file_folder(consoles, NULL, error))
		return false;
	for (uint32_t i = 0; i < play_process_count(p); i++) {
		const struct play_process *row = play_process_at(p, i);
		g_autofree char *name = results_console(p, row);
		g_autofree char *path = g_strconcat(folder, "/", name, NULL);
		size_t len;
		const char *text = process_console(row->process, &len);

		if (!file_put(path, text, len, error))
			return false;
	}
	return true;
}

bool results_write(const struct results *r, const char *folder, char **error)
{
	g_autofree char *path = g_strdup_printf("%s/results.json", folder);

	if (!write_consoles(r->play, folder, error))
		return false;
	struct file *file = file_new(path);
	struct json j;

	json_init_file(&j, file);
	put_results(&j, r);
	json_finish(&j, NULL);
	return file_commit(file, error);
}
