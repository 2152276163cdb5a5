/* SPDX-License-Identifier: Apache-2.0 */
/*
 * family.c -- names of malware families: one family, one name.
 *
 * Sources write "Mirai", "mirai.gen" and "Linux/Mirai"; share/families says which names
 * are the same. What the list does not know keeps its own name, in small letters. The
 * list is built in and read once, at first use (warm it before a jail).
 */
#include "base/embedded.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "report/item.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct alias {
	const char *alias, *family;
};

static struct {
	struct alias *rows;
	size_t count;
} aliases;

static int
compare(const void *a, const void *b)
{
	return strcmp(((const struct alias *)a)->alias, ((const struct alias *)b)->alias);
}

/* A line is "family alias alias ..."; '#' begins a remark. */
static void
take_line(char *line)
{
	char *rest, *word, *family = NULL;

	line[strcspn(line, "#")] = 0;
	for (word = strtok_r(line, " \t", &rest); word != NULL;
	     word = strtok_r(NULL, " \t", &rest)) {
		if (family == NULL)
			family = word;
		aliases.rows =
		    xrealloc(aliases.rows, (aliases.count + 1) * sizeof *aliases.rows);
		aliases.rows[aliases.count++] = (struct alias){word, family};
	}
}

static void
read_aliases(void)
{
	extern const struct embedded report_embedded[];
	const struct embedded *file = embedded_find(report_embedded, "families");
	char *text, *rest;

	if (file == NULL)
		fatal("share/families was not built in");
	text = xmalloc(file->size + 1); /* for the life of the process */
	memcpy(text, file->bytes, file->size);
	text[file->size] = 0;
	for (char *line = strtok_r(text, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest))
		take_line(line);
	qsort(aliases.rows, aliases.count, sizeof *aliases.rows, compare);
}

void
family_name(const char *text, char *out)
{
	const struct alias *found;

	if (aliases.rows == NULL)
		read_aliases();
	utf8_copy(out, SIGHTING_NAME, text);
	for (char *at = out; *at != 0; at++)
		*at = (char)tolower((unsigned char)*at);
	for (size_t size = strlen(out); size > 0 && out[size - 1] == ' '; size--)
		out[size - 1] = 0; /* a long name may be cut behind a word */
	found = bsearch(&(struct alias){out, NULL}, aliases.rows, aliases.count,
	    sizeof *aliases.rows, compare);
	if (found != NULL)
		utf8_copy(out, SIGHTING_NAME,
		    strcmp(found->family, "-") == 0 ? "" : found->family);
}
