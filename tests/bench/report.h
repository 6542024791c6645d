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
#define BLOCKS_MAX 256
#define WHOLE (-1)

/* What one side did in its turn; the other side's of the same number came next to it. */
struct block {
	int n, ok;
	double wall_us, p50, p99, grown_kib;
};

/* What was measured of one side of one thing; microseconds. */
struct series {
	char name[NAME_MAX_LEN]; /* WHAT.SIDE */
	int n, ok;		 /* logins, and those let in */
	double p50, p99, min, max, mean;
	double grown_kib; /* median */
	double rate;	  /* let in, a second, over all runs */
	int most;	  /* let in, in any one block */
	int n_blocks;
	struct block block[BLOCKS_MAX];
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
	double low, high; /* where what is judged lies, 99 times of 100 */
	double margin;	  /* of the reach */
	bool at_least;	  /* reached at or above; else at or below */
	bool ratio;	  /* what is judged is ours / theirs; else as `unit` */
};

#define LINES_MAX 40

const struct series *report_series(const struct report *report, const char *name);
double report_fact(const struct report *report, const char *name);
/* "p50:NAME", "p99:", "rate:", "grown:", "most:", "fact:NAME", of a block or the WHOLE; NAN where
 * there is none. */
double report_value(const struct report *report, const char *metric, int block);
/* In how many blocks it was measured; 0 for facts. */
int report_blocks(const struct report *report, const char *metric);

int lines_make(const struct report *report, struct line ret_lines[LINES_MAX]);
/* The verdict: reached or not, where all of the interval is on that side of the reach and beyond
 * its margin; else at the border. */
const char *line_verdict(const struct line *line);
void lines_print(const struct line *lines, int n);

int json_write(const struct report *report, const struct line *lines, int n);
int svg_write(const struct report *report);

#endif
