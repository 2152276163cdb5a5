/* SPDX-License-Identifier: Apache-2.0 */
/*
 * indicate.h -- an item taken as intelligence: not "this line was bad at that time", but
 * "traffic with this place is bad, from then on".
 *
 * The same reading serves both: `botkoll parse` and intake make items of a bundle, and
 * `botkoll intel import` makes indicators of the same items.
 */
#ifndef REPORT_INDICATE_H
#define REPORT_INDICATE_H

#include "intel/indicators.h"
#include "report/item.h"

enum { ITEM_INDICATORS = 2 };

/* How many indicators the item makes, in `out`: of a name and its address both. `preset`
 * holds what the item does not say (role, purpose, confidence, validity, source); what
 * the item says stands before it. Texts are the item's or the preset's. At 0 `reason`
 * says why, as a constant. */
size_t item_to_indicators(const struct item *item, const struct indicator_row *preset,
    struct indicator_row out[ITEM_INDICATORS], const char **reason);

#endif
