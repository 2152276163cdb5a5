/* SPDX-License-Identifier: Apache-2.0 */
/* ask.c -- see ask.h. */
#include "cmd/ask.h"

#include <stdio.h>
#include <unistd.h>

json_t *
ask(const struct command_call *call, const char *directory, const char *verb,
    json_t *args)
{
	struct err err;
	struct control *control = control_open(directory, &err);
	json_t *result = control != NULL ? control_ask(control, verb, args, &err) : NULL;

	control_close(control);
	json_decref(args);
	if (result == NULL)
		command_say(call, "%s", err.text);
	return result;
}

int
ask_print(const struct command_call *call, const char *directory, const char *verb,
    json_t *args, const struct output_column *columns)
{
	struct output out;
	json_t *result = ask(call, directory, verb, args);

	if (result == NULL)
		return STATUS_NO;
	output_begin(&out, call, columns);
	if (json_is_array(result))
		for (size_t i = 0; i < json_array_size(result); i++)
			output_json(&out, json_array_get(result, i));
	else if (!json_is_null(result))
		output_json(&out, result);
	output_end(&out);
	json_decref(result);
	return STATUS_DONE;
}

struct store *
ask_store(const struct command_call *call, const char *directory)
{
	char path[4096];
	struct err err;
	struct store *store = store_open(directory, false, &err);

	if (store != NULL)
		return store;
	(void)snprintf(path, sizeof path, "%s/store.db", directory);
	if (access(path, F_OK) != 0)
		command_say(call,
		    "no store in the directory %s; --directory DIRECTORY names another",
		    directory);
	else
		command_say(call, "%s: %s", path, err.text);
	return NULL;
}
