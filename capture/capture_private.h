/*
 * What the files of this room share behind capture.h: the structs, and who does what with them.
 */
#ifndef CAPTURE_CAPTURE_PRIVATE_H
#define CAPTURE_CAPTURE_PRIVATE_H

#include "capture/capture.h"
#include "capture/fate.h"
#include "capture/names.h"
#include "capture/pcapng.h"
#include "capture/spool.h"
#include "core/world.h"
#include "link/tap.h"

struct file;
struct filter;
struct pcap_out;

struct capture_tap {
	struct tap tap;
	struct capture *capture;
	struct iface *iface;
	uint32_t index; /* of the Interface Description Block */
	uint64_t received, accepted;
};

struct capture {
	struct capture_set *set;
	char *file_name;
	enum capture_format format;
	char *expression;
	struct filter *filter;
	uint32_t snaplen; /* UINT32_MAX: whole frames */
	struct capture_tap **taps;
	uint32_t tap_count;
	uint64_t frames;
	struct bytes interfaces; /* their blocks */
	struct bytes secrets;
	struct spool spool; /* CAPTURE_PCAPNG */
	struct file *file;  /* CAPTURE_PCAP, as are these */
	struct pcap_out *pcap;
	uint8_t *frame;
	uint32_t frame_room;
};

struct capture_set {
	struct world *world;
	struct observer observer;
	char *folder;
	bool folder_made, running;
	vtime begun;
	size_t chunk;
	struct capture **captures;
	uint32_t count, room;
	struct names names;
	struct fates fates;
	uint64_t flushed_id; /* largest packet id in any file */
	uint64_t late;       /* smallest id of packets whose fate came after that */
	uint64_t (*drops)(const struct iface *, void *user);
	void *drops_user;
	char *error;
};

/* record.c: called by the taps for each frame, and by the world for each fate. */
void record_pcapng(struct tap *tap, const struct packet *p, enum tap_dir dir, vtime at);
void record_pcap(struct tap *tap, const struct packet *p, enum tap_dir dir, vtime at);
void record_fate(struct observer *o, const struct packet *p, const char *text);

/*
 * layout.c: what stands in front of a pcapng file's packets and behind them. The interfaces are
 * laid out once, when the capture begins; comment may be NULL.
 */
void layout_interfaces(struct capture *c);
void layout_header(struct capture *c, const char *comment, struct bytes *b);
void layout_statistics(struct capture *c, struct bytes *b);

#endif
