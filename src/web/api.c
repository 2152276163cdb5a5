/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api.c -- see api.h.
 *
 * Reading goes straight to the store (read-only, pseudonymous). Changing, logging in and
 * explaining go to the engine, which checks roles and writes the audit log.
 */
#include "web/api.h"

#include "base/clock.h"
#include "base/mem.h"
#include "case/render.h"
#include "measure/today.h"
#include "web/charts.h"
#include "web/reports.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { DAYS = 28, PAGE = 50, PAGE_MOST = 500, NOTE_MOST = 4000 };

static void
reply_json(struct http_request *request, struct wr *w)
{
	if (w->bad)
		http_error(request, 500, "the answer is too large");
	else
		http_reply(request, 200, "application/json", w->bytes, w->size);
	wr_fini(w);
}

/* A query parameter as an unsigned number; `preset` if absent or malformed. */
static uint64_t
query_number(const struct http_request *request, const char *name, uint64_t preset)
{
	const char *text = http_query(request, name);
	uint64_t value = 0;

	if (text == NULL || *text == 0)
		return preset;
	for (; *text != 0; text++) {
		if (*text < '0' || *text > '9' || value > (UINT64_MAX - 9) / 10)
			return preset;
		value = value * 10 + (uint64_t)(*text - '0');
	}
	return value;
}

/* ---- sessions */

static void
write_session(struct http_request *request, const struct session *session)
{
	struct jw j;
	struct wr w;

	wr_init(&w, HTTP_REPLY);
	jw_begin(&j, &w);
	jw_object(&j, NULL);
	jw_text(&j, "name", session->name);
	jw_text(&j, "role", session->role);
	jw_text(&j, "csrf", session->csrf);
	jw_flag(&j, "must_change_password", session->one_time);
	jw_end(&j);
	reply_json(request, &w);
}

static void
login_answered(struct console *console, struct http_request *request,
    struct session *session, json_t *reply)
{
	const json_t *result = json_object_get(reply, "result");
	const char *name = json_string_value(json_object_get(result, "name"));
	const char *role = json_string_value(json_object_get(result, "role"));
	struct addr from = http_peer(request);
	char token[SESSION_TOKEN];

	if (name == NULL || role == NULL) {
		http_error(request, 401, "name or password is wrong");
		return;
	}
	throttle_good(console_throttle(console), clock_monotonic(), name, &from);
	session = session_open(console_sessions(console), clock_monotonic(), token);
	(void)strncpy(session->name, name, sizeof session->name - 1);
	(void)strncpy(session->role, role, sizeof session->role - 1);
	session->staff = (uint32_t)json_integer_value(json_object_get(result, "staff"));
	session->one_time = json_is_true(json_object_get(result, "one_time"));
	http_set_cookie(request, "session", token);
	write_session(request, session);
}

/* The body as an object of texts named `first` and, unless NULL, `second`. */
static json_t *
body_texts(struct call *call, const char *first, const char *second)
{
	size_t size;
	const char *body = http_body(call->request, &size);
	struct err err;
	json_t *object = json_read(body, size, &err);
	bool good = json_is_string(json_object_get(object, first)) &&
		    (second == NULL || json_is_string(json_object_get(object, second)));

	if (good)
		return object;
	json_decref(object);
	http_error(
	    call->request, 400, "the body is not the JSON object that the API describes");
	return NULL;
}

static void
run_login(struct call *call)
{
	json_t *body = body_texts(call, "name", "password");
	const char *name = json_string_value(json_object_get(body, "name"));
	struct addr from = http_peer(call->request);

	if (body == NULL)
		return;
	if (throttle_try(
		console_throttle(call->console), clock_monotonic(), name, &from)) {
		console_ask_engine(call, "staff.login", body, login_answered);
		return;
	}
	json_decref(body);
	http_error(call->request, 429, "too many logins: wait a minute");
}

static void
run_logout(struct call *call)
{
	session_close(call->session);
	http_set_cookie(call->request, "session", "");
	http_reply(call->request, 200, "application/json", "{}", 2);
}

static void
run_session(struct call *call)
{
	write_session(call->request, call->session);
}

static void
password_answered(struct console *console, struct http_request *request,
    struct session *session, json_t *reply)
{
	if (json_is_true(json_object_get(reply, "ok"))) {
		session->one_time = false;
		session_close_others(console_sessions(console), session->staff, session);
	}
	reply_forward(console, request, session, reply);
}

static void
run_password(struct call *call)
{
	json_t *body = body_texts(call, "password", NULL);

	if (body == NULL)
		return;
	(void)json_object_set_new(body, "staff", json_integer(call->session->staff));
	console_ask_engine(call, "staff.password", body, password_answered);
}

/* ---- what the engine answers */

void
reply_forward(struct console *console, struct http_request *request,
    struct session *session, json_t *reply)
{
	bool ok = json_is_true(json_object_get(reply, "ok"));
	const char *error = json_string_value(json_object_get(reply, "error"));
	json_t *out =
	    ok ? json_incref(json_object_get(reply, "result"))
	       : json_pack("{s:s}", "error", error ? error : "the engine refused");
	char *text = json_text(out);

	(void)console;
	(void)session;
	if (text == NULL)
		http_error(request, 502, "the engine's answer makes no sense");
	else
		http_reply(
		    request, ok ? 200 : 409, "application/json", text, strlen(text));
	free(text);
	json_decref(out);
}

static void
run_status(struct call *call)
{
	console_ask_engine(call, "status", json_object(), reply_forward);
}

static void
metrics_answered(struct console *console, struct http_request *request,
    struct session *session, json_t *reply)
{
	const char *text =
	    json_string_value(json_object_get(json_object_get(reply, "result"), "text"));

	(void)console;
	(void)session;
	if (text == NULL || text[0] == '\0')
		http_error(request, 502, "the engine's answer makes no sense");
	else
		http_reply(request, 200, "text/plain; version=0.0.4", text, strlen(text));
}

/* Prometheus has no session: open to whoever reaches the port, if it is configured. */
static void
run_metrics(struct call *call)
{
	if (console_metrics(call->console))
		console_ask_engine(call, "metrics", json_object(), metrics_answered);
	else
		http_error(call->request, 404, "there is nothing here");
}

static void
run_explain(struct call *call)
{
	console_ask_engine(
	    call, "case.explain", json_pack("{s:s}", "case", call->part), reply_forward);
}

static void
case_verb(struct call *call, const char *verb)
{
	json_t *body = body_texts(call, "note", NULL);
	const char *note = json_string_value(json_object_get(body, "note"));

	if (body == NULL)
		return;
	if (strlen(note) > NOTE_MOST) {
		json_decref(body);
		http_error(call->request, 400, "a note holds 4000 bytes at most");
		return;
	}
	(void)json_object_set_new(body, "case", json_string(call->part));
	console_ask_engine(call, verb, body, reply_forward);
}

static void
run_note(struct call *call)
{
	case_verb(call, "case.note");
}

static void
run_hold(struct call *call)
{
	case_verb(call, "case.hold");
}

static void
run_release(struct call *call)
{
	case_verb(call, "case.release");
}

static void
run_close(struct call *call)
{
	case_verb(call, "case.close");
}

/* ---- cases */

static bool
list_case(void *ctx, const struct case_record *record)
{
	render_case(ctx, NULL, record);
	return true;
}

static int
state_number(const char *name)
{
	for (int s = 0; name != NULL && s < CASE_STATES; s++)
		if (strcmp(name, state_names[s]) == 0)
			return s;
	return -1;
}

static void
run_cases(struct call *call)
{
	const char *open = http_query(call->request, "open");
	uint64_t limit = query_number(call->request, "limit", PAGE);
	struct case_filter filter = {
	    .state = state_number(http_query(call->request, "state")),
	    .open_only = open != NULL && strcmp(open, "true") == 0,
	    .line = query_number(call->request, "line", 0),
	    .before_id = query_number(call->request, "before", 0),
	    .limit = (uint32_t)(limit < PAGE_MOST ? limit : PAGE_MOST),
	};
	struct jw j;
	struct wr w;

	wr_init(&w, HTTP_REPLY);
	jw_begin(&j, &w);
	jw_object(&j, NULL);
	jw_array(&j, "cases");
	store_cases(console_store(call->console), &filter, list_case, &j);
	jw_end(&j);
	jw_end(&j);
	reply_json(call->request, &w);
}

static bool
list_entry(void *ctx, const struct entry *entry, const void *payload, size_t size)
{
	char note[NOTE_MOST + 1];
	bool shown = payload != NULL && entry->type == ENTRY_NOTE && size < sizeof note;

	if (shown) {
		memcpy(note, payload, size);
		note[size] = 0;
	}
	render_entry(ctx, NULL, entry, shown ? note : NULL);
	return true;
}

static void
run_case(struct call *call)
{
	struct case_record record;
	struct jw j;
	struct wr w;

	if (!store_case_by_code(console_store(call->console), call->part, &record)) {
		http_error(call->request, 404, "no case has this code");
		return;
	}
	wr_init(&w, HTTP_REPLY);
	jw_begin(&j, &w);
	jw_object(&j, NULL);
	render_case(&j, "case", &record);
	jw_array(&j, "entries");
	store_entries(console_store(call->console), record.id, list_entry, &j);
	jw_end(&j);
	jw_end(&j);
	reply_json(call->request, &w);
}

static void
reply_svg(struct http_request *request, struct wr *w)
{
	http_reply(request, 200, "image/svg+xml", w->bytes, w->size);
	wr_fini(w);
}

static void
run_case_chart(struct call *call)
{
	struct case_record record;
	struct wr w;

	if (!store_case_by_code(console_store(call->console), call->part, &record)) {
		http_error(call->request, 404, "no case has this code");
		return;
	}
	wr_init(&w, HTTP_REPLY);
	chart_of_case(console_store(call->console), &record, &w);
	reply_svg(call->request, &w);
}

/* ---- prevalence */

static int64_t
days_asked(const struct http_request *request)
{
	uint64_t days = query_number(request, "days", DAYS);

	return days >= 1 && days <= PREVALENCE_DAYS ? (int64_t)days : DAYS;
}

static void
run_prevalence(struct call *call)
{
	struct store *store = console_store(call->console);
	struct jw j;
	struct wr w;

	wr_init(&w, HTTP_REPLY);
	jw_begin(&j, &w);
	measure_json(store, measure_now(store), days_asked(call->request), &j, NULL);
	reply_json(call->request, &w);
}

static void
run_prevalence_chart(struct call *call)
{
	struct store *store = console_store(call->console);
	struct wr w;

	wr_init(&w, HTTP_REPLY);
	chart_of_prevalence(store, measure_now(store), days_asked(call->request), &w);
	reply_svg(call->request, &w);
}

const struct route routes[] = {
    {"POST", "/api/login", NEED_NOTHING, run_login},
    {"GET", "/api/session", NEED_SESSION, run_session},
    {"POST", "/api/logout", NEED_CSRF, run_logout},
    {"POST", "/api/password", NEED_CSRF, run_password},
    {"GET", "/api/status", NEED_SESSION, run_status},
    {"GET", "/metrics", NEED_NOTHING, run_metrics},
    {"GET", "/api/cases", NEED_SESSION, run_cases},
    {"GET", "/api/cases/{id}", NEED_SESSION, run_case},
    {"GET", "/api/cases/{id}/evidence.svg", NEED_SESSION, run_case_chart},
    {"GET", "/api/cases/{id}/explain", NEED_SESSION, run_explain},
    {"POST", "/api/cases/{id}/note", NEED_CSRF, run_note},
    {"POST", "/api/cases/{id}/hold", NEED_CSRF, run_hold},
    {"POST", "/api/cases/{id}/release", NEED_CSRF, run_release},
    {"POST", "/api/cases/{id}/close", NEED_CSRF, run_close},
    {"GET", "/api/unread", NEED_SESSION, run_unread},
    {"GET", "/api/unread/{id}", NEED_SESSION, run_unread_one},
    {"POST", "/api/unread/{id}/done", NEED_CSRF, run_unread_done},
    {"POST", "/api/unread/{id}/item", NEED_CSRF, run_unread_item},
    {"GET", "/api/reporters", NEED_SESSION, run_reporters},
    {"GET", "/api/prevalence", NEED_SESSION, run_prevalence},
    {"GET", "/api/prevalence.svg", NEED_SESSION, run_prevalence_chart},
    {0},
};
