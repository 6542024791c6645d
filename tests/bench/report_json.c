/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* report_json - the whole run, for programs. */
#include "tests/bench/report.h"

#include <jansson.h>
#include <math.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

static json_t *real(double value)
{
	return isfinite(value) ? json_real(round(value * 1e4) / 1e4) : json_null();
}

static json_t *processor(void)
{
	FILE *file = fopen("/proc/cpuinfo", "re");
	char line[256] = "", *at = NULL;

	while (file && !at && fgets(line, sizeof(line), file))
		at = strncmp(line, "model name", 10) == 0 ? strchr(line, ':') : NULL;
	if (file)
		fclose(file);
	if (!at)
		return json_null();
	line[strcspn(line, "\n")] = '\0';
	return json_string(at + 2);
}

static json_t *machine(const struct report *report)
{
	struct utsname name;
	json_t *out = json_object();

	uname(&name);
	json_object_set_new(out, "kernel", json_string(name.release));
	json_object_set_new(out, "architecture", json_string(name.machine));
	json_object_set_new(out, "processor", processor());
	json_object_set_new(out, "processors", json_integer(sysconf(_SC_NPROCESSORS_ONLN)));
	json_object_set_new(out, "sync_us", real(report_value(report, "p50:limit.sync", WHOLE)));
	json_object_set_new(out, "fork_us", real(report_value(report, "p50:limit.fork", WHOLE)));
	json_object_set_new(out, "hash_us",
			    real(report_value(report, "p50:password.in.bare", WHOLE)));
	return out;
}

static json_t *table(const struct line *lines, int n)
{
	json_t *out = json_array();

	for (int i = 0; i < n; i++) {
		const struct line *line = &lines[i];
		json_t *one = json_object();

		json_object_set_new(one, "what", json_string(line->what));
		json_object_set_new(one, "unit", json_string(line->unit));
		json_object_set_new(one, "ours", real(line->ours));
		json_object_set_new(one, "theirs", real(line->theirs));
		json_object_set_new(one, "judged", real(line->judged));
		json_object_set_new(one, "low", real(line->low));
		json_object_set_new(one, "high", real(line->high));
		json_object_set_new(one, "reach", real(line->reach));
		json_object_set_new(one, "margin", real(line->margin));
		json_object_set_new(one, "at_least", json_boolean(line->at_least));
		json_object_set_new(one, "verdict", json_string(line_verdict(line)));
		json_array_append_new(out, one);
	}
	return out;
}

static json_t *measured(const struct report *report)
{
	json_t *out = json_object();

	for (int i = 0; i < report->n_series; i++) {
		const struct series *series = &report->series[i];
		json_t *one = json_object();

		json_object_set_new(one, "logins", json_integer(series->n));
		json_object_set_new(one, "let_in", json_integer(series->ok));
		json_object_set_new(one, "p50_us", real(series->p50));
		json_object_set_new(one, "p99_us", real(series->p99));
		json_object_set_new(one, "min_us", real(series->min));
		json_object_set_new(one, "max_us", real(series->max));
		json_object_set_new(one, "mean_us", real(series->mean));
		json_object_set_new(one, "per_second", real(series->rate));
		json_object_set_new(out, series->name, one);
	}
	return out;
}

int json_write(const struct report *report, const struct line *lines, int n)
{
	json_t *root = json_object(), *facts = json_object();
	char path[4096], day[32];
	time_t now = time(NULL);
	int r;

	strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
	for (int i = 0; i < report->n_facts; i++)
		json_object_set_new(facts, report->fact[i].name, real(report->fact[i].value));
	json_object_set_new(root, "at", json_string(day));
	json_object_set_new(root, "quick", json_boolean(report->quick));
	json_object_set_new(root, "machine", machine(report));
	json_object_set_new(root, "table", table(lines, n));
	json_object_set_new(root, "measured", measured(report));
	json_object_set_new(root, "facts", facts);
	snprintf(path, sizeof(path), "%s/bench.json", report->folder);
	r = json_dump_file(root, path, JSON_INDENT(1));
	json_decref(root);
	return r;
}
