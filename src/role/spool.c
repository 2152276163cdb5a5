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

struct spool {
	const struct config *config;
	struct loop *loop;
	struct msg_peer *intake;
	char **seen; /* "entry/name", of this intake role */
	size_t seen_count;
	bool timer;
};

struct spool *
spool_new(const struct config *config, struct loop *loop)
{
	struct spool *s = xcalloc(1, sizeof *s);

	s->config = config;
	s->loop = loop;
	return s;
}

static void
forget(struct spool *s)
{
	while (s->seen_count > 0)
		free(s->seen[--s->seen_count]);
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

/* True the first time. */
static bool
remember(struct spool *s, size_t entry, const char *name)
{
	struct wr w;

	wr_init(&w, MESSAGE);
	wr_printf(&w, "%zu/%s", entry, name);
	(void)wr_string(&w);
	for (size_t i = 0; i < s->seen_count; i++)
		if (strcmp(s->seen[i], (char *)w.bytes) == 0) {
			wr_fini(&w);
			return false;
		}
	s->seen = xrealloc(s->seen, (s->seen_count + 1) * sizeof *s->seen);
	s->seen[s->seen_count++] = (char *)w.bytes;
	return true;
}

static void
pass(struct spool *s, size_t entry, int directory, const char *name)
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
	wr_text(&w, name);
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
		if (names[i]->d_type != DT_DIR && remember(s, entry, names[i]->d_name))
			pass(s, entry, directory, names[i]->d_name);
		free(names[i]);
	}
	free(names);
	if (directory >= 0)
		(void)close(directory);
	else if (remember(s, entry, "/"))
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
	for (size_t i = 0; i < s->config->reports.count; i++)
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
