/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy.c -- policy.yaml as option tables, and the built-in se-default.
 *
 * Ranges are in the tables; what concerns several keys at once is in check(). The
 * judgement made from a policy is in decide.c.
 */
#include "case/policy.h"

#include "base/embedded.h"
#include "base/mem.h"
#include "base/when.h"

#include <stdlib.h>
#include <string.h>

extern const struct embedded case_embedded[];

const char *const rung_names[] = {"notify", "remind", "limit", "isolate", "task", NULL};
const char *const policy_purposes[] = {
    "community", "cert", "provider", "research", "law-enforcement", NULL};
static const char *const rung_ifs[] = {"always", "fresh-evidence", NULL};

#define AT(type, field) .offset = offsetof(struct type, field)
#define DAYS(n)         ((double)(n) * (double)WHEN_DAY)

static const struct conf_opt threshold_rows[] = {
    {"posterior", CONF_REAL, AT(policy_threshold, posterior), 0, 0, 1,
	.help = "least probability"},
    {"groups", CONF_INT, AT(policy_threshold, groups), 0, 0, 32,
	.help = "least number of independent groups of 3 nats or more"},
    {"sources", CONF_INT, AT(policy_threshold, sources), 0, 0, 32,
	.help = "least number of independent upstreams and own groups"},
    {.type = CONF_END},
};

static const struct conf_opt rung_rows[] = {
    {"after", CONF_DURATION, AT(policy_rung, after), 0, 0, DAYS(365),
	.help = "time since the case opened, or since the first notice arrived"},
    {"do", CONF_CHOICE, AT(policy_rung, do_), .choices = rung_names, .max = 4,
	.required = true, .help = "what is done"},
    {"channels", CONF_TEXTS, AT(policy_rung, channels), .help = "ways to the subscriber"},
    {"if", CONF_CHOICE, AT(policy_rung, if_), .choices = rung_ifs, .max = 1,
	.help = "further condition"},
    {.type = CONF_END},
};

static const struct conf_opt class_rows[] = {
    {"enabled", CONF_FLAG, AT(policy_class, enabled), 1, 0, 1,
	.help = "whether cases of this class are opened"},
    {"notify", CONF_SECTION, AT(policy_class, notify), .rows = threshold_rows,
	.size = sizeof(struct policy_threshold), .help = "evidence that opens a case"},
    {"limit", CONF_SECTION, AT(policy_class, limit), .rows = threshold_rows,
	.size = sizeof(struct policy_threshold), .help = "evidence that allows a limit"},
    {"isolate", CONF_SECTION, AT(policy_class, isolate), .rows = threshold_rows,
	.size = sizeof(struct policy_threshold),
	.help = "evidence that allows isolation"},
    {"ladder", CONF_LIST, AT(policy_class, ladder), .rows = rung_rows,
	.size = sizeof(struct policy_rung), .help = "what is done, in order"},
    {"verify", CONF_DURATION, AT(policy_class, verify), DAYS(14), DAYS(1), DAYS(180),
	.help = "absence of evidence that counts as clean"},
    {"fresh", CONF_DURATION, AT(policy_class, fresh), DAYS(3), (double)WHEN_HOUR,
	DAYS(30), .help = "age up to which evidence is fresh"},
    {.type = CONF_END},
};

#define CLASS_ROW(key, class_)                                                           \
	{                                                                                \
		key, CONF_SECTION, (class_) * sizeof(struct policy_class),               \
		    .rows = class_rows, .size = sizeof(struct policy_class),             \
		    .help = "cases of class " key                                        \
	}

static const struct conf_opt classes_rows[] = {
    CLASS_ROW("infected", CLASS_INFECTED),
    CLASS_ROW("exposed", CLASS_EXPOSED),
    CLASS_ROW("host", CLASS_HOST),
    CLASS_ROW("abuse", CLASS_ABUSE),
    {.type = CONF_END},
};

static const struct conf_opt caps_rows[] = {
    {"notices_per_hour", CONF_INT, AT(policy_caps, notices_per_hour), 200, 0, 1e6,
	.help = "new notices an hour"},
    {"notices_per_hour_per_cause", CONF_INT, AT(policy_caps, notices_per_hour_per_cause),
	50, 0, 1e6,
	.help = "new notices an hour for one indicator, feed row or detector"},
    {"hold_cause_floor", CONF_INT, AT(policy_caps, hold_cause_floor), 20, 0, 1e6,
	.help = "new cases of one cause in 24 h that are never too many"},
    {"hold_site_floor", CONF_INT, AT(policy_caps, hold_site_floor), 100, 0, 1e6,
	.help = "new cases in 24 h that are never too many"},
    {"hold_factor", CONF_REAL, AT(policy_caps, hold_factor), 5, 1, 1000,
	.help = "times the 28-day daily median that is too many"},
    {.type = CONF_END},
};

#define KEEP(key, days, help_)                                                           \
	{                                                                                \
#key, CONF_DURATION, AT(policy_retention, key), DAYS(days), DAYS(1),     \
		    DAYS(3650), .help = help_                                            \
	}

static const struct conf_opt retention_rows[] = {
    KEEP(sightings, 30, "sightings that led to no case"),
    KEEP(case_payload, 90, "personal parts of a case, after its end"),
    KEEP(case_skeleton, 365, "the rest of a case, after its end"),
    KEEP(leases, 90, "who held which address"),
    KEEP(audit, 1825, "the audit log"),
    KEEP(measure_days, 400, "days on which a line was seen, for statistics"),
    {.type = CONF_END},
};

static const struct conf_opt calendar_rows[] = {
    {"from", CONF_DURATION, AT(policy_calendar, from), 0, 0, DAYS(1),
	.help = "quiet hours begin, local time of day"},
    {"to", CONF_DURATION, AT(policy_calendar, to), 0, 0, DAYS(1),
	.help = "quiet hours end; equal to `from`: none"},
    {.type = CONF_END},
};

static const struct conf_opt shadow_rows[] = {
    {"days", CONF_INT, AT(policy_shadow, days), 14, 0, 365,
	.help = "days without notices after installation"},
    {"sample", CONF_INT, AT(policy_shadow, sample), 50, 0, 10000,
	.help = "cases that a person judges before notices begin"},
    {.type = CONF_END},
};

static const struct conf_opt export_rows[] = {
    {"addresses", CONF_TEXTS, AT(policy_export, addresses),
	.help = "purposes for which addresses of our lines may leave; by default none"},
    {.type = CONF_END},
};

const struct conf_opt policy_options[] = {
    {"name", CONF_TEXT, AT(policy, name), .required = true, .help = "name of the policy"},
    {"version", CONF_INT, AT(policy, version), 1, 1, UINT32_MAX, .required = true,
	.help = "counts changes; written into each decision"},
    {"prior", CONF_REAL, AT(policy, prior), 1e-3, 3e-4, 5e-3,
	.help = "share of lines infected at a moment"},
    {"holdout", CONF_REAL, AT(policy, holdout), 0, 0, 1,
	.help = "share of cases in a study; no study can be configured yet"},
    {"review_by", CONF_TIME, AT(policy, review_by), .max = 4e18,
	.help = "the policy is reviewed before this date"},
    {"classes", CONF_SECTION, AT(policy, classes), .rows = classes_rows,
	.size = sizeof(struct policy_class) * CLASS_COUNT, .help = "classes of cases"},
    {"caps", CONF_SECTION, AT(policy, caps), .rows = caps_rows,
	.size = sizeof(struct policy_caps), .help = "brakes"},
    {"exempt", CONF_TEXTS, AT(policy, exempt),
	.help = "kinds of lines that only a person may restrict"},
    {"calendar", CONF_SECTION, AT(policy, calendar), .rows = calendar_rows,
	.size = sizeof(struct policy_calendar), .help = "quiet hours"},
    {"shadow", CONF_SECTION, AT(policy, shadow), .rows = shadow_rows,
	.size = sizeof(struct policy_shadow), .help = "the time before the first notice"},
    {"retention", CONF_SECTION, AT(policy, retention), .rows = retention_rows,
	.size = sizeof(struct policy_retention),
	.help = "what is kept, and for how long"},
    {"export", CONF_SECTION, AT(policy, export_), .rows = export_rows,
	.size = sizeof(struct policy_export), .help = "what may leave, and for whom"},
    {.type = CONF_END},
};

static bool
is_purpose(const char *word)
{
	for (size_t i = 0; policy_purposes[i] != NULL; i++)
		if (strcmp(policy_purposes[i], word) == 0)
			return true;
	return false;
}

bool
policy_addresses_for(const struct policy *policy, const char *purpose)
{
	const struct conf_texts *allowed = &policy->export_.addresses;

	for (size_t i = 0; i < allowed->count; i++)
		if (strcmp(allowed->items[i], purpose) == 0)
			return true;
	return false;
}

static bool
check_rung(const char *name, enum case_class c, const struct policy_rung *rung,
    int64_t former, struct err *err)
{
	bool message = rung->do_ == RUNG_NOTIFY || rung->do_ == RUNG_REMIND;

	if (rung->after < former)
		return err_set(err, "%s: class %s: the ladder goes back in time", name,
		    class_names[c]);
	if (message != (rung->channels.count > 0))
		return err_set(err, "%s: class %s: `%s` %s channels", name,
		    class_names[c], rung_names[rung->do_],
		    message ? "needs" : "takes no");
	for (size_t i = 0; i < rung->channels.count; i++)
		if (strcmp(rung->channels.items[i], "mail") != 0)
			return err_set(err,
			    "%s: class %s: unknown channel \"%s\"; known: mail", name,
			    class_names[c], rung->channels.items[i]);
	return true;
}

static bool
check_class(const char *name, enum case_class c, const struct policy_class *class_,
    struct err *err)
{
	const struct policy_rung *rungs = class_->ladder.items;
	int64_t former = 0;

	if (!class_->enabled)
		return true;
	if (class_->ladder.count == 0 || rungs[0].do_ != RUNG_NOTIFY)
		return err_set(err,
		    "%s: class %s: the ladder must begin with `do: notify`, or the class "
		    "be "
		    "`enabled: no`",
		    name, class_names[c]);
	for (size_t i = 0; i < class_->ladder.count; i++) {
		if (i > 0 && rungs[i].do_ == RUNG_NOTIFY)
			return err_set(err,
			    "%s: class %s: only the first rung is `notify`", name,
			    class_names[c]);
		if (!check_rung(name, c, &rungs[i], former, err))
			return false;
		former = rungs[i].after;
	}
	if (class_->fresh > class_->verify)
		return err_set(err, "%s: class %s: `fresh` is longer than `verify`", name,
		    class_names[c]);
	return true;
}

static bool
check(const char *name, const struct policy *policy, struct err *err)
{
	for (int c = 0; c < CLASS_COUNT; c++)
		if (!check_class(name, (enum case_class)c, &policy->classes[c], err))
			return false;
	for (size_t i = 0; i < policy->export_.addresses.count; i++)
		if (!is_purpose(policy->export_.addresses.items[i]))
			return err_set(err, "%s: export: no purpose is called \"%.40s\"",
			    name, policy->export_.addresses.items[i]);
	if (policy->holdout > 0)
		return err_set(err,
		    "%s: holdout: studies cannot be configured yet; leave it out", name);
	if (policy->classes[CLASS_ABUSE].enabled &&
	    policy->classes[CLASS_ABUSE].notify.sources < 2)
		return err_set(
		    err, "%s: class abuse: notify needs `sources: 2` or more", name);
	return true;
}

struct policy *
policy_parse(const char *name, const char *text, size_t size, struct err *err)
{
	struct policy *policy = xcalloc(1, sizeof *policy);

	if (!conf_parse(policy_options, policy, name, text, size, err)) {
		free(policy);
		return NULL;
	}
	if (!check(name, policy, err)) {
		policy_free(policy);
		return NULL;
	}
	return policy;
}

struct policy *
policy_read(const char *path, struct err *err)
{
	const struct embedded *preset =
	    embedded_find(case_embedded, "policy/se-default.yaml");
	struct policy *policy;

	if (preset == NULL)
		fatal("policy/se-default.yaml is not built in");
	if (path == NULL)
		return policy_parse(
		    "se-default", (const char *)preset->bytes, preset->size, err);
	policy = xcalloc(1, sizeof *policy);
	if (!conf_read(policy_options, policy, path, err)) {
		free(policy);
		return NULL;
	}
	if (!check(path, policy, err)) {
		policy_free(policy);
		return NULL;
	}
	return policy;
}

void
policy_free(struct policy *policy)
{
	if (policy == NULL)
		return;
	conf_free(policy_options, policy);
	free(policy);
}
