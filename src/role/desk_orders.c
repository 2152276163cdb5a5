/* SPDX-License-Identifier: Apache-2.0 */
/*
 * desk_orders.c -- letters rendered at the moment they leave, and what became of them.
 *
 * The outbox keeps what to render for which case, never a contact or a text: both are
 * made here, from the identity database as it is now, and forgotten with the order. A
 * person who was erased, or has no address, gets nothing: the letter has failed.
 *
 * The order's key is the outbox key: the same for every delivery, so that a second copy
 * carries the same Message-ID.
 */
#include "role/desk_complaints.h"
#include "role/desk_reports.h"

#include <stdio.h>
#include <stdlib.h>

#define BACK_OFF     WHEN_MINUTE /* doubled with each attempt */
#define BACK_OFF_MAX WHEN_HOUR
#define NEXT_DEFAULT (7 * WHEN_DAY)

enum { PERSON_MEMORY = 1 << 16 };

static bool
is_handed(const struct desk *desk, const struct id128 *key)
{
	for (size_t i = 0; i < desk->handed.count; i++)
		if (memcmp(desk->handed.keys[i].b, key->b, sizeof key->b) == 0)
			return true;
	return false;
}

static void
hand(struct desk *desk, const struct id128 *key)
{
	struct handed *h = &desk->handed;

	if (h->count == h->room) {
		h->room = h->room ? 2 * h->room : 64;
		h->keys = xrealloc(h->keys, h->room * sizeof *h->keys);
	}
	h->keys[h->count++] = *key;
}

static void
take_back(struct desk *desk, const struct id128 *key)
{
	struct handed *h = &desk->handed;

	for (size_t i = 0; i < h->count; i++)
		if (memcmp(h->keys[i].b, key->b, sizeof key->b) == 0) {
			h->keys[i] = h->keys[--h->count];
			return;
		}
}

void
desk_orders_again(struct desk *desk)
{
	desk->handed.count = 0;
}

/* ---- facts */

struct summary {
	struct notice_facts *facts;
	double most;
	int64_t day;
	char family[SIGHTING_NAME];
};

static bool
summarise(void *ctx, const struct stored_sighting *s)
{
	struct summary *sum = ctx;
	struct notice_facts *f = sum->facts;
	const struct sighting *g = &s->sighting;

	if (s->vetoed)
		return true;
	if (f->times == 0 || g->first < f->first)
		f->first = g->first;
	if (f->times == 0 || g->last > f->last)
		f->last = g->last;
	f->times += g->group == GROUP_REPORT && g->count > 1 ? g->count : 1;
	if (g->last / WHEN_DAY != sum->day) {
		sum->day = g->last / WHEN_DAY;
		f->days++;
	}
	if (g->family[0] != '\0' && (sum->family[0] == '\0' || g->weight > sum->most))
		memcpy(sum->family, g->family, sizeof sum->family);
	if (g->weight > sum->most) {
		sum->most = g->weight;
		f->kind = g->kind;
		f->reported = g->group == GROUP_REPORT;
	}
	return true;
}

/* When the next rung of the ladder is due. */
static int64_t
next_rung(
    const struct desk *desk, const struct case_record *record, int32_t step, int64_t now)
{
	const struct conf_list *ladder =
	    &desk->config.policy->classes[record->class_].ladder;
	const struct policy_rung *rungs = ladder->items;

	if (step < 0 || (size_t)step + 1 >= ladder->count)
		return now + NEXT_DEFAULT;
	return now + rungs[step + 1].after - rungs[step].after;
}

static bool
render(struct desk *desk, const struct outbox_entry *e, const struct case_record *record,
    const struct line_person *person, struct order *out, struct err *err)
{
	struct notice_facts facts = {.template_ = e->template_,
	    .language = person->language,
	    .isp = desk->config.from_name,
	    .site = desk->config.site_url,
	    .code = record->code,
	    .name = person->name,
	    .number = person->number,
	    .kind = KIND_OTHER,
	    .next = next_rung(desk, record, e->step, e->not_before),
	    .kept = desk->config.policy->retention.case_payload,
	    .verify = desk->config.policy->classes[record->class_].verify};
	struct summary sum = {.facts = &facts, .most = -1, .day = -1};
	struct wr body;
	bool good;

	store_sightings_of_case(desk->store, record->id, summarise, &sum);
	facts.family = sum.family;
	wr_init(&body, ORDER_BODY - 1);
	good = notice_render(desk->notices, &facts, out->subject, &body, err);
	if (good)
		(void)snprintf(out->body, sizeof out->body, "%s", wr_string(&body));
	wr_fini(&body);
	return good;
}

/* False if this letter can never go: nobody to write to, or nothing to write. */
static bool
make_order(
    struct desk *desk, const struct outbox_entry *e, struct order *out, struct err *err)
{
	struct case_record record;
	struct line_person person;
	struct arena *arena;
	bool good;

	if (strcmp(e->template_, "complaint") == 0)
		return desk_complaint_order(desk, e, out, err);
	memset(out, 0, sizeof *out);
	out->key = e->key;
	out->verb = e->verb;
	out->not_before = e->not_before;
	out->expires = e->expires;
	(void)snprintf(out->kind, sizeof out->kind, "%s", e->kind);
	if (strcmp(e->template_, "answer") == 0)
		return desk_answer_order(desk, e, out, err);
	if (!store_case_get(desk->store, e->case_id, &record))
		return err_set(err, "its case is gone");
	arena = arena_new(PERSON_MEMORY);
	good = identity_person(desk->identity, record.line, arena, &person);
	if (!good || person.email == NULL || person.email[0] == '\0' ||
	    strlen(person.email) >= sizeof out->target) {
		good = err_set(err, "no mail address");
	} else {
		(void)snprintf(out->target, sizeof out->target, "%s", person.email);
		good = render(desk, e, &record, &person, out, err);
	}
	arena_free(arena);
	return good;
}

/* ---- outcomes */

/* What a server said, without the addresses that servers like to repeat. */
static void
scrub(const char *text, char *out, size_t room)
{
	size_t n = 0;

	while (text != NULL && *text != '\0' && n + 1 < room) {
		size_t word = strcspn(text, " \t\r\n"), gap;

		if (memchr(text, '@', word) != NULL)
			n += (size_t)snprintf(out + n, room - n, "(address)");
		else
			n += (size_t)snprintf(out + n, room - n, "%.*s", (int)word, text);
		text += word;
		gap = strspn(text, " \t\r\n");
		if (gap > 0 && n + 1 < room)
			out[n++] = ' ';
		text += gap;
	}
	out[n < room ? n : room - 1] = '\0';
}

/* Thanks and corrections go to ended cases and leave no entry. */
static bool
note_outcome(struct desk *desk, const struct outbox_entry *e, enum entry_type type,
    int64_t now, struct err *err)
{
	struct case_record record;
	struct entry entry = {
	    .time = now, .type = (uint8_t)type, .step = e->step, .ref = e->key};
	struct entry_extra extra = {.payload = e->error[0] ? e->error : NULL};

	if (!store_case_get(desk->store, e->case_id, &record) ||
	    !case_may(&record.now, type))
		return true;
	entry.posterior = record.now.posterior;
	return desk_entry(desk, &record, &entry, &extra, err) &&
	       desk_work(desk, record.line, now, err);
}

static bool
finish(struct desk *desk, struct outbox_entry *e, enum outbox_state state,
    const char *text, int64_t now, struct err *err)
{
	bool done = state == OUTBOX_DONE;

	e->state = (uint8_t)state;
	e->changed = now;
	scrub(done ? NULL : text, e->error, sizeof e->error);
	if (strcmp(e->template_, "answer") == 0 &&
	    !store_reply_drop(desk->store, &e->key, err))
		return false;
	return store_outbox_update(desk->store, e, err) &&
	       store_count(
		   desk->store, done ? "letters.done" : "letters.failed", 1, err) &&
	       note_outcome(desk, e, done ? ENTRY_DELIVERED : ENTRY_FAILED, now, err);
}

static bool
put_off(struct desk *desk, struct outbox_entry *e, const char *text, int64_t now,
    struct err *err)
{
	int64_t pause = e->attempts < 6 ? BACK_OFF << e->attempts : BACK_OFF_MAX;

	if (now + pause >= e->expires)
		return finish(desk, e, OUTBOX_FAILED, text, now, err);
	e->state = OUTBOX_WAITING;
	e->attempts++;
	e->changed = now;
	e->not_before = now + (pause < BACK_OFF_MAX ? pause : BACK_OFF_MAX);
	scrub(text, e->error, sizeof e->error);
	return store_outbox_update(desk->store, e, err);
}

bool
desk_outcome(struct desk *desk, int64_t now, const struct id128 *key,
    enum outcome outcome, const char *text, struct err *err)
{
	struct outbox_entry e;
	bool good = false;

	if (!store_outbox_get(desk->store, key, &e) ||
	    (e.state != OUTBOX_SENT_OUT && e.state != OUTBOX_WAITING)) {
		take_back(desk, key);
		return true; /* told twice, or long gone */
	}
	if (!store_begin(desk->store, err))
		return false;
	switch (outcome) {
	case OUTCOME_DONE:
		good = finish(desk, &e, OUTBOX_DONE, NULL, now, err);
		break;
	case OUTCOME_LATER:
		good = put_off(desk, &e, text, now, err);
		break;
	case OUTCOME_REFUSED:
		good = finish(desk, &e, OUTBOX_FAILED, text, now, err);
		break;
	}
	if (!good || !store_commit(desk->store, err)) {
		store_rollback(desk->store);
		return false;
	}
	take_back(desk, key);
	return true;
}

/* ---- dispatch */

struct pending {
	struct desk *desk;
	struct outbox_entry *items;
	size_t count, room;
};

static bool
collect(void *ctx, const struct outbox_entry *entry)
{
	struct pending *p = ctx;

	if (!is_handed(p->desk, &entry->key))
		p->items[p->count++] = *entry;
	return p->count < p->room;
}

/* One letter: into `out` (*made), or failed for good. */
static bool
dispatch(struct desk *desk, struct outbox_entry *e, int64_t now, struct order *out,
    bool *made, struct err *err)
{
	struct err why;

	*made = false;
	if (e->expires <= now)
		return finish(desk, e, OUTBOX_FAILED, "not delivered in time", now, err);
	if (!make_order(desk, e, out, &why))
		return finish(desk, e, OUTBOX_FAILED, why.text, now, err);
	*made = true;
	if (e->state == OUTBOX_SENT_OUT)
		return true;
	e->state = OUTBOX_SENT_OUT;
	e->changed = now;
	return store_outbox_update(desk->store, e, err);
}

static bool
dispatch_all(struct desk *desk, int64_t now, struct pending *p, struct order *out,
    size_t *count, struct err *err)
{
	bool made;

	if (!store_begin(desk->store, err))
		return false;
	for (size_t i = 0; i < p->count; i++) {
		if (!dispatch(desk, &p->items[i], now, &out[*count], &made, err)) {
			store_rollback(desk->store);
			return false;
		}
		*count += made;
	}
	if (store_commit(desk->store, err))
		return true;
	store_rollback(desk->store);
	return false;
}

bool
desk_orders(struct desk *desk, int64_t now, struct order *out, size_t room, size_t *count,
    struct err *err)
{
	struct pending p = {
	    .desk = desk, .items = xcalloc(room + 1, sizeof *p.items), .room = room};
	bool good;

	*count = 0;
	if (room > 0)
		store_outbox_pending(desk->store, now, collect, &p);
	good = p.count == 0 || dispatch_all(desk, now, &p, out, count, err);
	if (!good)
		*count = 0;
	for (size_t i = 0; i < *count; i++)
		hand(desk, &out[i].key);
	free(p.items);
	return good;
}
