/*
 * The rest of the internet is this program: it answers every ping that leaves the virtual world.
 *
 *     make && ./port
 */
#include <netarium.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char scenario[] =
	"nodes:\n"
	"  laptop: {address: 192.168.1.2/24, gateway: 192.168.1.1}\n"
	"  home: {kind: router, gateway: 198.51.100.1, interfaces: {\n"
	"    lan: {address: 192.168.1.1/24}, wan: {address: 198.51.100.2/24}}}\n"
	"  internet: {kind: external, address: 198.51.100.1/24, routes: [192.168.0.0/16 via 198.51.100.2]}\n"
	"links:\n"
	"  - {between: [laptop, 'home:lan'], rate: 1Gbit/s, rtt: 1ms}\n"
	"  - {between: ['home:wan', internet], rate: 50Mbit/s, rtt: 20ms}\n";

enum { PROTOCOL = 9, SOURCE = 12, DESTINATION = 16, TYPE = 20, CHECKSUM = 22 };

static unsigned sum(const unsigned char *b, size_t len)
{
	unsigned s = 0;

	for (size_t i = 0; i < len; i++)
		s += i & 1 ? b[i] : (unsigned)b[i] << 8;
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return s;
}

/* An IPv4 packet left at our port: an echo request goes back as its reply. */
static void answer(struct nt_port *port, int64_t at, const void *data, size_t len, void *arg)
{
	unsigned char p[1500], from[4];

	(void)arg;
	if (len < 28 || len > sizeof(p))
		return;
	memcpy(p, data, len);
	if (p[0] != 0x45 || p[PROTOCOL] != 1 || p[TYPE] != 8)
		return;
	printf("%.6f s: %zu bytes for %d.%d.%d.%d\n", (double)at / 1e9, len, p[16], p[17], p[18],
	       p[19]);
	memcpy(from, p + SOURCE, 4);
	memcpy(p + SOURCE, p + DESTINATION, 4);
	memcpy(p + DESTINATION, from, 4);
	p[TYPE] = 0;
	p[CHECKSUM] = p[CHECKSUM + 1] = 0;
	unsigned s = ~sum(p + TYPE, len - TYPE);
	p[CHECKSUM] = (unsigned char)(s >> 8);
	p[CHECKSUM + 1] = (unsigned char)s;
	nt_port_inject(port, p, len);
}

int main(void)
{
	char *why;
	struct nt_world *w = nt_load_text(scenario, "port.yaml", NULL, &why);

	if (!w || !nt_port_open(w, "internet", NT_PORT_IP, answer, NULL, &why)) {
		fprintf(stderr, "%s\n", why);
		return 1;
	}
	struct nt_process *ping = nt_spawn(nt_host(w, "laptop"), "ping -c 3 203.0.113.9", NULL);

	while (!nt_ended(ping))
		nt_advance_to(w, nt_next_event(w));
	printf("\n%s", nt_console(ping, NULL));
	nt_free(w);
	return 0;
}
