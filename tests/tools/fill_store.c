/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fill_store.c -- writes cases into a store until told, or until the disk is full.
 *
 *     fill_store DIRECTORY TRANSACTIONS
 *
 * One case and one entry with a payload a transaction. Prints "committed N" (links of the
 * audit chain) and, where writing failed, the sentence; then the status is 1.
 */
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>

static bool
transaction(struct store *store, uint64_t number, struct err *err)
{
	static const char payload[900] = "a payload";
	struct case_record c = {.line = number + 1, .due = INT64_MAX};
	struct entry e = {.time = (int64_t)number, .type = ENTRY_OPENED, .step = -1};

	(void)snprintf(c.code, sizeof c.code, "%08u", (uint32_t)number % 100000000);
	c.now.state = CASE_DUE;
	if (!store_case_new(store, &c, err))
		return false;
	e.case_id = c.id;
	return store_entry_add(store, &e, payload, sizeof payload, err) &&
	       store_stream_set(store, "fill", number + 1, err);
}

int
main(int argc, char **argv)
{
	struct err err = {{0}};
	struct store *store = argc == 3 ? store_open(argv[1], true, &err) : NULL;
	uint64_t first, number;
	bool good = store != NULL;

	if (!good) {
		(void)fprintf(stderr, "fill_store: %s\n",
		    argc == 3 ? err.text : "DIRECTORY TRANSACTIONS");
		return 2;
	}
	first = number = store_stream(store, "fill");
	while (good && number < first + strtoull(argv[2], NULL, 10)) {
		good = store_begin(store, &err) && transaction(store, number, &err) &&
		       store_commit(store, &err);
		if (!good)
			store_rollback(store);
		else
			number++;
	}
	(void)printf("committed %llu\n", (unsigned long long)store_stream(store, "fill"));
	if (!good)
		(void)printf("%s\n", err.text);
	store_close(store);
	return good ? 0 : 1;
}
