/* SPDX-License-Identifier: Apache-2.0 */
/* spool.c -- see spool.h. Looks once a second; in REPLAY once, then says that this is
 * all.
 */
#include "role/spool.h"

#include "base/log.h"
#include "base/mem.h"
#include "role/wire.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LOOK_EVERY = 1000000, MESSAGE = 4096 };

struct seen { /* a file that this intake role was given */
	size_t entry;
	char *name;
	uint64_t number;
};

struct spool {
	const struct config *config;
	struct loop *loop;
	spool_taken_call *taken;
	void *ctx;
	struct msg_peer *intake;
	struct seen *seen;
	size_t seen_count;
	uint64_t last; /* number given out */
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
	return s;
}

static void
forget(struct spool *s)
{
	while (s->seen_count > 0)
		free(s->seen[--s->seen_count].name);
}

void
spool_free(struct spool *s)
{
	if (s == NULL)
		return;
	forget(s);
	free(s->seen);
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

/* The number of a file that is new to this intake role; 0: it has it. */
static uint64_t
remember(struct spool *s, size_t entry, const char *name)
{
	for (size_t i = 0; i < s->seen_count; i++)
		if (s->seen[i].entry == entry && strcmp(s->seen[i].name, name) == 0)
			return 0;
	s->seen = xrealloc(s->seen, (s->seen_count + 1) * sizeof *s->seen);
	s->seen[s->seen_count++] = (struct seen){entry, xstrdup(name), ++s->last};
	return s->last;
}

/* What intake is told of the file's name. */
static const char *
plain_name(const struct spool *s, size_t entry, const char *name)
{
	const char *comma = strrchr(name, ',');

	return entry >= s->config->reports.count && comma != NULL ? comma + 1 : name;
}

static void
pass(struct spool *s, size_t entry, int directory, const char *name, uint64_t number)
{
	int fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct wr w;

	if (fd < 0) {
		log_event(LEVEL_WARNING, "report cannot be opened", "file", name, "why",
		    strerrordesc_np(errno), NULL);
		return;
	}
	wr_init(&w, MESSAGE);
	wr_u32(&w, (uint32_t)entry);
	wr_u64(&w, number);
	wr_text(&w, plain_name(s, entry, name));
	msg_send(s->intake, WIRE_REPORT, w.bytes, w.size, fd);
	wr_fini(&w);
}

static void
look_into(struct spool *s, size_t entry)
{
	const char *path = config_report(s->config, entry)->path;
	int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent **names = NULL;
	int count = directory < 0 ? -1 : scandir(path, &names, whole_file, alphasort);

	for (int i = 0; i < count; i++) {
		const char *name = names[i]->d_name;
		uint64_t number =
		    names[i]->d_type == DT_DIR ? 0 : remember(s, entry, name);

		if (number != 0)
			pass(s, entry, directory, name, number);
		free(names[i]);
	}
	free(names);
	if (directory >= 0)
		(void)close(directory);
	else if (remember(s, entry, "/") != 0)
		log_event(LEVEL_WARNING, "reports cannot be read", "directory", path,
		    "why", strerrordesc_np(errno), NULL);
}

static void
look(void *ctx)
{
	struct spool *s = ctx;

	s->timer = false;
	if (s->intake == NULL)
		return;
	for (size_t i = 0; i < config_report_count(s->config); i++)
		look_into(s, i);
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

void
spool_taken(struct spool *s, uint64_t number)
{
	for (size_t i = 0; i < s->seen_count; i++)
		if (s->seen[i].number == number) {
			s->taken(s->ctx, s->seen[i].entry, s->seen[i].name);
			return;
		}
}

void
spool_forget(struct spool *s, size_t entry, const char *name)
{
	for (size_t i = 0; i < s->seen_count; i++)
		if (s->seen[i].entry == entry && strcmp(s->seen[i].name, name) == 0) {
			free(s->seen[i].name);
			s->seen[i] = s->seen[--s->seen_count];
			return;
		}
}
