/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch_state.c -- what a feed must remember of its origin: a small JSON object, in two
 * files used in turn (snapshot.h), each with a generation; the newer whole one counts.
 *
 * Losing it costs a second look at everything, never a report: what has come before has
 * the same bytes.
 */
#include "role/fetch.h"

#include "base/mem.h"
#include "role/place.h"

#include <stdio.h>

enum { STATE_MAX = 16 << 20 };

static json_t *
read_slot(struct fetch *f, unsigned slot, uint64_t *generation)
{
	struct wr w;
	struct err err;
	json_t *state = NULL;

	wr_init(&w, STATE_MAX);
	if (snapshot_read(&f->role->slots, slot, &w) && w.size > 8) {
		struct rd r = rd_init(w.bytes, w.size);

		*generation = rd_u64(&r);
		state = json_read((const char *)r.at, rd_left(&r), &err);
	}
	wr_fini(&w);
	return state;
}

bool
fetch_load(struct fetch *f, struct err *err)
{
	for (unsigned i = 0; i < SNAPSHOT_SLOTS; i++) {
		char path[128];
		uint64_t generation = 0;
		json_t *state;

		(void)snprintf(
		    path, sizeof path, "snapshots/fetch-%s-%u", f->conf->report.name, i);
		f->role->slots.fds[i] = place_file(f->role->config, path, err);
		if (f->role->slots.fds[i] < 0)
			return false;
		state = read_slot(f, i, &generation);
		if (!json_is_object(state) || generation <= f->generation) {
			json_decref(state);
			continue;
		}
		json_decref(f->state);
		f->state = state;
		f->generation = generation;
		f->slot = (i + 1) % SNAPSHOT_SLOTS;
	}
	if (f->state == NULL)
		f->state = json_object();
	return true;
}

bool
fetch_save(struct fetch *f, struct err *err)
{
	char *text = json_dumps(f->state, JSON_COMPACT);
	struct wr w;
	bool good;

	if (text == NULL)
		fatal("no memory for the state");
	wr_init(&w, STATE_MAX);
	wr_u64(&w, ++f->generation);
	wr_text(&w, text);
	free(text);
	good = w.bad ? err_set(err, "the state is larger than %d bytes", STATE_MAX)
		     : snapshot_write(&f->role->slots, f->slot, w.bytes, w.size, err);
	if (good)
		f->slot = (f->slot + 1) % SNAPSHOT_SLOTS;
	wr_fini(&w);
	return good;
}

const char *
fetch_state_text(const struct fetch *f, const char *key)
{
	return json_string_value(json_object_get(f->state, key));
}

void
fetch_state_set(struct fetch *f, const char *key, const char *text)
{
	if (text == NULL || *text == 0)
		(void)json_object_del(f->state, key);
	else
		(void)json_object_set_new(f->state, key, json_string(text));
}

json_t *
fetch_state_object(struct fetch *f, const char *key)
{
	json_t *object = json_object_get(f->state, key);

	if (!json_is_object(object)) {
		object = json_object();
		(void)json_object_set_new(f->state, key, object);
	}
	return object;
}
