/* SPDX-License-Identifier: Apache-2.0 */
/*
 * world.h -- the inside of the simulation: lines, actors, and how a conversation becomes
 * flow records.
 *
 * Everything that happens is done by actors: a device's habit, a line's lease, a bot's
 * trade. An actor has its own random numbers, seeded by what it is, so that adding one
 * changes nothing about the others; it acts at its time and says when next. A habit is a
 * function in the table of the file it belongs to:
 *
 *     leases.c   addresses: given, renewed, handed on; port blocks
 *     habits.c   ordinary devices
 *     bots.c     planted bots
 *     reports.c  what third parties write about them
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "base/addr.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/when.h"
#include "sim/capture.h"
#include "sim/queue.h"
#include "sim/sim.h"
#include "sim/v9.h"

enum scheme { SCHEME_DHCP, SCHEME_STATIC, SCHEME_CGNAT, SCHEME_COUNT };

enum {
	LINE_NUMBER = 1000001, /* the ISP's number of line 0 */
	PORT_BLOCK = 2048,     /* ports of a line behind a shared address */
	PORT_BLOCKS = 24       /* lines behind one shared address */
};

/* Address plan. */
#define NET_POOL     UINT32_C(0xc6120000) /* 198.18.0.0/16: leases */
#define NET_STATIC   UINT32_C(0xc6130000) /* 198.19.0.0/17 */
#define NET_SHARED   UINT32_C(0xc613f000) /* 198.19.240.0/20: behind address sharing */
#define NET_INSIDE   UINT32_C(0x64400000) /* 100.64.0.0/16 */
#define NET_SITES    UINT32_C(0x1c010000) /* 28.1.0.0/16 */
#define NET_SERVICES UINT32_C(0x1c020000) /* time, push, telemetry, speed */
#define NET_DEAD     UINT32_C(0x1c030000)
#define NET_PEERS    UINT32_C(0x1d000000) /* 29.0.0.0/8: file sharers */
#define NET_WORLD    UINT32_C(0x15000000) /* 21.0.0.0/8, 22.0.0.0/8: hosts at large */
#define NET_NOISE    UINT32_C(0x1a000000) /* 26.0.0.0/8: who scans the Internet */
#define NET_CONTROL  UINT32_C(0xc0000200) /* 192.0.2.0/24: listed control servers */
#define NET_SINKHOLE UINT32_C(0xcb007110) /* 203.0.113.16 and on */
#define NET_UNLISTED UINT32_C(0xcb007180) /* 203.0.113.128 and on */
#define NET_FOREIGN  UINT32_C(0xcb0071c8) /* 203.0.113.200: another provider's */
#define RESOLVER     UINT32_C(0xc6336435) /* 198.51.100.53 */

struct line {
	uint32_t addr;                /* as the border sees it; 0: no address now */
	int64_t online, leave;        /* of this address: first and last moment */
	uint32_t shared;              /* CGNAT: the address outside */
	uint16_t port_lo;             /* CGNAT: first of its port block */
	uint8_t scheme, devices, bot; /* bot: 1 + number of its bot, 0: none */
};

/* One conversation between a line and the Internet. */
struct talk {
	uint32_t line, remote;
	int64_t first, duration;
	uint32_t packets[2], bytes[2]; /* [0] from the line; none back: unanswered */
	uint16_t our_port, remote_port;
	uint8_t proto, flags[2];
	bool inbound; /* begun by the remote end */
	bool v6;      /* between the line's prefix and the remote's twin */
};

struct world;
struct actor;

/* Does what is due at actor->time, sets the next time; WHEN_NEVER ends it. */
typedef void act(struct world *w, struct actor *a);

struct actor {
	int64_t time, until;
	act *act;
	struct rng rng;
	int64_t gap;     /* mean time between acts, µs */
	uint32_t line;   /* or what else it is about */
	uint32_t remote; /* its habitual peer */
	uint16_t port;
	uint16_t device; /* of the household; or the bot's number */
	uint8_t state;
};

struct bot; /* bots.h */

struct world {
	struct sim_config config;
	struct sim_stat *stat;
	int64_t end;
	struct line *lines;
	struct actor *actors;
	size_t actor_count, actor_room;
	struct queue agenda;       /* of actors */
	struct queue pending;      /* of flow records, by the time of their export */
	struct v9_record *records; /* the slots of `pending` */
	uint32_t *free_records;
	size_t record_count, free_count;
	uint64_t order;
	struct v9 v9;
	struct capture export, packets;
	struct lease_pool *pool;
	struct bot *bots;
	struct report_row *rows;
	size_t row_count, row_room;
	FILE *leases, *blocks;
	const char *directory;
};

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };
enum { TCP = 6, UDP = 17 };

/* A new actor that acts first at `time`; `what` and `number` make its random numbers. The
 * pointer is good until the next call. */
struct actor *world_actor(
    struct world *w, act *what_to_do, int64_t time, uint64_t what, uint64_t number);
/* Puts the conversation on the wire, cut to when the line has its address. False if it
 * had none. */
bool world_talk(struct world *w, struct talk talk);
/* Sends what is to be exported by `now`. */
void world_export(struct world *w, int64_t now);
/* Opens a text file in the directory. */
MUST_CHECK bool world_file(
    const struct world *w, const char *name, FILE **out, struct err *err);
MUST_CHECK bool world_close(FILE **file, const char *name, struct err *err);
const char *world_addr(uint32_t addr, char *out);
/* Uniform in [lo, hi]. */
uint32_t rng_range(struct rng *rng, uint32_t lo, uint32_t hi);
int64_t rng_gap(struct rng *rng, int64_t mean);

#endif
