/* SPDX-License-Identifier: Apache-2.0 */
/*
 * desk_tray.c -- verbs: report.unread.list, show, done and item; report.reporters and
 * report.grade.
 *
 * What no parser understood waits here for people, severest first, then oldest. To show
 * a piece is to show what a stranger wrote of our customers, so it is audited before it
 * is answered. A person closes it with an outcome, or says what it means (address, time,
 * class): that goes the way of every other sighting, attribution and brakes included.
 */
#include "role/desk_reports.h"

#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>

enum { LIST_DEFAULT = 100, LIST_MOST = 1000, WHY_LEAST = 3 };

/* ---- unread */

static void
put_item(struct jw *j, const char *name, const struct tray_item *item)
{
	jw_object(j, name);
	jw_uint(j, "number", item->n);
	jw_when(j, "received", item->received);
	jw_text(j, "severity", severity_names[item->severity % (SEVERITY_CRITICAL + 1)]);
	jw_text(j, "source", item->source);
	jw_text(j, "reporter", item->upstream);
	jw_text(j, "reason", item->reason);
	jw_uint(j, "place", item->place);
	jw_uint(j, "bytes", item->told);
	jw_uint(j, "items", item->items);
	if (item->done != 0) {
		jw_when(j, "done", item->done);
		jw_uint(j, "staff", item->staff);
		jw_text(j, "outcome", item->outcome);
	}
	jw_end(j);
}

static bool
list_one(void *ctx, const struct tray_item *item)
{
	put_item(ctx, NULL, item);
	return true;
}

static bool
run_list(struct verb_call *call, struct err *err)
{
	int64_t limit = json_integer_value(json_object_get(call->args, "limit"));

	(void)err;
	if (limit <= 0)
		limit = LIST_DEFAULT;
	jw_array(call->out, "result");
	store_tray(call->desk->store, json_is_true(json_object_get(call->args, "done")),
	    (uint32_t)(limit < LIST_MOST ? limit : LIST_MOST), list_one, call->out);
	jw_end(call->out);
	return true;
}

static bool
find_item(const struct verb_call *call, struct tray_item *out, struct err *err)
{
	const json_t *value = json_object_get(call->args, "number");
	const char *text = json_string_value(value);
	uint64_t n =
	    text != NULL ? strtoull(text, NULL, 10) : (uint64_t)json_integer_value(value);

	return store_tray_get(call->desk->store, n, out) ||
	       err_set(err, "no unread piece has that number");
}

static bool
audit(struct verb_call *call, const char *what, const void *about, size_t size,
    struct err *err)
{
	struct digest d;
	struct id128 id;

	digest_init(&d);
	digest_u64(&d, call->actor);
	digest_field(&d, about, size);
	id = digest_id(&d);
	return store_audit(call->desk->store, call->now, what, id.b, sizeof id.b, err);
}

/* As legible text: what is no UTF-8, and control bytes but for line ends, become '?'. */
static void
put_piece(struct jw *j, const char *bytes, size_t size)
{
	struct wr text;
	uint32_t code;

	wr_init(&text, 4 * FATE_PIECE);
	for (size_t i = 0, n; i < size; i += n) {
		n = utf8_next(bytes + i, size - i, &code);
		if ((code == UTF8_INVALID && n == 1) || code == 0x7f ||
		    (code < 0x20 && code != '\n' && code != '\t'))
			wr_text(&text, "?");
		else
			wr_put(&text, bytes + i, n);
	}
	jw_text(j, "piece", wr_string(&text));
	wr_fini(&text);
}

static bool
run_show(struct verb_call *call, struct err *err)
{
	struct tray_item item;
	struct piece piece;
	struct wr packed, bytes;

	if (!find_item(call, &item, err) ||
	    !audit(call, "report.unread.show", item.id.b, sizeof item.id.b, err))
		return false;
	wr_init(&packed, 2 * FATE_PIECE);
	wr_init(&bytes, FATE_PIECE);
	jw_object(call->out, "result");
	put_item(call->out, "item", &item);
	if (store_piece(call->desk->store, &item.id, &piece, &packed) &&
	    piece_unpack(packed.bytes, packed.size, &bytes)) {
		put_piece(call->out, (const char *)bytes.bytes, bytes.size);
		jw_flag(call->out, "cut", piece.told > bytes.size);
	} else {
		jw_null(call->out, "piece");
	}
	jw_end(call->out);
	wr_fini(&packed);
	wr_fini(&bytes);
	return true;
}

static bool
finish(
    struct verb_call *call, struct tray_item *item, const char *outcome, struct err *err)
{
	if (item->done != 0)
		return err_set(err, "it is done already");
	item->done = call->now != 0 ? call->now : 1;
	item->staff = call->actor;
	utf8_copy(item->outcome, sizeof item->outcome, outcome);
	return store_tray_done(call->desk->store, item, err) &&
	       audit(call, "report.unread.done", item->id.b, sizeof item->id.b, err);
}

static bool
run_done(struct verb_call *call, struct err *err)
{
	const char *outcome = verb_text(call, "outcome");
	struct tray_item item;

	if (outcome == NULL || strlen(outcome) < WHY_LEAST)
		return err_set(err, "say with what outcome");
	if (!find_item(call, &item, err) || !finish(call, &item, outcome, err))
		return false;
	put_item(call->out, "result", &item);
	return true;
}

/* ---- a person says what it means */

static bool
describe(const struct verb_call *call, const struct tray_item *from, struct item *item,
    struct err *err)
{
	const char *address = verb_text(call, "address"), *time = verb_text(call, "time");
	const char *class = verb_text(call, "class"), *family = verb_text(call, "family");
	int64_t port = json_integer_value(json_object_get(call->args, "port"));

	item_begin(item);
	if (address == NULL || time == NULL || class == NULL)
		return err_set(err, "say which address, when (UTC), and of what class");
	item_text(item, "source.ip", address);
	item_text(item, "time.source", time);
	item_classify(item, class);
	item_text(item, "malware.name", family != NULL ? family : "");
	if (port > 0)
		item_int(item, "source.port", port);
	memcpy(item->upstream, from->upstream, sizeof item->upstream);
	(void)snprintf(item->identifier, sizeof item->identifier, "by-hand");
	item_derive(item);
	if (!item->has_addr)
		return err_set(err, "\"%.64s\" is no address", address);
	if (!item->has_time || item->time > call->now)
		return err_set(err, "\"%.64s\" is no time that has passed", time);
	item->digest = from->id;
	return true;
}

static bool
take_item(struct verb_call *call, const struct fate *fate, struct err *err)
{
	struct desk *desk = call->desk;
	struct desk_ids touched = {0};
	bool good;

	desk_books_open(desk);
	good = desk_take(desk, call->now, fate, &touched, err) &&
	       desk_books_close(desk, err);
	for (size_t i = 0; i < touched.count && good; i++)
		good = desk_work(desk, touched.items[i], call->now, err);
	free(touched.items);
	return good;
}

static bool
add_piece(struct desk *desk, const struct id128 *id, struct fate *fate)
{
	struct piece piece;
	struct wr packed;

	wr_init(&packed, 2 * FATE_PIECE);
	if (store_piece(desk->store, id, &piece, &packed)) {
		fate->piece = packed.bytes;
		fate->packed = (uint32_t)packed.size;
		fate->told = piece.told;
		return true; /* the fate owns the bytes now */
	}
	wr_fini(&packed);
	return false;
}

static bool
run_item(struct verb_call *call, struct err *err)
{
	struct item *item = xcalloc(1, sizeof *item);
	struct tray_item from;
	struct reporter reporter;
	struct item_origin origin = {call->desk->config.weights, .source = from.source,
	    .realm = (uint32_t)json_integer_value(json_object_get(call->args, "realm")),
	    .received = call->now};
	struct fate fate = {.kind = FATE_SIGHTING};
	const char *reason = NULL;
	bool good;

	good = find_item(call, &from, err) && describe(call, &from, item, err);
	if (good) {
		(void)store_reporter(call->desk->store, from.upstream, &reporter);
		origin.grade = reporter.assigned != 0 ? reporter.assigned : 'C';
		good = item_to_sighting(item, &origin, &fate.sighting, &reason) ||
		       err_set(err, "it makes no sighting: %s", reason);
	}
	free(item);
	if (!good)
		return false;
	fate.sighting.basis = BASIS_NETWORK_SECURITY;
	(void)add_piece(call->desk, &from.id, &fate);
	good =
	    take_item(call, &fate, err) && finish(call, &from, "taken in by hand", err);
	fate_fini(&fate);
	if (good)
		put_item(call->out, "result", &from);
	return good;
}

/* ---- reporters */

static bool
list_reporter(void *ctx, const struct reporter *r)
{
	const char assigned = r->grade != 0      ? r->grade
			      : r->assigned != 0 ? r->assigned
						 : 'F';
	struct credit credit = desk_credit(r, assigned);
	struct verb_call *call = ctx;
	struct jw *j = call->out;
	struct sighting s = {
	    .role = ROLE_BOT, .kind = KIND_INFECTION, .grade = (uint8_t)assigned};
	double weight = call->desk->config.weights != NULL
			    ? report_weight(call->desk->config.weights, &s)
			    : 0;

	jw_object(j, NULL);
	jw_text(j, "reporter", r->name);
	jw_uint(j, "claims", r->claims);
	jw_uint(j, "confirmed", r->confirmed);
	jw_uint(j, "refuted", r->refuted);
	jw_uint(j, "silent", r->silent);
	jw_text(j, "assigned", (const char[]){assigned, 0});
	jw_text(j, "present", (const char[]){credit_grade(&credit), 0});
	jw_text(j, "by", r->grade != 0 ? "person" : "configuration");
	jw_fixed(j, "believed", credit_mean(&credit), 3);
	jw_fixed(j, "weight", credit_weight(&credit, weight), 2);
	jw_when(j, "newest", r->last);
	jw_end(j);
	return true;
}

static bool
run_reporters(struct verb_call *call, struct err *err)
{
	(void)err;
	jw_array(call->out, "result");
	store_reporters(call->desk->store, list_reporter, call);
	jw_end(call->out);
	return true;
}

/* A person's grade begins a new record: what came before went into the judgement. */
static bool
run_grade(struct verb_call *call, struct err *err)
{
	const char *name = verb_text(call, "reporter"), *grade = verb_text(call, "grade");
	const char *why = verb_text(call, "why");
	struct reporter r;

	if (name == NULL || name[0] == 0 || strlen(name) >= sizeof r.name)
		return err_set(err, "say which reporter");
	if (grade == NULL || strlen(grade) != 1 || grade[0] < 'A' || grade[0] > 'F')
		return err_set(err, "a grade is a letter from A to F");
	if (why == NULL || strlen(why) < WHY_LEAST)
		return err_set(err, "say why");
	if (!store_reporter(call->desk->store, name, &r))
		return err_set(err, "no reporter is called %.48s", name);
	r.grade = grade[0];
	r.confirmed = r.refuted = r.silent = 0;
	if (!store_reporter_put(call->desk->store, &r, err) ||
	    !audit(call, "report.grade", why, strlen(why), err))
		return false;
	jw_object(call->out, "result");
	jw_text(call->out, "reporter", r.name);
	jw_text(call->out, "grade", grade);
	jw_end(call->out);
	return true;
}

const struct verb desk_tray_verbs[] = {
    {"report.unread.list", false, run_list},
    {"report.unread.show", true, run_show},
    {"report.unread.done", true, run_done},
    {"report.unread.item", true, run_item},
    {"report.reporters", false, run_reporters},
    {"report.grade", true, run_grade},
    {0},
};
