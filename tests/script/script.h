/*
 * Scripts of TCP, one line a segment, in virtual time.
 *
 * The notation is packetdrill's where it has one, so that who knows it can read these; README.md
 * has the whole of it. A script drives one host: calls on its sockets, segments that come in from
 * a peer which exists only in the script, and segments that must leave, exactly then and exactly
 * so. The clock stands still between lines; nothing waits in real time.
 *
 *     parse.c    text -> struct script, a list of steps
 *     segment.c  segments: from the script to bytes, from bytes to the script's numbers, compared
 *     engine.c   runs the steps against a host
 *     call.c     the socket calls of a script
 *     virtual.c  a host in a world of its own: emu/; info.c: what it says of a connection
 *     live.c     this machine's kernel behind a TUN device, in real time: what Linux does
 *
 * The peer's sequence numbers stand in the script as they are on the wire; the host's count from
 * its initial one, which the script calls what it likes (0, as a rule). The host's timestamps are
 * shifted so that its first is what the script expects there.
 */
#ifndef TESTS_SCRIPT_H
#define TESTS_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/tcp.h"

#define SCRIPT_PACKET 66000
#define SCRIPT_FDS 64
#define SCRIPT_NOTE 100

struct option {
	uint8_t kind, len;      /* len: of data */
	bool any_val, any_ecr;  /* TS with "." for a number */
	uint8_t data[TCP_OPTIONS_MAX];
};

struct segment {
	uint16_t flags;
	bool any_psh;           /* "p": PSH or not */
	int ecn;                /* 0..3, -1: not said */
	int tos;                /* type of service, traffic class: the whole byte; -1: not said */
	uint16_t lport, rport;  /* 0: those of the connection at hand */
	uint32_t seq, len, ack;
	bool has_ack;
	int win;                /* -1: any */
	int urgent;             /* -1: none */
	bool any_options;       /* <...> */
	int options;
	struct option option[TCP_OPTIONS_MAX];
	char note[SCRIPT_NOTE]; /* what captures are told about it; "": not looked at */
};

struct icmp_error {
	char what[32];          /* "frag_needed", "port_unreachable" ... */
	uint32_t mtu, seq;
};

#define CALL_ARGS 8
struct call {
	char name[24];
	char arg[CALL_ARGS][80];
	int args;
	char result[64];        /* "3", "-1 EAGAIN"; "": any */
};

struct check {
	char field[40], op[3];
	int64_t value;
};

enum step_kind {
	STEP_INJECT, STEP_EXPECT, STEP_ICMP, STEP_CALL, STEP_CHECK, STEP_SYSCTL, STEP_NOTE, STEP_WAIT,
};

struct step {
	enum step_kind kind;
	int line;
	const char *text;       /* the line, as written */
	int64_t at, until;      /* ns; until: of a range, else at. any_time: neither counts */
	bool any_time;
	union {
		struct segment segment;
		struct icmp_error icmp;
		struct call call;
		struct check check;
		char sysctl[120]; /* name=value */
		char note[SCRIPT_NOTE];
	};
};

struct script {
	const char *file;
	bool ipv6;
	uint32_t mtu;
	struct step *steps;
	int count;
	char *text;
};

/* Ends the program with status 2 and file:line: sentence if the script is wrong. */
void script_load(struct script *s, const char *file);
void script_free(struct script *s);

/* One connection as the script sees it: which numbers belong to which. */
struct peer {
	uint16_t lport, rport;
	bool has_iss, has_ts;
	bool renew;             /* another SYN came: the next SYN that leaves begins anew */
	uint32_t iss;           /* host's number on the wire minus the script's */
	uint32_t rcv_isn, iss_wire; /* first byte of each stream is one after these */
	bool has_isn;
	uint32_t ts;            /* the same for its timestamps */
};

/* A packet that left the host, in the script's numbers. */
struct sent {
	int64_t at;
	uint32_t number;        /* of all that left, from 1 */
	bool tcp;
	struct segment segment;
	uint8_t bytes[SCRIPT_PACKET];
	size_t len, payload_off;
};

struct addresses {
	struct ipaddr local, remote;
};

/* segment.c */
const char *option_parse(const char *p, struct option *o);
bool segment_read(const uint8_t *packet, size_t len, struct sent *out);
void segment_learn(struct peer *c, struct segment *s, const struct segment *want);
void segment_to_script(const struct peer *c, struct segment *s);
size_t segment_build(const struct addresses *a, const struct peer *c, const struct segment *s,
		     uint8_t *out);
size_t icmp_build(const struct addresses *a, const struct peer *c, const struct icmp_error *e,
		  uint8_t *out);
void segment_format(char *buf, size_t size, const struct segment *s);
/* NULL, or what differs. ts_slack: ms that a timestamp may be off. */
const char *segment_differs(const struct segment *want, const struct segment *got, bool ports,
			    uint32_t ts_slack);
/* The byte at a place of a stream, counted from its first. */
uint8_t stream_byte(uint32_t offset);

/* A host under test. Handles are small integers; calls give 0 or a result, or -errno. */
struct host {
	const char *name;
	int64_t slack;          /* ns that its clock may be off */
	void (*open)(const struct script *s, const struct addresses *a);
	int (*sysctl)(const char *name, const char *value);
	void (*start)(void);    /* time zero */
	void (*close)(void);
	int64_t (*now)(void);
	/* Time goes on to t, or until a packet has left; inclusive: what happens at t does. */
	void (*run)(int64_t t, bool inclusive, bool stop);
	void (*inject)(const uint8_t *packet, size_t len);
	int (*socket)(bool ipv6);
	int (*bind)(int h, uint16_t port);
	int (*listen)(int h, int backlog);
	int (*accept)(int h);
	int (*connect)(int h, uint16_t port);
	int (*send)(int h, const uint8_t *data, size_t len, int flags);
	int (*recv)(int h, uint8_t *data, size_t len, int flags);
	int (*shutdown)(int h, int how);
	int (*close_socket)(int h);
	int (*set)(int h, const char *option, const char *value);
	int (*get)(int h, const char *option, int *value);
	int (*poll)(int h);     /* POLLIN and so on */
	int (*queued)(int h, bool out);
	int (*info)(int h, const char *field, int64_t *value);
	/* Whether captures were told this about packet `number`, 0: any. NULL: it has no captures. */
	bool (*noted)(uint32_t number, const char *text);
};

extern const struct host host_virtual, host_live;

/* engine.c: a packet left the host. */
void engine_sent(int64_t at, const uint8_t *packet, size_t len);
int engine_run(const struct script *s, const struct host *h, bool verbose, bool record);
void fail_step(const struct step *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), noreturn));

/* info.c: a member of struct tcp_info or of what the congestion control tells; -1: no such. */
struct socket;
int info_get(const struct socket *s, const char *field, int64_t *value);

/* call.c */
void call_run(const struct host *h, const struct script *s, const struct step *step);
void check_run(const struct host *h, const struct step *step);
void call_reset(void);

#endif
