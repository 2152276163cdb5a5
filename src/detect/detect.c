/* SPDX-License-Identifier: Apache-2.0 */
/*
 * detect.c -- the detectors, in the order in which they are fed. A flow that one of them
 * takes as evidence is none for those of other groups after it, so the surest come first.
 */
#include "detect/detect.h"

const struct detector *const detectors[] = {
    &detector_indicator,
    &detector_scan,
    NULL,
};
