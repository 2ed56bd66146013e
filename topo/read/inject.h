/*
 * Reading a step `inject:`, and what its two files share: inject.c has the packet's surroundings
 * (ends, fragments, Ethernet, how often), inject_layer.c its headers.
 */
#ifndef TOPO_READ_INJECT_H
#define TOPO_READ_INJECT_H

#include "topo/play/inject.h"
#include "topo/read/read.h"

/* NULL after it has set r->error. `nodes` send it: names must mean something to the first of them. */
const struct topo_inject *read_inject(struct reader *r, const struct yaml_node *map,
				      const uint32_t *nodes, uint32_t n_nodes);

/* What results call it: "inject tcp S from 198.51.100.7 to web:80". */
const char *read_inject_text(struct reader *r, const struct yaml_node *map,
			     const struct topo_inject *i);

/* ---- shared ---- */

struct inject_reader {
	struct reader *r;
	const struct topo_node *node; /* whose names are known */
	const char *family_of;        /* the key that decided the family; NULL: none did yet */
	int depth;                    /* of quotes */
};

/* A packet from its layers: tcp, udp, icmp, icmp6, ip; or arp and frame where `whole`. */
bool inject_packet(struct inject_reader *ir, const struct yaml_node *map, bool whole,
		   struct topo_inject *i);

/* The key says that the packet is of this family (AF_INET, AF_INET6); false: another said otherwise. */
bool inject_family(struct inject_reader *ir, struct topo_inject *i, int family, const char *key,
		   struct place at);

bool inject_end_read(struct inject_reader *ir, const struct yaml_node *value, struct inject_end *end);
bool inject_mac_read(struct inject_reader *ir, const struct yaml_node *value, struct inject_mac *mac);
/* `random` is where bytes by chance are counted; NULL: there may be none. */
bool inject_data_read(struct inject_reader *ir, const struct yaml_node *value,
		      struct craft_bytes *data, uint32_t *random);

/* A FORM_FIELD that schema_check() has seen. */
uint32_t inject_field(const struct yaml_node *map, const char *key, uint32_t otherwise);
/* The same for fields that may lie. */
int32_t inject_lie(const struct yaml_node *map, const char *key);

bool inject_refuse(struct inject_reader *ir, struct place at, const char *format, ...)
	G_GNUC_PRINTF(3, 4);

#endif
