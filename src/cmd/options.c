/* SPDX-License-Identifier: Apache-2.0 */
/* options.c -- see command.h for what may be written, options.h for the calls. */
#include "cmd/options.h"

#include "base/conf_value.h"
#include "base/mem.h"
#include "base/near.h"

#include <stdlib.h>
#include <string.h>

static bool
is_end(const struct command_opt *o)
{
	return o == NULL || o->opt.type == CONF_END;
}

static const struct command_opt *
by_letter(const struct options *o, char letter)
{
	for (const struct command_opt *row = o->table; !is_end(row); row++)
		if (row->letter == letter)
			return row;
	return NULL;
}

/* Options are written with dashes where fields have underscores. */
static bool
same_name(const char *name, const char *word, size_t size)
{
	if (strlen(name) != size)
		return false;
	for (size_t i = 0; i < size; i++)
		if ((name[i] == '_' ? '-' : name[i]) != word[i])
			return false;
	return true;
}

static const struct command_opt *
by_name(const struct options *o, const char *word, size_t size)
{
	for (const struct command_opt *row = o->table; !is_end(row); row++)
		if (same_name(row->opt.name, word, size))
			return row;
	return NULL;
}

static bool
unknown(const struct options *o, const char *word, struct err *err)
{
	struct near near = near_init(word + 2);

	for (const struct command_opt *row = o->table; !is_end(row); row++)
		near_try(&near, row->opt.name);
	near_try(&near, "help");
	near_try(&near, "human");
	near_try(&near, "json");
	if (near_best(&near) == NULL)
		return err_set(err, "unknown option %.60s", word);
	return err_set(
	    err, "unknown option %.60s; did you mean --%s?", word, near_best(&near));
}

static bool
is_list(const struct command_opt *row)
{
	return row->opt.type == CONF_TEXTS || row->opt.type == CONF_PREFIXES;
}

static bool
set_list(const struct conf_opt *opt, void *field, const char *text, struct err *err)
{
	char *copy = xstrdup(text), *save = NULL;
	bool ok = true;

	for (char *item = strtok_r(copy, ",", &save); ok && item != NULL;
	     item = strtok_r(NULL, ",", &save))
		ok = conf_value_append(opt, field, item, err);
	free(copy);
	return ok;
}

static bool
set_value(
    struct options *o, const struct command_opt *row, const char *text, struct err *err)
{
	void *field = conf_field(&row->opt, o->target);
	uint64_t bit = UINT64_C(1) << (row - o->table);
	struct err why;
	bool ok;

	if (is_list(row) && !(o->seen & bit))
		conf_value_free(&row->opt, field);
	o->seen |= bit;
	ok = is_list(row) ? set_list(&row->opt, field, text, &why)
			  : conf_value_parse(&row->opt, field, text, &why);
	return ok || err_set(err, "--%s: %s", row->opt.name, why.text);
}

/* --help, --human, --json, which all commands know. */
static bool
set_common(struct options *o, const char *word)
{
	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
		return o->help = true;
	if (strcmp(word, "--human") == 0)
		return o->human = true;
	if (strcmp(word, "--json") == 0)
		return o->json = true;
	return false;
}

/* `rest`: the words that follow; *used becomes 1 if the first of them was the value. */
static bool
read_long(struct options *o, const char *word, char **rest, int *used, struct err *err)
{
	size_t size = strcspn(word + 2, "=");
	const char *value = word[2 + size] == '=' ? word + 3 + size : NULL;
	const struct command_opt *row = by_name(o, word + 2, size);

	if (row == NULL)
		return set_common(o, word) || unknown(o, word, err);
	if (row->opt.type == CONF_FLAG) {
		if (value != NULL)
			return err_set(err, "--%s takes no value", row->opt.name);
		return set_value(o, row, "yes", err);
	}
	if (value == NULL) {
		value = rest[0];
		*used = 1;
	}
	if (value == NULL)
		return err_set(err, "%s wants a value: %s", word, row->argument);
	return set_value(o, row, value, err);
}

/* -a, -ab for flags, -nVALUE, -n VALUE. */
static bool
read_short(struct options *o, const char *word, char **rest, int *used, struct err *err)
{
	for (const char *letter = word + 1; *letter != 0; letter++) {
		const struct command_opt *row = by_letter(o, *letter);
		const char *value = letter[1] != 0 ? letter + 1 : rest[0];

		if (row == NULL)
			return set_common(o, word) ||
			       err_set(err, "unknown option -%c", *letter);
		if (row->opt.type == CONF_FLAG) {
			if (!set_value(o, row, "yes", err))
				return false;
			continue;
		}
		if (value == NULL)
			return err_set(
			    err, "-%c wants a value: %s", *letter, row->argument);
		*used = letter[1] == 0;
		return set_value(o, row, value, err);
	}
	return true;
}

static void
preset(struct options *o)
{
	for (const struct command_opt *row = o->table; !is_end(row); row++)
		conf_value_preset(&row->opt, conf_field(&row->opt, o->target));
}

static bool
has_required(const struct options *o, struct err *err)
{
	for (const struct command_opt *row = o->table; !is_end(row); row++)
		if (row->opt.required && !(o->seen >> (row - o->table) & 1))
			return err_set(
			    err, "--%s %s must be given", row->opt.name, row->argument);
	return true;
}

bool
options_read(struct options *o, const struct command_opt *table, void *target, int argc,
    char **argv, struct err *err)
{
	bool ended = false;

	*o = (struct options){.table = table, .target = target};
	o->operands = xcalloc((size_t)argc + 1, sizeof *o->operands);
	preset(o);
	for (int i = 0; i < argc; i++) {
		const char *word = argv[i];
		int used = 0;
		bool ok = true;

		if (ended || word[0] != '-' || word[1] == 0)
			o->operands[o->count++] = argv[i];
		else if (strcmp(word, "--") == 0)
			ended = true;
		else if (word[1] == '-')
			ok = read_long(o, word, argv + i + 1, &used, err);
		else
			ok = read_short(o, word, argv + i + 1, &used, err);
		if (!ok)
			return false;
		i += used;
	}
	return o->help || has_required(o, err);
}

void
options_free(struct options *o)
{
	for (const struct command_opt *row = o->table; !is_end(row); row++)
		conf_value_free(&row->opt, conf_field(&row->opt, o->target));
	free(o->operands);
	o->operands = NULL;
}
