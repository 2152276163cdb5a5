/* SPDX-License-Identifier: Apache-2.0 */
/* spool.c -- see spool.h. Looks once a second; in REPLAY once, then says that this is
 * all.
 */
#include "role/spool.h"

#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "role/wire.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LOOK_EVERY = 1000000, MESSAGE = 4096, SLOTS = 1024 };

struct document {
	char *name; /* below the directory of its entry */
	size_t entry;
	bool passed, taken;
};

struct spool {
	const struct config *config;
	struct loop *loop;
	spool_taken_call *taken;
	void *ctx;
	struct msg_peer *intake;
	struct document *documents; /* number = place + 1 */
	size_t count, first, with_intake;
	uint32_t *slots; /* numbers, by the hash of entry and name; 0: free */
	size_t slot_count;
	uint64_t warned; /* entries (modulo 64) that could not be read */
	bool timer;
};

struct spool *
spool_new(
    const struct config *config, struct loop *loop, spool_taken_call *taken, void *ctx)
{
	struct spool *s = xcalloc(1, sizeof *s);

	s->config = config;
	s->loop = loop;
	s->taken = taken;
	s->ctx = ctx;
	s->slot_count = SLOTS;
	s->slots = xcalloc(SLOTS, sizeof *s->slots);
	return s;
}

/* A fresh intake has nothing. */
static void
forget(struct spool *s)
{
	for (size_t i = 0; i < s->count; i++)
		s->documents[i].passed = false;
	s->first = s->with_intake = 0;
}

void
spool_free(struct spool *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->count; i++)
		free(s->documents[i].name);
	free(s->documents);
	free(s->slots);
	free(s);
}

static bool
ends_in(const char *name, const char *end)
{
	size_t n = strlen(name), e = strlen(end);

	return n >= e && strcmp(name + n - e, end) == 0;
}

static int
whole_file(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && !ends_in(entry->d_name, ".tmp") &&
	       !ends_in(entry->d_name, ".part");
}

/* A Maildir's flags, behind the colon, come and go; so do its two folders. */
static size_t
name_size(const char *name)
{
	return strcspn(name, ":");
}

static const char *
bare_name(const char *name)
{
	const char *slash = strrchr(name, '/');

	return slash != NULL ? slash + 1 : name;
}

static uint32_t *
slot_of(const struct spool *s, size_t entry, const char *name)
{
	const char *bare = bare_name(name);
	size_t size = name_size(bare);
	uint64_t at = hash_bytes(bare, size, entry);

	for (;; at++) {
		uint32_t *slot = &s->slots[at & (s->slot_count - 1)];
		const struct document *d = s->documents + (*slot > 0 ? *slot - 1 : 0);

		if (*slot == 0 ||
		    (d->entry == entry && name_size(bare_name(d->name)) == size &&
			memcmp(bare_name(d->name), bare, size) == 0))
			return slot;
	}
}

static void
grow(struct spool *s)
{
	free(s->slots);
	s->slot_count *= 2;
	s->slots = xcalloc(s->slot_count, sizeof *s->slots);
	for (size_t i = 0; i < s->count; i++)
		*slot_of(s, s->documents[i].entry, s->documents[i].name) =
		    (uint32_t)i + 1;
}

static void
remember(struct spool *s, size_t entry, const char *name)
{
	uint32_t *slot = slot_of(s, entry, name);

	if (*slot != 0) { /* it may have moved meanwhile */
		size_t i = *slot - 1;

		free(s->documents[i].name);
		s->documents[i].name = xstrdup(name);
		if (!s->documents[i].passed && i < s->first)
			s->first = i;
		return;
	}
	s->documents = xrealloc(s->documents, (s->count + 1) * sizeof *s->documents);
	s->documents[s->count++] = (struct document){xstrdup(name), entry, false, false};
	*slot = (uint32_t)s->count;
	if (2 * s->count > s->slot_count)
		grow(s);
}

/* What intake is told of the file's name. */
static const char *
plain_name(const struct spool *s, const struct document *d)
{
	const char *bare = bare_name(d->name), *comma = strrchr(bare, ',');

	return d->entry >= s->config->reports.count && comma != NULL ? comma + 1 : bare;
}

static bool
pass(struct spool *s, size_t i)
{
	const struct document *d = &s->documents[i];
	int directory = open(
	    config_report(s->config, d->entry)->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fd = directory < 0 ? -1
			       : openat(directory, d->name,
				     O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct wr w;

	if (fd < 0)
		log_event(LEVEL_WARNING, "report cannot be opened", "file", d->name,
		    "why", strerrordesc_np(errno), NULL);
	if (directory >= 0)
		(void)close(directory);
	if (fd < 0)
		return false;
	wr_init(&w, MESSAGE);
	wr_u32(&w, (uint32_t)d->entry);
	wr_u64(&w, i + 1);
	wr_text(&w, plain_name(s, d));
	msg_send(s->intake, WIRE_REPORT, w.bytes, w.size, fd);
	wr_fini(&w);
	return true;
}

static void
pass_more(struct spool *s)
{
	bool replay = s->config->clock == CLOCK_REPLAY;

	for (; s->first < s->count && (replay || s->with_intake < SPOOL_WINDOW);
	     s->first++) {
		struct document *d = &s->documents[s->first];

		if (d->passed || (d->taken && !replay))
			continue;
		d->passed = pass(s, s->first);
		s->with_intake += d->passed;
	}
}

void
spool_taken(struct spool *s, uint64_t number)
{
	struct document *d;

	if (number == 0 || number > s->count || s->documents[number - 1].taken)
		return;
	d = &s->documents[number - 1];
	s->with_intake -= d->passed;
	d->taken = true;
	s->taken(s->ctx, d->entry, d->name);
	if (s->intake != NULL)
		pass_more(s);
}

void
spool_forget(struct spool *s, size_t entry, const char *name)
{
	uint32_t *slot = slot_of(s, entry, name);
	struct document *d;

	if (*slot == 0)
		return;
	d = &s->documents[*slot - 1];
	s->with_intake -= d->passed && !d->taken;
	d->taken = true;
	d->name[0] = 0; /* its slot stays taken, and is nobody's */
}

/* `below`: "" or a folder of it, with its slash. */
static void
look_into(struct spool *s, size_t entry, const char *below)
{
	const char *path = config_report(s->config, entry)->path;
	struct dirent **names = NULL;
	struct wr w;
	int count;

	wr_init(&w, MESSAGE);
	wr_printf(&w, "%s/%s", path, below);
	count = scandir(wr_string(&w), &names, whole_file, alphasort);
	if (count < 0 && !(s->warned >> entry % 64 & 1))
		log_event(LEVEL_WARNING, "reports cannot be read", "directory",
		    wr_string(&w), "why", strerrordesc_np(errno), NULL);
	if (count < 0)
		s->warned |= UINT64_C(1) << entry % 64;
	for (int i = 0; i < count; i++) {
		wr_reset(&w);
		wr_printf(&w, "%s%s", below, names[i]->d_name);
		if (names[i]->d_type != DT_DIR)
			remember(s, entry, wr_string(&w));
		free(names[i]);
	}
	free(names);
	wr_fini(&w);
}

static void
look(void *ctx)
{
	struct spool *s = ctx;

	s->timer = false;
	if (s->intake == NULL)
		return;
	for (size_t i = 0; i < config_report_count(s->config); i++) {
		bool maildir = config_report(s->config, i)->type == PLACE_MAILDIR;

		look_into(s, i, maildir ? "new/" : "");
		if (maildir)
			look_into(s, i, "cur/");
	}
	pass_more(s);
	if (s->config->clock == CLOCK_REPLAY) {
		msg_send(s->intake, WIRE_REPORTS_END, "", 0, -1);
		return;
	}
	s->timer = true;
	(void)loop_after(s->loop, LOOK_EVERY, look, s);
}

void
spool_to(struct spool *s, struct msg_peer *intake)
{
	forget(s);
	s->intake = intake;
	if (intake != NULL && !s->timer)
		look(s);
}
