/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verb.h -- one verb of the control socket or the console: a row of a table.
 */
#ifndef ROLE_VERB_H
#define ROLE_VERB_H

#include "base/json.h"
#include "case/case.h"

struct desk;

struct verb_call {
	struct desk *desk;
	int64_t now;
	uint32_t actor;
	const json_t *args;
	struct jw *out; /* the verb writes one value named "result" */
};
typedef bool verb_run(struct verb_call *call, struct err *err);
struct verb {
	const char *name;
	bool writes; /* runs inside a transaction of the store */
	verb_run *run;
};
/* The case was wrong, open or ended: whoever got a letter gets one more, and `*corrected`
 * counts those. */
MUST_CHECK bool desk_end_false(struct verb_call *call, struct case_record *record,
    const char *note, uint64_t *corrected, struct err *err);
/* Each ends with a row without name. */
extern const struct verb desk_tray_verbs[], desk_export_verbs[];
extern const struct verb desk_show_verbs[], desk_act_verbs[], desk_retract_verbs[],
    desk_line_verbs[], desk_staff_verbs[];
/* NULL unless the argument is a text. */
const char *verb_text(const struct verb_call *call, const char *name);
/* The case that args.case (code or number) names. */
MUST_CHECK bool verb_case(
    const struct verb_call *call, struct case_record *out, struct err *err);

#endif
