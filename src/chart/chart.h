/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chart.h -- charts as SVG: for pages, mails and PDF alike.
 *
 * No scripts, no styles, no fonts of its own: it works wherever a picture does. Title and
 * description stand inside for screen readers; lines differ by dash as well as by colour
 * (palette of Okabe and Ito, told apart with any colour vision). All text is escaped.
 */
#ifndef CHART_CHART_H
#define CHART_CHART_H

#include "base/buf.h"

enum chart_kind {
	CHART_LINE,      /* y over x */
	CHART_STEPS,     /* y holds until the next x */
	CHART_BAND,      /* the area from y to y2 */
	CHART_INTERVALS, /* a dot at y, whiskers to y2 (low) and y3 (high) */
	CHART_BARS       /* from zero to y, as wide as the least distance in x */
};

struct chart_series {
	enum chart_kind kind;
	const char *label; /* in the legend; NULL: none */
	const double *x, *y, *y2,
	    *y3; /* `count` each; y2, y3 where the kind asks; NaN: a gap */
	size_t count;
};

enum { CHART_SERIES = 8 };

struct chart {
	const char *title, *description;
	const char *x_label, *y_label; /* NULL: none */
	unsigned width, height;        /* in pixels */
	bool time;                     /* x is µs since 1970, UTC */
	bool from_zero;                /* the y axis includes zero */
	double y_low, y_high;          /* fixed ends where y_high > y_low */
	const struct chart_series *series;
	size_t series_count; /* CHART_SERIES at most are drawn */
};

void chart_svg(const struct chart *chart, struct wr *out);

#endif
