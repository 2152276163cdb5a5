/* SPDX-License-Identifier: Apache-2.0 */
/*
 * desk_answers.c -- what reporters are told of what they sent (response.md R-02).
 *
 * Only where the report source's configuration wants it, and only what it names: how many
 * statements came, were passed on to subscribers, were too old, not ours, or lacked the
 * port. Numbers and nothing else: neither an address nor whether a line has a case.
 *
 * Reports of one reporter within BATCH are answered together. A message is answered once
 * (its Message-ID), a reporter at most DAILY times a day, all together HOURLY times an
 * hour; mail that says it is automatic is never answered (RFC 3834), nor are bounces or
 * addresses that nobody reads.
 *
 * Not handled: a closing note when a case has ended; the address is forgotten by then.
 */
#include "role/desk_reports.h"

#include "action/mime.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#define BATCH   (15 * WHEN_MINUTE)
#define LIFE    (3 * WHEN_DAY)
#define TOO_OLD (30 * WHEN_DAY)

enum { DAILY = 24, HOURLY = 200 };

enum told {
	TOLD_RECEIVED,
	TOLD_FORWARDED,
	TOLD_TOO_OLD,
	TOLD_NOT_OURS,
	TOLD_NEEDS_PORT,
	TOLD_KINDS
};

static const struct {
	const char *name, *sentence;
} told[TOLD_KINDS] = {
    {"received", "statements received"},
    {"forwarded", "about addresses of ours, and being handled"},
    {"too-old", "too old to find out who held the address"},
    {"not-ours", "about addresses that are not ours"},
    {"needs-port", "about shared addresses, without the source port that is needed"},
};

struct desk_reply {
	struct id128 file;
	bool none; /* the file is not answered */
	struct reply reply;
	uint64_t counts[TOLD_KINDS];
};

/* ---- what is wanted */

static const struct config_report *
config_of(const struct desk *desk, const char *source)
{
	const struct conf_list *list = desk->config.reports;
	const struct config_report *rows = list != NULL ? list->items : NULL;

	for (size_t i = 0; rows != NULL && i < list->count; i++)
		if (strcmp(rows[i].name, source) == 0)
			return &rows[i];
	return NULL;
}

static bool
wants(const struct config_report *conf, enum told what)
{
	for (size_t i = 0; i < conf->answer.count; i++)
		if (strcmp(conf->answer.items[i], told[what].name) == 0)
			return true;
	return false;
}

bool
config_answer_known(const char *name)
{
	for (int i = 0; i < TOLD_KINDS; i++)
		if (strcmp(told[i].name, name) == 0)
			return true;
	return false;
}

static bool
nobody_reads(const char *address)
{
	static const char *const names[] = {"no-reply", "noreply", "no_reply",
	    "donotreply", "do-not-reply", "mailer-daemon", "postmaster", "bounce",
	    "owner-", "root@", NULL};

	for (size_t i = 0; names[i] != NULL; i++)
		if (strncasecmp(address, names[i], strlen(names[i])) == 0)
			return true;
	return !mime_address_valid(address) || strlen(address) >= ANSWER_ADDRESS;
}

/* ---- counts as text */

static void
read_counts(struct desk_reply *r)
{
	char *at = r->reply.counts;

	for (int i = 0; i < TOLD_KINDS; i++)
		r->counts[i] = strtoull(at, &at, 10);
}

static void
write_counts(struct desk_reply *r)
{
	size_t used = 0;

	for (int i = 0; i < TOLD_KINDS; i++)
		used += (size_t)snprintf(r->reply.counts + used,
		    sizeof r->reply.counts - used, "%" PRIu64 " ", r->counts[i]);
}

/* ---- a letter opens an answer */

/* The answer that waits and this file joins. */
static bool
join(struct desk *desk, struct reply *reply, int64_t now)
{
	struct outbox_entry e;
	struct reply newest;

	if (store_replies_to(desk->store, &reply->who, now - BATCH, &newest) == 0 ||
	    !store_outbox_get(desk->store, &newest.key, &e) ||
	    e.state != OUTBOX_WAITING || e.not_before <= now)
		return false;
	*reply = newest;
	return true;
}

static bool
open_reply(struct desk *desk, struct reply *reply, int64_t now, struct err *err)
{
	struct outbox_entry e = {.key = reply->key,
	    .kind = "mail",
	    .template_ = "answer",
	    .state = OUTBOX_WAITING,
	    .verb = ORDER_APPLY,
	    .step = -1,
	    .created = now,
	    .not_before = now + BATCH,
	    .expires = now + LIFE,
	    .changed = now};

	return store_outbox_put(desk->store, &e, err);
}

static bool
is_limited(struct desk *desk, const struct reply *reply, int64_t now)
{
	struct reply newest;

	return store_replies_to(desk->store, &reply->who, now - WHEN_DAY, &newest) >=
		   DAILY ||
	       store_replies(desk->store, now - WHEN_HOUR) >= HOURLY;
}

static struct id128
address_digest(const struct desk *desk, const char *address)
{
	char lower[ANSWER_ADDRESS];
	size_t n = 0;

	for (; address[n] != 0 && n < sizeof lower - 1; n++)
		lower[n] = address[n] >= 'A' && address[n] <= 'Z'
			       ? (char)(address[n] + 32)
			       : address[n];
	return desk_draw(desk, "reply.who", lower, n);
}

bool
desk_answer_letter(
    struct desk *desk, const struct fate *fate, int64_t now, struct err *err)
{
	const struct config_report *conf = config_of(desk, fate->sighting.source);
	struct reply reply = {.created = now};
	struct answered a = {
	    .file = fate->file, .message = fate->sighting.raw, .time = now};
	bool fresh, joined;

	if (conf == NULL || conf->answer.count == 0 || nobody_reads(fate->reason))
		return true;
	reply.key = desk_draw(desk, "reply", fate->file.b, sizeof fate->file.b);
	reply.who = address_digest(desk, fate->reason);
	memcpy(reply.source, fate->sighting.source, sizeof reply.source);
	(void)snprintf(reply.address, sizeof reply.address, "%s", fate->reason);
	joined = join(desk, &reply, now);
	if (!joined && is_limited(desk, &reply, now))
		return store_count(desk->store, "answers.limited", 1, err);
	a.key = reply.key;
	if (!store_answered_put(desk->store, &a, &fresh, err))
		return false;
	if (!fresh)
		return store_count(desk->store, "answers.repeated", 1, err);
	reply.reports++;
	return (joined || open_reply(desk, &reply, now, err)) &&
	       store_reply_put(desk->store, &reply, err);
}

/* ---- items count */

/* The answer that the file is counted in, from memory or store; NULL: none. Of files that
 * joined one answer each has its own counts here, until they are written. */
static struct desk_reply *
reply_of(struct desk *desk, const struct id128 *file)
{
	struct desk_reply *r;

	for (size_t i = desk->reply_count; i > 0; i--)
		if (memcmp(&desk->replies[i - 1].file, file, sizeof *file) == 0)
			return &desk->replies[i - 1];
	desk->replies =
	    xrealloc(desk->replies, (desk->reply_count + 1) * sizeof *desk->replies);
	r = &desk->replies[desk->reply_count++];
	*r = (struct desk_reply){.file = *file};
	r->none = !store_answered(desk->store, file, &r->reply);
	return r;
}

static enum told
kind_of(const struct fate *fate, enum book outcome, enum attribution answer)
{
	const struct sighting *s = &fate->sighting;

	if (outcome == BOOK_NOT_OURS)
		return TOLD_NOT_OURS;
	if (outcome != BOOK_SIGHTING)
		return TOLD_RECEIVED;
	if (answer == ATTRIBUTION_NEEDS_PORT)
		return TOLD_NEEDS_PORT;
	if (answer != ATTRIBUTION_UNIQUE)
		return s->received - s->last > TOO_OLD ? TOLD_TOO_OLD : TOLD_RECEIVED;
	return TOLD_FORWARDED;
}

void
desk_answer_count(struct desk *desk, const struct fate *fate, enum book outcome,
    enum attribution answer)
{
	const struct config_report *conf = config_of(desk, fate->sighting.source);
	enum told kind = kind_of(fate, outcome, answer);
	struct desk_reply *r;

	if (conf == NULL || conf->answer.count == 0)
		return;
	r = reply_of(desk, &fate->file);
	r->counts[TOLD_RECEIVED]++;
	if (kind != TOLD_RECEIVED)
		r->counts[kind]++;
}

bool
desk_answers_flush(struct desk *desk, struct err *err)
{
	for (size_t i = 0; i < desk->reply_count; i++) {
		struct desk_reply *r = &desk->replies[i], sum = {0};

		if (r->none || !store_reply(desk->store, &r->reply.key, &sum.reply))
			continue;
		read_counts(&sum);
		for (int k = 0; k < TOLD_KINDS; k++)
			sum.counts[k] += r->counts[k];
		write_counts(&sum);
		if (!store_reply_put(desk->store, &sum.reply, err))
			return false;
	}
	desk->reply_count = 0;
	return true;
}

/* ---- the letter itself */

bool
desk_answer_order(
    struct desk *desk, const struct outbox_entry *e, struct order *out, struct err *err)
{
	struct desk_reply r = {0};
	const struct config_report *conf;
	bool any = false;
	struct wr w;

	if (!store_reply(desk->store, &e->key, &r.reply) || r.reply.address[0] == 0)
		return err_set(err, "nobody to answer");
	conf = config_of(desk, r.reply.source);
	read_counts(&r);
	wr_init(&w, ORDER_BODY - 1);
	wr_printf(&w,
	    "Thank you for writing to the abuse contact of %s. This is what became of\n"
	    "the %" PRIu64 " message%s of yours that came since our last answer.\n\n",
	    desk->config.from_name, r.reply.reports, r.reply.reports == 1 ? "" : "s");
	for (int i = 0; conf != NULL && i < TOLD_KINDS; i++)
		if (wants(conf, (enum told)i) && r.counts[i] > 0) {
			wr_printf(
			    &w, "%8" PRIu64 "  %s\n", r.counts[i], told[i].sentence);
			any = true;
		}
	wr_text(&w, "\nWe cannot tell more: who our customers are and what we do with\n"
		    "them is theirs to know. No person has written this.\n");
	(void)snprintf(out->subject, sizeof out->subject, "Your abuse reports");
	(void)snprintf(out->target, sizeof out->target, "%s", r.reply.address);
	(void)snprintf(out->body, sizeof out->body, "%s", wr_string(&w));
	wr_fini(&w);
	return any || err_set(err, "nothing to say");
}
