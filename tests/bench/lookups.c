/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * lookups - how long names take, in one process that has both modules loaded:
 *
 *   lookups compare ACCOUNTS ROUNDS   fillN of ours, by name and by id, and one of ten
 *                                     of libnss-extrausers, in turn: medians, ratio
 *   lookups walk                      all of getpwent: rows, microseconds, ns a row
 *
 * Calls are made as glibc makes them, without what glibc itself adds to both.
 */
#include <dlfcn.h>
#include <nss.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BATCH 200
#define ROUNDS_MAX 10000
#define FILL_ID 1900000000u

typedef enum nss_status (*by_name)(const char *, struct passwd *, char *, size_t, int *);
typedef enum nss_status (*by_id)(uid_t, struct passwd *, char *, size_t, int *);
typedef enum nss_status (*walk_begin)(int);
typedef enum nss_status (*walk_next)(struct passwd *, char *, size_t, int *);

struct module {
	by_name name;
	by_id id;
	walk_begin begin;
	walk_next next;
	unsigned accounts, first_id;
	const char *prefix;
};

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "lookups: %s\n", what);
	exit(1);
}

static void *function(void *from, const char *module, const char *call)
{
	char name[64];
	void *found;

	snprintf(name, sizeof(name), "_nss_%s_%s", module, call);
	found = dlsym(from, name);
	if (!found)
		die(name);
	return found;
}

static struct module module_load(const char *name)
{
	struct module module = {0};
	char file[64];
	void *from;

	snprintf(file, sizeof(file), "libnss_%s.so.2", name);
	from = dlopen(file, RTLD_NOW);
	if (!from)
		die(dlerror());
	*(void **)&module.name = function(from, name, "getpwnam_r");
	*(void **)&module.id = function(from, name, "getpwuid_r");
	*(void **)&module.begin = function(from, name, "setpwent");
	*(void **)&module.next = function(from, name, "getpwent_r");
	return module;
}

static double now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

/* The mean of a batch; which accounts is chosen ahead of the clock. */
static double batch(const struct module *module, bool named)
{
	static char names[BATCH][32], buffer[4096];
	unsigned ids[BATCH];
	struct passwd person;
	double began;
	int error;

	for (int i = 0; i < BATCH; i++) {
		unsigned n = (unsigned)random() % module->accounts;

		snprintf(names[i], sizeof(names[i]), "%s%u", module->prefix, n);
		ids[i] = module->first_id + n;
	}
	began = now_us();
	for (int i = 0; i < BATCH; i++)
		if ((named ? module->name(names[i], &person, buffer, sizeof(buffer), &error)
			   : module->id(ids[i], &person, buffer, sizeof(buffer), &error)) !=
			    NSS_STATUS_SUCCESS ||
		    person.pw_uid != ids[i])
			die(names[i]);
	return (now_us() - began) / BATCH;
}

static int by_size(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

static double median(double *values, int n)
{
	qsort(values, (size_t)n, sizeof(*values), by_size);
	return values[n / 2];
}

static void compare(unsigned accounts, int rounds)
{
	static double ours[ROUNDS_MAX], theirs[ROUNDS_MAX];
	struct module webcred = module_load("webcred"), extrausers = module_load("extrausers");

	webcred.accounts = accounts;
	webcred.prefix = "fill";
	webcred.first_id = FILL_ID;
	extrausers.accounts = 10;
	extrausers.prefix = "extra";
	extrausers.first_id = 80000;
	for (int named = 1; named >= 0; named--) {
		double a, b;

		for (int i = 0; i < rounds; i++) {
			ours[i] = batch(&webcred, named);
			theirs[i] = batch(&extrausers, named);
		}
		a = median(ours, rounds);
		b = median(theirs, rounds);
		printf("%s %.2f %.2f %.3f\n", named ? "name" : "id", a, b, a / b);
	}
}

static void walk(void)
{
	struct module webcred = module_load("webcred");
	struct passwd person;
	char buffer[4096];
	unsigned rows = 0;
	int error;
	double began = now_us(), took;

	webcred.begin(0);
	while (webcred.next(&person, buffer, sizeof(buffer), &error) == NSS_STATUS_SUCCESS)
		rows++;
	took = now_us() - began;
	printf("%u %.0f %.1f\n", rows, took, rows ? took * 1000 / rows : 0);
}

int main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "compare") == 0 && atoi(argv[2]) > 0 &&
	    atoi(argv[3]) > 0 && atoi(argv[3]) <= ROUNDS_MAX)
		compare((unsigned)atoi(argv[2]), atoi(argv[3]));
	else if (argc == 2 && strcmp(argv[1], "walk") == 0)
		walk();
	else
		return 2;
	return 0;
}
