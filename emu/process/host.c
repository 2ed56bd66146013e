#include "process/host.h"

#include <stdlib.h>

#include "core/alloc.h"

struct host {
	struct names *names;
	bool names_hidden;
	uint8_t n_resolvers;
	struct ipaddr resolvers[HOST_RESOLVERS];
};

static struct host *host_of(struct node *n)
{
	if (!n->host)
		n->host = nt_calloc(1, sizeof(struct host));
	return n->host;
}

void host_add_name(struct node *n, const char *name, const struct ipaddr *addr)
{
	struct host *h = host_of(n);

	if (!h->names)
		h->names = names_new();
	names_add(h->names, name, addr);
}

void host_hide_names(struct node *n)
{
	host_of(n)->names_hidden = true;
}

void host_set_resolvers(struct node *n, const struct ipaddr *list, uint32_t count)
{
	struct host *h = host_of(n);

	h->n_resolvers = 0;
	while (h->n_resolvers < count && h->n_resolvers < HOST_RESOLVERS) {
		h->resolvers[h->n_resolvers] = list[h->n_resolvers];
		h->n_resolvers++;
	}
}

uint32_t host_resolvers(const struct node *n, struct ipaddr out[HOST_RESOLVERS])
{
	const struct host *h = n->host;

	for (uint32_t k = 0; h && k < h->n_resolvers; k++)
		out[k] = h->resolvers[k];
	return h ? h->n_resolvers : 0;
}

struct names *host_names(const struct node *n)
{
	const struct host *h = n->host;

	return h ? h->names : NULL;
}

bool host_names_hidden(const struct node *n)
{
	const struct host *h = n->host;

	return h && h->names_hidden;
}

void host_free(struct node *n)
{
	struct host *h = n->host;

	if (!h)
		return;
	names_free(h->names);
	free(h);
	n->host = NULL;
}
