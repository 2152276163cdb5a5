/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notice.c -- see notice.h.
 *
 * Rendering is expansion: text is copied, and {slot} is replaced by a fact or by a piece
 * of texts.txt, expanded in turn, NESTING deep at most, so that data cannot loop. Facts
 * come from people and malware names: they are never expanded, and control characters in
 * them become blanks, so that no name can start a new line or paragraph.
 */
#include "case/notice.h"

#include "base/embedded.h"
#include "base/mem.h"
#include "base/zone.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

extern const struct embedded case_embedded[];

const char *const notice_languages[] = {"sv", "en", NULL};
const char *const notice_templates[] = {
    "infected", "exposed", "host", "abuse", "reminder", "correction", "clean", NULL};

enum { LANGUAGES = 2, TEMPLATES = 7, TEXTS = TEMPLATES, FILES = TEMPLATES + 1 };
enum { NESTING = 4, FILE_LIMIT = 65536, VALUE = 320, SLOT = 32 };

struct notices {
	char *files[LANGUAGES][FILES]; /* the last of each language: texts.txt */
};

struct render {
	const struct notices *notices;
	const struct notice_facts *facts;
	size_t language;
	char unknown[SLOT]; /* a slot that nothing fills */
};

static const char *
file_name(size_t file)
{
	return file == TEXTS ? "texts" : notice_templates[file];
}

static char *
read_file(const char *path, struct err *err)
{
	FILE *f = fopen(path, "re");
	char *text;
	size_t size;

	if (f == NULL) {
		(void)err_errno(err, "open %s", path);
		return NULL;
	}
	text = xcalloc(1, FILE_LIMIT + 1);
	size = fread(text, 1, FILE_LIMIT + 1, f);
	(void)fclose(f);
	if (size > FILE_LIMIT) {
		(void)err_set(err, "%s: longer than %d bytes", path, FILE_LIMIT);
		free(text);
		return NULL;
	}
	return text;
}

/* The directory's file if it has one, else the built-in one. */
static char *
load(const char *directory, size_t language, size_t file, struct err *err)
{
	char path[4096];
	const struct embedded *preset;
	char *text;

	if (directory != NULL) {
		(void)snprintf(path, sizeof path, "%s/%s/%s.txt", directory,
		    notice_languages[language], file_name(file));
		errno = 0;
		text = read_file(path, err);
		if (text != NULL || errno != ENOENT)
			return text;
	}
	(void)snprintf(path, sizeof path, "templates/%s/%s.txt",
	    notice_languages[language], file_name(file));
	preset = embedded_find(case_embedded, path);
	if (preset == NULL)
		fatal("%s is not built in", path);
	return xstrdup((const char *)preset->bytes);
}

struct notices *
notices_new(const char *directory, struct err *err)
{
	struct notices *n = xcalloc(1, sizeof *n);

	for (size_t l = 0; l < LANGUAGES; l++)
		for (size_t f = 0; f < FILES; f++) {
			n->files[l][f] = load(directory, l, f, err);
			if (n->files[l][f] == NULL) {
				notices_free(n);
				return NULL;
			}
		}
	return n;
}

void
notices_free(struct notices *notices)
{
	if (notices == NULL)
		return;
	for (size_t l = 0; l < LANGUAGES; l++)
		for (size_t f = 0; f < FILES; f++)
			free(notices->files[l][f]);
	free(notices);
}

static void
put_plain(struct wr *out, const char *text)
{
	for (; text != NULL && *text != '\0'; text++)
		wr_u8(out, (uint8_t)*text < 0x20 || *text == 0x7f ? ' ' : (uint8_t)*text);
}

/* The piece `key` of texts.txt, without its newline; NULL if there is none. */
static const char *
find_piece(const char *texts, const char *key, size_t *size)
{
	size_t length = strlen(key);

	for (const char *line = texts; *line != '\0';) {
		size_t end = strcspn(line, "\n");

		if (end > length + 1 && strncmp(line, key, length) == 0 &&
		    line[length] == ':' && line[length + 1] == ' ') {
			*size = end - length - 2;
			return line + length + 2;
		}
		line += end + (line[end] == '\n');
	}
	return NULL;
}

static const char *
when_in_words(const struct render *r, int64_t t, bool day_only, char *out)
{
	char *cut;

	(void)zone_text(t, r->language == 0 ? ZONE_SV : ZONE_EN, out);
	cut = day_only ? strstr(out, r->language == 0 ? " kl." : ",") : NULL;
	if (cut != NULL)
		*cut = '\0';
	return out;
}

/* A slot that is a fact; NULL if it is none. `room` holds VALUE bytes. */
static const char *
fact(const struct render *r, const char *slot, char *room)
{
	const struct notice_facts *f = r->facts;
	size_t length = f->number ? strlen(f->number) : 0;
	const struct {
		const char *slot, *text;
	} texts[] = {{"isp", f->isp}, {"site", f->site}, {"code", f->code},
	    {"name", f->name}, {"family", f->family},
	    {"tail", length > 3 ? f->number + length - 3 : f->number}};
	const struct {
		const char *slot;
		int64_t number;
	} numbers[] = {{"count", f->times}, {"days", f->days},
	    {"kept", f->kept / WHEN_DAY}, {"verify", f->verify / WHEN_DAY}};

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		if (strcmp(slot, texts[i].slot) == 0)
			return texts[i].text ? texts[i].text : "";
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
		if (strcmp(slot, numbers[i].slot) == 0) {
			(void)snprintf(room, VALUE, "%" PRId64, numbers[i].number);
			return room;
		}
	if (strcmp(slot, "first") == 0)
		return when_in_words(r, f->first, false, room);
	if (strcmp(slot, "last") == 0)
		return when_in_words(r, f->last, false, room);
	return strcmp(slot, "next") == 0 ? when_in_words(r, f->next, true, room) : NULL;
}

static bool
given(const char *text)
{
	return text != NULL && *text != '\0';
}

/* A slot that is a piece: which one depends on the facts. "" is an empty piece. */
static const char *
piece_key(const struct render *r, const char *slot, char *room)
{
	const struct notice_facts *f = r->facts;

	if (strcmp(slot, "seen") == 0) {
		(void)snprintf(room, VALUE, "seen-%s",
		    kind_names[f->kind < KIND_COUNT ? f->kind : KIND_OTHER]);
		return room;
	}
	if (strcmp(slot, "often") == 0)
		return f->times <= 1 ? "often-once" : "often-many";
	if (strcmp(slot, "when") == 0)
		return f->last - f->first < WHEN_MINUTE ? "when-one" : "when-span";
	if (strcmp(slot, "source") == 0)
		return f->reported ? "data-report" : "data-traffic";
	if (strcmp(slot, "person") == 0)
		return given(f->name) ? slot : "";
	if (strcmp(slot, "number") == 0)
		return given(f->number) ? slot : "";
	return slot;
}

static void expand(
    struct render *r, const char *text, size_t size, int depth, struct wr *out);

static void
fill(struct render *r, const char *slot, int depth, struct wr *out)
{
	char room[VALUE];
	const char *value, *key, *piece;
	size_t size;

	/* In a template {family} is the sentence, in that sentence it is the name. */
	if (strcmp(slot, "family") == 0 && depth == 0) {
		if (!given(r->facts->family))
			return;
		value = NULL;
	} else {
		value = fact(r, slot, room);
	}
	if (value != NULL) {
		put_plain(out, value);
		return;
	}
	key = piece_key(r, slot, room);
	if (*key == '\0')
		return;
	piece = find_piece(r->notices->files[r->language][TEXTS], key, &size);
	if (piece == NULL || depth >= NESTING)
		(void)snprintf(r->unknown, sizeof r->unknown, "%.31s", slot);
	else
		expand(r, piece, size, depth + 1, out);
}

/* `at`: behind the brace. Returns the bytes up to and with the closing one, or 0. */
static size_t
read_slot(const char *at, const char *end, char slot[SLOT])
{
	size_t n = 0;

	while (at + n < end && at[n] != '}' && at[n] != '\n' && n < SLOT - 1) {
		slot[n] = at[n];
		n++;
	}
	slot[n] = '\0';
	return at + n < end && at[n] == '}' ? n + 1 : 0;
}

static void
expand(struct render *r, const char *text, size_t size, int depth, struct wr *out)
{
	const char *end = text + size;
	char slot[SLOT];

	while (text < end) {
		size_t used = *text == '{' ? read_slot(text + 1, end, slot) : 0;

		if (used == 0) {
			wr_u8(out, (uint8_t)*text++);
			continue;
		}
		fill(r, slot, depth, out);
		text += 1 + used;
	}
}

/* Line by line, so that one which its slots left blank can go. */
static void
expand_body(struct render *r, const char *text, struct wr *out)
{
	while (*text != '\0') {
		size_t size = strcspn(text, "\n"), start = out->size;
		bool slots = memchr(text, '{', size) != NULL;

		expand(r, text, size, 0, out);
		while (out->size > start && out->bytes[out->size - 1] == ' ')
			out->size--;
		if (out->size > start || !slots)
			wr_u8(out, '\n');
		text += size + (text[size] == '\n');
	}
}

static size_t
index_of(const char *const *names, const char *name, size_t absent)
{
	for (size_t i = 0; names[i] != NULL; i++)
		if (name != NULL && strcmp(names[i], name) == 0)
			return i;
	return absent;
}

bool
notice_render(const struct notices *notices, const struct notice_facts *facts,
    char *subject, struct wr *body, struct err *err)
{
	static const char head[] = "Subject: ";
	struct render r = {.notices = notices, .facts = facts};
	size_t file = index_of(notice_templates, facts->template_, TEMPLATES), length;
	const char *text;
	struct wr line;

	if (file == TEMPLATES)
		return err_set(err, "no template named \"%s\"", facts->template_);
	r.language = index_of(notice_languages, facts->language, 0);
	text = notices->files[r.language][file];
	length = strcspn(text, "\n");
	if (strncmp(text, head, sizeof head - 1) != 0 ||
	    strncmp(text + length, "\n\n", 2) != 0)
		return err_set(err,
		    "template %s/%s.txt does not begin with \"Subject: ...\" and a "
		    "blank line",
		    notice_languages[r.language], facts->template_);
	wr_init(&line, NOTICE_SUBJECT - 1);
	expand(&r, text + sizeof head - 1, length - (sizeof head - 1), 0, &line);
	(void)snprintf(subject, NOTICE_SUBJECT, "%s", wr_string(&line));
	wr_fini(&line);
	expand_body(&r, text + length + 2, body);
	if (r.unknown[0] != '\0')
		return err_set(err, "template %s/%s.txt: nothing fills {%s}",
		    notice_languages[r.language], facts->template_, r.unknown);
	if (body->bad)
		return err_set(
		    err, "template %s: the letter is too long", facts->template_);
	return true;
}
