/* TAPs (Documentation/networking/tuntap.rst of Linux): an interface whose wire is a descriptor. */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/alloc.h"
#include "live/device.h"

#define TUN_FILE "/dev/net/tun"

/* MTU and address of the machine's end, and up. */
static bool configure(const char *name, uint32_t mtu, const struct mac *mac)
{
	struct ifreq r = {0};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool ok = fd >= 0;

	memcpy(r.ifr_name, name, strlen(name));
	if (ok && mac) {
		r.ifr_hwaddr.sa_family = ARPHRD_ETHER;
		memcpy(r.ifr_hwaddr.sa_data, mac->b, sizeof(mac->b));
		ok = ioctl(fd, SIOCSIFHWADDR, &r) == 0;
	}
	r.ifr_mtu = (int)mtu;
	ok = ok && ioctl(fd, SIOCSIFMTU, &r) == 0;
	ok = ok && ioctl(fd, SIOCGIFFLAGS, &r) == 0;
	r.ifr_flags |= IFF_UP;
	ok = ok && ioctl(fd, SIOCSIFFLAGS, &r) == 0;
	if (fd >= 0) {
		int saved = errno;

		close(fd);
		errno = saved;
	}
	return ok;
}

static struct device *open_failed(const char *name, struct device_error *error)
{
	switch (errno) {
	case EPERM:
	case EACCES:
		return device_fail(error, true, "cannot make the TAP '%s': it takes CAP_NET_ADMIN; "
				   "run as root or by sudo", name);
	case ENOENT:
	case ENODEV:
	case ENXIO:
		return device_fail(error, true, "cannot make the TAP '%s': this machine has no "
				   TUN_FILE " (modprobe tun)", name);
	case EBUSY:
		return device_fail(error, true, "cannot make the TAP '%s': somebody is attached to it",
				   name);
	case EINVAL:
		return device_fail(error, true, "cannot make the TAP '%s': an interface of that name "
				   "is there, and is none; attach it by if:%s", name, name);
	}
	return device_fail(error, true, "cannot make the TAP '%s': %s", name, strerror(errno));
}

static struct device *tap_open(const char *name, uint32_t mtu, const struct mac *mac,
			       struct device_error *error)
{
	struct ifreq r = {.ifr_flags = IFF_TAP | IFF_NO_PI};
	int fd = open(TUN_FILE, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	struct device *d;

	memcpy(r.ifr_name, name, strlen(name));
	/* Nothing is offloaded: each frame is one of the wire, with its checksum. */
	if (fd < 0 || ioctl(fd, TUNSETIFF, &r) < 0 || ioctl(fd, TUNSETOFFLOAD, 0) < 0 ||
	    !configure(name, mtu, mac)) {
		int saved = errno;

		if (fd >= 0)
			close(fd);
		errno = saved;
		return open_failed(name, error);
	}
	d = nt_calloc(1, sizeof(*d));
	*d = (struct device){.kind = &device_tap, .fd = fd};
	return d;
}

static ssize_t tap_read(struct device *d, uint8_t *buffer, size_t size)
{
	ssize_t n = read(d->fd, buffer, size);

	return n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : n;
}

static bool tap_write(struct device *d, const uint8_t *frame, size_t len)
{
	return write(d->fd, frame, len) == (ssize_t)len;
}

static void tap_free(struct device *d)
{
	close(d->fd);
	free(d);
}

const struct device_kind device_tap = {"tap:", tap_open, tap_read, tap_write, tap_free};
