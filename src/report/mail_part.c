/* SPDX-License-Identifier: Apache-2.0 */
/* mail_part.c -- parts of a mail: their list, their text and their headers (gmime). */
#include "report/charset.h"
#include "report/mail_inside.h"

#include <ctype.h>
#include <gmime/gmime.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* ROOM: what the arena may hold before the last big piece of it. */
enum { TYPE = 80, HEADER = 16 << 10, VALUE = 4 << 10, ROOM = 64 << 20 };

static bool
roomy(const struct mail *m)
{
	return arena_used(m->arena) < ROOM;
}

/* ---- the list */

static const char *
type_of(struct mail *m, GMimeObject *object)
{
	GMimeContentType *ct = g_mime_object_get_content_type(object);
	const char *type = g_mime_content_type_get_media_type(ct);
	const char *subtype = g_mime_content_type_get_media_subtype(ct);
	char text[TYPE];

	(void)snprintf(text, sizeof text, "%s/%s", type != NULL ? type : "text",
	    subtype != NULL ? subtype : "plain");
	return field_lower(m->arena, text, strlen(text));
}

static void
add_part(struct mail *m, GMimeObject *object)
{
	struct mail_part *part = &m->parts[m->count];
	const char *name = NULL;

	if (m->count == MAIL_PARTS || !roomy(m))
		return;
	*part =
	    (struct mail_part){.type = type_of(m, object), .name = "", .object = object};
	if (GMIME_IS_PART(object))
		name = g_mime_part_get_filename(GMIME_PART(object));
	else
		part->type = "message/rfc822";
	if (name != NULL) {
		const char *slash = strrchr(name, '/');
		size_t length;

		name = slash != NULL ? slash + 1 : name;
		part->name =
		    charset_utf8(m->arena, NULL, name, strnlen(name, 255), &length);
	}
	m->count++;
}

static void
list(struct mail *m, GMimeObject *object, int depth)
{
	if (object == NULL || depth > MAIL_NESTING)
		return;
	if (GMIME_IS_MULTIPART(object)) {
		GMimeMultipart *whole = GMIME_MULTIPART(object);
		int count = g_mime_multipart_get_count(whole);

		for (int i = 0; i < count; i++)
			list(m, g_mime_multipart_get_part(whole, i), depth + 1);
	} else if (GMIME_IS_MESSAGE_PART(object)) {
		GMimeMessage *message =
		    g_mime_message_part_get_message(GMIME_MESSAGE_PART(object));

		if (message != NULL)
			add_part(m, GMIME_OBJECT(message));
	} else
		add_part(m, object);
}

void
mail_list_parts(struct mail *m, void *message)
{
	if (!roomy(m))
		return;
	m->parts = arena_get(m->arena, MAIL_PARTS * sizeof *m->parts);
	list(m, g_mime_message_get_mime_part(message), 0);
}

/* ---- what a part holds */

void *
mail_part_stream(const struct mail_part *part)
{
	GMimeDataWrapper *content =
	    GMIME_IS_PART(part->object) ? g_mime_part_get_content(part->object) : NULL;
	GMimeStream *stream;

	if (content == NULL)
		return NULL;
	stream = g_mime_stream_mem_new();
	(void)g_mime_data_wrapper_write_to_stream(content, stream);
	return stream;
}

const char *
mail_part_text(struct mail *m, struct mail_part *part)
{
	GMimeStream *stream;
	GByteArray *bytes;
	const char *charset;
	size_t size;

	if (part->text != NULL)
		return part->text;
	part->text = "";
	stream = mail_part_stream(part);
	if (stream == NULL)
		return part->text;
	bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream));
	charset = g_mime_object_get_content_type_parameter(part->object, "charset");
	size = bytes->len < MAIL_TEXT ? bytes->len : MAIL_TEXT;
	if (roomy(m) && size > 0)
		part->text =
		    charset_utf8(m->arena, charset, bytes->data, size, &part->text_size);
	g_object_unref(stream);
	return part->text;
}

const char *
mail_header(struct mail *m, void *object, const char *name, int n)
{
	GMimeHeaderList *headers = g_mime_object_get_header_list(object);
	int count = g_mime_header_list_get_count(headers);

	for (int i = 0; i < count && roomy(m); i++) {
		GMimeHeader *h = g_mime_header_list_get_header_at(headers, i);
		const char *value;
		size_t length;

		if (strcasecmp(g_mime_header_get_name(h), name) != 0 || n-- > 0)
			continue;
		value = g_mime_header_get_value(h);
		return value == NULL ? NULL
				     : charset_utf8(m->arena, NULL, value,
					   strnlen(value, HEADER), &length);
	}
	return NULL;
}

/* ---- "Name: value" */

static const char *
line_end(const char *line)
{
	return line + strcspn(line, "\n");
}

/* Joins what follows on lines that begin with a blank. */
static const char *
joined(struct arena *arena, const char *value)
{
	const char *end = line_end(value);
	char *out;
	size_t used = 0;

	while (*end != 0 && (end[1] == ' ' || end[1] == '\t') && end - value < VALUE)
		end = line_end(end + 1);
	value += strspn(value, " \t");
	if (end < value)
		end = value;
	out = arena_strdup(
	    arena, value, end - value < VALUE ? (size_t)(end - value) : VALUE);
	for (const char *at = out; *at != 0; at++)
		if (!isspace((unsigned char)*at))
			out[used++] = *at;
		else if (used > 0 && out[used - 1] != ' ')
			out[used++] = ' ';
	while (used > 0 && out[used - 1] == ' ')
		used--;
	out[used] = 0;
	return out;
}

const char *
mail_value(struct arena *arena, const char *text, const char *name)
{
	size_t size = strlen(name);

	while (*text != 0) {
		if (strncasecmp(text, name, size) == 0 &&
		    text[size + strspn(text + size, " \t")] == ':')
			return joined(arena, strchr(text + size, ':') + 1);
		text = line_end(text);
		text += *text != 0;
	}
	return NULL;
}
