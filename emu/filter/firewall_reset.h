/* The answer of `reject` to TCP: a reset as the host that was meant would have sent it. */
#ifndef FILTER_FIREWALL_RESET_H
#define FILTER_FIREWALL_RESET_H

#include "filter/filter.h"

/*
 * For the segment p (borrowed; whole, l4 is its header), from the tuple's destination to its
 * source: RFC 9293 3.10.7.1. Nothing for what is itself a reset, or no segment.
 */
void firewall_reset(struct node *n, const struct packet *p, const struct ct_tuple *t);

#endif
