/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reports.c -- the API's handlers about reports: what no parser understood, and who
 * reports. All of it is the engine's: showing a piece is audited there.
 */
#include "web/reports.h"

#include <string.h>

void
run_unread(struct call *call)
{
	console_ask_engine(call, "report.unread.list", json_object(), reply_forward);
}

void
run_unread_one(struct call *call)
{
	console_ask_engine(call, "report.unread.show",
	    json_pack("{s:s}", "number", call->part), reply_forward);
}

/* The body, an object of texts and numbers under these names, and the piece's number. */
static void
forward_body(struct call *call, const char *verb, const char *const *names)
{
	size_t size;
	const char *body = http_body(call->request, &size), *key;
	struct err err;
	json_t *from = json_read(body, size, &err), *args = json_object(), *value;
	bool good = json_is_object(from);

	json_object_foreach(from, key, value)
	{
		bool known = json_is_string(value) || json_is_integer(value);
		size_t i = 0;

		while (names[i] != NULL && strcmp(names[i], key) != 0)
			i++;
		good = good && known && names[i] != NULL;
		(void)json_object_set(args, key, value);
	}
	json_decref(from);
	if (!good) {
		json_decref(args);
		http_error(call->request, 400,
		    "the body is not the JSON object that the API describes");
		return;
	}
	(void)json_object_set_new(args, "number", json_string(call->part));
	console_ask_engine(call, verb, args, reply_forward);
}

void
run_unread_done(struct call *call)
{
	static const char *const names[] = {"outcome", NULL};

	forward_body(call, "report.unread.done", names);
}

void
run_unread_item(struct call *call)
{
	static const char *const names[] = {
	    "address", "time", "class", "port", "family", "realm", NULL};

	forward_body(call, "report.unread.item", names);
}

void
run_reporters(struct call *call)
{
	console_ask_engine(call, "report.reporters", json_object(), reply_forward);
}
