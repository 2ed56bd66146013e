#include "process/host.h"

#include <stdlib.h>

#include "core/alloc.h"

struct host {
	struct names *names;
	bool names_hidden;
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
