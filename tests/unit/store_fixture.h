/* SPDX-License-Identifier: Apache-2.0 *
 * size: functions of a fixture, static, for several test programs.
 */
/*
 * store_fixture.h -- a store in a directory of its own, and things to put into it.
 */
#ifndef TESTS_STORE_FIXTURE_H
#define TESTS_STORE_FIXTURE_H

#include "base/mem.h"
#include "base/when.h"
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <dirent.h>

#define GOOD(call)                                                                       \
	do {                                                                             \
		struct err good_err = {{0}};                                             \
		struct err *err = &good_err;                                             \
		if (!(call))                                                             \
			fail_msg("%s: %s", #call, good_err.text);                        \
	} while (0)

struct fixture {
	char directory[64];
	struct store *store;
};

static inline void
fixture_open(struct fixture *f)
{
	GOOD((f->store = store_open(f->directory, true, err)) != NULL);
}

static inline int
fixture_setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof *f);

	(void)strcpy(f->directory, "/tmp/botkoll-store-XXXXXX");
	if (mkdtemp(f->directory) == NULL)
		return -1;
	fixture_open(f);
	*state = f;
	return 0;
}

static inline int
fixture_teardown(void **state)
{
	struct fixture *f = *state;
	DIR *dir = opendir(f->directory);
	struct dirent *entry;
	char path[512];

	store_close(f->store);
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		(void)snprintf(path, sizeof path, "%s/%s", f->directory, entry->d_name);
		(void)unlink(path);
	}
	if (dir != NULL)
		(void)closedir(dir);
	(void)rmdir(f->directory);
	free(f);
	return 0;
}

static inline void
fixture_reopen(struct fixture *f)
{
	store_close(f->store);
	fixture_open(f);
}

/* How often the bytes stand in the files of the directory. */
static inline size_t
fixture_search(const char *directory, const void *needle, size_t size)
{
	DIR *dir = opendir(directory);
	struct dirent *entry;
	size_t found = 0;
	char path[512];

	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL) {
		uint8_t *bytes;
		long length;
		FILE *file;

		(void)snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
		if (entry->d_name[0] == '.' || (file = fopen(path, "rb")) == NULL)
			continue;
		assert_int_equal(fseek(file, 0, SEEK_END), 0);
		length = ftell(file);
		rewind(file);
		bytes = xmalloc((size_t)length + 1);
		assert_int_equal(fread(bytes, 1, (size_t)length, file), length);
		(void)fclose(file);
		for (const uint8_t *at = bytes, *end = bytes + length;
		     (at = memmem(at, (size_t)(end - at), needle, size)) != NULL; at++)
			found++;
		free(bytes);
	}
	(void)closedir(dir);
	return found;
}

static inline struct stored_sighting
make_sighting(const char *source, uint64_t line, int64_t time, bool finding)
{
	struct stored_sighting s = {.line = line, .days = 1};

	s.sighting = (struct sighting){.first = time - 10,
	    .last = time,
	    .received = time + 5,
	    .addr = addr_v4(0xc0000200 + (uint32_t)line),
	    .role = ROLE_BOT,
	    .kind = KIND_SCAN,
	    .grade = 'A',
	    .weight = 8,
	    .count = 3,
	    .group = finding ? GROUP_PROPAGATION : GROUP_REPORT,
	    .data_class = DATA_TRAFFIC,
	    .basis = BASIS_NETWORK_SECURITY};
	(void)snprintf(s.sighting.source, SIGHTING_NAME, "%s", source);
	(void)snprintf(
	    s.sighting.identifier, SIGHTING_NAME, "%s", finding ? source : "event4");
	(void)snprintf(s.sighting.family, SIGHTING_NAME, "mirai");
	if (!finding)
		(void)snprintf(s.sighting.upstream, SIGHTING_NAME, "shadowserver");
	sighting_set_id(&s.sighting, NULL, time);
	return s;
}

static inline struct case_record
make_case(struct store *store, uint64_t line, const char *code, int64_t opened)
{
	struct case_record c = {.line = line, .class_ = CLASS_INFECTED, .due = opened};

	(void)snprintf(c.code, sizeof c.code, "%s", code);
	c.now = (struct case_state_of){
	    .state = CASE_DUE, .opened = opened, .step = -1, .posterior = 0.998};
	GOOD(store_case_new(store, &c, err));
	return c;
}

static inline struct entry
make_entry(struct store *store, uint64_t case_id, enum entry_type type, int64_t time,
    const char *payload)
{
	struct entry e = {.case_id = case_id,
	    .time = time,
	    .type = (uint8_t)type,
	    .score = 13.1,
	    .posterior = 0.998,
	    .prior = 1e-3,
	    .groups = 5,
	    .step = -1};

	GOOD(store_entry_add(
	    store, &e, payload, payload != NULL ? strlen(payload) : 0, err));
	return e;
}

#endif
