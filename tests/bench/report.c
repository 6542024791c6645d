/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* report FOLDER [quick] - what bench found in FOLDER: a table, bench.json, bench.svg. */
#include "tests/bench/report.h"

#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double quantile(const double *sorted, int n, double q)
{
	int at = (int)(q * n);

	return sorted[at < n ? at : n - 1];
}

/* Lines of `n N ok OK wall_us W cpu_us C`, one for each block. */
static void read_blocks(FILE *file, struct series *series)
{
	double wall, walls = 0, cpu, oks = 0;
	int n, ok;

	while (fscanf(file, " n %d ok %d wall_us %lf cpu_us %lf", &n, &ok, &wall, &cpu) == 4) {
		walls += wall;
		oks += ok;
		if (ok > series->most)
			series->most = ok;
		if (series->n_blocks < BLOCKS_MAX)
			series->block[series->n_blocks++] =
				(struct block){.n = n, .ok = ok, .wall_us = wall};
	}
	series->rate = walls > 0 ? oks / walls * 1e6 : 0;
}

/* Those of a block stand one behind the other; sorts them. */
static void block_quantiles(double *us, double *grown, struct block *block)
{
	qsort(us, (size_t)block->n, sizeof(*us), compare);
	qsort(grown, (size_t)block->n, sizeof(*grown), compare);
	block->p50 = quantile(us, block->n, 0.5);
	block->p99 = quantile(us, block->n, 0.99);
	block->grown_kib = quantile(grown, block->n, 0.5);
}

static void series_quantiles(double *us, double *grown, struct series *series)
{
	int at = 0;

	for (int i = 0; i < series->n_blocks; i++) {
		struct block *block = &series->block[i];

		if (block->n < 1 || at + block->n > series->n)
			break;
		block_quantiles(us + at, grown + at, block);
		at += block->n;
	}
	qsort(us, (size_t)series->n, sizeof(*us), compare);
	qsort(grown, (size_t)series->n, sizeof(*grown), compare);
	series->p50 = quantile(us, series->n, 0.5);
	series->p99 = quantile(us, series->n, 0.99);
	series->min = us[0];
	series->max = us[series->n - 1];
	series->grown_kib = quantile(grown, series->n, 0.5);
}

/* Lines of `whole-ns inside-ns code KiB`. */
static int read_logins(FILE *file, struct series *series)
{
	double whole, inside, kib, sum = 0;
	double *us = NULL, *grown = NULL;
	int code, room = 0;

	while (fscanf(file, "%lf %lf %d %lf", &whole, &inside, &code, &kib) == 4) {
		if (series->n == room) {
			room = room ? room * 2 : 1024;
			us = realloc(us, (size_t)room * sizeof(*us));
			grown = realloc(grown, (size_t)room * sizeof(*grown));
			if (!us || !grown)
				abort();
		}
		us[series->n] = whole / 1e3;
		grown[series->n++] = kib;
		series->ok += code == 0;
		sum += whole / 1e3;
	}
	if (series->n > 0) {
		series_quantiles(us, grown, series);
		series->mean = sum / series->n;
	}
	free(us);
	free(grown);
	return series->n;
}

static FILE *open_in(const struct report *report, const char *name, const char *suffix)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/raw/%s%s", report->folder, name, suffix);
	return fopen(path, "re");
}

static void read_series(struct report *report, const char *name)
{
	struct series *series = &report->series[report->n_series];
	FILE *logins = open_in(report, name, ""), *runs = open_in(report, name, ".runs");

	memset(series, 0, sizeof(*series));
	snprintf(series->name, sizeof(series->name), "%.*s", NAME_MAX_LEN - 1, name);
	if (runs)
		read_blocks(runs, series);
	if (logins && runs && read_logins(logins, series) > 0)
		report->n_series++;
	if (logins)
		fclose(logins);
	if (runs)
		fclose(runs);
}

static int is_series(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return entry->d_name[0] != '.' && len < NAME_MAX_LEN &&
	       (len < 5 || strcmp(entry->d_name + len - 5, ".runs") != 0);
}

static int read_all(struct report *report)
{
	char path[4096], name[NAME_MAX_LEN];
	struct dirent **entry;
	double value;
	FILE *facts;
	int n;

	snprintf(path, sizeof(path), "%s/raw", report->folder);
	n = scandir(path, &entry, is_series, alphasort);
	if (n < 0)
		return -1;
	for (int i = 0; i < n && report->n_series < SERIES_MAX; i++)
		read_series(report, entry[i]->d_name);
	snprintf(path, sizeof(path), "%s/facts", report->folder);
	facts = fopen(path, "re");
	if (!facts)
		return -1;
	while (report->n_facts < FACTS_MAX && fscanf(facts, "%63s %lf", name, &value) == 2) {
		strcpy(report->fact[report->n_facts].name, name);
		report->fact[report->n_facts++].value = value;
	}
	fclose(facts);
	return 0;
}

const struct series *report_series(const struct report *report, const char *name)
{
	for (int i = 0; i < report->n_series; i++) {
		if (strcmp(report->series[i].name, name) == 0)
			return &report->series[i];
	}
	return NULL;
}

double report_fact(const struct report *report, const char *name)
{
	for (int i = 0; i < report->n_facts; i++) {
		if (strcmp(report->fact[i].name, name) == 0)
			return report->fact[i].value;
	}
	return NAN;
}

static double block_value(const struct block *block, const char *metric)
{
	if (strncmp(metric, "p99:", 4) == 0)
		return block->p99;
	if (strncmp(metric, "rate:", 5) == 0)
		return block->ok / block->wall_us * 1e6;
	if (strncmp(metric, "grown:", 6) == 0)
		return block->grown_kib;
	if (strncmp(metric, "most:", 5) == 0)
		return block->ok;
	return block->p50;
}

static double series_value(const struct series *series, const char *metric)
{
	if (strncmp(metric, "p99:", 4) == 0)
		return series->p99;
	if (strncmp(metric, "rate:", 5) == 0)
		return series->rate;
	if (strncmp(metric, "grown:", 6) == 0)
		return series->grown_kib;
	if (strncmp(metric, "most:", 5) == 0)
		return series->most;
	return series->p50;
}

double report_value(const struct report *report, const char *metric, int block)
{
	const char *name = strchr(metric, ':') + 1;
	const struct series *series = report_series(report, name);

	if (strncmp(metric, "fact:", 5) == 0)
		return report_fact(report, name);
	/* A refusal is quick; where somebody was refused who should not have been,
	 * nothing was measured. */
	if (!series || (series->ok != series->n && strncmp(name, "same.", 5) != 0))
		return NAN;
	return block == WHOLE ? series_value(series, metric)
			      : block_value(&series->block[block], metric);
}

int report_blocks(const struct report *report, const char *metric)
{
	const struct series *series = report_series(report, strchr(metric, ':') + 1);

	return series ? series->n_blocks : 0;
}

int main(int argc, char **argv)
{
	static struct report report;
	struct line lines[LINES_MAX];
	int n;

	if (argc < 2) {
		fputs("usage: report FOLDER [quick]\n", stderr);
		return 2;
	}
	report.folder = argv[1];
	report.quick = argc > 2;
	if (read_all(&report) < 0) {
		perror(report.folder);
		return 1;
	}
	n = lines_make(&report, lines);
	lines_print(lines, n);
	if (report_fact(&report, "refused") > 0)
		printf("\n%.0f logins that should have been let in were refused: what they "
		       "belong to counts as not measured\n",
		       report_fact(&report, "refused"));
	return json_write(&report, lines, n) == 0 && svg_write(&report) == 0 ? 0 : 1;
}
