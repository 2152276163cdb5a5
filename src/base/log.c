/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log.c -- see log.h. A line is built in one buffer and written by one write(2), so that
 * the lines of several roles on one stderr do not mix. Lines beyond LINE bytes are cut.
 */
#include "base/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LINE = 1024, SENTENCE = 600 };

struct line {
	char text[LINE];
	size_t used;
};

static struct {
	const char *role;
	enum log_level least;
} setup = {.role = "botkoll", .least = LEVEL_INFO};

void
log_setup(const char *role, enum log_level least)
{
	setup.role = role;
	setup.least = least;
}

/* One byte is kept for the newline. */
static void
put(struct line *line, const char *bytes, size_t size)
{
	size_t left = sizeof line->text - 1 - line->used;

	if (size > left)
		size = left;
	memcpy(line->text + line->used, bytes, size);
	line->used += size;
}

static void
put_text(struct line *line, const char *text)
{
	put(line, text, strlen(text));
}

static bool
is_plain(const char *text)
{
	if (*text == 0)
		return false;
	for (; *text != 0; text++)
		if ((unsigned char)*text <= ' ' || *text == '"' || *text == '\\' ||
		    *text == '=' || *text == 0x7f)
			return false;
	return true;
}

static void
put_value(struct line *line, const char *text)
{
	if (is_plain(text)) {
		put_text(line, text);
		return;
	}
	put_text(line, "\"");
	for (; *text != 0; text++) {
		char escaped[8];
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			(void)snprintf(escaped, sizeof escaped, "\\%c", c);
		else if (c < ' ' || c == 0x7f)
			(void)snprintf(escaped, sizeof escaped, "\\x%02x", c);
		else
			(void)snprintf(escaped, sizeof escaped, "%c", c);
		put_text(line, escaped);
	}
	put_text(line, "\"");
}

static void
start(struct line *line, enum log_level level)
{
	line->used = 0;
	line->used = (size_t)snprintf(
	    line->text, sizeof line->text, "<%d>%s: ", (int)level, setup.role);
}

static void
finish(struct line *line)
{
	line->text[line->used++] = '\n';
	if (write(STDERR_FILENO, line->text, line->used) < 0)
		return; /* nobody is listening; there is no other place to say so */
}

void
log_event(enum log_level level, const char *what, ...)
{
	struct line line;
	const char *key;
	va_list args;

	if (level > setup.least)
		return;
	start(&line, level);
	put_text(&line, what);
	va_start(args, what);
	while ((key = va_arg(args, const char *)) != NULL) {
		const char *value = va_arg(args, const char *);

		put_text(&line, " ");
		put_text(&line, key);
		put_text(&line, "=");
		put_value(&line, value != NULL ? value : "");
	}
	va_end(args);
	finish(&line);
}

void
log_line(enum log_level level, const char *format, ...)
{
	struct line line;
	char sentence[SENTENCE];
	va_list args;

	if (level > setup.least)
		return;
	va_start(args, format);
	(void)vsnprintf(sentence, sizeof sentence, format, args);
	va_end(args);
	for (char *c = sentence; *c != 0; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = ' '; /* a foreign text must not forge a second line */
	start(&line, level);
	put_text(&line, sentence);
	finish(&line);
}
