/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emit.h -- the way out of every source: one event per end of ours, numbered, stamped.
 *
 * `ready` of an event is its `last`, but not before the watermark nor after the newest
 * time seen: so nothing waits longer than the allowed lateness. The watermark that is
 * handed out is one microsecond behind the one events are stamped with, since an event
 * may still come that is stamped with the latter.
 */
#ifndef SOURCE_EMIT_H
#define SOURCE_EMIT_H

#include "source/source.h"

struct emit {
	const struct source_env *env;
	struct source_stat *stat;
	struct batch *batch;
	uint64_t seq;
	int64_t newest, watermark; /* INT64_MIN before the first */
	source_sink *sink;         /* of the step that runs */
	void *ctx;
};

void emit_init(struct emit *e, const struct source_env *env, struct source_stat *stat);
void emit_fini(struct emit *e);
/* Time goes on to `t`, the watermark to `t` less the lateness; neither falls. */
void emit_time(struct emit *e, int64_t t);
void emit_watermark(struct emit *e, int64_t t);
/* Where the events of this step go. */
void emit_to(struct emit *e, source_sink *sink, void *ctx);
/* Sends `ev` once for each end that is ours; of `ev` all is set but line, ours, source,
 * seq, ready. */
void emit_event(struct emit *e, const struct event *ev, const char *name, size_t size);
/* Hands the batch on, if it holds anything or the watermark moved. */
void emit_flush(struct emit *e);
/* The same at the end, with the watermark `until`. */
void emit_end(struct emit *e, int64_t until);
void emit_save(const struct emit *e, struct wr *w);
bool emit_load(struct emit *e, struct rd *r);

#endif
