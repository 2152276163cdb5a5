/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pattern.c -- see pattern.h. Recursive descent with one word of look-ahead.
 *
 *     pattern    := ored ( FOLLOWEDBY ored )*
 *     ored       := anded ( OR anded )*
 *     anded      := observed ( AND observed )*
 *     observed   := ( "[" any "]" | "(" pattern ")" ) qualifier*
 *     any        := all ( OR all )*          all := test ( AND test )*
 *     test       := "(" any ")" | [NOT] path [NOT] operator literal | EXISTS path
 *
 * A way is one conjunction of the disjunctive normal form. Ways are bounded, and so is
 * the work of all products together, whatever the pattern.
 */
#include "report/pattern.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { WORK = 32 * PATTERN_WAYS };

struct scan {
	const char *at;
	struct arena *arena;
	size_t work;
	int depth;
	struct err *err;
	bool bad; /* sticky: the first sentence stays */
};

static void
fail(struct scan *s, const char *sentence)
{
	if (!s->bad)
		(void)err_set(s->err, "%s", sentence);
	s->bad = true;
}

static void
skip_blank(struct scan *s)
{
	while (isspace((unsigned char)*s->at))
		s->at++;
}

static bool
is_word(int c)
{
	return isalnum(c) || c == '_' || c == '-';
}

/* Takes the punctuation or the keyword if it is next. */
static bool
take(struct scan *s, const char *token)
{
	size_t size = strlen(token);

	skip_blank(s);
	if (s->bad || strncasecmp(s->at, token, size) != 0)
		return false;
	if (isalpha((unsigned char)*token) && is_word((unsigned char)s->at[size]))
		return false;
	s->at += size;
	return true;
}

static void
need(struct scan *s, const char *token, const char *sentence)
{
	if (!take(s, token))
		fail(s, sentence);
}

/* ---- ways */

static struct pattern
ways_new(struct scan *s, size_t count)
{
	struct pattern set = {.count = 0};

	s->work += count;
	if (count > PATTERN_WAYS || s->work > WORK) {
		fail(s, "the pattern can be met in too many ways");
		return set;
	}
	set.room = 2 * count;
	set.ways = arena_get(s->arena, set.room * sizeof *set.ways);
	return set;
}

/* Uses up `a`, whose room grows by doubling. */
static struct pattern
either(struct scan *s, const struct pattern *a, const struct pattern *b)
{
	struct pattern set = *a;

	if (a->count + b->count > a->room) {
		set = ways_new(s, a->count + b->count);
		if (s->bad)
			return set;
		for (size_t i = 0; i < a->count; i++)
			set.ways[set.count++] = a->ways[i];
	}
	for (size_t i = 0; i < b->count; i++)
		set.ways[set.count++] = b->ways[i];
	return set;
}

static const char *
join_text(const char *a, const char *b, bool *more)
{
	if (a != NULL && b != NULL && strcmp(a, b) != 0)
		*more = true; /* of two, one is told */
	return a != NULL ? a : b;
}

static struct pattern_way
join(const struct pattern_way *a, const struct pattern_way *b)
{
	struct pattern_way way = *a;

	way.more |= b->more;
	way.source |= b->source;
	way.place.address = join_text(a->place.address, b->place.address, &way.more);
	way.place.name = join_text(a->place.name, b->place.name, &way.more);
	way.place.url = join_text(a->place.url, b->place.url, &way.more);
	way.place.transport =
	    join_text(a->place.transport, b->place.transport, &way.more);
	way.more |=
	    a->place.port != 0 && b->place.port != 0 && a->place.port != b->place.port;
	if (way.place.port == 0)
		way.place.port = b->place.port;
	return way;
}

static struct pattern
both(struct scan *s, const struct pattern *a, const struct pattern *b)
{
	struct pattern set = ways_new(s, a->count * b->count);

	if (s->bad)
		return set;
	for (size_t i = 0; i < a->count; i++)
		for (size_t k = 0; k < b->count; k++)
			set.ways[set.count++] = join(&a->ways[i], &b->ways[k]);
	return set;
}

static void
ask_more(struct pattern *set)
{
	for (size_t i = 0; i < set->count; i++)
		set->ways[i].more = true;
}

/* ---- tests */

/* 'text' with \' and \\ ; NULL and bad where none stands here. */
static const char *
read_string(struct scan *s)
{
	const char *end;
	char *out;
	size_t used = 0;

	skip_blank(s);
	if (*s->at != '\'') {
		fail(s, "a text in quotes is missing");
		return NULL;
	}
	for (end = s->at + 1; *end != '\'' && *end != 0; end++)
		end += *end == '\\' && end[1] != 0;
	if (*end == 0) {
		fail(s, "a quote is not closed");
		return NULL;
	}
	out = arena_get(s->arena, (size_t)(end - s->at) + 1);
	for (s->at++; s->at < end; s->at++) {
		s->at += *s->at == '\\';
		out[used++] = *s->at;
	}
	s->at = end + 1;
	return out;
}

/* A literal as text; of h'..', b'..' and t'..' the text between the quotes. */
static const char *
read_literal(struct scan *s)
{
	const char *start;

	skip_blank(s);
	if (*s->at != 0 && strchr("hbt", *s->at) != NULL && s->at[1] == '\'')
		s->at++;
	if (*s->at == '\'')
		return read_string(s);
	start = s->at;
	while (is_word((unsigned char)*s->at) || *s->at == '.' || *s->at == '+')
		s->at++;
	if (s->at == start || s->at - start > 64) {
		fail(s, "a value is missing");
		return NULL;
	}
	return arena_strdup(s->arena, start, (size_t)(s->at - start));
}

/* type:property.property[*].'quoted' ... as written; NULL and bad where none stands. */
static const char *
read_path(struct scan *s)
{
	const char *start;
	bool quoted = false;

	skip_blank(s);
	start = s->at;
	for (; *s->at != 0; s->at++) {
		if (*s->at == '\'')
			quoted = !quoted;
		else if (!quoted && !is_word((unsigned char)*s->at) &&
			 strchr(":.[]*", *s->at) == NULL)
			break;
	}
	if (s->at == start || s->at - start > 256 ||
	    memchr(start, ':', (size_t)(s->at - start)) == NULL) {
		fail(s, "what is compared is missing");
		return NULL;
	}
	return arena_strdup(s->arena, start, (size_t)(s->at - start));
}

static bool
put_port(struct pattern_way *way, const char *value)
{
	unsigned long port = strlen(value) <= 5 && isdigit((unsigned char)*value)
				 ? strtoul(value, NULL, 10)
				 : 0;

	way->place.port = port <= UINT16_MAX ? (uint16_t)port : 0;
	return way->place.port != 0;
}

static bool
put_transport(struct pattern_way *way, const char *value)
{
	static const char *const known[] = {"tcp", "udp", "icmp"};

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strcasecmp(value, known[i]) == 0) {
			way->place.transport = known[i];
			return true;
		}
	/* What runs above TCP says no more of the place. */
	return strcasecmp(value, "ipv4") == 0 || strcasecmp(value, "ipv6") == 0 ||
	       strcasecmp(value, "http") == 0 || strcasecmp(value, "https") == 0;
}

/* What `path = value` says of a place; else that the pattern asks for more. */
static struct pattern_way
way_of(const char *path, const char *value)
{
	struct pattern_way way = {.more = false};
	bool known = true;

	way.source = strcmp(path, "network-traffic:src_ref.value") == 0;
	if (way.source || strcmp(path, "network-traffic:dst_ref.value") == 0 ||
	    strcmp(path, "ipv4-addr:value") == 0 || strcmp(path, "ipv6-addr:value") == 0)
		way.place.address = value;
	else if (strcmp(path, "domain-name:value") == 0)
		way.place.name = value;
	else if (strcmp(path, "url:value") == 0)
		way.place.url = value;
	else if (strcmp(path, "network-traffic:dst_port") == 0)
		known = put_port(&way, value);
	else if (strcmp(path, "network-traffic:protocols[*]") == 0)
		known = put_transport(&way, value);
	else /* the kind of an end adds nothing to its address */
		known = strcmp(path, "network-traffic:dst_ref.type") == 0 ||
			strcmp(path, "network-traffic:src_ref.type") == 0;
	way.more = !known;
	return way;
}

static struct pattern
one_way(struct scan *s, struct pattern_way way)
{
	struct pattern set = ways_new(s, 1);

	if (!s->bad)
		set.ways[set.count++] = way;
	return set;
}

/* IN ( a, b ): a way for each. */
static struct pattern
read_set(struct scan *s, const char *path)
{
	struct pattern set = {.count = 0};

	need(s, "(", "a set's parenthesis is missing");
	do {
		const char *value = read_literal(s);
		struct pattern next;

		if (s->bad)
			return set;
		next = one_way(s, way_of(path, value));
		set = either(s, &set, &next);
	} while (!s->bad && take(s, ","));
	need(s, ")", "a set is not closed");
	return set;
}

static const char *
read_operator(struct scan *s)
{
	/* Longer ones before their beginnings. */
	static const char *const operators[] = {"==", "=", "!=", "<>", "<=", ">=", "<",
	    ">", "IN", "LIKE", "MATCHES", "ISSUBSET", "ISSUPERSET"};

	for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
		if (take(s, operators[i]))
			return operators[i];
	fail(s, "an operator is missing");
	return "";
}

/* What no place says: a negation, a range, a likeness. */
static struct pattern
other_way(struct scan *s)
{
	return one_way(s, (struct pattern_way){.more = true});
}

static struct pattern
read_comparison(struct scan *s)
{
	bool negated = take(s, "NOT"), exists = take(s, "EXISTS");
	const char *path = read_path(s), *compare, *value;
	struct pattern set;

	if (s->bad || exists)
		return other_way(s);
	negated |= take(s, "NOT");
	compare = read_operator(s);
	if (strcmp(compare, "IN") == 0) {
		set = read_set(s, path);
		return negated ? other_way(s) : set;
	}
	value = read_literal(s);
	if (s->bad || negated || (*compare != '=' && strcmp(compare, "ISSUBSET") != 0))
		return other_way(s);
	return one_way(s, way_of(path, value));
}

static struct pattern read_any(struct scan *s);
static struct pattern read_pattern(struct scan *s);

/* What stands in parentheses or brackets, one level deeper. */
static struct pattern
read_inside(struct scan *s, struct pattern (*read)(struct scan *), const char *close)
{
	struct pattern set = {.count = 0};

	if (++s->depth > PATTERN_DEPTH)
		fail(s, "the pattern is nested too deeply");
	else
		set = read(s);
	s->depth--;
	need(s, close, "a bracket is not closed");
	return set;
}

static struct pattern
read_test(struct scan *s)
{
	return take(s, "(") ? read_inside(s, read_any, ")") : read_comparison(s);
}

static struct pattern
read_all(struct scan *s)
{
	struct pattern set = read_test(s), next;

	while (!s->bad && take(s, "AND")) {
		next = read_test(s);
		set = both(s, &set, &next);
	}
	return set;
}

static struct pattern
read_any(struct scan *s)
{
	struct pattern set = read_all(s), next;

	while (!s->bad && take(s, "OR")) {
		next = read_all(s);
		set = either(s, &set, &next);
	}
	return set;
}

/* ---- observations */

/* START t STOP t, WITHIN n SECONDS, REPEATS n TIMES. */
static bool
read_qualifier(struct scan *s)
{
	if (take(s, "START")) {
		(void)read_literal(s);
		need(s, "STOP", "START without STOP");
		(void)read_literal(s);
		return true;
	}
	if (take(s, "WITHIN")) {
		(void)read_literal(s);
		need(s, "SECONDS", "WITHIN without SECONDS");
		return true;
	}
	if (!take(s, "REPEATS"))
		return false;
	(void)read_literal(s);
	need(s, "TIMES", "REPEATS without TIMES");
	return true;
}

static struct pattern
read_observed(struct scan *s)
{
	struct pattern set = {.count = 0};

	if (take(s, "["))
		set = read_inside(s, read_any, "]");
	else if (take(s, "("))
		set = read_inside(s, read_pattern, ")");
	else
		fail(s, "an observation begins with a bracket");
	while (!s->bad && read_qualifier(s))
		ask_more(&set);
	return set;
}

/* Observations that must all be made: each alone is less than the pattern. */
static struct pattern
read_joined(struct scan *s, struct pattern (*read)(struct scan *), const char *word)
{
	struct pattern set = read(s), next;

	while (!s->bad && take(s, word)) {
		next = read(s);
		set = either(s, &set, &next);
		ask_more(&set);
	}
	return set;
}

static struct pattern
read_anded(struct scan *s)
{
	return read_joined(s, read_observed, "AND");
}

static struct pattern
read_ored(struct scan *s)
{
	struct pattern set = read_anded(s), next;

	while (!s->bad && take(s, "OR")) {
		next = read_anded(s);
		set = either(s, &set, &next);
	}
	return set;
}

static struct pattern
read_pattern(struct scan *s)
{
	return read_joined(s, read_ored, "FOLLOWEDBY");
}

bool
pattern_read(const char *text, struct arena *arena, struct pattern *out, struct err *err)
{
	struct scan s = {.at = text, .arena = arena, .err = err};

	if (strlen(text) > PATTERN_SIZE)
		return err_set(
		    err, "the pattern is longer than %d KiB", PATTERN_SIZE >> 10);
	*out = read_pattern(&s);
	skip_blank(&s);
	if (!s.bad && *s.at != 0)
		fail(&s, "the pattern goes on after its end");
	return !s.bad;
}
