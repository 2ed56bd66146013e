/*
 * An interface that is there already: a veth, a bridge's port, a network card. libpcap receives,
 * libnet sends, both at the link layer.
 */
#include <errno.h>
#include <libnet.h>
#include <net/if.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "live/device.h"
#include "live/frame_checksum.h"

#define RING (4 << 20) /* bytes of frames that the kernel keeps for us */

struct real_iface {
	struct device device; /* first */
	pcap_t *pcap;
	libnet_t *net;
};

static struct real_iface *of(struct device *d)
{
	return (struct real_iface *)d;
}

static void iface_free(struct device *d)
{
	if (of(d)->net)
		libnet_destroy(of(d)->net);
	if (of(d)->pcap)
		pcap_close(of(d)->pcap);
	free(d);
}

static void *refused(struct real_iface *r, const char *name, int status, const char *why,
		     struct device_error *error)
{
	if (status == PCAP_ERROR_PERM_DENIED || status == PCAP_ERROR_PROMISC_PERM_DENIED)
		device_fail(error, true, "cannot attach to '%s': it takes CAP_NET_RAW; run as root or "
			    "by sudo", name);
	else if (status == PCAP_ERROR_IFACE_NOT_UP)
		device_fail(error, true, "cannot attach to '%s': it is down (ip link set %s up)", name,
			    name);
	else
		device_fail(error, true, "cannot attach to '%s': %s", name, why);
	iface_free(&r->device);
	return NULL;
}

/* libpcap's side: every station's frames, at once, those that come in only. Else libpcap's status,
 * with its words in why. */
static int receive_begin(pcap_t *p, char *why)
{
	int status;

	pcap_set_snaplen(p, DEVICE_FRAME);
	pcap_set_promisc(p, 1);
	pcap_set_immediate_mode(p, 1);
	pcap_set_buffer_size(p, RING);
	status = pcap_activate(p);
	if (status >= 0 && pcap_setnonblock(p, 1, why) < 0)
		return PCAP_ERROR;
	if (status >= 0)
		status = pcap_setdirection(p, PCAP_D_IN);
	if (status < 0)
		snprintf(why, PCAP_ERRBUF_SIZE, "%s", pcap_geterr(p));
	return status;
}

static struct device *iface_open(const char *name, uint32_t mtu, const struct mac *mac,
				 struct device_error *error)
{
	char why[PCAP_ERRBUF_SIZE > LIBNET_ERRBUF_SIZE ? PCAP_ERRBUF_SIZE : LIBNET_ERRBUF_SIZE];
	struct real_iface *r;
	int status;

	(void)mtu;
	(void)mac;
	if (!if_nametoindex(name))
		return device_fail(error, false, "there is no interface '%s' on this machine; "
				   "'ip link' lists them", name);
	r = nt_calloc(1, sizeof(*r));
	r->device.kind = &device_iface;
	r->pcap = pcap_create(name, why);
	status = r->pcap ? receive_begin(r->pcap, why) : PCAP_ERROR;
	if (status < 0)
		return refused(r, name, status, why, error);
	if (pcap_datalink(r->pcap) != DLT_EN10MB) {
		iface_free(&r->device);
		return device_fail(error, false, "'%s' is no Ethernet interface", name);
	}
	r->net = libnet_init(LIBNET_LINK_ADV, name, why);
	if (!r->net) {
		iface_free(&r->device);
		return device_fail(error, true, "cannot send on '%s': %s", name, why);
	}
	r->device.fd = pcap_get_selectable_fd(r->pcap);
	return &r->device;
}

static ssize_t iface_read(struct device *d, uint8_t *buffer, size_t size)
{
	struct pcap_pkthdr *h;
	const u_char *frame;
	int n = pcap_next_ex(of(d)->pcap, &h, &frame);

	if (n < 0)
		return errno = ENETDOWN, -1;
	if (!n || !h->caplen)
		return 0;
	size_t len = h->caplen < size ? h->caplen : size;
	memcpy(buffer, frame, len);
	frame_checksum_complete(buffer, len);
	return (ssize_t)len;
}

static bool iface_write(struct device *d, const uint8_t *frame, size_t len)
{
	return libnet_adv_write_link(of(d)->net, frame, (uint32_t)len) == (int)len;
}

const struct device_kind device_iface = {"if:", iface_open, iface_read, iface_write, iface_free};
