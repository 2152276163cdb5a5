/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stream.h -- numbered messages between roles: nothing lost, nothing twice.
 *
 * The sender numbers what it says 1, 2, 3 ... and keeps it until the receiver has made it
 * durable (ACK). When the two meet, or meet again, the receiver says the last number that
 * it has made durable (HELLO); the sender repeats what follows from what it keeps. If it
 * is the sender that was killed, it works its way up from its snapshot to the same
 * numbers, since what it says is a function of its input; what the receiver has already
 * is then neither sent nor kept.
 */
#ifndef ROLE_STREAM_H
#define ROLE_STREAM_H

#include "base/msg.h"

struct stream_item;

struct stream_out {
	uint64_t last;         /* number of the newest message */
	uint64_t had;          /* durable at the receiver */
	struct msg_peer *peer; /* NULL before HELLO */
	struct stream_item *first, **end;
	size_t kept; /* bytes waiting for ACK */
};

void stream_out_init(struct stream_out *out);
void stream_out_fini(struct stream_out *out);
void stream_out_put(
    struct stream_out *out, uint32_t type, const void *bytes, size_t size);
/* HELLO came: repeats what the receiver lacks. `peer` is borrowed until stream_out_lost.
 * False: the receiver lacks what is no longer kept. */
bool stream_out_hello(struct stream_out *out, struct msg_peer *peer, uint64_t had);
void stream_out_lost(struct stream_out *out);
void stream_out_ack(struct stream_out *out, uint64_t had);
/* Numbers and what is kept, for snapshots. */
void stream_out_save(const struct stream_out *out, struct wr *w);
bool stream_out_load(struct stream_out *out, struct rd *r);

struct stream_in {
	uint64_t taken, durable;
};

enum stream_order { STREAM_NEW, STREAM_OLD, STREAM_GAP };

/* The next number of the stream came. */
enum stream_order stream_in_take(struct stream_in *in, uint64_t number);

#endif
