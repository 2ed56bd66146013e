/* Between radv.c, which knows when, and radv_message.c, which knows what. */
#ifndef IP_AUTOCONF_RADV_INT_H
#define IP_AUTOCONF_RADV_INT_H

#include "ip/autoconf/radv.h"

/* Sends an advertisement to all nodes; a last one says that this is no router any more. */
void radv_send(struct ip_iface *i, const struct radv_config *c, bool last);

#endif
