/* SPDX-License-Identifier: Apache-2.0 */
/*
 * feeds.c -- see feeds.h. One file at a time is open to each fetch role, called
 * ".new.tmp", which neither intake nor the list of what is there sees.
 *
 * Not handled: a taken-over fetch that writes to its one file without end (the disk then
 * fills, as by any other flood, and everything waits).
 */
#include "role/feeds.h"

#include "base/log.h"
#include "base/mem.h"
#include "role/wire.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char fresh[] = ".new.tmp";

struct document {
	char name[DOCUMENT_NAME + 1];
	bool taken;
};

struct feed {
	const struct config_fetch *conf;
	struct msg_peer *fetch;
	int directory; /* -1: it cannot be opened */
	struct document *documents;
	size_t count;
};

struct feeds {
	const struct config *config;
	struct feed *feeds;
	size_t count;
};

bool
feeds_name_sound(const char *name)
{
	static const char sound[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789._@=+-";
	size_t key = strspn(name, sound), rest;

	if (key == 0 || key > DOCUMENT_KEY || name[0] == '.' || name[key] != ',')
		return false;
	rest = strspn(name + key + 1, sound);
	return rest > 0 && name[key + 1 + rest] == 0 && key + 1 + rest <= DOCUMENT_NAME;
}

static struct document *
find(struct feed *f, const char *name)
{
	for (size_t i = 0; i < f->count; i++)
		if (strcmp(f->documents[i].name, name) == 0)
			return &f->documents[i];
	return NULL;
}

static void
add(struct feed *f, const char *name)
{
	struct document *d;

	f->documents = xrealloc(f->documents, (f->count + 1) * sizeof *f->documents);
	d = &f->documents[f->count++];
	d->taken = false;
	(void)snprintf(d->name, sizeof d->name, "%.*s", (int)sizeof d->name - 1, name);
}

static int
document_file(const struct dirent *entry)
{
	return feeds_name_sound(entry->d_name);
}

/* What an earlier run left. */
static void
list(struct feed *f)
{
	struct dirent **names = NULL;
	int count;

	f->directory = open(f->conf->report.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	count = f->directory < 0
		    ? -1
		    : scandir(f->conf->report.path, &names, document_file, alphasort);
	if (count < 0)
		log_event(LEVEL_ERROR, "spool cannot be read", "feed",
		    f->conf->report.name, "why", strerrordesc_np(errno), NULL);
	for (int i = 0; i < count; i++) {
		add(f, names[i]->d_name);
		free(names[i]);
	}
	free(names);
}

struct feeds *
feeds_new(const struct config *config)
{
	struct feeds *feeds = xcalloc(1, sizeof *feeds);

	feeds->config = config;
	feeds->count = config->fetch.count;
	feeds->feeds = xcalloc(feeds->count + 1, sizeof *feeds->feeds);
	for (size_t i = 0; i < feeds->count; i++) {
		feeds->feeds[i].conf = config_fetch(config, i);
		list(&feeds->feeds[i]);
	}
	return feeds;
}

void
feeds_free(struct feeds *feeds)
{
	if (feeds == NULL)
		return;
	for (size_t i = 0; i < feeds->count; i++) {
		if (feeds->feeds[i].directory >= 0)
			(void)close(feeds->feeds[i].directory);
		free(feeds->feeds[i].documents);
	}
	free(feeds->feeds);
	free(feeds);
}

static void
say(const struct feed *f, uint32_t type, const char *text)
{
	msg_send(f->fetch, type, text, strlen(text), -1);
}

void
feeds_to(struct feeds *feeds, size_t feed, struct msg_peer *fetch)
{
	struct feed *f = &feeds->feeds[feed];

	f->fetch = fetch;
	if (fetch == NULL)
		return;
	for (size_t i = 0; i < f->count; i++) {
		say(f, WIRE_DOCUMENT_HAVE, f->documents[i].name);
		if (f->documents[i].taken)
			say(f, WIRE_DOCUMENT_TAKEN, f->documents[i].name);
	}
	say(f, WIRE_DOCUMENT_BEGIN, "");
}

static void
give(struct feed *f)
{
	int fd = -1;

	if (f->directory >= 0 && f->count < (size_t)f->conf->backlog) {
		/* A new one: what a killed fetch still holds open is not this. */
		(void)unlinkat(f->directory, fresh, 0);
		fd = openat(f->directory, fresh,
		    O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	}
	msg_send(f->fetch, WIRE_DOCUMENT, "", 0, fd);
}

/* Durable under its own name, or not there. */
static bool
keep(struct feed *f, const char *name)
{
	int fd = openat(f->directory, fresh, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;
	bool good = fd >= 0 && fstat(fd, &st) == 0 && st.st_size <= f->conf->size &&
		    fsync(fd) == 0 &&
		    renameat(f->directory, fresh, f->directory, name) == 0 &&
		    fsync(f->directory) == 0;

	if (fd >= 0)
		(void)close(fd);
	if (!good)
		(void)unlinkat(f->directory, name, 0);
	return good;
}

static void
drop(struct feed *f, struct spool *spool, size_t entry, const char *name)
{
	struct document *d = find(f, name);

	if (d == NULL || !d->taken)
		return;
	(void)unlinkat(f->directory, name, 0);
	spool_forget(spool, entry, name);
	*d = f->documents[--f->count];
}

bool
feeds_message(struct feeds *feeds, struct spool *spool, size_t feed, struct msg *msg)
{
	struct feed *f = &feeds->feeds[feed];
	char name[DOCUMENT_NAME + 1] = "";
	size_t size = rd_left(&msg->body);
	bool good;

	if (msg->type == WIRE_DOCUMENT_OPEN) {
		give(f);
		return size == 0;
	}
	if (size > DOCUMENT_NAME)
		return false;
	(void)rd_copy(&msg->body, name, size);
	if (strlen(name) != size || !feeds_name_sound(name))
		return false;
	if (msg->type == WIRE_DOCUMENT_KEEP) {
		good = find(f, name) == NULL && keep(f, name);
		if (good)
			add(f, name);
		msg_send(f->fetch, WIRE_DOCUMENT_KEPT, good ? "\1" : "\0", 1, -1);
	} else if (msg->type == WIRE_DOCUMENT_DROP)
		drop(f, spool, feeds->config->reports.count + feed, name);
	else
		return false;
	return true;
}

void
feeds_taken(struct feeds *feeds, size_t feed, const char *name)
{
	struct feed *f = &feeds->feeds[feed];
	struct document *d = find(f, name);

	if (d == NULL || d->taken)
		return;
	d->taken = true;
	if (f->fetch != NULL)
		say(f, WIRE_DOCUMENT_TAKEN, name);
}
