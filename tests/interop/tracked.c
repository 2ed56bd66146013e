/*
 * Plays scripts of packets through this machine's kernel as a router that tracks connections, and
 * writes behind each what the kernel made of it: tests/golden/linux-conntrack.txt is its output, and
 * its own input again.
 *
 *     tracked <SCRIPT >RECORDING        root, in a network namespace of its own (unshare -n)
 *
 * A line `name:` begins with an empty table. `wait MS` waits, `set NAME VALUE` sets a sysctl of
 * net.netfilter.nf_conntrack_ for the rest of its script. Everything else is a packet:
 *
 *     DIR tcp FLAGS SEQ ACK LEN WIN [ws=N] [sackok] [sack=L-R]     FLAGS: of S A F R P, or 0
 *     DIR udp LEN
 *     DIR icmp TYPE CODE ID
 *     DIR error TYPE CODE PROTO [cut=N]  about the last packet of PROTO the other way
 *
 * DIR is > or <, from the inside to the outside or back. Behind " | " stands what a rule sees of
 * it (or `lost`: it did not come out), then of the connection: TCP's state, which time-out runs
 * (`old` behind it: for longer than two seconds), and seen, assured.
 */
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>

#include "tracked_script.h"

static int wire[2];         /* packet sockets at what the router is linked with */
static uint8_t mac[2][6];   /* of the router there */

/* A thousand seconds apart, so that what is left says which one runs. SYN_SENT2's is 120 s, and no
 * sysctl can change it: so SYN_SENT's, which ours uses for both, is 120 s, too. */
static const char *const timeouts[] = {
	"tcp_timeout_syn_sent", "tcp_timeout_close", "tcp_timeout_last_ack", "tcp_timeout_close_wait",
	"tcp_timeout_syn_recv", "tcp_timeout_fin_wait", "tcp_timeout_time_wait",
	"tcp_timeout_unacknowledged", "tcp_timeout_max_retrans",
	"tcp_timeout_established", "udp_timeout", "udp_timeout_stream", "icmp_timeout",
	"generic_timeout",
};

#define TIMEOUTS (sizeof(timeouts) / sizeof(timeouts[0]))

static void must(bool done, const char *what)
{
	if (done)
		return;
	fprintf(stderr, "tracked: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void setup(void)
{
	must(system("ip link add p0 type veth peer name r0 && ip link add p1 type veth peer name r1 && "
		    "ip link set p0 arp off up && ip link set p1 arp off up && "
		    "ip addr add 192.168.0.1/24 dev r0 && ip addr add 203.0.113.1/24 dev r1 && "
		    "ip link set r0 up && ip link set r1 up && sysctl -q net.ipv4.ip_forward=1 "
		    "net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 && "
		    "ip neigh add 192.168.0.2 lladdr 02:00:00:00:00:02 dev r0 && "
		    "ip neigh add 203.0.113.9 lladdr 02:00:00:00:00:09 dev r1 && "
		    "nft 'table ip t { chain f { type filter hook forward priority 0; "
		    "ct state invalid ip dscp set 1; ct state new ip dscp set 2; "
		    "ct state established ip dscp set 3; ct state related ip dscp set 4; "
		    "ct state untracked ip dscp set 5; }; }'") == 0, "set-up");
	for (int k = 0; k < 2; k++) {
		struct ifreq ask = {0};
		struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP)};

		wire[k] = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_IP));
		must(wire[k] >= 0, "packet socket");
		snprintf(ask.ifr_name, sizeof(ask.ifr_name), "r%d", k);
		must(ioctl(wire[k], SIOCGIFHWADDR, &ask) == 0, "address");
		memcpy(mac[k], ask.ifr_hwaddr.sa_data, 6);
		ask.ifr_name[0] = 'p';
		at.sll_ifindex = (int)if_nametoindex(ask.ifr_name);
		must(bind(wire[k], (struct sockaddr *)&at, sizeof(at)) == 0, "bind");
	}
	usleep(300000);
}

static const char *send_through(const uint8_t *p, size_t len, bool back)
{
	static const char *const seen[] = {"-", "invalid", "new", "established", "related", "untracked"};
	uint8_t frame[4000] = {0}, got[4000];
	struct pollfd wait = {.fd = wire[!back], .events = POLLIN};
	ssize_t n;

	memcpy(frame, mac[back], 6);
	frame[6] = 2;
	put16(frame + 12, ETH_P_IP);
	memcpy(frame + 14, p, len);
	must(send(wire[back], frame, 14 + len, 0) == (ssize_t)(14 + len), "send");
	while (poll(&wait, 1, 20) == 1) {
		n = recv(wire[!back], got, sizeof(got), 0);
		/* What goes to its own side's router is what another call has sent. */
		if (n > 34 && !memcmp(got + 14 + 12, p + 12, 8) && !memcmp(got + 34, p + 20, 16))
			return seen[(got[15] >> 2) % 6];
	}
	return "lost";
}

/* Appends what the table says of the connection whose protocol that is. */
static void print_conn(const char *proto)
{
	FILE *f = fopen("/proc/net/nf_conntrack", "r");
	char line[600], name[16], state[20];
	unsigned number;
	long left;

	must(f != NULL, "/proc/net/nf_conntrack");
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "ipv4 %*d %15s %u %ld %19s", name, &number, &left, state) != 4 ||
		    strcmp(name, proto) != 0)
			continue;
		size_t which = left <= 120 ? 0 : (size_t)(left + 999) / 1000;
		long whole = which ? 1000 * (long)which : 120;

		printf("; %s%s%s%s%s%s", strcmp(proto, "tcp") ? "" : state,
		       strcmp(proto, "tcp") ? "" : " ", which < TIMEOUTS ? timeouts[which] : "?",
		       whole - left > 1 ? " old" : "",
		       strstr(line, "[UNREPLIED]") ? "" : " seen",
		       strstr(line, "[ASSURED]") ? " assured" : "");
	}
	fclose(f);
}

static void knob_set(const char *name, int value)
{
	char path[100];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/sys/net/netfilter/nf_conntrack_%s", name);
	f = fopen(path, "w");
	must(f && fprintf(f, "%d\n", value) > 0 && fclose(f) == 0, path);
}

static void begin(void)
{
	must(system("conntrack -F 2>/dev/null") == 0, "conntrack -F");
	for (size_t i = 0; i < TIMEOUTS; i++)
		knob_set(timeouts[i], i ? (int)(1000 * i) : 120);
	knob_set("tcp_be_liberal", 0);
	knob_set("tcp_loose", 1);
	knob_set("tcp_ignore_invalid_rst", 0);
	knob_set("tcp_max_retrans", 3);
}

int main(void)
{
	static uint8_t packet[4000];
	char line[300], copy[300], proto[8], knob[60];
	int value;
	unsigned ms;

	setup();
	while (fgets(line, sizeof(line), stdin)) {
		char *end = strstr(line, " | ");
		bool back;
		size_t len;

		line[end ? (size_t)(end - line) : strcspn(line, "\n")] = '\0';
		strcpy(copy, line);
		printf("%s", line);
		if (*line && line[strlen(line) - 1] == ':') {
			begin();
		} else if (sscanf(line, "set %59s %d", knob, &value) == 2) {
			knob_set(knob, value);
		} else if (sscanf(line, "wait %u", &ms) == 1) {
			usleep(ms * 1000);
		} else if ((len = packet_make(packet, copy, &back))) {
			printf(" | %s", send_through(packet, len, back));
			sscanf(line, "%*c %7s", proto);
			if (!strcmp(proto, "error"))
				sscanf(line, "%*c error %*u %*u %7s", proto);
			print_conn(proto);
		} else if (*line && *line != '#') {
			fprintf(stderr, "tracked: what is '%s'?\n", line);
			return 1;
		}
		printf("\n");
	}
	return 0;
}
