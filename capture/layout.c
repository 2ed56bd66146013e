#include "capture/capture_private.h"

#include <stdlib.h>

#include "core/alloc.h"

#define NAMES_TOTAL 4000000

static void interface_into(struct capture *c, const struct capture_tap *t, bool one_node)
{
	const char *node = iface_node_name(t->iface), *name = iface_name(t->iface);
	const char *link = iface_link_name(t->iface);
	char *full = nt_asprintf("%s:%s", node, name);
	char *description = link ? nt_asprintf("%s on %s", full, link) : nt_strdup(full);

	pcapng_interface(&c->interfaces, &(struct pcapng_interface){
		.name = one_node ? name : full,
		.description = description,
		.filter = c->expression,
		.mac = iface_mac(t->iface),
		.speed = iface_rate(t->iface),
		.snaplen = c->snaplen == UINT32_MAX ? 0 : c->snaplen,
	});
	free(full);
	free(description);
}

void layout_interfaces(struct capture *c)
{
	bool one_node = true;

	for (uint32_t i = 1; i < c->tap_count; i++)
		if (strcmp(iface_node_name(c->taps[i]->iface),
			   iface_node_name(c->taps[0]->iface)) != 0)
			one_node = false;
	for (uint32_t i = 0; i < c->tap_count; i++)
		interface_into(c, c->taps[i], one_node);
}

static void capture_names_into(struct capture *c, struct bytes *b)
{
	struct capture_set *set = c->set;
	const char **nodes;

	if ((uint64_t)set->names.count * set->count <= NAMES_TOTAL) {
		capture_names_write(&set->names, b);
		return;
	}
	nodes = nt_malloc((c->tap_count + 1) * sizeof(*nodes));
	uint32_t count = 0;
	for (uint32_t i = 0; i < c->tap_count; i++) {
		const char *node = iface_node_name(c->taps[i]->iface);
		uint32_t k = 0;

		while (k < count && strcmp(nodes[k], node) != 0)
			k++;
		if (k == count)
			nodes[count++] = node;
	}
	capture_names_write_of(&set->names, nodes, count, b);
	free(nodes);
}

void layout_header(struct capture *c, const char *comment, struct bytes *b)
{
	pcapng_section(b, comment);
	/* Wireshark's tools (4.0) look for interfaces no further than the first other block. */
	bytes_add(b, c->interfaces.at, c->interfaces.len);
	capture_names_into(c, b);
	if (c->secrets.len)
		pcapng_secrets(b, c->secrets.at, c->secrets.len);
}

void layout_statistics(struct capture *c, struct bytes *b)
{
	struct capture_set *set = c->set;

	for (uint32_t i = 0; i < c->tap_count; i++) {
		const struct capture_tap *t = c->taps[i];

		pcapng_statistics(b, &(struct pcapng_statistics){
			.interface = t->index,
			.start = set->begun,
			.end = world_now(set->world),
			.received = t->received,
			.accepted = t->accepted,
			.recorded = t->accepted,
			.has_dropped = set->drops != NULL,
			.dropped = set->drops ? set->drops(t->iface, set->drops_user) : 0,
		});
	}
}
