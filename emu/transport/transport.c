#include "transport/transport.h"

#include <assert.h>
#include <stdlib.h>

#include "core/alloc.h"
#include "transport/ping.h"
#include "transport/tcp/internal.h"
#include "transport/udp.h"

void transport_attach(struct node *n)
{
	ip_register(n, &udp_proto);
	ip_register(n, &tcp_proto);
	ip_register(n, &ping4_proto);
	ip_register(n, &ping6_proto);
}

struct transport *transport_of(struct node *n)
{
	if (!n->transport)
		n->transport = nt_calloc(1, sizeof(struct transport));
	return n->transport;
}

void transport_free(struct node *n)
{
	struct transport *t = n->transport;

	if (!t)
		return;
	assert(t->sockets == 0);
	tcp_stack_free(n);
	demux_fini(&t->udp);
	demux_fini(&t->ping);
	free(t);
	n->transport = NULL;
}
