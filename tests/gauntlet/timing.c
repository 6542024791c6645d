/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * timing - can it be told by the clock why a login was refused?
 *
 *   timing SERVICE CONFDIR SAMPLES SEED CLASS=USER=ANSWER...
 *
 * pam_authenticate() is measured for each class, the classes in random order, and every pair is
 * compared by Welch's t-test as dudect does (Reparaz, Balasch, Verbauwhede: "Dude, is my code
 * constant time?", 2017): on all samples and on those below a number of percentiles of both, since
 * what differs is often in the undisturbed ones.  Prints a line for each pair, `pair A B t=N`, with
 * the largest |t|, then `worst N`.  PAM codes and prompts must be one and the same: `codes differ`.
 */
#include <math.h>
#include <security/pam_appl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CLASSES_MAX 4
#define CROPS 20
#define WARM 50

struct class
{
	char *name, *user, *answer;
	double *sample;
	size_t n;
	int code;
	uint64_t said; /* a sum of what was said to the person */
};

static const char *service, *confdir;
static struct class classes[CLASSES_MAX];
static unsigned n_classes;

/* FNV-1a, of all but digits: how long there is left to wait is of each name's own failures. */
static void note_said(struct class *class, int style, const char *text)
{
	class->said = (class->said ^ (uint64_t)style) * 1099511628211u;
	for (; *text; text++)
		if (*text < '0' || *text > '9')
			class->said = (class->said ^ (uint8_t)*text) * 1099511628211u;
}

static int converse(int n, const struct pam_message **message, struct pam_response **ret,
		    void *context)
{
	struct class *class = context;
	struct pam_response *response = calloc((size_t)n, sizeof(*response));

	if (!response)
		return PAM_BUF_ERR;
	for (int i = 0; i < n; i++) {
		note_said(class, message[i]->msg_style, message[i]->msg);
		if (message[i]->msg_style == PAM_PROMPT_ECHO_OFF ||
		    message[i]->msg_style == PAM_PROMPT_ECHO_ON)
			response[i].resp = strdup(class->answer);
	}
	*ret = response;
	return PAM_SUCCESS;
}

static void no_delay(int code, unsigned delay, void *context)
{
	(void)code;
	(void)delay;
	(void)context;
}

static double microseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_RAW, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static double login(struct class *class)
{
	union {
		void (*function)(int code, unsigned delay, void *context);
		const void *item;
	} delay = {.function = no_delay};
	struct pam_conv conv = {.conv = converse, .appdata_ptr = class};
	pam_handle_t *pamh = NULL;
	double began;

	class->said = 14695981039346656037u;
	if (pam_start_confdir(service, class->user, &conv, confdir, &pamh) != PAM_SUCCESS)
		exit(2);
	(void)pam_set_item(pamh, PAM_FAIL_DELAY, delay.item);
	began = microseconds();
	class->code = pam_authenticate(pamh, 0);
	began = microseconds() - began;
	(void)pam_end(pamh, class->code);
	return began;
}

static void check_same(void)
{
	for (unsigned i = 1; i < n_classes; i++) {
		if (classes[i].code == classes[0].code && classes[i].said == classes[0].said)
			continue;
		printf("codes differ: %s %d, %s %d\n", classes[0].name, classes[0].code,
		       classes[i].name, classes[i].code);
		exit(1);
	}
}

/* ---- statistics ---------------------------------------------------------------------- */

static double welch(const struct class *a, const struct class *b, double below)
{
	const struct class *both[2] = {a, b};
	double mean[2], square[2], n[2];

	for (int k = 0; k < 2; k++) {
		mean[k] = square[k] = n[k] = 0;
		for (size_t i = 0; i < both[k]->n; i++) {
			double x = both[k]->sample[i], by;

			if (x >= below)
				continue;
			n[k]++; /* Welford */
			by = x - mean[k];
			mean[k] += by / n[k];
			square[k] += by * (x - mean[k]);
		}
		if (n[k] < 100)
			return 0;
	}
	return (mean[0] - mean[1]) /
	       sqrt(square[0] / (n[0] - 1) / n[0] + square[1] / (n[1] - 1) / n[1]);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double median(const struct class *class)
{
	double *sorted = malloc(class->n * sizeof(*sorted)), middle;

	memcpy(sorted, class->sample, class->n * sizeof(*sorted));
	qsort(sorted, class->n, sizeof(*sorted), compare);
	middle = sorted[class->n / 2];
	free(sorted);
	return middle;
}

static double pair(const struct class *a, const struct class *b)
{
	size_t n = a->n + b->n;
	double *all = malloc(n * sizeof(*all)), worst = fabs(welch(a, b, INFINITY));

	memcpy(all, a->sample, a->n * sizeof(*all));
	memcpy(all + a->n, b->sample, b->n * sizeof(*all));
	qsort(all, n, sizeof(*all), compare);
	/* dudect's percentiles: dense where the undisturbed ones are. */
	for (int i = 1; i <= CROPS; i++) {
		double share = 1 - pow(0.5, 10.0 * i / CROPS);
		double t = fabs(welch(a, b, all[(size_t)((double)(n - 1) * share)]));

		if (t > worst)
			worst = t;
	}
	printf("pair %s %s t=%.2f (medians %.0f and %.0f us, %zu samples each)\n", a->name, b->name,
	       worst, median(a), median(b), a->n);
	free(all);
	return worst;
}

/* ---- measuring -------------------------------------------------------------------------- */

static void measure(size_t samples)
{
	for (size_t round = 0; round < samples + WARM; round++) {
		unsigned order[CLASSES_MAX];

		for (unsigned i = 0; i < n_classes; i++) {
			unsigned j = (unsigned)rand() % (i + 1);

			order[i] = order[j];
			order[j] = i;
		}
		for (unsigned i = 0; i < n_classes; i++) {
			struct class *class = &classes[order[i]];
			double took = login(class);

			if (round >= WARM)
				class->sample[class->n++] = took;
		}
		check_same();
	}
}

static void take_class(char *word, size_t samples)
{
	struct class *class = &classes[n_classes++];
	char *rest;

	class->name = strtok_r(word, "=", &rest);
	class->user = strtok_r(NULL, "=", &rest);
	class->answer = strtok_r(NULL, "", &rest);
	class->sample = calloc(samples, sizeof(*class->sample));
	if (!class->user || !class->answer || !class->sample)
		exit(2);
}

int main(int argc, char **argv)
{
	double worst = 0, t;
	size_t samples;

	if (argc < 7 || argc - 5 > CLASSES_MAX)
		return 2;
	service = argv[1];
	confdir = argv[2];
	samples = strtoul(argv[3], NULL, 10);
	srand((unsigned)strtoul(argv[4], NULL, 10));
	for (int i = 5; i < argc; i++)
		take_class(argv[i], samples);
	measure(samples);
	for (unsigned i = 0; i < n_classes; i++)
		for (unsigned j = i + 1; j < n_classes; j++)
			worst = (t = pair(&classes[i], &classes[j])) > worst ? t : worst;
	printf("worst %.2f\n", worst);
	return 0;
}
