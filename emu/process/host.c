#include "process/host.h"

#include <stdlib.h>

#include "core/alloc.h"

struct host {
	struct names *names;
	bool names_hidden;
	struct resolvers {
		uint32_t count;
		struct ipaddr at[HOST_RESOLVERS];
	} resolvers[2]; /* by enum host_source */
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

void host_set_resolvers(struct node *n, enum host_source source, const struct ipaddr *list,
			uint32_t count)
{
	struct resolvers *r = &host_of(n)->resolvers[source];

	r->count = 0;
	while (r->count < count && r->count < HOST_RESOLVERS) {
		r->at[r->count] = list[r->count];
		r->count++;
	}
}

uint32_t host_resolvers(const struct node *n, struct ipaddr out[HOST_RESOLVERS])
{
	const struct host *h = n->host;
	uint32_t count = 0;

	for (int source = HOST_DHCP; h && source <= HOST_RA; source++)
		for (uint32_t k = 0; k < h->resolvers[source].count && count < HOST_RESOLVERS; k++)
			out[count++] = h->resolvers[source].at[k];
	return count;
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
