/* SPDX-License-Identifier: Apache-2.0 */
/*
 * demo_score.c -- joins cases with truth.jsonl through the ISP's line numbers.
 *
 * A case carries a random line id only; its number is revealed case by case, with a
 * purpose, and the audit log of the demo's store shows it. A case is right if its line
 * has a planted bot and it opened after the infection began; everything else is wrongly
 * blamed.
 */
#include "cmd/demo_score.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/when.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE = 100, FILE_LIMIT = 16 << 20, NUMBER = 24 };

struct bot {
	char number[NUMBER], family[24];
	int64_t from, to;
	bool visible, found;
};

struct truth {
	struct bot *bots;
	size_t count;
};

static bool
read_bot(struct truth *t, const char *line, size_t size, struct err *err)
{
	json_t *j = json_read(line, size, err);
	const char *number = json_string_value(json_object_get(j, "line"));
	const char *family = json_string_value(json_object_get(j, "family"));
	const char *from = json_string_value(json_object_get(j, "from"));
	const char *to = json_string_value(json_object_get(j, "to"));
	struct bot b = {.to = WHEN_NEVER};
	bool ok;

	if (j == NULL)
		return false;
	ok = number && family && from && when_parse(from, &b.from, NULL) &&
	     (to == NULL || when_parse(to, &b.to, NULL));
	if (ok) {
		(void)snprintf(b.number, sizeof b.number, "%s", number);
		(void)snprintf(b.family, sizeof b.family, "%s", family);
		b.visible = json_array_size(json_object_get(j, "seen_by")) > 0;
		t->bots = xrealloc(t->bots, (t->count + 1) * sizeof *t->bots);
		t->bots[t->count++] = b;
	}
	json_decref(j);
	return ok || err_set(err, "truth.jsonl: a line that makes no sense");
}

static bool
read_truth(struct truth *t, const char *directory, struct err *err)
{
	char path[600], *at, *end;
	struct wr text;
	bool ok;

	(void)snprintf(path, sizeof path, "%s/truth.jsonl", directory);
	wr_init(&text, FILE_LIMIT);
	ok = file_read(path, &text, err);
	at = ok ? (char *)(uintptr_t)wr_string(&text) : NULL;
	for (; ok && (end = strchr(at, '\n')) != NULL; at = end + 1)
		ok = read_bot(t, at, (size_t)(end - at), err);
	wr_fini(&text);
	return ok;
}

static struct bot *
bot_of(const struct truth *t, const char *number)
{
	for (size_t i = 0; i < t->count; i++)
		if (strcmp(t->bots[i].number, number) == 0)
			return &t->bots[i];
	return NULL;
}

static bool
number_of(struct demo_daemon *d, const char *code, char number[NUMBER], struct err *err)
{
	json_t *args = json_pack("{s:s,s:s}", "case", code, "purpose",
	    "demo: comparison with the simulation's truth");
	json_t *person = demo_daemon_ask(d, "case.reveal", args, err);
	const char *text = json_string_value(json_object_get(person, "number"));

	json_decref(args);
	if (person == NULL)
		return false;
	(void)snprintf(number, NUMBER, "%s", text ? text : "");
	json_decref(person);
	return *number != '\0' || err_set(err, "case %s: no line number", code);
}

static void
note(char *list, size_t room, const char *text)
{
	size_t used = strlen(list);

	(void)snprintf(list + used, room - used, "%s%s", used ? " " : "", text);
}

static void
count_case(struct demo_score *s, struct truth *t, const json_t *c, const char *number)
{
	const char *opened = json_string_value(json_object_get(c, "opened"));
	bool told = json_integer_value(json_object_get(c, "notices")) > 0;
	struct bot *b = bot_of(t, number);
	int64_t when;

	s->cases++;
	s->notified += told;
	if (opened == NULL || !when_parse(opened, &when, NULL))
		when = 0;
	if (b == NULL || when < b->from) {
		s->wrong++;
		s->wrongly_notified += told;
		note(s->wrong_lines, sizeof s->wrong_lines, number);
		return;
	}
	if (!b->found) {
		s->found++;
		s->found_late += when > b->to;
	}
	b->found = true;
}

static bool
count_page(struct demo_daemon *d, struct demo_score *s, struct truth *t, json_t *page,
    struct err *err)
{
	char number[NUMBER];
	json_t *c;
	size_t i;

	json_array_foreach(page, i, c)
	{
		const char *class_ = json_string_value(json_object_get(c, "class"));
		const char *code = json_string_value(json_object_get(c, "code"));

		if (class_ == NULL || code == NULL || strcmp(class_, "infected") != 0)
			continue;
		if (!number_of(d, code, number, err))
			return false;
		count_case(s, t, c, number);
	}
	return true;
}

static bool
count_cases(struct demo_daemon *d, struct demo_score *s, struct truth *t, struct err *err)
{
	char before[NUMBER] = "";
	bool ok = true, more = true;

	while (ok && more) {
		json_t *args = json_pack("{s:i}", "limit", PAGE), *page;
		const char *last;

		if (*before != '\0')
			(void)json_object_set_new(args, "before", json_string(before));
		page = demo_daemon_ask(d, "case.list", args, err);
		json_decref(args);
		if (page == NULL)
			return false;
		ok = count_page(d, s, t, page, err);
		more = json_array_size(page) == PAGE;
		last = json_string_value(
		    json_object_get(json_array_get(page, PAGE - 1), "id"));
		if (last != NULL)
			(void)snprintf(before, sizeof before, "%s", last);
		json_decref(page);
	}
	return ok;
}

static bool
measure(struct demo_daemon *d, struct demo_score *s, struct err *err)
{
	json_t *today = demo_daemon_ask(d, "measure.today", NULL, err), *per;

	if (today == NULL)
		return false;
	per = json_object_get(today, "per_1000");
	s->measured_per_1000 = json_is_number(per) ? json_number_value(per) : (double)NAN;
	s->measured_active =
	    (uint64_t)json_integer_value(json_object_get(today, "active"));
	json_decref(today);
	return true;
}

static void
count_missed(struct demo_score *s, const char *family)
{
	size_t i = 0;

	while (i < s->family_count && strcmp(s->families[i].name, family) != 0)
		i++;
	if (i == DEMO_FAMILIES)
		return;
	if (i == s->family_count)
		(void)snprintf(s->families[s->family_count++].name,
		    sizeof s->families[i].name, "%s", family);
	s->families[i].missed++;
}

static void
count_bots(struct demo_score *s, const struct truth *t, uint32_t lines)
{
	s->planted = (uint32_t)t->count;
	s->true_per_1000 = 1000.0 * (double)t->count / lines;
	for (size_t i = 0; i < t->count; i++) {
		const struct bot *b = &t->bots[i];

		s->visible += b->visible;
		if (b->found)
			continue;
		s->missed++;
		s->unseen += !b->visible;
		if (b->visible)
			count_missed(s, b->family);
	}
}

bool
demo_score(
    struct demo_daemon *d, uint32_t lines, struct demo_score *score, struct err *err)
{
	struct truth truth = {0};
	bool ok;

	*score = (struct demo_score){0};
	ok = read_truth(&truth, d->directory, err) &&
	     count_cases(d, score, &truth, err) && measure(d, score, err);
	if (ok)
		count_bots(score, &truth, lines);
	free(truth.bots);
	return ok;
}
