/* Hosts: by name, what names mean there, their knobs. */
#include <string.h>

#include "lib/descriptor.h"
#include "lib/result.h"
#include "lib/world.h"
#include "process/resolve.h"

#include "lib/address.h"

void hosts_init(struct nt_world *w)
{
	const struct scenario *s = w->scenario;

	w->hosts = nt_calloc(s->n_nodes, sizeof(*w->hosts));
	for (uint32_t n = 0; n < s->n_nodes; n++)
		w->hosts[n] = (struct nt_host){
			.world = w,
			.node = s->nodes[n].kind == TOPO_EXTERNAL ? NULL
								  : w->internet->nodes[n].node,
			.index = n,
		};
}

void hosts_end(struct nt_world *w)
{
	for (uint32_t n = 0; w->hosts && n < w->scenario->n_nodes; n++)
		descriptors_close(&w->hosts[n]);
}

void hosts_fini(struct nt_world *w)
{
	hosts_end(w);
	free(w->hosts);
	w->hosts = NULL;
}

struct nt_host *nt_host(struct nt_world *w, const char *name)
{
	uint32_t n = scenario_node(w->scenario, name);

	if (n == TOPO_NONE || !w->hosts[n].node) {
		errno = ENOENT;
		return NULL;
	}
	return &w->hosts[n];
}

const char *nt_host_name(const struct nt_host *h)
{
	return h->node->site.name;
}

struct nt_world *nt_host_world(const struct nt_host *h)
{
	return h->world;
}

socklen_t nt_lookup(struct nt_host *h, const char *name, int family, uint16_t port,
		    struct sockaddr_storage *to)
{
	struct endpoint e;
	uint32_t count;

	if (resolve_at(h->node, h->world->internet->names, name, family, &e, 1, &count) ||
	    count == 0) {
		errno = ENOENT;
		return 0;
	}
	e.port = port;
	return address_write(&e, !ipaddr_is4(&e.addr), to);
}

int nt_sysctl_set(struct nt_host *h, const char *name, const char *value)
{
	char why[160];

	if (!sysctl_find(name))
		return status(-ENOENT);
	return node_sysctl_set(h->node, name, value, why, sizeof(why)) ? status(-EINVAL) : 0;
}

int nt_sysctl_get(const struct nt_host *h, const char *name, char *value, size_t size)
{
	char text[128];
	int len = sysctl_get(h->node->sysctl, name, text, sizeof(text));

	if (len < 0)
		return status(-ENOENT);
	if ((size_t)len >= size)
		return status(-ERANGE);
	memcpy(value, text, (size_t)len + 1);
	return 0;
}
