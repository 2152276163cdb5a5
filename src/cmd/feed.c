/* SPDX-License-Identifier: Apache-2.0 */
/*
 * feed.c -- see feed.h. Names in a manifest are a stranger's: only those that are UUIDs
 * become paths.
 */
#include "cmd/feed.h"

#include "base/file.h"
#include "base/json.h"

#include <ctype.h>
#include <stdio.h>
#include <sys/stat.h>

enum { MANIFEST_MOST = 64 << 20, PATH_ROOM = 4096 };

bool
feed_is(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool
is_uuid(const char *name)
{
	size_t i;

	for (i = 0; name[i] != 0; i++)
		if (name[i] != '-' && !isxdigit((unsigned char)name[i]))
			return false;
	return i == 36;
}

static json_t *
read_manifest(const char *directory, struct err *err)
{
	char path[PATH_ROOM];
	json_t *manifest = NULL;
	struct wr text;

	if (snprintf(path, sizeof path, "%s/manifest.json", directory) >=
	    (int)sizeof path) {
		(void)err_set(err, "the directory's name is too long");
		return NULL;
	}
	wr_init(&text, MANIFEST_MOST);
	if (file_read(path, &text, err))
		manifest = json_read((const char *)text.bytes, text.size, err);
	wr_fini(&text);
	return manifest;
}

bool
feed_each(const char *directory, feed_visit *visit, void *ctx, struct err *err)
{
	json_t *manifest = read_manifest(directory, err), *event;
	char path[PATH_ROOM + 64];
	const char *uuid;
	bool good = true;

	if (manifest == NULL)
		return false;
	err->text[0] = 0;
	json_object_foreach(manifest, uuid, event)
	{
		if (!is_uuid(uuid)) {
			good =
			    err_set(err, "%.100s: an event's name is no UUID", directory);
			continue;
		}
		(void)snprintf(path, sizeof path, "%s/%s.json", directory, uuid);
		good &= visit(ctx, path);
	}
	json_decref(manifest);
	return good;
}
