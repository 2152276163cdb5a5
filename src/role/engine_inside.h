/* SPDX-License-Identifier: Apache-2.0 */
/*
 * engine_inside.h -- what the files of the engine role share.
 *
 * engine.c: life and peers; engine_epoch.c: streams, epochs, orders; engine_marks.c:
 * lines that detect is told of; engine_batch.c: questions that cost time;
 * engine_status.c: what `botkoll status` is told.
 */
#ifndef ROLE_ENGINE_INSIDE_H
#define ROLE_ENGINE_INSIDE_H

#include "line/lease.h"
#include "role/control.h"
#include "role/desk.h"
#include "role/role.h"
#include "role/stream.h"

enum { QUESTIONS = 32, IN_FLIGHT = 16, STREAM_NAME = 64 };

struct engine_stream {
	char name[STREAM_NAME];
	struct stream_in in;
	int64_t received; /* of its newest sighting: never falls */
	uint64_t mark;    /* newest number of the epoch being closed */
};

/* A role whose watermark epochs wait for. */
struct producer {
	struct engine *engine;
	enum role_kind kind;
	unsigned index;
	struct msg_peer *peer;
	struct engine_stream *stream; /* NULL: leases; intake between two files */
	int64_t watermark, newest;
	bool down, paused;
	/* DETECT: of the marks told to it. */
	bool hears;
	uint64_t marks_told, marks_had;
	int64_t marks_until;
};

struct waiting {
	struct engine_stream *stream;
	uint64_t number;
	struct fate fate;
};

struct role_line { /* what the parent says of a role */
	enum role_kind kind;
	unsigned index;
	uint32_t pid, restarts;
	bool alive, down;
	json_t *status; /* NULL: none yet */
};

struct question { /* of the control socket, for batch */
	uint64_t ticket;
	uint32_t days;
};

struct engine {
	struct role *role;
	struct clock clock;
	struct policy *policy;
	struct contacts *contacts; /* NULL: no complaints */
	struct weight_table *weights;
	struct wr registry; /* text of the line registry */
	struct store *store;
	struct identity *identity;
	struct leases *leases;
	int leases_directory;
	struct desk *desk;
	struct control_server *control;
	unsigned owner;
	int64_t day_told; /* to leases; INT64_MIN: none */
	struct producer *producers;
	size_t producer_count;
	struct engine_stream **streams;
	size_t stream_count;
	struct waiting **heap; /* least (received, stream, number) first */
	size_t heap_count, heap_room;
	int64_t closed;                           /* end of the last epoch; INT64_MIN */
	struct msg_peer *actor, *console, *batch; /* NULL: not there */
	struct question questions[QUESTIONS];
	size_t question_count;
	uint32_t batch_run, batch_let_go;
	unsigned in_flight;
	struct order orders[IN_FLIGHT];
	bool orders_due; /* the desk must be asked for orders before time goes on */
	bool scheduled, troubled, asking_again, replay_done;
	uint64_t epochs, sightings, late, marks;
	int64_t marks_until; /* the marks' watermark */
	struct role_line *roles;
	size_t role_count;
};

/* ---- engine_epoch.c */
void engine_schedule(struct engine *e);
struct engine_stream *engine_stream(struct engine *e, const char *name);
/* False: it does not read. */
bool engine_take_sighting(struct engine *e, struct producer *p, struct rd *body);
bool engine_take_fate(struct engine *e, struct producer *p, struct rd *body);
bool engine_take_watermark(struct engine *e, struct producer *p, struct rd *body);
bool engine_take_outcome(struct engine *e, struct rd *body);
void engine_actor_lost(struct engine *e);
/* µs; in REPLAY the end of the last epoch. */
int64_t engine_now(struct engine *e);

/* ---- engine_marks.c */
/* All epochs that end at or before `t` are closed: tells the marks that are new, and the
 * watermark. */
void engine_tell_marks(struct engine *e, int64_t t);
/* HELLO or ACK of a detect role; false: it may not say so. */
bool engine_take_marks_number(struct engine *e, struct producer *p, struct msg *msg);

/* ---- engine_batch.c */
/* False: the answer comes later. */
bool engine_ask_batch(
    struct engine *e, uint64_t ticket, const json_t *args, struct wr *reply);
void engine_connect_batch(struct engine *e, int fd);
/* The parent says so; `run` counts its starts. If it has died, those who wait are told.
 */
void engine_batch_told(struct engine *e, bool alive, uint32_t run);

/* ---- engine_status.c */
void engine_take_role(struct engine *e, struct rd *body);
/* Any verb: status and replay.end here, all others at the desk. */
void engine_verb(
    struct engine *e, uint32_t actor, const json_t *request, struct wr *reply);

#endif
