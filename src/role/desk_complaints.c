/* SPDX-License-Identifier: Apache-2.0 */
/*
 * desk_complaints.c -- requests to other networks: who is complained of, when a mail goes
 * out, and what is asked and told about it on the control socket.
 *
 * Complained of are addresses that are not ours: confirmed control servers that lines of
 * ours had contact with, and whoever attacked our own sensors. Once an hour of event time
 * what is due is looked at (case/complaint.h) and goes out, one mail for each contact.
 * The outbox keeps the key of the batch; contact and text are made when the mail leaves.
 *
 * Nothing goes out during shadow, or beyond the configured number of mails in an hour:
 * it stays due.
 */
#include "role/desk_complaints.h"
#include "exchange/contacts.h"
#include "exchange/write.h"
#include "source/source.h"
#include "store/complaints.h"

#include <stdio.h>
#include <stdlib.h>

#define MAIL_EXPIRES (3 * WHEN_DAY)
#define NO_CONTACT   (7 * WHEN_DAY) /* until the contacts are looked at again */

static bool
is_ours(const struct desk *desk, const struct addr *addr)
{
	const struct our_networks *ours = desk->config.ours;

	for (size_t i = 0; ours != NULL && i < ours->count; i++)
		if (prefix_holds(&ours->items[i], addr))
			return true;
	return false;
}

static bool
is_attack(const struct sighting *s)
{
	return s->role == ROLE_BOT && strcmp(s->upstream, "own-sensors") == 0 &&
	       (s->kind == KIND_SCAN || s->kind == KIND_BRUTEFORCE);
}

bool
desk_complain(struct desk *desk, const struct stored_sighting *stored, bool fresh,
    int64_t now, struct err *err)
{
	const struct sighting *s = &stored->sighting;
	struct complaint c = {.first = s->first, .last = s->last, .count = fresh};

	if (desk->config.complaints.contacts == NULL)
		return true;
	if (stored->line != 0 && s->remote_c2) {
		c.addr = s->remote;
		c.port = s->remote_port;
		c.proto = s->proto;
		c.kind = KIND_C2;
	} else if (stored->attributed.answer == ATTRIBUTION_NOT_OURS && is_attack(s)) {
		c.addr = s->addr;
		c.port = s->port;
		c.proto = s->proto;
		c.kind = s->kind;
	} else {
		return true;
	}
	memcpy(c.family, s->family, sizeof c.family);
	return is_ours(desk, &c.addr) || store_complaint_seen(desk->store, &c, now, err);
}

/* ---- what is due */

struct bundle {
	const char *contact;
	struct complaint items[COMPLAINTS_MAX];
	size_t count;
};

struct round {
	struct desk *desk;
	int64_t now;
	struct bundle *bundles;
	size_t count, room;
	bool good;
	struct err *err;
};

/* The contact's mail with room for one more; NULL: none may be begun this hour. */
static struct bundle *
bundle_for(struct round *r, const char *contact)
{
	for (size_t i = 0; i < r->count; i++)
		if (strcmp(r->bundles[i].contact, contact) == 0 &&
		    r->bundles[i].count < COMPLAINTS_MAX)
			return &r->bundles[i];
	if (r->count == r->room)
		return NULL;
	r->bundles[r->count] = (struct bundle){.contact = contact};
	return &r->bundles[r->count++];
}

static bool
look_at(void *ctx, const struct complaint *due)
{
	struct round *r = ctx;
	const struct desk_complaints *conf = &r->desk->config.complaints;
	struct complaint c = *due;
	enum complaint_step step = complaint_decide(&c, &conf->policy, r->now);
	const char *contact =
	    step == COMPLAINT_MAIL ? contacts_find(conf->contacts, &c.addr) : NULL;
	struct bundle *batch = contact != NULL ? bundle_for(r, contact) : NULL;

	if (batch != NULL) {
		batch->items[batch->count++] = c;
		return true;
	}
	if (step == COMPLAINT_MAIL)
		c.due = r->now + (contact == NULL ? NO_CONTACT : WHEN_HOUR);
	r->good = store_complaint_update(r->desk->store, &c, r->err);
	return r->good;
}

static bool
send_batch(struct round *r, struct bundle *batch)
{
	struct desk *desk = r->desk;
	uint64_t parts[] = {batch->items[0].number, batch->items[0].mails};
	struct outbox_entry e = {.key = desk_draw(desk, "complaint", parts, sizeof parts),
	    .kind = "mail",
	    .template_ = "complaint",
	    .step = -1,
	    .verb = ORDER_APPLY,
	    .state = OUTBOX_WAITING,
	    .created = r->now,
	    .not_before = r->now,
	    .expires = r->now + MAIL_EXPIRES,
	    .changed = r->now};

	for (size_t i = 0; i < batch->count; i++) {
		struct complaint *c = &batch->items[i];

		complaint_mailed(c, &desk->config.complaints.policy, r->now);
		c->batch = e.key;
		if (!store_complaint_update(desk->store, c, r->err))
			return false;
	}
	return store_outbox_put(desk->store, &e, r->err) &&
	       store_audit(desk->store, r->now, "complaint.mail", e.key.b, sizeof e.key.b,
		   r->err) &&
	       store_count(desk->store, "complaints.mails", 1, r->err);
}

int64_t
desk_complaints_due(struct desk *desk)
{
	int64_t next = desk_setting_time(desk, "complaints.next", 0);
	int64_t due = store_complaints_next(desk->store);

	if (desk->config.complaints.contacts == NULL)
		return WHEN_NEVER;
	return due > next ? due : next;
}

bool
desk_complaints(struct desk *desk, int64_t now, struct err *err)
{
	struct round r = {.desk = desk,
	    .now = now,
	    .room = (size_t)desk->config.complaints.per_hour,
	    .good = true,
	    .err = err};

	if (desk->config.complaints.contacts == NULL || now < desk_complaints_due(desk) ||
	    desk_is_shadow(desk, now))
		return true;
	r.bundles = xcalloc(r.room, sizeof *r.bundles);
	store_complaints_due(desk->store, now, look_at, &r);
	for (size_t i = 0; i < r.count && r.good; i++)
		r.good = send_batch(&r, &r.bundles[i]);
	free(r.bundles);
	return r.good && desk_setting_time_set(desk, "complaints.next",
			     now - now % WHEN_HOUR + WHEN_HOUR, err);
}

/* ---- the mail itself */

static bool
add_item(void *ctx, const struct complaint *c)
{
	struct bundle *batch = ctx;

	batch->items[batch->count++] = *c;
	return batch->count < COMPLAINTS_MAX;
}

static bool
put_text(struct wr *w, char *out, size_t room, struct err *err)
{
	if (w->bad || w->size >= room)
		return err_set(err, "the complaint is too long");
	(void)snprintf(out, room, "%s", wr_string(w));
	return true;
}

bool
desk_complaint_order(
    struct desk *desk, const struct outbox_entry *e, struct order *out, struct err *err)
{
	const struct desk_complaints *conf = &desk->config.complaints;
	const struct complaint_sender sender = {desk->config.from_name, conf->mail};
	struct bundle batch = {0};
	struct wr text, xarf;
	bool good;

	memset(out, 0, sizeof *out);
	store_complaints_of_batch(desk->store, &e->key, add_item, &batch);
	if (conf->contacts != NULL && batch.count > 0)
		batch.contact = contacts_find(conf->contacts, &batch.items[0].addr);
	if (batch.contact == NULL)
		return err_set(err, "no contact is known");
	out->key = e->key;
	out->verb = e->verb;
	out->not_before = e->not_before;
	out->expires = e->expires;
	(void)snprintf(out->kind, sizeof out->kind, "%s", e->kind);
	(void)snprintf(out->target, sizeof out->target, "%s", batch.contact);
	complaint_subject(batch.items, batch.count, out->subject, sizeof out->subject);
	(void)strcpy(out->part_name, "xarf.json");
	wr_init(&text, sizeof out->body);
	complaint_text(batch.items, batch.count, &sender, &text);
	wr_init(&xarf, sizeof out->part);
	complaint_xarf(batch.items, batch.count, &sender, &xarf);
	good = put_text(&text, out->body, sizeof out->body, err) &&
	       put_text(&xarf, out->part, sizeof out->part, err);
	wr_fini(&text);
	wr_fini(&xarf);
	return good;
}

/* ---- verbs */

static void
put_complaint(struct verb_call *call, const struct complaint *c)
{
	char number[COMPLAINT_NUMBER], addr[ADDR_TEXT];
	struct outbox_entry e;

	jw_object(call->out, NULL);
	jw_text(call->out, "number", complaint_number(c->number, number));
	jw_text(call->out, "address", addr_text(&c->addr, addr));
	jw_uint(call->out, "port", c->port);
	jw_text(call->out, "kind", kind_names[c->kind]);
	jw_text(call->out, "family", c->family);
	jw_text(call->out, "state", complaint_state_names[c->state]);
	jw_when(call->out, "first", c->first);
	jw_when(call->out, "last", c->last);
	jw_uint(call->out, "count", c->count);
	jw_uint(call->out, "mails", c->mails);
	if (c->mails > 0)
		jw_when(call->out, "sent", c->sent);
	jw_flag(call->out, "contact",
	    call->desk->config.complaints.contacts != NULL &&
		contacts_find(call->desk->config.complaints.contacts, &c->addr) != NULL);
	if (c->mails > 0 && store_outbox_get(call->desk->store, &c->batch, &e))
		jw_text(call->out, "mail_error", e.error);
	jw_end(call->out);
}

static bool
list_one(void *ctx, const struct complaint *c)
{
	put_complaint(ctx, c);
	return true;
}

static bool
run_list(struct verb_call *call, struct err *err)
{
	const char *name = verb_text(call, "state");
	int64_t limit = json_integer_value(json_object_get(call->args, "limit"));
	int state = -1;

	for (int i = 0; name != NULL && i < COMPLAINT_STATES; i++)
		if (strcmp(name, complaint_state_names[i]) == 0)
			state = i;
	if (name != NULL && state < 0)
		return err_set(err, "no complaint is ever \"%.32s\"", name);
	jw_array(call->out, "result");
	store_complaints(call->desk->store, state,
	    limit > 0 && limit <= 10000 ? (size_t)limit : 100, list_one, call);
	jw_end(call->out);
	return true;
}

static bool
run_close(struct verb_call *call, struct err *err)
{
	const char *name = verb_text(call, "number"), *why = verb_text(call, "why");
	uint64_t number = name != NULL ? complaint_find(name) : 0;
	struct complaint c;

	if (number == 0 || !store_complaint_get(call->desk->store, number, &c))
		return err_set(err, "there is no complaint %.16s", name ? name : "");
	if (why == NULL || why[0] == 0)
		return err_set(err, "say why");
	if (!complaint_is_open(&c) && c.state != COMPLAINT_GIVEN_UP)
		return err_set(err, "it is %s already", complaint_state_names[c.state]);
	c.state = COMPLAINT_CLOSED;
	if (!store_complaint_update(call->desk->store, &c, err) ||
	    !store_audit(
		call->desk->store, call->now, "complaint.close", why, strlen(why), err))
		return false;
	jw_object(call->out, "result");
	jw_text(call->out, "closed", name);
	jw_end(call->out);
	return true;
}

const struct verb desk_complaint_verbs[] = {
    {"complaint.list", false, run_list},
    {"complaint.close", true, run_close},
    {0},
};
