/* Ports, as the public header has them: bytes in, bytes out. */
#include <string.h>

#include "ip/port.h"
#include "lib/result.h"
#include "lib/world.h"
#include "wire/offload.h"

#define BYTES_MAX (UINT16_MAX + 18) /* an IP packet in a tagged frame */

struct nt_port {
	struct ip_port ip; /* first */
	struct nt_world *world;
	struct nt_port *next;
	enum nt_port_kind kind;
	nt_port_output *output;
	void *arg;
	bool handing_out, closed;
	uint8_t bytes[BYTES_MAX]; /* what is handed out, in one piece */
};

static void take(struct ip_port *ip, struct packet *p)
{
	struct nt_port *port = container_of(ip, struct nt_port, ip);
	uint32_t len = packet_len(p);
	const uint8_t *bytes = p->hdr + p->head;

	packet_checksum_fill(p);
	if (p->data_len) {
		len = packet_read(p, p->head, 0, port->bytes, BYTES_MAX);
		bytes = port->bytes;
	}
	port->handing_out = true;
	port->output(port, nt_now(port->world), bytes, len, port->arg);
	port->handing_out = false;
	packet_free(p);
	if (port->closed)
		free(port);
}

/* The interface that is meant; NULL and a sentence. */
static struct iface *iface_of(struct nt_world *w, const char *where, char **error)
{
	const struct scenario *s = w->scenario;
	g_auto(GStrv) part = g_strsplit(where, ":", 2);
	uint32_t n = part[0] ? scenario_node(s, part[0]) : TOPO_NONE, k = 0;
	g_autofree char *why = NULL;

	if (n == TOPO_NONE) {
		why = g_strdup_printf("no node is called '%s'", part[0] ? part[0] : "");
	} else if (s->nodes[n].kind != TOPO_EXTERNAL) {
		why = g_strdup_printf("'%s' is not external; expected a node of 'kind: external'",
				      part[0]);
	} else if (!part[1] && s->nodes[n].n_ifaces != 1) {
		why = g_strdup_printf("'%s' has %u interfaces; expected one by its name, such as "
				      "'%s:eth0'", part[0], s->nodes[n].n_ifaces, part[0]);
	} else if (part[1] && (k = scenario_iface(&s->nodes[n], part[1])) == TOPO_NONE) {
		why = g_strdup_printf("'%s' has no interface '%s'", part[0], part[1]);
	} else {
		return w->internet->nodes[n].ifaces[k];
	}
	sentence(error, why);
	return NULL;
}

struct nt_port *nt_port_open(struct nt_world *w, const char *where, enum nt_port_kind kind,
			     nt_port_output *output, void *arg, char **error)
{
	struct iface *i = iface_of(w, where, error);
	struct nt_port *port;

	if (!i) {
		errno = ENOENT;
		return NULL;
	}
	port = nt_malloc(sizeof(*port));
	memset(port, 0, offsetof(struct nt_port, bytes));
	port->ip.take = take;
	port->world = w;
	port->kind = kind;
	port->output = output;
	port->arg = arg;
	if (ip_port_open(ip_iface_of(i), &port->ip, kind == NT_PORT_FRAME)) {
		g_autofree char *why = g_strdup_printf("somebody is attached to '%s' already", where);

		sentence(error, why);
		free(port);
		errno = EBUSY;
		return NULL;
	}
	port->next = w->ports;
	w->ports = port;
	return port;
}

struct ip_iface *nt_port_iface(const struct nt_port *p)
{
	return p->ip.iface;
}

void nt_port_close(struct nt_port *p)
{
	struct nt_port **at = &p->world->ports;

	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	ip_port_close(&p->ip);
	p->closed = true;
	if (!p->handing_out) /* else take() does it */
		free(p);
}

void ports_close_all(struct nt_world *w)
{
	while (w->ports)
		nt_port_close(w->ports);
}

int nt_port_inject(struct nt_port *p, const void *data, size_t len)
{
	bool frame = p->kind == NT_PORT_FRAME;

	if (!data && len)
		return status(-EFAULT);
	if (len > BYTES_MAX)
		return status(-EMSGSIZE);
	struct packet *packet = ip_port_packet(&p->ip, frame, data, len);
	return status(frame ? ip_port_send_frame(&p->ip, packet) : ip_port_send(&p->ip, packet));
}
