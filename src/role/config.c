/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config.c -- see config.h. Tables first, then what concerns more than one option.
 *
 * The rows of the whole file are put together once: the fixed ones, one section
 * `detectors` with a section for each of detectors[], and one section for each of
 * actions[], named by its kind.
 */
#include "role/config.h"

#include "action/mime.h"
#include "base/mem.h"
#include "base/near.h"
#include "base/when.h"
#include "event/pair.h"
#include "line/lease_source.h"
#include "report/report.h"
#include "role/desk.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#define FIELD(type_, field) .name = #field, .offset = offsetof(struct type_, field)
#define DAYS(n)             ((double)(n)*86400e6)
#define HOUR                3600e6
#define COUNT_MAX           1e8

enum { PLUGGED = 64 };

static const char *const basis_choices[] = {"none", "network-security", "contract",
    "consent", "legal-obligation", "own-test-network", NULL};
/* The names of sources[] and lease_readers[], filled in by config_options. */
static const char *source_types[PLUGGED + 1], *lease_types[PLUGGED + 1];
static const char *const place_choices[] = {"directory", "maildir", NULL};
const char *const config_grade_choices[] = {"format", "A", "B", "C", "D", "E", "F", NULL};
static const char *const clock_choices[] = {"wall", "replay", NULL};

/* clang-format off */
static const struct conf_opt realm_rows[] = {
	{FIELD(config_realm, name), .type = CONF_TEXT, .required = true, .help = "what sources, reports and lease logs call it"},
	{FIELD(config_realm, number), .type = CONF_INT, .preset = 0, .min = 0, .max = 4e9, .help = "number kept with every sighting; must not change later"},
	{FIELD(config_realm, networks), .type = CONF_PREFIXES, .required = true, .help = "our lines' addresses in this realm"},
	{.type = CONF_END},
};

const struct conf_opt config_ground_rows[] = {
	{FIELD(config_ground, basis), .type = CONF_CHOICE, .choices = basis_choices, .help = "legal basis; without one nothing is read"},
	{FIELD(config_ground, review), .type = CONF_TIME, .help = "when a person must look at this again"},
	{.type = CONF_END},
};

static const struct conf_opt source_rows[] = {
	{FIELD(config_source, name), .type = CONF_TEXT, .required = true, .help = "for people, in status and sightings"},
	{FIELD(config_source, type), .type = CONF_CHOICE, .choices = source_types, .required = true, .help = "kind of source"},
	{FIELD(config_source, path), .type = CONF_TEXT, .help = "a file to read"},
	{FIELD(config_source, listen), .type = CONF_ADDR, .preset_text = "127.0.0.1", .help = "address to listen on, without a path"},
	{FIELD(config_source, port), .type = CONF_INT, .preset = 2055, .min = 0, .max = 65535, .help = "UDP port to listen on; 0: any free one, see status"},
	{FIELD(config_source, realm), .type = CONF_TEXT, .help = "realm of addresses seen here; by default the first"},
	{FIELD(config_source, sampling), .type = CONF_INT, .preset = 0, .min = 0, .max = 1e6, .help = "1 in N packets; 0: as the exporter says"},
	{FIELD(config_source, lateness), .type = CONF_DURATION, .preset = 60e6, .min = 0, .max = HOUR, .help = "how much later than the newest a record may come"},
	{FIELD(config_source, flows), .type = CONF_INT, .preset = 65536, .min = 1024, .max = COUNT_MAX, .help = "size of the flow table"},
	{FIELD(config_source, processes), .type = CONF_INT, .preset = 1, .min = 1, .max = 16, .help = "decode processes that share the socket: each exporter has one of them"},
	{FIELD(config_source, active), .type = CONF_DURATION, .preset = 300e6, .min = 1e6, .max = HOUR, .help = "a long flow is told about at least this often"},
	{FIELD(config_source, idle), .type = CONF_DURATION, .preset = 60e6, .min = 1e6, .max = HOUR, .help = "silence that ends a flow"},
	{FIELD(config_source, classes), .type = CONF_TEXTS, .help = "classes of data read here: traffic, name"},
	{FIELD(config_source, ground), .type = CONF_SECTION, .rows = config_ground_rows, .size = sizeof(struct config_ground), .help = "the legal ground for these classes"},
	{.type = CONF_END},
};

static const struct conf_opt report_rows[] = {
	{FIELD(config_report, name), .type = CONF_TEXT, .required = true, .help = "source named in sightings"},
	{FIELD(config_report, path), .type = CONF_TEXT, .required = true, .help = "directory that report files are put into"},
	{FIELD(config_report, format), .type = CONF_TEXT, .help = "format; by default recognised"},
	{FIELD(config_report, map), .type = CONF_TEXT, .help = "a file that says what the columns of CSV, TSV or JSON mean (MAPPINGS)"},
	{FIELD(config_report, realm), .type = CONF_TEXT, .help = "realm of the addresses; by default the first"},
	{FIELD(config_report, type), .type = CONF_CHOICE, .choices = place_choices, .help = "directory: of files; maildir: of mails, as MTAs and report mail deliver them"},
	{FIELD(config_report, grade), .type = CONF_CHOICE, .choices = config_grade_choices, .help = "how far it is believed; format: Shadowserver files A, all else C"},
	{FIELD(config_report, delta), .type = CONF_FLAG, .help = "holds differences on most days (Shadowserver's delta mode): its daily counts do not compare"},
	{FIELD(config_report, answer), .type = CONF_TEXTS, .help = "what reporters are told by mail: received, forwarded, too-old, not-ours, needs-port"},
	{FIELD(config_report, delay), .type = CONF_DURATION, .preset = 6 * HOUR, .min = 0, .max = DAYS(30), .help = "replay: a report comes this long after its newest row"},
	{FIELD(config_report, ground), .type = CONF_SECTION, .rows = config_ground_rows, .size = sizeof(struct config_ground), .help = "the legal ground for the class report"},
	{.type = CONF_END},
};

static const struct conf_opt lease_rows[] = {
	{FIELD(config_lease, type), .type = CONF_CHOICE, .choices = lease_types, .required = true, .help = "kind of log"},
	{FIELD(config_lease, path), .type = CONF_TEXT, .required = true, .help = "the lease log"},
	{FIELD(config_lease, realm), .type = CONF_TEXT, .help = "realm of the addresses; by default the first"},
	{FIELD(config_lease, zone_offset), .type = CONF_DURATION, .min = -DAYS(1), .max = DAYS(1), .help = "local time of the log ahead of UTC, where the log does not tell"},
	{FIELD(config_lease, clock_error), .type = CONF_DURATION, .preset = 2e6, .min = 0, .max = HOUR, .help = "how far the log's clock may be wrong"},
	{.type = CONF_END},
};

static const struct conf_opt detect_rows[] = {
	{FIELD(config_detect, processes), .type = CONF_INT, .preset = 1, .min = 1, .max = 16, .help = "detect processes, which share the lines"},
	{FIELD(config_detect, lines), .type = CONF_INT, .preset = 65536, .min = 64, .max = COUNT_MAX, .help = "lines to size tables for"},
	{FIELD(config_detect, snapshot), .type = CONF_DURATION, .preset = 10e6, .min = 0.1e6, .max = HOUR, .help = "machine time between two snapshots"},
	{FIELD(config_detect, hold), .type = CONF_DURATION, .preset = 24 * HOUR, .min = 60e6, .max = DAYS(30), .help = "without lease logs: an address is one line for this long"},
	{FIELD(config_detect, pair_wait), .type = CONF_DURATION, .preset = PAIR_WAIT, .min = 1e6, .max = PAIR_HOLD, .help = "how long a one-way record waits for its other direction"},
	{.type = CONF_END},
};

static const struct conf_opt notice_rows[] = {
	{FIELD(config_notices, from_name), .type = CONF_TEXT, .preset_text = "Botkoll", .help = "who writes to subscribers"},
	{FIELD(config_notices, site_url), .type = CONF_TEXT, .preset_text = "https://example.net/", .help = "where subscribers find help"},
	{.type = CONF_END},
};

static const struct conf_opt complaint_rows[] = {
	{FIELD(config_complaints, contacts), .type = CONF_TEXT, .help = "who answers for other networks' addresses: a table, or a directory with answers of RDAP and whois; without it no complaints are sent"},
	{FIELD(config_complaints, mail), .type = CONF_TEXT, .help = "mail address of our abuse desk"},
	{FIELD(config_complaints, remind), .type = CONF_DURATION, .preset = DAYS(3), .min = HOUR, .max = DAYS(90), .help = "look again this long after a mail"},
	{FIELD(config_complaints, end), .type = CONF_DURATION, .preset = DAYS(14), .min = HOUR, .max = DAYS(365), .help = "not seen for so long counts as ended"},
	{FIELD(config_complaints, per_hour), .type = CONF_INT, .preset = 20, .min = 1, .max = 1000, .help = "at most so many mails in an hour"},
	{.type = CONF_END},
};

static const struct conf_opt console_rows[] = {
	{FIELD(config_console, enabled), .type = CONF_FLAG, .preset = 0, .help = "serve the staff's pages"},
	{FIELD(config_console, metrics), .type = CONF_FLAG, .preset = 0, .help = "serve /metrics to Prometheus, without login: counts and times, nobody's data"},
	{FIELD(config_console, listen), .type = CONF_ADDR, .preset_text = "127.0.0.1", .help = "address of the staff's pages"},
	{FIELD(config_console, port), .type = CONF_INT, .preset = 8080, .min = 0, .max = 65535, .help = "port of the staff's pages; 0: any free one, see status"},
	{.type = CONF_END},
};

static const struct conf_opt fixed_rows[] = {
	{FIELD(config, directory), .type = CONF_TEXT, .required = true, .help = "where everything durable is kept"},
	{FIELD(config, user), .type = CONF_TEXT, .preset_text = "nobody", .help = "whom the roles become when started by root"},
	{FIELD(config, clock), .type = CONF_CHOICE, .choices = clock_choices, .help = "wall: the system's time; replay: what the inputs say"},
	{FIELD(config, replay_until), .type = CONF_TIME, .help = "replay: let timers run until then after the last input"},
	{FIELD(config, seed), .type = CONF_INT, .min = 0, .max = 9e15, .help = "of tables and ids; 0: from the system, or 1 in replay"},
	{FIELD(config, epoch), .type = CONF_DURATION, .preset = DESK_EPOCH, .min = 1e6, .max = HOUR, .help = "cases are judged at multiples of this time"},
	{FIELD(config, v6_prefix), .type = CONF_INT, .preset = 64, .min = 32, .max = 128, .help = "length of delegated IPv6 prefixes, one line each; leases of others are refused"},
	{FIELD(config, registry), .type = CONF_TEXT, .help = "line registry (CSV), read at start"},
	{FIELD(config, policy), .type = CONF_TEXT, .help = "policy.yaml; by default the built-in se-default"},
	{FIELD(config, weights), .type = CONF_TEXT, .help = "weights.yaml; by default the built-in table"},
	{FIELD(config, intel), .type = CONF_TEXTS, .help = "files of indicators"},
	{FIELD(config, shadow), .type = CONF_FLAG, .preset = 1, .help = "withhold notices until a person has judged a sample"},
	{FIELD(config, realms), .type = CONF_LIST, .rows = realm_rows, .size = sizeof(struct config_realm), .help = "address spaces that are ours"},
	{FIELD(config, sources), .type = CONF_LIST, .rows = source_rows, .size = sizeof(struct config_source), .help = "where traffic is seen"},
	{FIELD(config, reports), .type = CONF_LIST, .rows = report_rows, .size = sizeof(struct config_report), .help = "where reports by others come in"},
	{FIELD(config, fetch), .type = CONF_LIST, .rows = config_fetch_rows, .size = sizeof(struct config_fetch), .help = "feeds and mailboxes that are fetched"},
	{FIELD(config, leases), .type = CONF_LIST, .rows = lease_rows, .size = sizeof(struct config_lease), .help = "logs that say who held which address"},
	{FIELD(config, detect), .type = CONF_SECTION, .rows = detect_rows, .size = sizeof(struct config_detect), .help = "the detect processes"},
	{FIELD(config, notices), .type = CONF_SECTION, .rows = notice_rows, .size = sizeof(struct config_notices), .help = "what notices say about us"},
	{FIELD(config, complaints), .type = CONF_SECTION, .rows = complaint_rows, .size = sizeof(struct config_complaints), .help = "requests to other networks"},
	{FIELD(config, console), .type = CONF_SECTION, .rows = console_rows, .size = sizeof(struct config_console), .help = "the staff's pages"},
};
/* clang-format on */

enum { FIXED = sizeof fixed_rows / sizeof fixed_rows[0] };

static struct conf_opt all_rows[FIXED + PLUGGED + 2];
static struct conf_opt detector_rows[PLUGGED + 1];
static size_t detectors_at, config_bytes; /* of the section; of the whole struct */

static size_t
place(size_t *end, size_t size)
{
	size_t at = roundup(*end, sizeof(max_align_t));

	*end = at + size;
	return at;
}

static void
plug_detectors(struct conf_opt *row, size_t *end)
{
	size_t inside = 0, n = 0;

	for (; detectors[n] != NULL; n++) {
		const struct detector *d = detectors[n];

		if (n == PLUGGED)
			fatal("more than %d detectors", PLUGGED);
		detector_rows[n] = (struct conf_opt){.name = d->name,
		    .type = CONF_SECTION,
		    .offset = place(&inside, d->options_size),
		    .rows = d->options,
		    .size = d->options_size,
		    .help = d->summary};
	}
	detector_rows[n] = (struct conf_opt){.type = CONF_END};
	detectors_at = place(end, inside);
	*row = (struct conf_opt){.name = "detectors",
	    .type = CONF_SECTION,
	    .offset = detectors_at,
	    .rows = detector_rows,
	    .size = inside,
	    .help = "options of each detector"};
}

static void
plug_actions(struct conf_opt *row, size_t *end)
{
	for (size_t n = 0; actions[n] != NULL; n++, row++) {
		const struct action *a = actions[n];

		if (n == PLUGGED)
			fatal("more than %d actions", PLUGGED);
		*row = (struct conf_opt){.name = a->kind,
		    .type = CONF_SECTION,
		    .offset = place(end, a->options_size),
		    .rows = a->options,
		    .size = a->options_size,
		    .help = a->summary};
	}
	*row = (struct conf_opt){.type = CONF_END};
}

static void
plug_types(void)
{
	for (size_t n = 0; sources[n] != NULL; n++) {
		assert(n < PLUGGED);
		source_types[n] = sources[n]->name;
	}
	for (size_t n = 0; lease_readers[n] != NULL; n++) {
		assert(n < PLUGGED);
		lease_types[n] = lease_readers[n]->name;
	}
}

const struct conf_opt *
config_options(void)
{
	size_t end = sizeof(struct config);

	if (config_bytes > 0)
		return all_rows;
	plug_types();
	memcpy(all_rows, fixed_rows, sizeof fixed_rows);
	plug_detectors(&all_rows[FIXED], &end);
	plug_actions(&all_rows[FIXED + 1], &end);
	config_bytes = end;
	return all_rows;
}

const void *
config_of_detector(const struct config *config, const struct detector *d)
{
	for (size_t i = 0; detectors[i] != NULL; i++)
		if (detectors[i] == d)
			return (const uint8_t *)config + detectors_at +
			       detector_rows[i].offset;
	return NULL;
}

const void *
config_of_action(const struct config *config, const struct action *a)
{
	for (size_t i = 0; actions[i] != NULL; i++)
		if (actions[i] == a)
			return (const uint8_t *)config + all_rows[FIXED + 1 + i].offset;
	return NULL;
}

/* The lists belong to the configuration, which read it for its own use. */
static struct config_source *
source_at(const struct config *config, size_t i)
{
	return (struct config_source *)config->sources.items + i;
}

static struct config_fetch *
fetch_at(const struct config *config, size_t i)
{
	return (struct config_fetch *)config->fetch.items + i;
}

static struct config_report *
report_at(const struct config *config, size_t i)
{
	if (i >= config->reports.count)
		return &fetch_at(config, i - config->reports.count)->report;
	return (struct config_report *)config->reports.items + i;
}

static struct config_lease *
lease_at(const struct config *config, size_t i)
{
	return (struct config_lease *)config->leases.items + i;
}

const struct config_source *
config_decoder(const struct config *config, size_t i)
{
	return &config->decoders[i];
}

size_t
config_report_count(const struct config *config)
{
	return config->reports.count + config->fetch.count;
}

const struct config_report *
config_report(const struct config *config, size_t i)
{
	return report_at(config, i);
}

const struct config_fetch *
config_fetch(const struct config *config, size_t i)
{
	return fetch_at(config, i);
}

const struct config_lease *
config_lease(const struct config *config, size_t i)
{
	return lease_at(config, i);
}

static bool
find_realm(
    const struct config *config, const char *name, uint32_t *number, struct err *err)
{
	const struct config_realm *realms = config->realms.items;
	struct near near;

	for (size_t i = 0; i < config->realms.count; i++)
		if (name == NULL || strcmp(name, realms[i].name) == 0) {
			*number = (uint32_t)realms[i].number;
			return true;
		}
	if (name == NULL || config->realms.count == 0)
		return err_set(err, "realms: at least one is needed, with our networks");
	near = near_init(name);
	for (size_t i = 0; i < config->realms.count; i++)
		near_try(&near, realms[i].name);
	return err_set(err, "no realm is called \"%s\"; %s \"%s\"", name,
	    config->realms.count > 1 ? "the nearest is" : "there is", near.best);
}

/* DESIGN 4: a class is on only with a basis and a review date. */
static bool
check_ground(const struct config_ground *g, const char *what, const char *name, int clock,
    struct err *err)
{
	struct clock wall;

	if (g->basis == BASIS_NONE || g->review == 0)
		return err_set(err,
		    "%s \"%s\": no class of data is on without a legal ground; give "
		    "ground: {basis: network-security, review: 2027-01-01T00:00:00Z}",
		    what, name);
	clock_init(&wall, CLOCK_WALL);
	if (clock == CLOCK_WALL && g->review < clock_now(&wall))
		return err_set(err,
		    "%s \"%s\": its review date has passed; a person must renew it", what,
		    name);
	return true;
}

static bool
read_classes(struct config_source *s, struct err *err)
{
	s->class_set = s->classes.count == 0 ? DATA_TRAFFIC : 0;
	for (size_t i = 0; i < s->classes.count; i++) {
		const char *class = s->classes.items[i];

		if (strcmp(class, "traffic") == 0)
			s->class_set |= DATA_TRAFFIC;
		else if (strcmp(class, "name") == 0)
			s->class_set |= DATA_NAME;
		else
			return err_set(err,
			    "source \"%s\": class \"%s\" is not read by any source; "
			    "known: traffic, name",
			    s->name, class);
	}
	return true;
}

static bool
check_source(const struct config *config, size_t i, struct err *err)
{
	struct config_source *s = source_at(config, i);

	s->live = s->path == NULL;
	s->source = sources[s->type];
	if (s->live && s->source != &source_netflow)
		return err_set(err, "source \"%s\": a %s source needs a path", s->name,
		    s->source->name);
	if (s->processes > 1 && (!s->live || config->clock == CLOCK_REPLAY))
		return err_set(err,
		    "source \"%s\": only a socket, with the wall clock, is shared by "
		    "several processes",
		    s->name);
	for (size_t k = 0; k < i; k++)
		if (strcmp(source_at(config, k)->name, s->name) == 0)
			return err_set(err, "two sources are called \"%s\"", s->name);
	return find_realm(config, s->realm, &s->realm_number, err) &&
	       read_classes(s, err) &&
	       check_ground(&s->ground, "source", s->name, config->clock, err);
}

static bool
check_format(const struct config_report *r, struct err *err)
{
	struct near near = near_init(r->format ? r->format : "");

	if (r->map != NULL && (r->format != NULL || r->type == PLACE_MAILDIR))
		return err_set(err,
		    "report \"%s\": a map goes neither with a format nor "
		    "with a maildir",
		    r->name);
	if (r->format == NULL)
		return true;
	for (size_t i = 0; formats[i] != NULL; i++) {
		if (strcmp(formats[i]->name, r->format) == 0)
			return true;
		near_try(&near, formats[i]->name);
	}
	return err_set(err, "report \"%s\": no format \"%s\"; the nearest is \"%s\"",
	    r->name, r->format, near.best);
}

static bool
check_answers(const struct config_report *r, struct err *err)
{
	for (size_t i = 0; i < r->answer.count; i++)
		if (!config_answer_known(r->answer.items[i]))
			return err_set(err,
			    "report \"%s\": reporters cannot be told \"%s\"; known: "
			    "received, forwarded, too-old, not-ours, needs-port",
			    r->name, r->answer.items[i]);
	return true;
}

static bool
check_reports(const struct config *config, struct err *err)
{
	for (size_t i = 0; i < config_report_count(config); i++) {
		struct config_report *r = report_at(config, i);

		if (!check_format(r, err) ||
		    !find_realm(config, r->realm, &r->realm_number, err) ||
		    !check_answers(r, err) ||
		    !check_ground(&r->ground, "report", r->name, config->clock, err))
			return false;
	}
	return true;
}

static bool
check_fetch(const struct config *config, struct err *err)
{
	if (config->fetch.count > 0 && config->clock == CLOCK_REPLAY)
		return err_set(err, "fetch: nothing is fetched with clock: replay");
	for (size_t i = 0; i < config->fetch.count; i++) {
		if (!config_fetch_check(fetch_at(config, i), err))
			return false;
		for (size_t k = 0; k < config->reports.count + i; k++)
			if (strcmp(report_at(config, k)->name,
				fetch_at(config, i)->report.name) == 0)
				return err_set(err, "two feeds are called \"%s\"",
				    report_at(config, k)->name);
	}
	return true;
}

static bool
check_leases(const struct config *config, struct err *err)
{
	for (size_t i = 0; i < config->leases.count; i++) {
		struct config_lease *l = lease_at(config, i);

		if (!find_realm(config, l->realm, &l->realm_number, err))
			return false;
	}
	return true;
}

static void
gather_networks(struct config *config)
{
	const struct config_realm *realms = config->realms.items;
	size_t count = 0;
	struct prefix *items;
	uint32_t *numbers;

	for (size_t i = 0; i < config->realms.count; i++)
		count += realms[i].networks.count;
	items = xcalloc(count, sizeof *items);
	numbers = xcalloc(count, sizeof *numbers);
	count = 0;
	for (size_t i = 0; i < config->realms.count; i++)
		for (size_t k = 0; k < realms[i].networks.count; k++) {
			items[count] = realms[i].networks.items[k];
			numbers[count++] = (uint32_t)realms[i].number;
		}
	config->ours =
	    (struct our_networks){items, numbers, count, (uint8_t)config->v6_prefix};
}

static bool
check_complaints(const struct config_complaints *c, struct err *err)
{
	if (c->contacts == NULL || (c->mail != NULL && mime_address_valid(c->mail)))
		return true;
	return err_set(
	    err, "complaints: say in `mail` who complains, as abuse@example.net");
}

static bool
check(struct config *config, struct err *err)
{
	uint32_t first;

	if (!find_realm(config, NULL, &first, err))
		return false;
	for (size_t i = 0; i < config->sources.count; i++)
		if (!check_source(config, i, err))
			return false;
	if (!check_reports(config, err) || !check_fetch(config, err) ||
	    !check_leases(config, err) || !check_complaints(&config->complaints, err))
		return false;
	if (config->clock == CLOCK_REPLAY && config->seed == 0)
		config->seed = 1;
	return true;
}

/* A relative path counts from the directory of the file that names it. */
static void
anchor(char **path, const char *file)
{
	const char *slash = strrchr(file, '/');
	size_t size = slash ? (size_t)(slash - file) + 1 : 0;
	char *whole;

	if (*path == NULL || **path == '/' || size == 0)
		return;
	whole = xmalloc(size + strlen(*path) + 1);
	memcpy(whole, file, size);
	(void)strcpy(whole + size, *path);
	free(*path);
	*path = whole;
}

static void
anchor_all(struct config *config, const char *file)
{
	anchor(&config->directory, file);
	anchor(&config->registry, file);
	anchor(&config->policy, file);
	anchor(&config->weights, file);
	anchor(&config->complaints.contacts, file);
	for (size_t i = 0; i < config->intel.count; i++)
		anchor(&config->intel.items[i], file);
	for (size_t i = 0; i < config->sources.count; i++)
		anchor(&source_at(config, i)->path, file);
	for (size_t i = 0; i < config->reports.count; i++)
		anchor(&report_at(config, i)->path, file);
	for (size_t i = 0; i < config->reports.count; i++)
		anchor(&report_at(config, i)->map, file);
	for (size_t i = 0; i < config->fetch.count; i++) {
		anchor(&fetch_at(config, i)->password_file, file);
		anchor(&fetch_at(config, i)->ca_file, file);
	}
	for (size_t i = 0; i < config->leases.count; i++)
		anchor(&lease_at(config, i)->path, file);
}

/* Where the documents of a feed wait for intake. */
static void
place_spools(const struct config *config)
{
	for (size_t i = 0; i < config->fetch.count; i++) {
		struct config_report *r = &fetch_at(config, i)->report;
		size_t size = strlen(config->directory) + strlen(r->name) + 16;

		r->path = xmalloc(size);
		(void)snprintf(r->path, size, "%s/spool/%s", config->directory, r->name);
	}
}

static void
share_out(struct config *config)
{
	for (size_t i = 0; i < config->sources.count; i++)
		config->decoder_count += (size_t)source_at(config, i)->processes;
	config->decoders = xcalloc(config->decoder_count + 1, sizeof *config->decoders);
	for (size_t i = 0, n = 0; i < config->sources.count; i++)
		for (uint32_t part = 0; part < source_at(config, i)->processes; part++) {
			config->decoders[n] = *source_at(config, i);
			config->decoders[n].part = part;
			config->decoders[n].number = (uint32_t)n;
			n++;
		}
}

struct config *
config_read(const char *path, struct err *err)
{
	const struct conf_opt *rows = config_options();
	struct config *config = xcalloc(1, config_bytes);
	struct err inner;

	if (!conf_read(rows, config, path, err)) {
		free(config);
		return NULL;
	}
	if (!check(config, &inner)) {
		(void)err_set(err, "%s: %s", path, inner.text);
		config_free(config);
		return NULL;
	}
	anchor_all(config, path);
	place_spools(config);
	share_out(config);
	gather_networks(config);
	return config;
}

static void
free_networks(const struct our_networks *ours)
{
	free((void *)(uintptr_t)ours->items);
	free((void *)(uintptr_t)ours->realms);
}

void
config_free(struct config *config)
{
	if (config == NULL)
		return;
	free_networks(&config->ours);
	free(config->decoders);
	for (size_t i = 0; i < config->fetch.count; i++)
		free(fetch_at(config, i)->report.path);
	conf_free(config_options(), config);
	free(config);
}
