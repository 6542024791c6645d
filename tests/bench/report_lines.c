/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* report_lines - what is held against what, and how far it should reach. */
#include "tests/bench/report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One line's medians of two runs, of the same authority on the same machine and day, differ by
 * up to so much: nearer to its reach a line lies neither here nor there. */
#define MARGIN 0.125

enum judge { RATIO, DIFFERENCE, VALUE };

struct rule {
	const char *what, *unit, *ours, *theirs;
	enum judge judge;
	bool at_least;
	double reach;
	double quick_reach; /* where a quick run measures less; 0: the same */
};

/* %s: the largest store of the run. */
static const struct rule rules[] = {
	{"code, in-process: p50, pam_google_authenticator", "us", "p50:code.in.ours",
	 "p50:code.in.google", RATIO, false, 1.0, 0},
	{"code, fresh process: p50, pam_google_authenticator", "us", "p50:code.fresh.ours",
	 "p50:code.fresh.google", RATIO, false, 1.0, 0},
	{"TOTP, in-process: p50, pam_google_authenticator", "us", "p50:totp.in.ours",
	 "p50:totp.in.google", RATIO, false, 1.0, 0},
	{"TOTP, fresh process: p50, pam_google_authenticator", "us", "p50:totp.fresh.ours",
	 "p50:totp.fresh.google", RATIO, false, 1.0, 0},
	{"largest store: p50, our own with 1 user", "us", "p50:users.%s.big", "p50:users.%s.one",
	 RATIO, false, 1.2, 0},
	{"largest store: p50, pam_oath with as many users", "us", "p50:users.%s.big",
	 "p50:users.%s.oath", RATIO, false, 0.003, 0.03},
	{"no key present, then a code, fresh: p50, pam_u2f alone", "us", "p50:nokey.fresh.ours",
	 "p50:nokey.fresh.u2f", RATIO, false, 0.6, 0},
	{"the same, pam_u2f and then google's code", "us", "p50:nokey.fresh.ours",
	 "p50:nokey.fresh.u2fcode", RATIO, false, 0.6, 0},
	{"key, in-process: p50, pam_u2f", "us", "p50:key.in.ours", "p50:key.in.u2f", RATIO, false,
	 1.0, 0},
	{"key, fresh process: p50, pam_u2f", "us", "p50:key.fresh.ours", "p50:key.fresh.u2f", RATIO,
	 false, 1.0, 0},
	{"password: beyond one bare hash (theirs), 8 MiB", "us", "p50:cheap.in.ours",
	 "p50:cheap.in.bare", DIFFERENCE, false, 2000, 0},
	{"password: one hash and not two, 64 MiB", "us", "p50:password.in.ours",
	 "p50:password.in.bare", RATIO, false, 1.5, 0},
	{"burst of 64 people: logins a second, google", "/s", "rate:burst.ours",
	 "rate:burst.google", RATIO, true, 1.5, 0},
	{"burst of 64 people: p99, google", "us", "p99:burst.ours", "p99:burst.google", RATIO,
	 false, 1.0, 0},
	{"64 clients, sustained: logins a second, google", "/s", "rate:sustained.ours",
	 "rate:sustained.google", RATIO, true, 1.0, 0},
	{"64 with one code: most let in; google", "", "most:same.code.ours",
	 "most:same.code.google", VALUE, false, 1, 0},
	{"commits at 64 clients: a second, slots behind a lock", "/s", "rate:commits.ours",
	 "rate:commits.slots", RATIO, true, 1.0, 0},
	{"module and library: resident memory added, pam_u2f", "KiB", "grown:grown.ours",
	 "grown:grown.u2f", RATIO, false, 0.5, 0},
	{"module and library: dlopen, fresh process, pam_u2f", "us", "p50:load.ours",
	 "p50:load.u2f", RATIO, false, 0.5, 0},
	{"authority at rest: PSS of all its processes", "KiB", "fact:pss_rest_kib", NULL, VALUE,
	 false, 12 * 1024, 0},
	{"authority under 64 logins: PSS of all its processes", "KiB", "fact:pss_held_kib", NULL,
	 VALUE, false, 48 * 1024, 0},
	{"disk: a user with one credential of each type", "B", "fact:bytes_per_user", NULL, VALUE,
	 false, 2048, 0},
};

/* The metric with the largest store in the place of %s. */
static const char *name_of(const char *metric, const char *largest, char text[128])
{
	const char *at = strstr(metric, "%s");

	if (!at)
		return metric;
	snprintf(text, 128, "%.*s%s%s", (int)(at - metric), metric, largest, at + 2);
	return text;
}

/* The greatest N that users.N.big was measured for. */
static void find_largest(const struct report *report, char text[24])
{
	long largest = 0, n;

	for (int i = 0; i < report->n_series; i++) {
		if (sscanf(report->series[i].name, "users.%ld.big", &n) == 1 && n > largest)
			largest = n;
	}
	snprintf(text, 24, "%ld", largest);
}

static double judge(const struct rule *rule, double ours, double theirs)
{
	switch (rule->judge) {
	case RATIO:
		return ours / theirs;
	case DIFFERENCE:
		return ours - theirs;
	case VALUE:
		break;
	}
	return ours;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* How many of n fair coins show heads so seldom that fewer come in 5 of 1,000 throws: where the
 * interval of a median begins, of n in order, counted from either end. */
static int interval_begin(int n)
{
	double chance = pow(0.5, n), sum = chance;
	int k = 0;

	while (sum <= 0.005 && k < n) {
		chance *= (double)(n - k) / (k + 1);
		sum += chance;
		k++;
	}
	return k > 0 ? k - 1 : 0;
}

/* The median of what each pair of neighbours says, and how far it can be trusted.  A
 * disturbance meets both of a pair, and few pairs. */
static void judge_blocks(const struct report *report, const struct rule *rule, const char *ours,
			 const char *theirs, struct line *line)
{
	int n = report_blocks(report, ours), m = report_blocks(report, theirs), at;
	double judged[BLOCKS_MAX];

	if (n > m)
		n = m;
	if (n < 1)
		return;
	for (int i = 0; i < n; i++) {
		judged[i] =
			judge(rule, report_value(report, ours, i), report_value(report, theirs, i));
		if (isnan(judged[i]))
			return; /* so is the line's */
	}
	qsort(judged, (size_t)n, sizeof(*judged), compare);
	at = interval_begin(n);
	line->judged = (judged[(n - 1) / 2] + judged[n / 2]) / 2;
	line->low = judged[at];
	line->high = judged[n - 1 - at];
}

static void line_make(const struct report *report, const struct rule *rule, const char *largest,
		      struct line *ret_line)
{
	char texts[2][128];
	const char *ours = name_of(rule->ours, largest, texts[0]);
	const char *theirs = rule->theirs ? name_of(rule->theirs, largest, texts[1]) : NULL;
	struct line line = {.what = rule->what,
			    .unit = rule->unit,
			    .ours = report_value(report, ours, WHOLE),
			    .theirs = theirs ? report_value(report, theirs, WHOLE) : NAN,
			    .reach = report->quick && rule->quick_reach > 0 ? rule->quick_reach
									    : rule->reach,
			    .at_least = rule->at_least,
			    .ratio = rule->judge == RATIO};

	line.judged = line.low = line.high = judge(rule, line.ours, line.theirs);
	if (rule->judge != VALUE) {
		judge_blocks(report, rule, ours, theirs, &line);
		line.margin = MARGIN;
	}
	*ret_line = line;
}

int lines_make(const struct report *report, struct line ret_lines[LINES_MAX])
{
	int n = (int)(sizeof(rules) / sizeof(rules[0]));
	char largest[24];

	find_largest(report, largest);
	for (int i = 0; i < n; i++)
		line_make(report, &rules[i], largest, &ret_lines[i]);
	return n;
}

/* What was not measured is NAN, and reached nothing. */
static bool is_reached(const struct line *line, double judged, double reach)
{
	return line->at_least ? judged >= reach : judged <= reach;
}

/* All of the interval, and by more than the margin. */
static bool is_within(const struct line *line)
{
	double reach = line->reach * (line->at_least ? 1 + line->margin : 1 - line->margin);

	return is_reached(line, line->low, reach) && is_reached(line, line->high, reach);
}

static bool is_beyond(const struct line *line)
{
	double reach = line->reach * (line->at_least ? 1 - line->margin : 1 + line->margin);

	return !is_reached(line, line->low, reach) && !is_reached(line, line->high, reach);
}

const char *line_verdict(const struct line *line)
{
	return is_within(line) ? "reached" : is_beyond(line) ? "not reached" : "at the border";
}

static void number(char *text, size_t size, double value)
{
	if (isnan(value))
		snprintf(text, size, "-");
	else if (fabs(value) < 10 && value != floor(value))
		snprintf(text, size, "%.4g", value);
	else
		snprintf(text, size, "%.0f", value);
}

void lines_print(const struct line *lines, int n)
{
	char ours[32], theirs[32], judged[32], low[32], high[32], reach[32];

	printf("\n%-56s %8s %8s %-3s %8s %17s %9s\n", "what", "ours", "theirs", "", "judged",
	       "99 in 100", "reach");
	for (int i = 0; i < n; i++) {
		const struct line *line = &lines[i];

		number(ours, sizeof(ours), line->ours);
		number(theirs, sizeof(theirs), line->theirs);
		number(reach, sizeof(reach), line->reach);
		snprintf(judged, sizeof(judged), "-");
		snprintf(low, sizeof(low), "-");
		snprintf(high, sizeof(high), "-");
		if (line->judged != line->ours && !isnan(line->judged)) {
			number(judged, sizeof(judged), line->judged);
			number(low, sizeof(low), line->low);
			number(high, sizeof(high), line->high);
		}
		printf("%-56s %8s %8s %-3s %8s %8s %8s %s %7s  %s\n", line->what, ours, theirs,
		       line->unit, judged, low, high, line->at_least ? ">" : "<", reach,
		       line_verdict(line));
	}
}
