/*
 * What this room keeps at a node (node->host): its own hosts table, and whether the world's names
 * are known there. Allocated when first set; a node without either has nothing.
 */
#ifndef PROCESS_HOST_H
#define PROCESS_HOST_H

#include "ip/node.h"
#include "process/names.h"

/* `hosts: {db: 10.1.2.3}`: name is borrowed. */
void host_add_name(struct node *n, const char *name, const struct ipaddr *addr);

/* `names: none`: the world's names mean nothing here. */
void host_hide_names(struct node *n);

/* Its name servers, as /etc/resolv.conf holds them: copied, at most HOST_RESOLVERS, those from DHCP
 * before those from router advertisements. */
#define HOST_RESOLVERS 3
enum host_source { HOST_DHCP, HOST_RA };
void host_set_resolvers(struct node *n, enum host_source source, const struct ipaddr *list,
			uint32_t count);
uint32_t host_resolvers(const struct node *n, struct ipaddr out[HOST_RESOLVERS]);

struct names *host_names(const struct node *n); /* its own; NULL: none */
bool host_names_hidden(const struct node *n);

void host_free(struct node *n);

#endif
