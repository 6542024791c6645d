/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* report_svg - how long a login takes as the number of users grows; both axes logarithmic. */
#include "tests/bench/report.h"

#include <math.h>

#define WIDTH 760.0
#define HEIGHT 460.0
#define LEFT 90.0
#define RIGHT 600.0
#define TOP 60.0
#define BOTTOM 390.0
#define X_DECADES 6.0 /* 1 to 1,000,000 users */
#define Y_FIRST 2.0   /* 100 us */
#define Y_DECADES 4.0 /* to 1 s */

struct curve {
	const char *label, *colour, *side, *side_of_one;
};

static const struct curve curves[] = {
	{"webcred", "#0b6e4f", "big", "one"},
	{"pam_oath", "#b3261e", "oath", "oath"},
	{"pam_u2f, no key present", "#3f51b5", "u2f", NULL},
};

static double x_of(double users)
{
	return LEFT + log10(users) / X_DECADES * (RIGHT - LEFT);
}

static double y_of(double us)
{
	return BOTTOM - (log10(us) - Y_FIRST) / Y_DECADES * (BOTTOM - TOP);
}

static void text_at(FILE *out, double x, double y, const char *anchor, const char *text)
{
	fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n", x, y, anchor,
		text);
}

static void axes(FILE *out)
{
	static const char *const users[] = {"1",      "10",	 "100",	     "1,000",
					    "10,000", "100,000", "1,000,000"};
	static const char *const times[] = {"0.1 ms", "1 ms", "10 ms", "100 ms", "1 s"};

	for (int i = 0; i <= (int)X_DECADES; i++) {
		double x = x_of(pow(10, i));

		fprintf(out,
			"<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" "
			"stroke=\"#ddd\"/>\n",
			x, TOP, x, BOTTOM);
		text_at(out, x, BOTTOM + 20, "middle", users[i]);
	}
	for (int i = 0; i <= (int)Y_DECADES; i++) {
		double y = y_of(pow(10, Y_FIRST + i));

		fprintf(out,
			"<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" "
			"stroke=\"#ddd\"/>\n",
			LEFT, y, RIGHT, y);
		text_at(out, LEFT - 10, y + 4, "end", times[i]);
	}
	text_at(out, (LEFT + RIGHT) / 2, BOTTOM + 45, "middle", "users in the store or file");
}

/* Points where it was measured, a line through them, its name at the last. */
static void draw(FILE *out, const struct report *report, const struct curve *curve)
{
	double last_x = 0, last_y = 0;
	char name[64];

	for (int decade = 0; decade <= (int)X_DECADES; decade++) {
		const char *side = decade == 0 ? curve->side_of_one : curve->side;
		double users = pow(10, decade), x, y;
		const struct series *series;

		if (!side)
			continue;
		snprintf(name, sizeof(name), "users.%.0f.%s", users, side);
		series = report_series(report, name);
		if (!series)
			continue;
		x = x_of(users);
		y = y_of(series->p50);
		if (last_x > 0)
			fprintf(out,
				"<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" "
				"stroke=\"%s\" stroke-width=\"2.5\"/>\n",
				last_x, last_y, x, y, curve->colour);
		fprintf(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4.5\" fill=\"%s\"/>\n", x, y,
			curve->colour);
		last_x = x;
		last_y = y;
	}
	if (last_x > 0)
		fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" fill=\"%s\">%s</text>\n", last_x + 12,
			last_y + 4, curve->colour, curve->label);
}

int svg_write(const struct report *report)
{
	char path[4096];
	FILE *out;

	snprintf(path, sizeof(path), "%s/bench.svg", report->folder);
	out = fopen(path, "we");
	if (!out)
		return -1;
	fprintf(out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
		"font-family=\"sans-serif\" font-size=\"13\" fill=\"#333\">\n"
		"<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n"
		"<text x=\"%.1f\" y=\"28\" font-size=\"17\">One login as the number of users "
		"grows</text>\n"
		"<text x=\"%.1f\" y=\"47\" fill=\"#666\">p50, in-process, by code (HOTP); "
		"shorter is better</text>\n",
		WIDTH, HEIGHT, LEFT, LEFT);
	axes(out);
	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++)
		draw(out, report, &curves[i]);
	fputs("</svg>\n", out);
	return fclose(out) == 0 ? 0 : -1;
}
