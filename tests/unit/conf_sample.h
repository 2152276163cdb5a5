/* SPDX-License-Identifier: Apache-2.0 */
/* conf_sample.h -- a table with a row of every type, for the unit test and the fuzzer. */
#ifndef TESTS_CONF_SAMPLE_H
#define TESTS_CONF_SAMPLE_H

#include "base/conf.h"

struct sample_item {
	char *name;
	int64_t port;
	struct conf_texts tags;
};

struct sample {
	int64_t count, keep, since, forever;
	double share;
	bool loud;
	char *text, *nothing;
	int mode;
	struct addr listen;
	struct conf_prefixes ours;
	struct conf_texts words;
	struct {
		char *host;
		bool tls;
	} mail;
	struct conf_list items;
};

static const char *const sample_modes[] = {"wall", "replay", NULL};

static const struct conf_opt sample_mail_rows[] = {
    {.name = "host",
	.type = CONF_TEXT,
	.offset = offsetof(__typeof__(((struct sample *)0)->mail), host)},
    {.name = "tls",
	.type = CONF_FLAG,
	.offset = offsetof(__typeof__(((struct sample *)0)->mail), tls),
	.preset = 1,
	.help = "with a certificate that holds"},
    {.type = CONF_END},
};

static const struct conf_opt sample_item_rows[] = {
    {.name = "name",
	.type = CONF_TEXT,
	.offset = offsetof(struct sample_item, name),
	.required = true,
	.help = "its name"},
    {.name = "port",
	.type = CONF_INT,
	.offset = offsetof(struct sample_item, port),
	.preset = 2055,
	.min = 1,
	.max = 65535,
	.help = "UDP port"},
    {.name = "tags",
	.type = CONF_TEXTS,
	.offset = offsetof(struct sample_item, tags),
	.help = "anything"},
    {.type = CONF_END},
};

#define SAMPLE(field) .name = #field, .offset = offsetof(struct sample, field)

static const struct conf_opt sample_rows[] = {
    {SAMPLE(count), .type = CONF_INT, .preset = 3, .min = -5, .max = 1e15},
    {SAMPLE(keep), .type = CONF_DURATION, .preset = 90 * 86400e6, .min = 1e6,
	.max = 86400e6 * 4000, .help = "how long"},
    {SAMPLE(since), .type = CONF_TIME},
    {SAMPLE(forever), .type = CONF_DURATION, .preset = 9.3e18},
    {SAMPLE(share), .type = CONF_REAL, .preset = 0.1, .min = 0, .max = 1},
    {SAMPLE(loud), .type = CONF_FLAG},
    {SAMPLE(text), .type = CONF_TEXT, .preset_text = "sm\303\266r"},
    {SAMPLE(nothing), .type = CONF_TEXT, .help = ".dotted \\ help"},
    {SAMPLE(mode), .type = CONF_CHOICE, .choices = sample_modes},
    {SAMPLE(listen), .type = CONF_ADDR, .preset_text = "127.0.0.1"},
    {SAMPLE(ours), .type = CONF_PREFIXES, .preset_text = "10.0.0.0/8 fc00::/7"},
    {SAMPLE(words), .type = CONF_TEXTS},
    {SAMPLE(mail), .type = CONF_SECTION, .rows = sample_mail_rows},
    {SAMPLE(items), .type = CONF_LIST, .rows = sample_item_rows,
	.size = sizeof(struct sample_item)},
    {.type = CONF_END},
};

#endif
