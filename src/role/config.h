/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config.h -- botkoll.yaml: everything `botkoll run` is told, bound by option tables.
 *
 * Read once, before anything is forked; every role finds it in its memory afterwards. The
 * sections of detectors and actions come from their own tables, so that a new one brings
 * its options along. Checks that concern more than one option are made here, with a
 * sentence that names the way out: among them that a class of data is on only with a
 * legal basis and a review date.
 */
#ifndef ROLE_CONFIG_H
#define ROLE_CONFIG_H

#include "action/action.h"
#include "base/clock.h"
#include "base/conf.h"
#include "detect/detect.h"
#include "source/source.h"

#include <stddef.h>

struct config_realm {
	char *name;
	int64_t number;
	struct conf_prefixes networks;
};

/* A legal ground: a class of data is on only where both are given. */
struct config_ground {
	int basis;      /* enum basis; BASIS_NONE: not given */
	int64_t review; /* when a person must look again; 0: not given */
};

struct config_source {
	char *name, *path, *realm;
	int type; /* index into sources[] */
	struct addr listen;
	int64_t port, sampling, lateness, flows, active, idle, processes;
	struct conf_texts classes;
	struct config_ground ground;
	/* Found out by config_read. */
	const struct source *source;
	uint32_t number; /* of the decode process, as the merge counts: from 0 */
	uint32_t part;   /* from 0, of `processes` */
	uint32_t realm_number;
	unsigned class_set; /* of enum data_class */
	bool live;          /* a socket, not a file */
};

enum report_place { PLACE_DIRECTORY, PLACE_MAILDIR };

struct config_report {
	char *name, *path, *format, *realm, *map;
	int type;   /* enum report_place */
	int grade;  /* 0: by format; else 1 + letter - 'A' */
	bool delta; /* most of its days hold differences only */
	struct conf_texts answer;
	int64_t delay;
	struct config_ground ground;
	uint32_t realm_number;
};

enum fetch_type { FETCH_URL, FETCH_MISP, FETCH_TAXII, FETCH_SHADOWSERVER, FETCH_IMAP };

/* A feed that the role fetch brings; for intake it is one more place of reports. */
struct config_fetch {
	struct config_report report; /* its path is found out by config_read */
	int type;                    /* enum fetch_type */
	char *url, *user, *password_file, *auth_header, *ca_file;
	char *folder, *done, *collection, *download;
	int64_t every, timeout, size, backlog, limit, days;
	struct conf_texts types;
};

struct config_lease {
	char *path, *realm;
	int type; /* index into lease_readers[] */
	int64_t zone_offset, clock_error;
	uint32_t realm_number;
};

struct config_detect {
	int64_t processes, lines, snapshot, hold, pair_wait;
};

struct config_notices {
	char *from_name, *site_url;
};

struct config_complaints {
	char *contacts, *mail;
	int64_t remind, end, per_hour;
};

struct config_console {
	bool enabled, metrics;
	struct addr listen;
	int64_t port;
};

struct config {
	char *directory, *user, *registry, *policy, *weights;
	int clock; /* enum clock_kind */
	int64_t replay_until, seed, v6_prefix, epoch;
	bool shadow;
	struct conf_texts intel;
	struct conf_list realms;  /* of struct config_realm */
	struct conf_list sources; /* of struct config_source */
	struct conf_list reports; /* of struct config_report */
	struct conf_list fetch;   /* of struct config_fetch */
	struct conf_list leases;  /* of struct config_lease */
	struct config_detect detect;
	struct config_notices notices;
	struct config_complaints complaints;
	struct config_console console;
	/* Found out by config_read: all realms' networks side by side. */
	struct our_networks ours;
	/* One for each decode process: the sources, each `processes` times. Their texts
	 * are those of the list. */
	struct config_source *decoders;
	size_t decoder_count;
	/* The options of detectors[] and actions[], each at its own place. */
	max_align_t plugged[];
};

/* NULL with a sentence that names file and line. Relative paths in it count from the
 * directory of the file. */
struct config *config_read(const char *path, struct err *err);
void config_free(struct config *config);
/* Whether reporters can be told that; desk_answers.c. */
bool config_answer_known(const char *name);
/* The table of the whole file, for `check` and the manual. */
const struct conf_opt *config_options(void);
/* What the configuration says to one detector or action; borrowed from `config`. */
const void *config_of_detector(const struct config *config, const struct detector *d);
const void *config_of_action(const struct config *config, const struct action *a);
/* What decode process `i` of config->decoder_count reads. */
const struct config_source *config_decoder(const struct config *config, size_t i);
/* The entries of `reports`, and behind them those of `fetch`. */
size_t config_report_count(const struct config *config);
const struct config_report *config_report(const struct config *config, size_t i);
const struct config_fetch *config_fetch(const struct config *config, size_t i);
const struct config_lease *config_lease(const struct config *config, size_t i);

extern const char *const config_grade_choices[];
/* config_fetch.c: the options of an entry of `fetch`, and what must hold between them */
extern const struct conf_opt config_ground_rows[], config_fetch_rows[];
MUST_CHECK bool config_fetch_check(const struct config_fetch *f, struct err *err);

#endif
