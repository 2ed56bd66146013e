/*
 * Devices of the real machine: where frames of a virtual wire become frames of a real one.
 *
 *     d = device_open("tap:nt0", 1500, &mac, &error)      or "if:veth0"
 *     poll() on device_fd(d)
 *     while ((n = device_read(d, buffer, sizeof(buffer))) > 0) ...
 *     device_write(d, frame, len)
 *     device_free(d)
 *
 * A TAP is made by /dev/net/tun and goes with its device; what the machine's own stack sends into
 * it is read here. An interface is there already: libpcap hands out what arrives on it, at once and
 * without what we or the machine itself sends there, and libnet sends.
 *
 * All that is read has its checksums: a TAP is told to offload nothing, and of an interface what
 * was left for hardware to fill in is filled in (frame_checksum.h).
 *
 * Neither reading nor writing blocks.
 */
#ifndef LIVE_DEVICE_H
#define LIVE_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "wire/mac.h"

#define DEVICE_FRAME 65553 /* bytes that a buffer must have: an IP packet and two tags */

struct device_error {
	bool machine; /* else the command line is wrong */
	char text[256];
};

struct device;

/* One kind of device: a row each in tap.c and real_iface.c. */
struct device_kind {
	const char *prefix; /* "tap:" */
	/* Opens it by its name; NULL with *error filled. mac: the TAP's own, or NULL. */
	struct device *(*open)(const char *name, uint32_t mtu, const struct mac *mac,
			       struct device_error *error);
	ssize_t (*read)(struct device *, uint8_t *buffer, size_t size);
	bool (*write)(struct device *, const uint8_t *frame, size_t len);
	void (*free)(struct device *);
};

/* Embedded first in what a kind knows of its device. */
struct device {
	const struct device_kind *kind;
	int fd;
	uint64_t in, out, failed; /* frames */
};

extern const struct device_kind device_tap, device_iface;

/* spec: "tap:NAME" or "if:NAME". */
struct device *device_open(const char *spec, uint32_t mtu, const struct mac *mac,
			   struct device_error *error);
void device_free(struct device *d);

/* Readable when there may be a frame. */
static inline int device_fd(const struct device *d)
{
	return d->fd;
}

/* The length of a frame; 0: none now; -1 with errno: the device is gone. */
ssize_t device_read(struct device *d, uint8_t *buffer, size_t size);

/* False: the machine had no room for it, or the device is down: the frame is lost, and counted. */
bool device_write(struct device *d, const uint8_t *frame, size_t len);

/* For the kinds: fills *error; machine says whose fault it is. Returns NULL. */
void *device_fail(struct device_error *error, bool machine, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
