/* SPDX-License-Identifier: Apache-2.0 */
/*
 * desk_lines.c -- verbs about lines and the house: lines.import, privacy.erase and
 * verify, audit.verify, leases.stat.
 *
 * An import is whole or not at all. Erasing a line removes its person, keys and fixed
 * addresses from the identity database and destroys the keys of its cases' payloads; what
 * is left are skeletons about a random number. (`botkoll privacy verify` looks for what
 * is left by itself: a jailed engine opens no file.)
 */
#include "line/registry.h"
#include "role/desk_inside.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- lines.import */

struct importing {
	struct desk *desk;
	uint64_t lines, keys, prefixes;
};

typedef bool word_call(struct importing *in, uint64_t line, uint32_t realm,
    const char *word, struct rng *rng, struct err *err);

static bool
put_key(struct importing *in, uint64_t line, uint32_t realm, const char *word,
    struct rng *rng, struct err *err)
{
	uint32_t handle;

	(void)realm;
	in->keys++;
	return identity_key_put(in->desk->identity, line, word, rng, &handle, err);
}

static bool
put_prefix(struct importing *in, uint64_t line, uint32_t realm, const char *word,
    struct rng *rng, struct err *err)
{
	struct prefix prefix;

	in->prefixes++;
	if (!prefix_parse(word, &prefix))
		return err_set(err, "\"%.64s\" is no address or prefix", word);
	return identity_prefix_put(in->desk->identity, line, realm, &prefix, rng, err);
}

/* Each blank-separated word; its generator is a function of the word, not of the row. */
static bool
each_word(struct importing *in, uint64_t line, const char *const *columns,
    enum registry_column column, word_call *call, struct err *err)
{
	const char *text = columns[column];
	uint32_t realm = (uint32_t)strtoul(columns[REGISTRY_REALM], NULL, 10);
	char word[256];
	struct rng rng;

	while (*(text += strspn(text, " \t")) != '\0') {
		size_t size = strcspn(text, " \t");

		if (size >= sizeof word)
			return err_set(err, "a subscriber key or prefix is too long");
		memcpy(word, text, size);
		word[size] = '\0';
		desk_rng(in->desk, column == REGISTRY_PREFIXES ? "prefix" : "handle",
		    word, &rng);
		if (!call(in, line, realm, word, &rng, err))
			return false;
		text += size;
	}
	return true;
}

static bool
import_row(void *ctx, size_t line_number, const char *const *columns, struct err *err)
{
	struct importing *in = ctx;
	struct line_person p = {.number = columns[REGISTRY_LINE],
	    .name = columns[REGISTRY_NAME],
	    .email = columns[REGISTRY_EMAIL],
	    .phone = columns[REGISTRY_PHONE],
	    .postal = columns[REGISTRY_POSTAL],
	    .language = columns[REGISTRY_LANGUAGE],
	    .segment = columns[REGISTRY_SEGMENT],
	    .profile = columns[REGISTRY_PROFILE],
	    .exempt = columns[REGISTRY_EXEMPT],
	    .operator_ = columns[REGISTRY_OPERATOR]};
	struct err why;
	struct rng rng;

	if (columns[REGISTRY_REALM][strspn(columns[REGISTRY_REALM], "0123456789")] !=
	    '\0')
		return err_set(err, "line %zu: realm \"%.32s\" is no number", line_number,
		    columns[REGISTRY_REALM]);
	desk_rng(in->desk, "line", p.number, &rng);
	if (identity_line_put(in->desk->identity, &p, &rng, &why) &&
	    each_word(in, p.line, columns, REGISTRY_SUBSCRIBER, put_key, &why) &&
	    each_word(in, p.line, columns, REGISTRY_PREFIXES, put_prefix, &why)) {
		in->lines++;
		return true;
	}
	return err_set(err, "line %zu: %.200s", line_number, why.text);
}

static bool
note_import(struct verb_call *call, const struct importing *in, struct err *err)
{
	struct store *store = call->desk->store;
	char lines[24];

	(void)snprintf(lines, sizeof lines, "%llu",
	    (unsigned long long)identity_lines(call->desk->identity));
	if (!store_begin(store, err))
		return false;
	if (store_setting_set(store, "lines", lines, err) &&
	    store_audit(
		store, call->now, "lines.import", &in->lines, sizeof in->lines, err) &&
	    store_commit(store, err))
		return true;
	store_rollback(store);
	return false;
}

static bool
run_import(struct verb_call *call, struct err *err)
{
	const json_t *csv = json_object_get(call->args, "csv");
	struct importing in = {.desk = call->desk};
	size_t refused = 0;

	if (!json_is_string(csv))
		return err_set(err, "args.csv must hold the registry's text");
	if (!identity_begin(call->desk->identity, err))
		return false;
	if (!registry_read(json_string_value(csv), json_string_length(csv), import_row,
		&in, &refused, err) ||
	    !identity_commit(call->desk->identity, err)) {
		identity_rollback(call->desk->identity);
		return false;
	}
	if (!note_import(call, &in, err) || !desk_statics_load(call->desk, err))
		return false;
	jw_object(call->out, "result");
	jw_uint(call->out, "lines", in.lines);
	jw_uint(call->out, "keys", in.keys);
	jw_uint(call->out, "prefixes", in.prefixes);
	jw_uint(call->out, "refused", refused);
	jw_end(call->out);
	return true;
}

/* ---- privacy */

static bool
audit_erase(struct verb_call *call, uint64_t line, struct err *err)
{
	struct store *store = call->desk->store;

	if (!store_begin(store, err))
		return false;
	if (store_audit(store, call->now, "privacy.erase", &line, sizeof line, err) &&
	    store_commit(store, err))
		return true;
	store_rollback(store);
	return false;
}

static bool
run_erase(struct verb_call *call, struct err *err)
{
	const char *number = verb_text(call, "number"), *id = verb_text(call, "line");
	uint64_t line = id != NULL ? strtoull(id, NULL, 10) : 0;

	if (number != NULL &&
	    !identity_line_by_number(call->desk->identity, number, &line))
		return err_set(err, "no line has this number");
	if (line == 0)
		return err_set(err, "say which line, by `number` or `line`");
	if (!audit_erase(call, line, err) ||
	    !identity_erase(call->desk->identity, line, err) ||
	    !store_erase_line(call->desk->store, line, call->now, err) ||
	    !desk_statics_load(call->desk, err))
		return false;
	jw_object(call->out, "result");
	jw_flag(call->out, "erased", true);
	jw_end(call->out);
	return true;
}

/* ---- the house */

static bool
run_audit(struct verb_call *call, struct err *err)
{
	uint64_t links = 0, bad = 0;
	struct err why;
	bool whole = store_audit_verify(call->desk->store, &links, &bad, &why);

	(void)err;
	jw_object(call->out, "result");
	jw_flag(call->out, "whole", whole);
	jw_uint(call->out, "links", links);
	if (!whole) {
		jw_uint(call->out, "bad", bad);
		jw_text(call->out, "why", why.text);
	}
	jw_end(call->out);
	return true;
}

static bool
run_leases(struct verb_call *call, struct err *err)
{
	const struct leases *leases = call->desk->config.leases;
	struct leases_stat stat = {0};

	(void)err;
	if (leases != NULL)
		stat = leases_stat(leases);
	jw_object(call->out, "result");
	jw_uint(call->out, "leases", stat.leases);
	jw_uint(call->out, "open", stat.open);
	jw_uint(call->out, "segments", stat.segments);
	jw_uint(call->out, "bytes", stat.bytes);
	jw_uint(call->out, "lines", identity_lines(call->desk->identity));
	jw_uint(call->out, "fixed", call->desk->static_count);
	jw_end(call->out);
	return true;
}

const struct verb desk_line_verbs[] = {
    {"lines.import", false, run_import},
    {"privacy.erase", false, run_erase},
    {"audit.verify", false, run_audit},
    {"leases.stat", false, run_leases},
    {0},
};
