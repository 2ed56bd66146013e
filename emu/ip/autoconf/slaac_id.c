/* Interface identifiers: of the MAC address (RFC 4291 A), stable and opaque (RFC 7217), or random (RFC
 * 8981 3.3.1). */
#include "core/siphash.h"
#include "ip/autoconf/slaac_int.h"

enum { EUI64, NO_LINKLOCAL, STABLE_PRIVACY };

bool slaac_id_has_others(const struct slaac *s)
{
	return slaac_conf(s)->addr_gen_mode >= STABLE_PRIVACY;
}

/* RFC 5453: anycast addresses of routers and of all else. */
static bool is_reserved(uint64_t id)
{
	return id == 0 || (id >= 0x02005efffe000000 && id <= 0x02005efffe00ffff) ||
	       (id >= 0xfdffffffffffff80 && id <= 0xfdffffffffffffff);
}

/* RFC 7217 5: F(Prefix, Net_Iface, DAD_Counter, secret_key); another one while it is reserved. */
static uint64_t stable_id(const struct slaac *s, const struct ipaddr *prefix, uint8_t tries)
{
	uint8_t of[8 + 6 + 2];
	uint64_t id;

	memcpy(of, prefix->b, 8);
	memcpy(of + 8, s->iface->link.mac.b, 6);
	of[14] = tries;
	of[15] = 0;
	while (is_reserved(id = siphash(of, sizeof(of), s->secret)))
		of[15]++;
	return id;
}

struct ipaddr slaac_id_random(struct slaac *s, const struct ipaddr *prefix)
{
	struct ipaddr a = *prefix;
	uint64_t id;

	do
		id = rng_u64(&s->iface->node->rng);
	while (is_reserved(id));
	be64_store(a.b + 8, id);
	return a;
}

struct ipaddr slaac_id_address(const struct slaac *s, const struct ipaddr *prefix, uint8_t tries)
{
	struct ipaddr a = *prefix;

	if (!slaac_id_has_others(s))
		return mac_eui64(prefix, &s->iface->link.mac);
	be64_store(a.b + 8, stable_id(s, prefix, tries));
	return a;
}
