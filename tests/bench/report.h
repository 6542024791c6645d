/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * report - from the figures of a run to what they say.
 *
 *   report        reads raw/ and facts of a run
 *   report_lines  the table: ours, theirs, ratio, reach
 *   report_json   all of it for programs
 *   report_svg    growth, to look at
 */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define SERIES_MAX 128
#define FACTS_MAX 64
#define NAME_MAX_LEN 64
#define PARTS 3 /* a run's beginning, middle and end, which should say the same */
#define WHOLE (-1)

/* What was measured of one side of one thing; microseconds. */
struct series {
	char name[NAME_MAX_LEN]; /* WHAT.SIDE */
	int n, ok;		 /* logins, and those let in */
	double p50, p99, min, max, mean;
	double grown_kib; /* median */
	double rate;	  /* let in, a second, over all runs */
	int most;	  /* let in, in any one run */
	int runs;
	double part_p50[PARTS], part_p99[PARTS], part_rate[PARTS];
};

struct fact {
	char name[NAME_MAX_LEN];
	double value;
};

struct report {
	const char *folder;
	bool quick;
	struct series series[SERIES_MAX];
	int n_series;
	struct fact fact[FACTS_MAX];
	int n_facts;
};

/* One line of the table; NAN where it was not measured. */
struct line {
	const char *what;
	const char *unit; /* of ours and theirs */
	double ours, theirs, judged, reach;
	double part[PARTS]; /* what is judged, of each part of the run */
	bool at_least;	    /* reached at or above; else at or below */
	bool ratio;	    /* what is judged is ours / theirs; else as `unit` */
};

#define LINES_MAX 40

const struct series *report_series(const struct report *report, const char *name);
double report_fact(const struct report *report, const char *name);
/* "p50:NAME", "p99:", "rate:", "grown:", "most:", "fact:NAME"; NAN where there is none. */
double report_value(const struct report *report, const char *metric, int part);

int lines_make(const struct report *report, struct line ret_lines[LINES_MAX]);
/* The verdict: reached or not, where the parts of the run agree with the whole. */
const char *line_verdict(const struct line *line);
void lines_print(const struct line *lines, int n);

int json_write(const struct report *report, const struct line *lines, int n);
int svg_write(const struct report *report);

#endif
