/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lease.c -- see lease.h: the directory of lease segments and its one writer.
 *
 *     lock        held by the writer (flock)
 *     manifest    text: which files count now; replaced by rename
 *     tail-N      52-byte records with CRC: what was added since the last flush
 *     segment-N   ended leases (segment.h)
 *
 * What is added goes into the tail in memory and, at leases_sync, to the tail's file. A
 * record is an operation, not a result, so a reader that follows the file reaches the
 * same state through the same code. When the file holds more operations than FLUSH and
 * than twice the open leases, the ended ones become a segment, the open ones a fresh
 * tail, and the manifest is replaced. Segments of like size are merged two by two: their
 * number grows with the logarithm of the leases.
 *
 * A lease past its end counts as ended GRACE after it, by the newest start seen. Where
 * lines of a log come later than that, old and new holder may overlap; attribution then
 * says ambiguous. Not handled: one address delegated under several prefix lengths
 * (lease_event_fits keeps all but one length out).
 */
#include "line/lease.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/when.h"
#include "line/manifest.h"
#include "line/segment.h"
#include "line/tail.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { RECORD = 52, FLUSH = 65536, FILE_NAME = 32, RETRIES = 20 };
enum { PENDING_LIMIT = 256 << 20, READ_RECORDS = 4096 };

#define GRACE     WHEN_HOUR
#define LOOK_BACK (7 * WHEN_DAY)

enum operation { OP_ADD = 1, OP_END = 2, OP_HELD = 3 };

struct leases {
	int dir_fd, lock_fd, tail_fd;
	bool writer;
	uint64_t generation; /* of the manifest read or written last */
	uint64_t next_file;
	uint64_t tail_number;
	size_t segment_count;
	struct segment segments[MANIFEST_SEGMENTS];
	uint64_t numbers[MANIFEST_SEGMENTS];
	struct tail tail;
	int64_t tail_size; /* bytes of the file that are in `tail` */
	struct wr pending; /* records not yet in the file */
	int64_t newest;    /* the latest start or end seen */
};

static const char *
file_name(char *out, const char *kind, uint64_t number)
{
	(void)snprintf(out, FILE_NAME, "%s-%08" PRIu64, kind, number);
	return out;
}

/* ---- the meaning of operations */

struct look {
	const struct lease *wanted;
	struct lease last; /* newest that began at or before `wanted` */
	int64_t next;      /* start of the first one after it */
	bool found;
};

static void
look_visit(void *ctx, const struct lease *lease)
{
	struct look *look = ctx;

	if (lease->port_lo != look->wanted->port_lo ||
	    lease->port_hi != look->wanted->port_hi)
		return;
	if (lease->start > look->wanted->start) {
		if (lease->start < look->next)
			look->next = lease->start;
	} else if (!look->found || lease->start >= look->last.start) {
		look->last = *lease;
		look->found = true;
	}
}

static struct look
look_around(const struct leases *leases, const struct lease *lease)
{
	struct look look = {.wanted = lease, .next = INT64_MAX};
	struct lease_question question = {
	    lease->addr, lease->realm, lease->start - LOOK_BACK, lease->end};

	leases_visit(leases, &question, look_visit, &look);
	return look;
}

/* A lease that nothing open stands in the way of: new, told late, or told again. What its
 * holder is known to have held already is not told anew. `newest`: no later one is open.
 */
static bool
place(struct leases *leases, const struct lease *lease, bool newest)
{
	struct look look = look_around(leases, lease);
	struct lease cut = *lease;

	if (look.found && look.last.handle == lease->handle &&
	    lease->start < look.last.end) {
		if (lease->start == look.last.start || look.next != INT64_MAX)
			return false;
		cut.start = look.last.end;
	}
	if (look.next < cut.end)
		cut.end = look.next;
	if (cut.end <= cut.start)
		return false;
	newest = newest && look.next == INT64_MAX;
	tail_add(&leases->tail, &cut, newest);
	return newest && (!look.found || look.last.handle != lease->handle);
}

/* Even what follows upon an open lease may stand in a segment already: a log is read
 * again at each start, and its beginning may have been forgotten. */
static bool
apply_add(struct leases *leases, const struct lease *lease)
{
	struct tail_lease *held = tail_open(&leases->tail, lease);
	bool same, changed;

	if (lease->start > leases->newest)
		leases->newest = lease->start;
	if (held == NULL || lease->start < held->lease.start)
		return place(leases, lease, held == NULL);
	same = held->lease.handle == lease->handle;
	if (same && lease->start <= held->lease.end) {
		if (lease->end > held->lease.end)
			held->lease.end = lease->end;
		return false;
	}
	tail_close(&leases->tail, held,
	    lease->start < held->lease.end ? lease->start : held->lease.end);
	changed = place(leases, lease, true);
	return changed && !same;
}

static void
apply_end(struct leases *leases, const struct lease *lease, int64_t t)
{
	struct tail_lease *held = tail_open(&leases->tail, lease);

	if (t > leases->newest)
		leases->newest = t;
	if (held == NULL || t < held->lease.start)
		return;
	if (lease->handle != 0 && lease->handle != held->lease.handle)
		return;
	tail_close(&leases->tail, held, t < held->lease.end ? t : held->lease.end);
}

/* ---- records of the tail's file */

static void
record_put(struct wr *w, enum operation op, const struct lease *lease, int64_t t)
{
	size_t from = w->size;

	wr_u32(w, op);
	wr_put(w, lease->addr.b, sizeof lease->addr.b);
	wr_u32(w, lease->realm);
	wr_u16(w, lease->port_lo);
	wr_u16(w, lease->port_hi);
	wr_u32(w, lease->handle);
	wr_u64(w, (uint64_t)t);
	wr_u64(w, (uint64_t)lease->end);
	if (!w->bad)
		wr_u32(w, (uint32_t)crc32(0, w->bytes + from, RECORD - 4));
}

/* False if the record is torn or foreign. */
static bool
record_apply(struct leases *leases, const uint8_t *bytes)
{
	struct rd r = rd_init(bytes, RECORD);
	enum operation op = rd_u32(&r);
	struct lease lease;

	(void)rd_copy(&r, lease.addr.b, sizeof lease.addr.b);
	lease.realm = rd_u32(&r);
	lease.port_lo = rd_u16(&r);
	lease.port_hi = rd_u16(&r);
	lease.handle = rd_u32(&r);
	lease.start = (int64_t)rd_u64(&r);
	lease.end = (int64_t)rd_u64(&r);
	if (rd_u32(&r) != (uint32_t)crc32(0, bytes, RECORD - 4))
		return false;
	switch (op) {
	case OP_ADD:
		(void)apply_add(leases, &lease);
		return true;
	case OP_END:
		apply_end(leases, &lease, lease.start);
		return true;
	case OP_HELD:
		if (lease.start > leases->newest)
			leases->newest = lease.start;
		tail_add(&leases->tail, &lease, true);
		return true;
	default:
		return false;
	}
}

bool
leases_add(struct leases *leases, const struct lease *lease)
{
	if (lease->handle == 0 || lease->end <= lease->start ||
	    lease->start < INT64_MIN + LOOK_BACK)
		return false;
	record_put(&leases->pending, OP_ADD, lease, lease->start);
	return apply_add(leases, lease);
}

void
leases_end(struct leases *leases, const struct lease *lease, int64_t t)
{
	record_put(&leases->pending, OP_END, lease, t);
	apply_end(leases, lease, t);
}

/* ---- the tail's file */

/* Reads whole records from where it stopped last. A torn one at the end is left: its
 * writer is still at it, or was killed before it was told to be durable. */
static bool
tail_follow(struct leases *leases, struct err *err)
{
	static uint8_t buffer[READ_RECORDS * RECORD];

	for (;;) {
		ssize_t n =
		    pread(leases->tail_fd, buffer, sizeof buffer, leases->tail_size);

		if (n < 0)
			return err_errno(
			    err, "read lease tail %" PRIu64, leases->tail_number);
		for (ssize_t at = 0; at + RECORD <= n; at += RECORD) {
			if (!record_apply(leases, buffer + at))
				return true;
			leases->tail_size += RECORD;
		}
		if (n < (ssize_t)sizeof buffer)
			return true;
	}
}

/* ---- the files that count */

static void
forget_files(struct leases *leases)
{
	for (size_t i = 0; i < leases->segment_count; i++)
		segment_close(&leases->segments[i]);
	leases->segment_count = 0;
	if (leases->tail_fd >= 0)
		(void)close(leases->tail_fd);
	leases->tail_fd = -1;
	leases->tail_size = 0;
	tail_fini(&leases->tail);
	tail_init(&leases->tail);
}

/* Opens what the manifest names, in place of what is open. False and `*gone`: a writer
 * has replaced the manifest meanwhile. */
static bool
take_manifest(
    struct leases *leases, const struct manifest *m, bool *gone, struct err *err)
{
	char name[FILE_NAME];

	*gone = true;
	forget_files(leases);
	leases->generation = m->generation;
	leases->next_file = m->next_file;
	leases->tail_number = m->tail;
	for (size_t i = 0; i < m->count; i++) {
		if (!segment_open(&leases->segments[i], leases->dir_fd,
			file_name(name, "segment", m->segments[i]), err))
			return false;
		leases->numbers[i] = m->segments[i];
		leases->segment_count = i + 1;
	}
	leases->tail_fd = openat(leases->dir_fd, file_name(name, "tail", m->tail),
	    (leases->writer ? O_RDWR : O_RDONLY) | O_CLOEXEC);
	if (leases->tail_fd < 0)
		return err_errno(err, "open lease %s", name);
	*gone = false;
	return tail_follow(leases, err);
}

/* A writer that began in an emptied directory counts its generations from the start. */
static bool
made_anew(const struct leases *leases)
{
	struct stat st;

	return leases->tail_fd >= 0 && fstat(leases->tail_fd, &st) == 0 &&
	       st.st_nlink == 0;
}

bool
leases_refresh(struct leases *leases, struct err *err)
{
	struct manifest m;
	bool gone = true;

	for (int i = 0; i < RETRIES && gone; i++) {
		if (!manifest_read(leases->dir_fd, &m, err))
			return false;
		if (m.generation == leases->generation && !made_anew(leases))
			return leases->tail_fd < 0 || tail_follow(leases, err);
		if (take_manifest(leases, &m, &gone, err))
			return true;
		leases->generation = 0;
	}
	return false;
}

/* ---- opening */

/* Removes tails and segments that the manifest does not name: a killed writer's. */
static void
sweep(const struct leases *leases)
{
	int fd = openat(leases->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL) {
		uint64_t n;
		bool stays = true;

		if (sscanf(entry->d_name, "tail-%" SCNu64, &n) == 1)
			stays = n == leases->tail_number;
		else if (sscanf(entry->d_name, "segment-%" SCNu64, &n) == 1)
			stays = false;
		for (size_t i = 0; i < leases->segment_count && !stays; i++)
			stays = leases->numbers[i] == n;
		if (!stays)
			(void)unlinkat(leases->dir_fd, entry->d_name, 0);
	}
	(void)closedir(dir);
}

/* Makes `m`, whose files are on disk, what counts, and goes on from there. */
static bool
switch_to(struct leases *leases, struct manifest *m, struct err *err)
{
	bool gone;

	m->generation = leases->generation + 1;
	if (!manifest_write(leases->dir_fd, m, err))
		return false;
	if (!take_manifest(leases, m, &gone, err))
		fatal("leases: own files cannot be read back: %s", err->text);
	sweep(leases);
	return true;
}

/* A new tail file that holds what is open still. */
static bool
tail_create(struct leases *leases, uint64_t number, int64_t ended_before, struct err *err)
{
	char name[FILE_NAME];
	int fd = openat(leases->dir_fd, file_name(name, "tail", number),
	    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct wr w;
	bool good;

	if (fd < 0)
		return err_errno(err, "create lease %s", name);
	wr_init(&w, SIZE_MAX);
	for (uint32_t i = 0; i < leases->tail.count; i++) {
		const struct tail_lease *item = &leases->tail.items[i];

		if (item->open && item->lease.end >= ended_before)
			record_put(&w, OP_HELD, &item->lease, item->lease.start);
	}
	good = lease_append(fd, 0, &w, err);
	wr_fini(&w);
	(void)close(fd);
	return good;
}

static bool
open_writer(struct leases *leases, struct err *err)
{
	struct manifest m = {.next_file = 2, .tail = 1};

	leases->lock_fd =
	    openat(leases->dir_fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (leases->lock_fd < 0)
		return err_errno(err, "open the lock of the leases");
	if (flock(leases->lock_fd, LOCK_EX | LOCK_NB) != 0)
		return err_set(err, "another process writes these leases already");
	if (!leases_refresh(leases, err))
		return false;
	if (leases->generation == 0)
		return tail_create(leases, 1, INT64_MIN, err) &&
		       switch_to(leases, &m, err);
	if (ftruncate(leases->tail_fd, leases->tail_size) != 0)
		return err_errno(err, "cut the torn end of the lease tail");
	sweep(leases);
	return true;
}

static struct leases *
leases_new(size_t pending_limit)
{
	struct leases *leases = xcalloc(1, sizeof *leases);

	leases->dir_fd = leases->lock_fd = leases->tail_fd = -1;
	leases->newest = INT64_MIN;
	tail_init(&leases->tail);
	wr_init(&leases->pending, pending_limit);
	return leases;
}

struct leases *
leases_in_memory(void)
{
	return leases_new(0);
}

struct leases *
leases_open(int dir_fd, bool writer, struct err *err)
{
	struct leases *leases = leases_new(PENDING_LIMIT);

	leases->dir_fd = dir_fd;
	leases->writer = writer;
	if (writer ? open_writer(leases, err) : leases_refresh(leases, err))
		return leases;
	leases_close(leases);
	return NULL;
}

void
leases_close(struct leases *leases)
{
	if (leases == NULL)
		return;
	forget_files(leases);
	tail_fini(&leases->tail);
	wr_fini(&leases->pending);
	if (leases->lock_fd >= 0)
		(void)close(leases->lock_fd);
	free(leases);
}

/* ---- from tail to segments, and fewer of them */

static int
compare(const void *a, const void *b)
{
	return lease_compare(a, b);
}

/* The tail's leases that ended, sorted; the caller frees. */
static struct lease *
ended_leases(const struct leases *leases, int64_t ended_before, size_t *count)
{
	struct lease *out = xmalloc((leases->tail.count + 1) * sizeof *out);

	*count = 0;
	for (uint32_t i = 0; i < leases->tail.count; i++) {
		const struct tail_lease *item = &leases->tail.items[i];

		if (item->lease.handle != 0 &&
		    (!item->open || item->lease.end < ended_before))
			out[(*count)++] = item->lease;
	}
	qsort(out, *count, sizeof *out, compare);
	return out;
}

static struct manifest
manifest_of(const struct leases *leases)
{
	struct manifest m = {.next_file = leases->next_file,
	    .tail = leases->tail_number,
	    .count = leases->segment_count};

	memcpy(m.segments, leases->numbers, sizeof m.segments);
	return m;
}

/* The ended leases become a segment, the open ones a new tail. */
static bool
flush(struct leases *leases, int64_t ended_before, struct err *err)
{
	struct manifest m = manifest_of(leases);
	char name[FILE_NAME];
	size_t count;
	struct lease *ended = ended_leases(leases, ended_before, &count);
	bool good = true;

	if (count > 0) {
		uint64_t number = m.next_file++;
		struct segment_writer *writer = segment_writer_new(
		    leases->dir_fd, file_name(name, "segment", number), err);

		for (size_t i = 0; writer != NULL && i < count; i++)
			segment_writer_add(writer, &ended[i]);
		good = writer != NULL && segment_writer_end(writer, err);
		m.segments[m.count++] = number;
	}
	free(ended);
	m.tail = m.next_file++;
	if (good && tail_create(leases, m.tail, ended_before, err))
		return switch_to(leases, &m, err);
	sweep(leases);
	return false;
}

static bool
same_lease(const struct lease *a, const struct lease *b)
{
	return lease_compare(a, b) == 0;
}

/* Writes what segments `a` and `b` (may be NULL) hold that ended at `limit` or later. */
static bool
merge_into(struct leases *leases, uint64_t number, const struct segment *a,
    const struct segment *b, int64_t limit, struct err *err)
{
	char name[FILE_NAME];
	struct segment none = {0};
	struct segment_cursor at[2] = {{.segment = a}, {.segment = b ? b : &none}};
	struct lease heads[2], last = {0};
	bool more[2] = {segment_next(&at[0], &heads[0]), segment_next(&at[1], &heads[1])};
	struct segment_writer *writer =
	    segment_writer_new(leases->dir_fd, file_name(name, "segment", number), err);

	if (writer == NULL)
		return false;
	while (more[0] || more[1]) {
		int i = !more[0] || (more[1] && lease_compare(&heads[1], &heads[0]) < 0);

		if (heads[i].end >= limit && !same_lease(&heads[i], &last))
			segment_writer_add(writer, &heads[i]);
		last = heads[i];
		more[i] = segment_next(&at[i], &heads[i]);
	}
	return segment_writer_end(writer, err);
}

/* Merges the two newest segments while they are of like size, or too many. */
static bool
merge_like(struct leases *leases, struct err *err)
{
	while (leases->segment_count >= 2) {
		struct manifest m = manifest_of(leases);
		const struct segment *newest = &leases->segments[m.count - 1];
		uint64_t number = m.next_file++;

		if (newest[-1].interval_count / 2 > newest->interval_count &&
		    m.count < MANIFEST_SEGMENTS - 1)
			return true;
		if (!merge_into(leases, number, newest - 1, newest, INT64_MIN, err)) {
			sweep(leases);
			return false;
		}
		m.segments[m.count - 2] = number;
		m.count--;
		if (!switch_to(leases, &m, err))
			return false;
	}
	return true;
}

static int64_t
grace_limit(const struct leases *leases)
{
	return leases->newest > INT64_MIN + GRACE ? leases->newest - GRACE : INT64_MIN;
}

bool
leases_sync(struct leases *leases, struct err *err)
{
	int64_t records;

	if (leases->pending.bad)
		return err_set(err,
		    "leases: more than %d bytes were added between two syncs",
		    PENDING_LIMIT);
	if (leases->pending.size > 0) {
		if (!lease_append(
			leases->tail_fd, leases->tail_size, &leases->pending, err))
			return false;
		leases->tail_size += (int64_t)leases->pending.size;
		wr_reset(&leases->pending);
	}
	records = leases->tail_size / RECORD;
	if (records < FLUSH || records < 3 * (int64_t)leases->tail.open)
		return true;
	return flush(leases, grace_limit(leases), err) && merge_like(leases, err);
}

/* One segment without what ended before `limit`. */
static bool
retire_segment(struct leases *leases, size_t index, int64_t limit, struct err *err)
{
	struct manifest m = manifest_of(leases);
	const struct segment *s = &leases->segments[index];

	if (s->most_end < limit) {
		memmove(m.segments + index, m.segments + index + 1,
		    (m.count - index - 1) * sizeof *m.segments);
		m.count--;
		return switch_to(leases, &m, err);
	}
	m.segments[index] = m.next_file++;
	if (merge_into(leases, m.segments[index], s, NULL, limit, err))
		return switch_to(leases, &m, err);
	sweep(leases);
	return false;
}

bool
leases_retire(struct leases *leases, int64_t limit, struct err *err)
{
	int64_t ended_before = grace_limit(leases);

	if (!leases_sync(leases, err) ||
	    !flush(leases, ended_before > limit ? ended_before : limit, err))
		return false;
	for (size_t i = leases->segment_count; i-- > 0;)
		if (leases->segments[i].least_end < limit &&
		    !retire_segment(leases, i, limit, err))
			return false;
	return merge_like(leases, err);
}

/* ---- looking up */

void
leases_visit(const struct leases *leases, const struct lease_question *question,
    lease_visit *visit, void *ctx)
{
	for (size_t i = 0; i < leases->segment_count; i++)
		segment_visit(&leases->segments[i], question, visit, ctx);
	tail_visit(&leases->tail, question, visit, ctx);
}

struct collect {
	struct lease *out;
	size_t room, count;
};

/* Keeps the oldest `room`, sorted. */
static void
collect_visit(void *ctx, const struct lease *lease)
{
	struct collect *c = ctx;
	size_t at = c->count < c->room ? c->count : c->room;

	c->count++;
	if (at == c->room && (at == 0 || lease_compare(lease, &c->out[at - 1]) >= 0))
		return;
	at -= at == c->room;
	for (; at > 0 && lease_compare(lease, &c->out[at - 1]) < 0; at--)
		c->out[at] = c->out[at - 1];
	c->out[at] = *lease;
}

size_t
leases_find(const struct leases *leases, const struct lease_question *question,
    struct lease *out, size_t room)
{
	struct collect c = {.out = out, .room = room};

	leases_visit(leases, question, collect_visit, &c);
	return c.count;
}

bool
leases_held(const struct leases *leases, uint32_t handle, int64_t from, int64_t to)
{
	for (uint32_t i = 0; i < leases->tail.count; i++) {
		const struct lease *l = &leases->tail.items[i].lease;

		if (l->handle == handle && l->start <= to && l->end > from)
			return true;
	}
	for (size_t i = 0; i < leases->segment_count; i++)
		if (segment_held(&leases->segments[i], handle, from, to))
			return true;
	return false;
}

void
leases_each_at(const struct leases *leases, int64_t at, lease_visit *visit, void *ctx)
{
	for (uint32_t i = 0; i < leases->tail.count; i++) {
		const struct lease *l = &leases->tail.items[i].lease;

		if (l->handle != 0 && l->start <= at && l->end > at)
			visit(ctx, l);
	}
	for (size_t i = 0; i < leases->segment_count; i++) {
		struct segment_cursor cursor = {.segment = &leases->segments[i]};
		struct lease l;

		while (segment_next(&cursor, &l))
			if (l.start <= at && l.end > at)
				visit(ctx, &l);
	}
}

struct leases_stat
leases_stat(const struct leases *leases)
{
	struct leases_stat stat = {.leases = leases->tail.live,
	    .open = leases->tail.open,
	    .segments = leases->segment_count,
	    .bytes = (size_t)leases->tail_size};

	for (size_t i = 0; i < leases->segment_count; i++) {
		stat.leases += leases->segments[i].interval_count;
		stat.bytes += leases->segments[i].size;
	}
	return stat;
}

size_t
leases_count(const struct leases *leases)
{
	return leases_stat(leases).leases;
}
