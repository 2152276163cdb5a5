/* SPDX-License-Identifier: Apache-2.0 */
/* conf_print.c -- see conf.h: the effective configuration, and its manual. */
#include "base/conf.h"
#include "base/conf_value.h"

#include <math.h>
#include <string.h>

static void print_rows(const struct conf_opt *rows, const void *target, int depth,
    bool item, struct wr *out);

static void
indent(int depth, struct wr *out)
{
	for (int i = 0; i < depth; i++)
		wr_text(out, "  ");
}

static void
print_items(
    const struct conf_opt *row, const struct conf_list *list, int depth, struct wr *out)
{
	if (list->count == 0) {
		wr_text(out, " []\n");
		return;
	}
	wr_text(out, "\n");
	for (size_t i = 0; i < list->count; i++)
		print_rows(row->rows, (const char *)list->items + i * row->size,
		    depth + 1, true, out);
}

/* `item`: the mapping is an item of a list, so its first line begins with a dash. */
static void
print_rows(
    const struct conf_opt *rows, const void *target, int depth, bool item, struct wr *out)
{
	for (const struct conf_opt *row = rows; row->type != CONF_END; row++) {
		const void *field = conf_field_const(row, target);
		bool dash = item && row == rows;

		indent(dash ? depth : depth + item, out);
		wr_printf(out, "%s%s:", dash ? "- " : "", row->name);
		if (row->type == CONF_SECTION) {
			wr_text(out, "\n");
			print_rows(row->rows, field, depth + 1 + item, false, out);
		} else if (row->type == CONF_LIST) {
			print_items(row, field, depth + item, out);
		} else {
			wr_text(out, " ");
			conf_value_print(row, field, out);
			wr_text(out, "\n");
		}
	}
}

void
conf_print(const struct conf_opt *rows, const void *target, struct wr *out)
{
	print_rows(rows, target, 0, false, out);
}

/* A sentence for mdoc: no line of it may begin as a macro, no backslash as an escape. */
static void
manual_sentence(const char *text, struct wr *out)
{
	size_t size = strlen(text);
	bool ended = size == 0 || text[size - 1] == '.';

	if (*text == '.' || *text == '\'')
		wr_text(out, "\\&");
	for (; *text != 0; text++)
		if (*text == '\\')
			wr_text(out, "\\e");
		else
			wr_u8(out, (uint8_t)*text);
	wr_text(out, ended ? "\n" : ".\n");
}

static void
manual_argument(const struct conf_opt *row, struct wr *out)
{
	if (row->type == CONF_CHOICE) {
		wr_text(out, " Cm");
		for (int i = 0; row->choices[i] != NULL; i++)
			wr_printf(out, "%s %s", i > 0 ? " |" : "", row->choices[i]);
	} else if (row->type == CONF_FLAG) {
		wr_text(out, " Cm yes | no");
	} else if (row->type != CONF_SECTION && row->type != CONF_LIST) {
		wr_printf(out, " Ar %s", conf_type_name(row->type));
	}
	wr_text(out, "\n");
}

static bool
has_preset(const struct conf_opt *row)
{
	if (row->type == CONF_SECTION || row->type == CONF_LIST || row->required)
		return false;
	if (row->type == CONF_TIME)
		return row->preset > 0;
	if (row->preset_text != NULL)
		return *row->preset_text != 0;
	return (row->type != CONF_TEXT && row->type != CONF_ADDR &&
		row->type != CONF_TEXTS && row->type != CONF_PREFIXES);
}

static void
print_number(const struct conf_opt *row, double value, struct wr *out)
{
	if (row->type == CONF_DURATION)
		conf_duration_print(
		    value >= 9.2233720368547e18 ? INT64_MAX : (int64_t)value, out);
	else
		wr_printf(out, "%.*g", value == floor(value) ? 16 : 10, value);
}

bool
conf_preset_print(const struct conf_opt *row, struct wr *out)
{
	if (!has_preset(row))
		return false;
	if (row->preset_text != NULL)
		wr_text(out, row->preset_text);
	else if (row->type == CONF_CHOICE)
		wr_text(out, row->choices[(int)row->preset]);
	else if (row->type == CONF_FLAG)
		wr_text(out, row->preset > 0 ? "yes" : "no");
	else
		print_number(row, row->preset, out);
	if (row->min < row->max) {
		wr_text(out, ", from ");
		print_number(row, row->min, out);
		wr_text(out, " to ");
		print_number(row, row->max, out);
	}
	return true;
}

void
conf_manual_option(const struct conf_opt *row, struct wr *out)
{
	struct wr preset;

	manual_sentence(row->help ? row->help : "", out);
	if (row->required)
		wr_text(out, "Required.\n");
	wr_init(&preset, 1024);
	if (conf_preset_print(row, &preset))
		wr_printf(out, "Default: %s.\n", wr_string(&preset));
	wr_fini(&preset);
}

void
conf_manual(const struct conf_opt *rows, struct wr *out)
{
	wr_text(out, ".Bl -tag -width Ds\n");
	for (const struct conf_opt *row = rows; row->type != CONF_END; row++) {
		wr_printf(out, ".It Cm %s", row->name);
		manual_argument(row, out);
		conf_manual_option(row, out);
		if (row->type == CONF_LIST)
			wr_text(out, "A list; each item has:\n");
		if (row->type == CONF_SECTION || row->type == CONF_LIST)
			conf_manual(row->rows, out);
	}
	wr_text(out, ".El\n");
}
