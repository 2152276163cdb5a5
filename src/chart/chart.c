/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chart.c -- see chart.h. The plot is a rectangle inside margins that leave room for the
 * labels; data are mapped linearly. Coordinates are written with one decimal, so the same
 * data give the same bytes.
 */
#include "chart/chart.h"

#include "chart/axis.h"

#include <math.h>

enum { LEFT = 58, RIGHT = 16, TOP = 34, BOTTOM = 26, X_LABEL = 18, LEGEND = 18 };

static const struct {
	const char *colour, *dash;
} pens[CHART_SERIES] = {{"#0072b2", "none"}, {"#d55e00", "6 3"}, {"#009e73", "2 2"},
    {"#cc79a7", "8 3 2 3"}, {"#e69f00", "12 3"}, {"#56b4e9", "4 4"}, {"#000000", "1 3"},
    {"#737373", "10 2 2 2 2 2"}};

struct plot {
	const struct chart *chart;
	struct wr *out;
	struct axis x, y;
	double left, right, top, bottom;
};

static void
put_escaped(struct wr *out, const char *text)
{
	for (; *text != 0; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '<')
			wr_text(out, "&lt;");
		else if (c == '>')
			wr_text(out, "&gt;");
		else if (c == '&')
			wr_text(out, "&amp;");
		else if (c == '"')
			wr_text(out, "&quot;");
		else if (c >= ' ')
			wr_u8(out, c);
	}
}

static double
map_x(const struct plot *p, double v)
{
	return p->left + (v - p->x.low) / (p->x.high - p->x.low) * (p->right - p->left);
}

static double
map_y(const struct plot *p, double v)
{
	return p->bottom - (v - p->y.low) / (p->y.high - p->y.low) * (p->bottom - p->top);
}

static void
put_text(struct plot *p, double x, double y, const char *attributes, const char *text)
{
	wr_printf(p->out, "<text x=\"%.1f\" y=\"%.1f\" %s>", x, y, attributes);
	put_escaped(p->out, text);
	wr_text(p->out, "</text>\n");
}

static void
take(double v, double *low, double *high)
{
	if (!isfinite(v))
		return;
	*low = fmin(*low, v);
	*high = fmax(*high, v);
}

static void
extent(const struct chart *chart, double x[2], double y[2])
{
	x[0] = y[0] = (double)INFINITY;
	x[1] = y[1] = -(double)INFINITY;
	for (size_t s = 0; s < chart->series_count; s++) {
		const struct chart_series *series = &chart->series[s];

		for (size_t i = 0; i < series->count; i++) {
			take(series->x[i], &x[0], &x[1]);
			take(series->y[i], &y[0], &y[1]);
			if (series->y2 != NULL)
				take(series->y2[i], &y[0], &y[1]);
			if (series->y3 != NULL)
				take(series->y3[i], &y[0], &y[1]);
		}
		if (chart->from_zero || series->kind == CHART_BARS)
			take(0, &y[0], &y[1]);
	}
}

/* The distance between the two nearest x: how wide a bar may be. */
static double
least_gap(const struct chart_series *series)
{
	double least = (double)INFINITY;

	for (size_t i = 1; i < series->count; i++)
		if (series->x[i] > series->x[i - 1])
			least = fmin(least, series->x[i] - series->x[i - 1]);
	return least;
}

static void
make_axes(struct plot *p)
{
	const struct chart *chart = p->chart;
	double x[2], y[2];

	extent(chart, x, y);
	for (size_t s = 0; s < chart->series_count; s++) {
		double gap = least_gap(&chart->series[s]);

		if (chart->series[s].kind == CHART_BARS && isfinite(gap)) {
			x[0] -= gap / 2;
			x[1] += gap / 2;
		}
	}
	if (chart->time)
		axis_time(&p->x, x[0], x[1], (unsigned)((p->right - p->left) / 90));
	else
		axis_number(&p->x, x[0], x[1], 8);
	if (chart->y_high > chart->y_low)
		axis_number(&p->y, chart->y_low, chart->y_high, 5);
	else
		axis_number(&p->y, y[0], y[1], 5);
}

static void
draw_axes(struct plot *p)
{
	for (size_t i = 0; i < p->y.count; i++) {
		double y = map_y(p, p->y.at[i]);

		wr_printf(p->out,
		    "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" "
		    "stroke=\"#d9d9d9\"/>\n",
		    p->left, y, p->right, y);
		put_text(p, p->left - 6, y + 4, "text-anchor=\"end\"", p->y.label[i]);
	}
	for (size_t i = 0; i < p->x.count; i++) {
		double x = map_x(p, p->x.at[i]);

		if (x < p->left - 1 || x > p->right + 1)
			continue;
		wr_printf(p->out,
		    "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" "
		    "stroke=\"#595959\"/>\n",
		    x, p->bottom, x, p->bottom + 4);
		put_text(p, x, p->bottom + 17, "text-anchor=\"middle\"", p->x.label[i]);
	}
	wr_printf(p->out,
	    "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" "
	    "stroke=\"#595959\"/>\n",
	    p->left, p->bottom, p->right, p->bottom);
	if (p->chart->x_label != NULL)
		put_text(p, (p->left + p->right) / 2, p->bottom + 36,
		    "text-anchor=\"middle\"", p->chart->x_label);
	if (p->chart->y_label != NULL)
		put_text(p, 8, 30, "fill=\"#595959\"", p->chart->y_label);
}

/* A path through the points; a NaN lifts the pen. */
static void
put_path(struct plot *p, const struct chart_series *s, bool steps)
{
	bool down = false;

	for (size_t i = 0; i < s->count; i++) {
		if (!isfinite(s->x[i]) || !isfinite(s->y[i])) {
			down = false;
			continue;
		}
		if (down && steps)
			wr_printf(p->out, "H%.1f", map_x(p, s->x[i]));
		wr_printf(p->out, "%s%.1f %.1f", down ? "L" : "M", map_x(p, s->x[i]),
		    map_y(p, s->y[i]));
		down = true;
	}
}

static void
draw_line(struct plot *p, const struct chart_series *s, size_t pen)
{
	wr_text(p->out, "<path d=\"");
	put_path(p, s, s->kind == CHART_STEPS);
	wr_printf(p->out,
	    "\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\" "
	    "stroke-dasharray=\"%s\"/>\n",
	    pens[pen].colour, pens[pen].dash);
}

static void
draw_band(struct plot *p, const struct chart_series *s, size_t pen)
{
	wr_text(p->out, "<path d=\"");
	put_path(p, s, false);
	for (size_t i = s->count; i-- > 0;)
		if (isfinite(s->y2[i]))
			wr_printf(
			    p->out, "L%.1f %.1f", map_x(p, s->x[i]), map_y(p, s->y2[i]));
	wr_printf(p->out, "Z\" fill=\"%s\" fill-opacity=\"0.2\"/>\n", pens[pen].colour);
}

static void
draw_intervals(struct plot *p, const struct chart_series *s, size_t pen)
{
	for (size_t i = 0; i < s->count; i++) {
		double x = map_x(p, s->x[i]);

		wr_printf(p->out,
		    "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" "
		    "stroke-width=\"2\"/><circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\" "
		    "fill=\"%s\"/>\n",
		    x, map_y(p, s->y2[i]), x, map_y(p, s->y3[i]), pens[pen].colour, x,
		    map_y(p, s->y[i]), pens[pen].colour);
	}
}

static void
draw_bars(struct plot *p, const struct chart_series *s, size_t pen)
{
	double gap = least_gap(s), width = 24;

	if (isfinite(gap))
		width = fmax(1, (map_x(p, gap) - map_x(p, 0)) * 0.7);
	for (size_t i = 0; i < s->count; i++) {
		double y = map_y(p, s->y[i]), zero = map_y(p, 0);

		if (isfinite(s->y[i]))
			wr_printf(p->out,
			    "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" "
			    "fill=\"%s\" fill-opacity=\"0.75\"/>\n",
			    map_x(p, s->x[i]) - width / 2, fmin(y, zero), width,
			    fabs(zero - y), pens[pen].colour);
	}
}

static void
draw_series(struct plot *p, const struct chart_series *s, size_t pen)
{
	switch (s->kind) {
	case CHART_LINE:
	case CHART_STEPS:
		draw_line(p, s, pen);
		break;
	case CHART_BAND:
		draw_band(p, s, pen);
		break;
	case CHART_INTERVALS:
		draw_intervals(p, s, pen);
		break;
	case CHART_BARS:
		draw_bars(p, s, pen);
		break;
	}
}

static void
draw_legend(struct plot *p)
{
	double x = p->right;

	for (size_t s = p->chart->series_count; s-- > 0;) {
		const char *label = p->chart->series[s].label;

		if (label == NULL)
			continue;
		put_text(p, x, 30, "text-anchor=\"end\"", label);
		x -= 8 + 6.6 * (double)strlen(label);
		wr_printf(p->out,
		    "<line x1=\"%.1f\" y1=\"26\" x2=\"%.1f\" y2=\"26\" stroke=\"%s\" "
		    "stroke-width=\"4\" stroke-dasharray=\"%s\"/>\n",
		    x - LEGEND, x, pens[s].colour, pens[s].dash);
		x -= LEGEND + 14;
	}
}

void
chart_svg(const struct chart *chart, struct wr *out)
{
	struct chart drawn = *chart;
	struct plot p = {.chart = &drawn,
	    .out = out,
	    .left = LEFT,
	    .right = fmax(LEFT + 40, chart->width - (double)RIGHT),
	    .top = TOP + 8,
	    .bottom = fmax(TOP + 40,
		chart->height - (double)(chart->x_label ? BOTTOM + X_LABEL : BOTTOM))};

	if (drawn.series_count > CHART_SERIES)
		drawn.series_count = CHART_SERIES;
	make_axes(&p);
	wr_printf(out,
	    "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" height=\"%u\" "
	    "viewBox=\"0 0 %u %u\" role=\"img\" font-family=\"sans-serif\" "
	    "font-size=\"12\" fill=\"#262626\">\n<title>",
	    chart->width, chart->height, chart->width, chart->height);
	put_escaped(out, chart->title);
	wr_text(out, "</title>\n<desc>");
	put_escaped(out, chart->description);
	wr_text(out, "</desc>\n");
	put_text(&p, 8, 14, "font-weight=\"bold\"", chart->title);
	draw_axes(&p);
	for (size_t s = 0; s < drawn.series_count; s++)
		draw_series(&p, &drawn.series[s], s);
	draw_legend(&p);
	wr_text(out, "</svg>\n");
}
