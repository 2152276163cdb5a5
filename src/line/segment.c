/* SPDX-License-Identifier: Apache-2.0 */
/*
 * segment.c -- see segment.h.
 *
 * The writer streams intervals to the file and keeps the groups (32 bytes an address) in
 * memory until the end; the header is written last, so that a file cut short is no
 * segment. Not handled: more than 2^32 intervals in one file; machines of the other byte
 * order refuse the magic.
 */
#include "line/segment.h"

#include "base/mem.h"
#include "base/when.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC UINT64_C(0x3130676573736c62) /* "blsseg01", little-endian */

struct header {
	uint64_t magic;
	uint32_t interval_count, group_count;
	int64_t least_end, most_end;
	uint64_t spare[4];
};

_Static_assert(sizeof(struct header) == 64, "the header takes 64 bytes");

int
lease_compare(const struct lease *a, const struct lease *b)
{
	int order = addr_compare(&a->addr, &b->addr);

	if (a->realm != b->realm)
		return a->realm < b->realm ? -1 : 1;
	if (order != 0)
		return order;
	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	if (a->end != b->end)
		return a->end < b->end ? -1 : 1;
	if (a->port_lo != b->port_lo)
		return a->port_lo < b->port_lo ? -1 : 1;
	if (a->port_hi != b->port_hi)
		return a->port_hi < b->port_hi ? -1 : 1;
	return (a->handle > b->handle) - (a->handle < b->handle);
}

bool
segment_view(struct segment *segment, const void *bytes, size_t size)
{
	struct header h;
	size_t wanted;

	*segment = (struct segment){0};
	if (size < sizeof h)
		return false;
	memcpy(&h, bytes, sizeof h);
	wanted = sizeof h + (size_t)h.interval_count * sizeof(struct segment_interval) +
		 (size_t)h.group_count * sizeof(struct segment_group);
	if (h.magic != MAGIC || size != wanted)
		return false;
	*segment = (struct segment){
	    .intervals = (const void *)((const char *)bytes + sizeof h),
	    .interval_count = h.interval_count,
	    .group_count = h.group_count,
	    .least_end = h.least_end,
	    .most_end = h.most_end,
	    .size = size,
	};
	segment->groups = (const void *)(segment->intervals + h.interval_count);
	return true;
}

bool
segment_open(struct segment *segment, int dir_fd, const char *name, struct err *err)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *map;

	if (fd < 0)
		return err_errno(err, "open lease segment %s", name);
	if (fstat(fd, &st) != 0 || st.st_size < (off_t)sizeof(struct header)) {
		(void)close(fd);
		return err_set(err, "%s is no lease segment: too short", name);
	}
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	(void)close(fd);
	if (map == MAP_FAILED)
		return err_errno(err, "map lease segment %s", name);
	if (!segment_view(segment, map, (size_t)st.st_size)) {
		(void)munmap(map, (size_t)st.st_size);
		return err_set(err, "%s is no lease segment of this version", name);
	}
	segment->map = map;
	return true;
}

void
segment_close(struct segment *segment)
{
	if (segment->map != NULL)
		(void)munmap((void *)(uintptr_t)segment->map, segment->size);
	*segment = (struct segment){0};
}

static struct lease
lease_of(const struct segment_group *g, const struct segment_interval *i)
{
	struct lease lease = {.realm = g->realm,
	    .port_lo = i->port_lo,
	    .port_hi = i->port_hi,
	    .start = i->start,
	    .end = i->end,
	    .handle = i->handle};

	memcpy(lease.addr.b, g->addr, sizeof lease.addr.b);
	return lease;
}

/* The intervals of a group, none where the file names some that it does not hold. */
static uint32_t
group_size(const struct segment *segment, const struct segment_group *g)
{
	bool inside = g->first <= segment->interval_count &&
		      g->count <= segment->interval_count - g->first;

	return inside ? g->count : 0;
}

static const struct segment_group *
group_find(const struct segment *segment, uint32_t realm, const struct addr *addr)
{
	const struct segment_group *base = segment->groups;
	uint32_t left = segment->group_count;

	while (left > 0) {
		const struct segment_group *middle = base + left / 2;
		int order = middle->realm != realm ? (middle->realm < realm ? -1 : 1)
						   : memcmp(middle->addr, addr->b, 16);

		if (order == 0)
			return middle;
		if (order < 0) {
			base = middle + 1;
			left -= left / 2 + 1;
		} else {
			left /= 2;
		}
	}
	return NULL;
}

/* The first of `count` intervals that starts at or after `t`. */
static uint32_t
first_since(const struct segment_interval *i, uint32_t count, int64_t t)
{
	uint32_t low = 0, high = count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (i[middle].start < t)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void
segment_visit(const struct segment *segment, const struct lease_question *question,
    lease_visit *visit, void *ctx)
{
	const struct segment_group *g;
	const struct segment_interval *i;
	uint32_t count;
	int64_t since;

	if (question->from >= segment->most_end)
		return;
	g = group_find(segment, question->realm, &question->addr);
	count = g != NULL ? group_size(segment, g) : 0;
	if (count == 0)
		return;
	i = segment->intervals + g->first;
	if (__builtin_sub_overflow(
		question->from, (int64_t)g->longest * WHEN_SECOND, &since))
		since = INT64_MIN;
	for (uint32_t n = first_since(i, count, since);
	     n < count && i[n].start <= question->to; n++) {
		struct lease lease;

		if (i[n].end <= question->from)
			continue;
		lease = lease_of(g, &i[n]);
		visit(ctx, &lease);
	}
}

bool
segment_held(const struct segment *segment, uint32_t handle, int64_t from, int64_t to)
{
	for (uint32_t i = 0; i < segment->interval_count; i++) {
		const struct segment_interval *l = &segment->intervals[i];

		if (l->handle == handle && l->start <= to && l->end > from)
			return true;
	}
	return false;
}

bool
segment_next(struct segment_cursor *cursor, struct lease *out)
{
	const struct segment *segment = cursor->segment;

	while (cursor->group < segment->group_count) {
		const struct segment_group *g = &segment->groups[cursor->group];

		if (cursor->in_group < group_size(segment, g)) {
			*out = lease_of(
			    g, &segment->intervals[g->first + cursor->in_group++]);
			return true;
		}
		cursor->group++;
		cursor->in_group = 0;
	}
	return false;
}

struct segment_writer {
	FILE *file;
	char name[32];
	struct header header;
	struct segment_group *groups;
	size_t room;
};

struct segment_writer *
segment_writer_new(int dir_fd, const char *name, struct err *err)
{
	struct segment_writer *writer;
	int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0) {
		(void)err_errno(err, "create lease segment %s", name);
		return NULL;
	}
	writer = xcalloc(1, sizeof *writer);
	writer->file = fdopen(fd, "w");
	if (writer->file == NULL)
		fatal("out of memory: a stream");
	(void)snprintf(writer->name, sizeof writer->name, "%s", name);
	writer->header = (struct header){
	    .magic = MAGIC, .least_end = INT64_MAX, .most_end = INT64_MIN};
	(void)fseek(writer->file, sizeof writer->header, SEEK_SET);
	return writer;
}

static struct segment_group *
group_for(struct segment_writer *writer, const struct lease *lease)
{
	struct header *h = &writer->header;
	struct segment_group *g = writer->groups + h->group_count;

	if (h->group_count > 0 && g[-1].realm == lease->realm &&
	    memcmp(g[-1].addr, lease->addr.b, 16) == 0)
		return g - 1;
	if (h->group_count == writer->room) {
		writer->room = writer->room ? 2 * writer->room : 1024;
		writer->groups =
		    xrealloc(writer->groups, writer->room * sizeof *writer->groups);
	}
	g = writer->groups + h->group_count++;
	*g = (struct segment_group){.realm = lease->realm, .first = h->interval_count};
	memcpy(g->addr, lease->addr.b, sizeof g->addr);
	return g;
}

/* In seconds, rounded up: at least as long as the lease. */
static uint32_t
seconds_of(const struct lease *lease)
{
	int64_t span;

	if (__builtin_sub_overflow(lease->end, lease->start, &span) ||
	    span / WHEN_SECOND >= UINT32_MAX)
		return UINT32_MAX;
	return (uint32_t)(span / WHEN_SECOND + 1);
}

void
segment_writer_add(struct segment_writer *writer, const struct lease *lease)
{
	struct segment_group *g = group_for(writer, lease);
	struct header *h = &writer->header;
	struct segment_interval i = {.start = lease->start,
	    .end = lease->end,
	    .handle = lease->handle,
	    .port_lo = lease->port_lo,
	    .port_hi = lease->port_hi};

	if (h->interval_count == UINT32_MAX)
		fatal("lease segment %s: more than 2^32 intervals", writer->name);
	g->count++;
	if (seconds_of(lease) > g->longest)
		g->longest = seconds_of(lease);
	if (lease->end < h->least_end)
		h->least_end = lease->end;
	if (lease->end > h->most_end)
		h->most_end = lease->end;
	h->interval_count++;
	(void)fwrite(&i, sizeof i, 1, writer->file); /* ferror is asked at the end */
}

bool
segment_writer_end(struct segment_writer *writer, struct err *err)
{
	FILE *f = writer->file;
	bool good;

	(void)fwrite(
	    writer->groups, sizeof *writer->groups, writer->header.group_count, f);
	good = fflush(f) == 0 && fseek(f, 0, SEEK_SET) == 0 &&
	       fwrite(&writer->header, sizeof writer->header, 1, f) == 1 &&
	       fflush(f) == 0 && ferror(f) == 0 && fsync(fileno(f)) == 0;
	if (!good)
		(void)err_errno(err, "write lease segment %s", writer->name);
	if (fclose(f) != 0 && good)
		good = err_errno(err, "close lease segment %s", writer->name);
	free(writer->groups);
	free(writer);
	return good;
}
