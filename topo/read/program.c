#include "topo/read/read.h"

#include <string.h>

#include "topo/notation/words.h"

/* Tools that people will look for, and that later rooms bring. */
static const char *const to_come[] = { "bird",	"curl", "dig",	 "dnsmasq", "host", "httpd",
				       "mtr",	"named", "nginx", "wget",    NULL };

/* Tools whose work something else does here. */
static const struct {
	const char *names;		/* with a blank on both sides of each */
	const char *instead;
} elsewhere[] = {
	{ " tcpdump tshark dumpcap wireshark ",
	  "'capture' of the scenario writes what passes, for any of them to read" },
	{ " iptables ip6tables nft ufw ", "'firewall' and 'nat' of the node are its rules" },
	{ " sysctl ", "'sysctl' of the node sets those that Linux has" },
	{ " hping3 hping scapy nping packetdrill ",
	  "a step with 'inject' in the place of 'do' sends any packet" },
	{ " tc ", "'rate', 'delay', 'loss' and 'queue' of the link, or of a step that changes it, do that" },
	{ " ifconfig route arp ", "'ip addr', 'ip route' and 'ip neigh' show that" },
	{ " netstat ", "'ss' shows sockets" },
	{ " dhclient dhcpcd ", "'udhcpc' gets an address" },
	{ " ncat netcat socat telnet ", "'nc' sends and receives over TCP and UDP" },
};

static bool program_known(const struct scenario_options *o, const char *name)
{
	return !o->programs || g_strv_contains(o->programs, name);
}

static const char *elsewhere_find(const char *name)
{
	g_autofree char *word = g_strdup_printf(" %s ", name);

	for (size_t i = 0; i < G_N_ELEMENTS(elsewhere); i++)
		if (strstr(elsewhere[i].names, word))
			return elsewhere[i].instead;
	return NULL;
}

bool read_program(struct reader *r, const struct yaml_node *value, const char *name)
{
	struct place at = yaml_place(value, words_offset(value->text, 0));
	struct nearest nearest = nearest_to(name);
	const char *instead = elsewhere_find(name);

	if (program_known(r->options, name))
		return true;
	r->lost |= READ_LOST_STEPS;	/* what is named after the program that was meant */
	if (instead) {
		place_error(r->error, at, "there is no program '%s' here; %s", name, instead);
		return false;
	}
	if (g_strv_contains(to_come, name)) {
		place_error(r->error, at, "program '%s' is not built yet in this version; "
			    "'netarium help' lists those that are", name);
		return false;
	}
	nearest_try_all(&nearest, r->options->programs);
	place_error(r->error, at, "unknown program '%s'%s", name,
		    *nearest_hint(&nearest) ? nearest.hint : "; 'netarium help' lists those there are");
	return false;
}
