/*
 * `ra:` of an interface or of a step, as the scenario says it. Whether the prefixes are networks of
 * the interface is known once it has its addresses (build/ra_build.c): places are kept for that.
 */
#ifndef TOPO_TOPO_RA_H
#define TOPO_TOPO_RA_H

#include "ip/autoconf/radv.h"
#include "topo/yaml/place.h"

struct topo_ra {
	struct radv_config config;
	const struct place *prefixes_at; /* one for each prefix */
	struct place at;
};

#endif
