/* Name servers from advertisements (RFC 8106 6): a short list, the newest information counts. */
#include "ip/autoconf/slaac_int.h"

static void tell(struct slaac *s)
{
	struct ipaddr list[SLAAC_SERVERS];

	for (uint32_t k = 0; k < s->n_servers; k++)
		list[k] = s->servers[k].addr;
	if (s->told)
		s->told->servers(s->told, s->iface, list, s->n_servers);
}

static void drop(struct slaac *s, uint32_t at)
{
	s->n_servers--;
	memmove(&s->servers[at], &s->servers[at + 1],
		(s->n_servers - at) * sizeof(s->servers[0]));
}

static uint32_t position(const struct slaac *s, const struct ipaddr *addr)
{
	uint32_t k = 0;

	while (k < s->n_servers && !ipaddr_eq(&s->servers[k].addr, addr))
		k++;
	return k;
}

void slaac_servers_set(struct slaac *s, const struct nd_opt *o)
{
	for (size_t i = 0; i < nd_opt_servers(o); i++) {
		struct slaac_server server = {nd_opt_server(o, i), slaac_until(s, o->dns.lifetime)};
		uint32_t at = position(s, &server.addr);

		if (!o->dns.lifetime) {
			if (at < s->n_servers)
				drop(s, at);
		} else if (at < SLAAC_SERVERS) {
			s->servers[at] = server;
			s->n_servers += at == s->n_servers;
		}
	}
	tell(s);
}

void slaac_servers_age(struct slaac *s)
{
	uint32_t before = s->n_servers;

	for (uint32_t k = s->n_servers; k-- > 0;)
		if (!vtime_before(slaac_now(s), s->servers[k].expires))
			drop(s, k);
	if (s->n_servers != before)
		tell(s);
}
