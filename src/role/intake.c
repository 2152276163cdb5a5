/* SPDX-License-Identifier: Apache-2.0 */
/*
 * intake.c -- what strangers wrote becomes sightings; this process opens nothing.
 *
 * The parent passes open files. Each is a stream of its own towards the engine, named by
 * the digest of its content: the same file twice, or again after a restart, says nothing
 * new. The engine's HELLO says how far it has got; the file is read from its beginning
 * and what the engine has is left out. A file counts as taken in when the engine has
 * acknowledged its last sighting.
 *
 * Every item and every refused piece is one numbered message (report/fate.h), so that the
 * engine can balance its books; what is needed to read a report again is in the file, and
 * the file waits on disk, behind a descriptor of the parent's.
 *
 * WALL, several files wait: the gravest goes first. How grave a file is, its first items
 * tell; a file that is being read is read to its end. What is in memory of
 * a waiting file is its descriptor and name.
 *
 * REPLAY: a report is received `delay` after its newest row. So every file is read twice,
 * first for that time; then they go in the order (received, entry, name). WALL: now, and
 * a file of which the engine has everything is closed.
 *
 * Not handled: a file that grows while it is read (it must be moved in whole).
 */
#include "base/log.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "base/when.h"
#include "detect/weights.h"
#include "report/facts.h"
#include "report/fate.h"
#include "role/role.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	NAME = 256,
	QUEUE = 4 << 20,
	QUEUE_LOW = 1 << 20,
	LOOK_EVERY = 1000000,
	HEAD = FATE_PIECE /* bytes that tell how grave a file is, or are kept unread */
};

struct file {
	size_t entry;    /* of the configuration */
	uint64_t number; /* the parent's */
	char name[NAME];
	int fd;
	struct id128 digest;
	char stream[48]; /* "report/" and the digest */
	int64_t newest;  /* INT64_MIN: no row told a time */
	int64_t received;
	uint8_t severity; /* WALL: of the gravest of its first items */
	uint64_t had;     /* by the engine, from HELLO */
	uint64_t last;    /* messages about it, once read */
	bool read, acked, refused;
	struct report_stat stat;
};

struct intake {
	struct role *role;
	struct weight_table *weights;
	struct packer *packer;
	struct report_map **maps; /* by entry; NULL: it has none */
	struct msg_peer *engine;
	struct file **files;
	size_t count, current; /* current: asks or waits for HELLO */
	bool complete;         /* REPLAY: all files have been passed */
	bool asked, sorted, scheduled;
	uint64_t number; /* of the message about the file being read */
	uint64_t told;   /* items and refused pieces among them */
	uint64_t items, sightings, without, rows_refused;
	uint64_t unaccounted; /* what a format counted and did not tell, or the reverse */
	struct wr w;
};

/* ---- first look */

static bool
digest_file(struct file *f)
{
	struct digest d;
	uint8_t bytes[16384];
	char text[33];
	ssize_t n;

	digest_init(&d);
	(void)lseek(f->fd, 0, SEEK_SET);
	while ((n = read(f->fd, bytes, sizeof bytes)) > 0)
		digest_field(&d, bytes, (size_t)n);
	digest_u64(&d, f->entry);
	f->digest = digest_id(&d);
	(void)snprintf(
	    f->stream, sizeof f->stream, "report/%s", id128_text(&f->digest, text));
	return n == 0;
}

static void
see_time(void *ctx, const struct item *item)
{
	struct file *f = ctx;

	if (item->has_time && item->time > f->newest)
		f->newest = item->time;
}

/* What stands in a Maildir is a mail, whatever its first bytes pretend to be: so it is
 * believed as far as mails are. */
static const char *
format_of(const struct intake *in, const struct file *f)
{
	const struct config_report *conf = config_report(in->role->config, f->entry);

	if (conf->format == NULL && conf->type == PLACE_MAILDIR)
		return "mail";
	return conf->format;
}

static bool
read_file(
    struct intake *in, struct file *f, const struct report_sink *sink, struct err *err)
{
	struct report_input input = {.name = f->name,
	    .fd = f->fd,
	    .format = format_of(in, f),
	    .map = in->maps[f->entry]};

	memset(&f->stat, 0, sizeof f->stat);
	(void)lseek(f->fd, 0, SEEK_SET);
	if (report_read(&input, sink, &f->stat, err))
		return true;
	if (!f->refused)
		log_event(LEVEL_WARNING, "report refused", "file", f->name, "why",
		    err->text, NULL);
	f->refused = true;
	return false;
}

static void
see_severity(void *ctx, const struct item *item)
{
	struct file *f = ctx;

	if (item->aside == NULL && item->severity > f->severity)
		f->severity = item->severity;
}

/* How grave it is, by what its first bytes yield. */
static void
look_at(struct intake *in, struct file *f)
{
	uint8_t *head = xmalloc(HEAD);
	ssize_t n = pread(f->fd, head, HEAD, 0);
	struct report_input input = {.name = f->name,
	    .fd = -1,
	    .bytes = head,
	    .size = n > 0 ? (size_t)n : 0,
	    .format = format_of(in, f),
	    .map = in->maps[f->entry]};
	const struct report_sink sink = {.item = see_severity, .ctx = f};
	struct report_stat stat;
	struct err err;

	(void)!report_read(&input, &sink, &stat, &err); /* its end is cut off */
	free(head);
}

/* When the report came to us. */
static void
date_file(struct intake *in, struct file *f)
{
	struct err err;

	f->newest = INT64_MIN;
	f->received = INT64_MIN;
	if (in->role->config->clock == CLOCK_WALL) {
		look_at(in, f);
		return;
	}
	(void)!read_file(in, f, &(struct report_sink){.item = see_time, .ctx = f}, &err);
	f->received = f->newest == INT64_MIN
			  ? INT64_MIN
			  : f->newest + config_report(in->role->config, f->entry)->delay;
}

static int
compare_files(const void *a, const void *b)
{
	const struct file *x = *(struct file *const *)a, *y = *(struct file *const *)b;

	if (x->received != y->received)
		return x->received < y->received ? -1 : 1;
	if (x->entry != y->entry)
		return x->entry < y->entry ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* ---- second look: out with it */

static void
send_fate(struct intake *in, const struct fate *fate)
{
	wr_reset(&in->w);
	wr_u64(&in->w, in->number);
	fate_write(fate, &in->w);
	if (in->engine == NULL)
		return;
	msg_send(in->engine, WIRE_FATE, in->w.bytes, in->w.size, -1);
	if (msg_queued(in->engine) > QUEUE)
		(void)msg_flush(in->engine, QUEUE_LOW);
}

/* What Shadowserver's own files say is believed as Shadowserver is; what comes by other
 * ways as far as a person said. */
static char
grade_of(const struct file *f, const struct config_report *conf)
{
	if (conf->grade > 0)
		return (char)('A' + conf->grade - 1);
	return f->stat.format != NULL && strcmp(f->stat.format, "shadowserver") == 0
		   ? 'A'
		   : 'C';
}

/* The next message about the file; false: the engine has it. */
static bool
next_fate(struct intake *in, enum fate_kind kind, struct fate *fate)
{
	const struct file *f = in->files[in->current];
	const struct config_report *conf = config_report(in->role->config, f->entry);
	struct digest d;

	if (++in->number <= f->had)
		return false;
	digest_init(&d);
	digest_field(&d, f->digest.b, sizeof f->digest.b);
	digest_u64(&d, in->number);
	*fate = (struct fate){.kind = (uint8_t)kind, .file = f->digest};
	fate->sighting = (struct sighting){.id = digest_id(&d),
	    .received = f->received,
	    .group = GROUP_REPORT,
	    .grade = (uint8_t)grade_of(f, conf),
	    .data_class = DATA_REPORT,
	    .basis = (uint8_t)conf->ground.basis};
	(void)snprintf(
	    fate->sighting.source, sizeof fate->sighting.source, "%s", conf->name);
	return true;
}

static void
see_item(void *ctx, const struct item *item)
{
	struct intake *in = ctx;
	const struct file *f = in->files[in->current];
	const struct config_report *conf = config_report(in->role->config, f->entry);
	struct item_origin origin = {
	    in->weights, conf->name, conf->realm_number, f->received, grade_of(f, conf)};
	struct sighting s;
	struct fate fate;
	const char *reason;
	bool makes = item_to_sighting(item, &origin, &s, &reason);

	in->items++;
	in->told++;
	in->sightings += makes;
	in->without += !makes;
	if (!next_fate(in, makes ? FATE_SIGHTING : FATE_ASIDE, &fate))
		return;
	if (makes) {
		s.basis = fate.sighting.basis;
		fate.sighting = s;
		packer_pack(in->packer, item->piece, item->piece_size, &fate);
	} else {
		(void)strcpy(fate.sighting.upstream, item->upstream);
		(void)strcpy(fate.sighting.identifier, item->identifier);
		fate.sighting.severity = item->severity;
		utf8_copy(fate.reason, sizeof fate.reason, reason);
	}
	fate.row = item->row;
	send_fate(in, &fate);
	fate_fini(&fate);
}

static void
see_refusal(void *ctx, const struct refusal *refusal)
{
	struct intake *in = ctx;
	struct fate fate;

	in->rows_refused++;
	in->told++;
	if (!next_fate(in, FATE_UNREAD, &fate))
		return;
	fate.row = refusal->row;
	fate.sighting.severity = refusal->severity;
	utf8_copy(fate.reason, sizeof fate.reason, refusal->reason);
	packer_pack(in->packer, refusal->piece, refusal->size, &fate);
	send_fate(in, &fate);
	fate_fini(&fate);
}

static void
see_letter(void *ctx, const struct report_letter *letter)
{
	struct intake *in = ctx;
	const struct file *f = in->files[in->current];
	struct fate fate;
	struct digest d;

	if (letter->automatic || letter->from == NULL ||
	    config_report(in->role->config, f->entry)->answer.count == 0 ||
	    !next_fate(in, FATE_LETTER, &fate))
		return;
	digest_init(&d);
	digest_text(&d, letter->message_id != NULL ? letter->message_id : f->stream);
	fate.sighting.raw = digest_id(&d);
	utf8_copy(fate.reason, sizeof fate.reason, letter->from);
	send_fate(in, &fate);
}

/* A file that cannot be read, or not to its end, is for people as a whole. */
static void
refuse_file(struct intake *in, struct file *f, const char *why)
{
	uint8_t *head = xmalloc(HEAD);
	ssize_t n = pread(f->fd, head, HEAD, 0);
	struct refusal refusal = {.reason = why,
	    .piece = head,
	    .size = n > 0 ? (size_t)n : 0,
	    .severity = f->severity};

	f->stat.refused++;
	see_refusal(in, &refusal);
	free(head);
}

/* How the reading went. */
static void
end_file(struct intake *in, const struct file *f)
{
	struct fate fate;

	if (in->told != f->stat.items + f->stat.refused) {
		in->unaccounted++;
		log_event(LEVEL_ERROR, "a format has lost count of what it read",
		    "format", f->stat.format != NULL ? f->stat.format : "none", NULL);
	}
	if (!next_fate(in, FATE_END, &fate))
		return;
	fate.items = f->stat.items;
	fate.refused = f->stat.refused;
	fate.repaired = f->stat.repaired;
	fate.unknown = f->stat.unknown;
	(void)snprintf(fate.sighting.identifier, sizeof fate.sighting.identifier, "%s",
	    f->stat.format != NULL ? f->stat.format : "unrecognised");
	send_fate(in, &fate);
}

static int64_t
newest_received(const struct intake *in)
{
	int64_t newest = INT64_MIN;

	for (size_t i = 0; i < in->current && i < in->count; i++)
		newest =
		    in->files[i]->received > newest ? in->files[i]->received : newest;
	return newest;
}

/* Nothing will be received at or before this time any more. */
static int64_t
watermark(const struct intake *in)
{
	struct clock wall;

	if (in->role->config->clock == CLOCK_REPLAY) {
		if (in->current < in->count)
			return in->files[in->current]->received == INT64_MIN
				   ? INT64_MIN
				   : in->files[in->current]->received - 1;
		return WHEN_NEVER;
	}
	if (in->current < in->count && in->files[in->current]->received != INT64_MIN)
		return in->files[in->current]->received - 1;
	clock_init(&wall, CLOCK_WALL);
	return clock_now(&wall) - LOOK_EVERY;
}

static void
tell_watermark(struct intake *in)
{
	if (in->engine == NULL ||
	    (in->role->config->clock == CLOCK_REPLAY && !in->complete))
		return;
	wr_reset(&in->w);
	wr_u64(&in->w, (uint64_t)watermark(in));
	wr_u64(&in->w, (uint64_t)newest_received(in));
	msg_send(in->engine, WIRE_WATERMARK, in->w.bytes, in->w.size, -1);
}

/* The engine has all of it: nobody will ask for it again. */
static void
settled(struct intake *in, struct file *f)
{
	struct wr w;

	wr_init(&w, 16);
	wr_u64(&w, f->number);
	msg_send(in->role->parent, WIRE_REPORT_TAKEN, w.bytes, w.size, -1);
	wr_fini(&w);
	f->acked = true;
	(void)close(f->fd);
	f->fd = -1;
}

static void work(void *ctx);

static void
schedule(struct intake *in)
{
	if (in->scheduled)
		return;
	in->scheduled = true;
	(void)loop_after(in->role->loop, 0, work, in);
}

/* REPLAY: files in which no row tells a time come last. */
static void
date_the_rest(struct intake *in)
{
	int64_t newest = INT64_MIN;

	for (size_t i = 0; i < in->count; i++)
		if (in->files[i]->received > newest)
			newest = in->files[i]->received;
	for (size_t i = 0; i < in->count; i++)
		if (in->files[i]->received == INT64_MIN)
			in->files[i]->received =
			    newest != INT64_MIN ? newest : in->role->config->replay_until;
}

static void
sort_files(struct intake *in)
{
	if (in->sorted || in->role->config->clock == CLOCK_WALL)
		return;
	date_the_rest(in);
	if (in->count > 0)
		qsort(in->files, in->count, sizeof(struct file *), compare_files);
	in->sorted = true;
	tell_watermark(in);
}

/* WALL: the gravest of those that wait is next, and comes to us now. */
static void
choose_file(struct intake *in)
{
	struct clock wall;
	size_t best = in->current;
	struct file *f;

	if (in->role->config->clock != CLOCK_WALL || in->current == in->count)
		return;
	for (size_t i = in->current + 1; i < in->count; i++)
		if (!in->files[i]->acked &&
		    in->files[i]->severity > in->files[best]->severity)
			best = i;
	f = in->files[best];
	in->files[best] = in->files[in->current];
	in->files[in->current] = f;
	clock_init(&wall, CLOCK_WALL);
	if (f->received == INT64_MIN)
		f->received = clock_now(&wall);
}

/* Asks the engine how far it has got with the next file. */
static void
work(void *ctx)
{
	struct intake *in = ctx;

	in->scheduled = false;
	if (in->engine == NULL || in->asked ||
	    (in->role->config->clock == CLOCK_REPLAY && !in->complete))
		return;
	sort_files(in);
	while (in->current < in->count && in->files[in->current]->acked)
		in->current++;
	choose_file(in);
	if (in->current == in->count) {
		tell_watermark(in);
		return;
	}
	in->asked = true;
	msg_send(in->engine, WIRE_INPUT, in->files[in->current]->stream,
	    strlen(in->files[in->current]->stream), -1);
}

static void
on_hello(struct intake *in, uint64_t had)
{
	struct file *f = in->files[in->current];
	const struct report_sink sink = {
	    .item = see_item, .refuse = see_refusal, .ctx = in, .letter = see_letter};
	struct err err;

	f->had = had;
	in->number = in->told = 0;
	if (!read_file(in, f, &sink, &err))
		refuse_file(in, f, err.text);
	end_file(in, f);
	f->read = true;
	f->last = in->number;
	in->asked = false;
	in->current++;
	if (f->had >= f->last)
		settled(in, f);
	tell_watermark(in);
	role_changed(in->role);
	schedule(in);
}

static void
on_ack(struct intake *in, struct rd *r)
{
	uint64_t number = rd_u64(r);
	size_t size = rd_left(r);
	const uint8_t *name = rd_take(r, size);

	for (size_t i = 0; i < in->count; i++) {
		struct file *f = in->files[i];

		if (f->read && !f->acked && number >= f->last &&
		    strlen(f->stream) == size && memcmp(f->stream, name, size) == 0)
			settled(in, f);
	}
	role_changed(in->role);
}

static void
on_message(void *ctx, struct msg_peer *peer, struct msg *msg)
{
	struct intake *in = ctx;

	if (msg->type == WIRE_HELLO && in->asked)
		on_hello(in, rd_u64(&msg->body));
	else if (msg->type == WIRE_ACK)
		on_ack(in, &msg->body);
	else
		msg_violation(peer, "the engine may not say this to intake");
}

static void
on_gone(void *ctx, struct msg_peer *peer, const char *why)
{
	struct intake *in = ctx;

	role_tell_violation(in->role, ENGINE_ROLE, 0, why);
	msg_peer_free(peer);
	in->engine = NULL;
	in->asked = false;
}

static const struct msg_calls calls = {on_message, on_gone, NULL};

/* A fresh engine is told everything again, and leaves out what it has. */
static void
intake_connect(void *self, const struct role_link *link)
{
	struct intake *in = self;

	msg_peer_free(in->engine);
	in->engine = msg_peer_new(in->role->loop, link->fd, &calls, in);
	in->asked = false;
	in->current = 0;
	schedule(in);
}

static void
on_report(struct intake *in, struct msg *msg)
{
	struct file *f = xcalloc(1, sizeof *f);
	size_t size;

	f->entry = rd_u32(&msg->body);
	f->number = rd_u64(&msg->body);
	size = rd_left(&msg->body) < NAME - 1 ? rd_left(&msg->body) : NAME - 1;
	(void)rd_copy(&msg->body, f->name, size);
	f->fd = msg_take_fd(msg);
	if (f->fd < 0 || f->entry >= config_report_count(in->role->config) ||
	    !digest_file(f)) {
		log_event(LEVEL_WARNING, "report does not read", "file", f->name, NULL);
		free(f);
		return;
	}
	date_file(in, f);
	in->files = xrealloc(in->files, (in->count + 1) * sizeof(struct file *));
	in->files[in->count++] = f;
	schedule(in);
}

static void
intake_told(void *self, struct msg *msg)
{
	struct intake *in = self;

	if (msg->type == WIRE_REPORT)
		on_report(in, msg);
	else if (msg->type == WIRE_REPORTS_END)
		in->complete = true;
	schedule(in);
	role_changed(in->role);
}

/* The site's mappings, while files can be opened. */
static bool
read_maps(struct intake *in, const struct config *config, struct err *err)
{
	size_t count = config_report_count(config);

	in->maps = xcalloc(count + 1, sizeof(struct report_map *));
	for (size_t i = 0; i < count; i++) {
		const char *path = config_report(config, i)->map;

		if (path != NULL && (in->maps[i] = map_read(path, err)) == NULL)
			return false;
	}
	return true;
}

static void *
intake_warm(struct role *role, struct err *err)
{
	struct intake *in = xcalloc(1, sizeof *in);

	in->role = role;
	in->weights = weights_read(role->config->weights, err);
	if (in->weights == NULL)
		return NULL;
	if (!read_maps(in, role->config, err) ||
	    !facts_use_site(role->config->directory, err))
		return NULL;
	report_warm();
	in->packer = packer_new();
	wr_init(&in->w, MSG_MAX);
	return in;
}

/* WALL: silence is news too. */
static void
on_timer(void *ctx)
{
	struct intake *in = ctx;

	if (in->current == in->count)
		tell_watermark(in);
	(void)loop_after(in->role->loop, LOOK_EVERY, on_timer, in);
}

static void
intake_start(void *self)
{
	struct intake *in = self;

	if (in->role->config->clock == CLOCK_WALL)
		(void)loop_after(in->role->loop, LOOK_EVERY, on_timer, in);
}

/* How many files each format read, and how many rows it met in them. */
static void
put_formats(const struct intake *in, struct jw *j)
{
	jw_array(j, "formats");
	for (const struct format *const *f = formats; *f != NULL; f++) {
		uint64_t files = 0, rows = 0;

		for (size_t i = 0; i < in->count; i++) {
			const struct report_stat *stat = &in->files[i]->stat;

			if (stat->format == NULL || strcmp(stat->format, (*f)->name) != 0)
				continue;
			files++;
			rows += stat->rows;
		}
		if (files == 0)
			continue;
		jw_object(j, NULL);
		jw_text(j, "format", (*f)->name);
		jw_uint(j, "files", files);
		jw_uint(j, "rows", rows);
		jw_end(j);
	}
	jw_end(j);
}

static void
intake_status(void *self, struct jw *j)
{
	const struct intake *in = self;
	uint64_t acked = 0, refused = 0;

	for (size_t i = 0; i < in->count; i++) {
		acked += in->files[i]->acked;
		refused += in->files[i]->refused;
	}
	jw_uint(j, "files", in->count);
	jw_uint(j, "read", in->current);
	jw_uint(j, "taken_in", acked);
	jw_uint(j, "refused", refused);
	jw_uint(j, "items", in->items);
	jw_uint(j, "sightings", in->sightings);
	jw_uint(j, "items_without_sighting", in->without);
	jw_uint(j, "rows_refused", in->rows_refused);
	jw_uint(j, "unaccounted", in->unaccounted);
	put_formats(in, j);
}

const struct role_ops intake_ops = {
    .name = "intake",
    .allow = 0,
    .warm = intake_warm,
    .start = intake_start,
    .connect = intake_connect,
    .told = intake_told,
    .status = intake_status,
};
