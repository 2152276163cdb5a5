/* SPDX-License-Identifier: Apache-2.0 */
/* test_policy.c -- se-default reads as it says; what contradicts itself is refused. */
#include "../../src/case/policy.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void
test_preset(void **state)
{
	struct err err;
	struct policy *p = policy_read(NULL, &err);
	const struct policy_rung *rungs;

	(void)state;
	if (p == NULL)
		fail_msg("%s", err.text);
	assert_string_equal(p->name, "se-default");
	assert_true(p->prior > .000999 && p->prior < .001001);
	rungs = p->classes[CLASS_INFECTED].ladder.items;
	assert_int_equal(p->classes[CLASS_INFECTED].ladder.count, 3);
	assert_int_equal(rungs[0].do_, RUNG_NOTIFY);
	assert_string_equal(rungs[0].channels.items[0], "mail");
	assert_true(
	    rungs[1].after == 3 * WHEN_DAY && rungs[1].if_ == RUNG_FRESH_EVIDENCE);
	assert_int_equal(rungs[2].do_, RUNG_TASK);
	assert_true(p->classes[CLASS_INFECTED].verify == 14 * WHEN_DAY);
	assert_int_equal(p->classes[CLASS_ABUSE].notify.sources, 2);
	assert_int_equal(p->caps.notices_per_hour, 200);
	assert_int_equal(p->shadow.sample, 50);
	assert_true(p->retention.audit == 1825 * WHEN_DAY);
	assert_true(p->exempt.count == 9 && p->calendar.from == p->calendar.to);
	policy_free(p);
}

/* What is printed, read back, gives itself. */
static void
test_round_trip(void **state)
{
	struct err err;
	struct policy *p = policy_read(NULL, &err), *again;
	struct wr first, second;

	(void)state;
	assert_non_null(p);
	wr_init(&first, 1 << 20);
	wr_init(&second, 1 << 20);
	conf_print(policy_options, p, &first);
	again = policy_parse("again", wr_string(&first), first.size, &err);
	if (again == NULL)
		fail_msg("%s\n%s", err.text, wr_string(&first));
	conf_print(policy_options, again, &second);
	assert_string_equal(wr_string(&first), wr_string(&second));
	wr_fini(&first);
	wr_fini(&second);
	policy_free(p);
	policy_free(again);
}

#define LADDER "ladder: [{after: 0s, do: notify, channels: [mail]}"
#define HEAD                                                                             \
	"name: x\nversion: 2\nclasses:\n  exposed: {enabled: no}\n  host: {enabled: "    \
	"no}\n"                                                                          \
	"  abuse: {enabled: no}\n  infected:\n"

static void
refused(const char *text, const char *part)
{
	struct err err;
	struct policy *p = policy_parse("x.yaml", text, strlen(text), &err);

	if (p != NULL)
		fail_msg("taken: %s", text);
	if (strstr(err.text, part) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", err.text, part);
}

static void
test_contradictions(void **state)
{
	static const char fine[] = HEAD "    " LADDER "]\n";
	struct err err;
	struct policy *p = policy_parse("x.yaml", fine, sizeof fine - 1, &err);

	(void)state;
	if (p == NULL)
		fail_msg("%s", err.text);
	policy_free(p);
	refused(HEAD "    enabled: yes\n", "must begin with");
	refused(HEAD "    " LADDER ", {after: 2d, do: task}, {after: 1d, do: task}]\n",
	    "back in time");
	refused(HEAD "    " LADDER ", {after: 2d, do: remind}]\n", "needs channels");
	refused(
	    HEAD "    " LADDER ", {after: 2d, do: remind, channels: [fax]}]\n", "fax");
	refused(HEAD "    " LADDER ", {after: 2d, do: notify, channels: [mail]}]\n",
	    "only the first");
	refused(HEAD "    " LADDER "]\n    fresh: 20d\n", "longer");
	refused(HEAD "    " LADDER "]\nprior: 0.2\n", "prior");
	refused(HEAD "    " LADDER "]\nholdout: 0.05\n", "holdout");
	refused(HEAD "    " LADDER "]\nretension: {sightings: 30d}\n", "retention");
	refused("name: x\nversion: 1\nclasses:\n  exposed: {enabled: no}\n"
		"  host: {enabled: no}\n  infected: {enabled: no}\n  abuse:\n    " LADDER
		"]\n",
	    "sources: 2");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_preset),
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_contradictions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
