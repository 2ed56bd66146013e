/* What there is to be reached: the networks of a scenario, in as few prefixes as routers need. */
#ifndef TOPO_BUILD_IGP_TARGET_H
#define TOPO_BUILD_IGP_TARGET_H

#include "topo/build/igp.h"
#include "topo/build/zone.h"

/* Networks, sorted by who is attached: those of one stub router form one run. */
struct igp_target {
	struct igp_prefix net; /* via: not used */
	uint32_t segment;      /* TOPO_NONE: behind an interface without a link */
	uint32_t zone;         /* behind which NAT; TOPO_NONE: everyone's */
	uint32_t owner;        /* the only router attached; TOPO_NONE: several, see the segment */
};

/* struct igp_target; to be freed. */
GArray *igp_targets(const struct segments *g, const struct addresses *a, struct zones *zones);

#endif
