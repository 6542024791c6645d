/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* plan - counts what a course does, then lets each of it fail. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/faults/plan.h"

#define PLAN_STORE_EVERY 250 /* injections from one look at the whole store to the next */
#define PLAN_MISSES 2	     /* in a row: there is no Nth any more */

static const int plan_errors[] = {EIO, ENOSPC, EMFILE, EINTR, EACCES, ENOMEM};
#define PLAN_ERRORS (int)(sizeof(plan_errors) / sizeof(plan_errors[0]))

static const char *const course_names[COURSES] = {"right answer", "wrong answer",
						  "change of password"};

const char *plan_what(const struct plan *plan)
{
	static char text[160];

	if (plan->type_name == NULL)
		return "start";
	if (plan->nth == 0)
		snprintf(text, sizeof(text), "%s, %s, %s", plan->process_name, plan->type_name,
			 course_names[plan->course]);
	else if (plan->call < 0)
		snprintf(text, sizeof(text), "%s, %s, %s, allocation %ld", plan->process_name,
			 plan->type_name, course_names[plan->course], plan->nth);
	else
		snprintf(text, sizeof(text), "%s, %s, %s, call %d number %ld is %s",
			 plan->process_name, plan->type_name, course_names[plan->course],
			 plan->call, plan->nth, strerrorname_np(plan->error));
	return text;
}

static void plan_look_around(struct plan *plan)
{
	char reason[256];

	if (!machine_is_tidy(reason, sizeof(reason)))
		lost("%s", reason);
	if (!machine_store_is_whole(reason, sizeof(reason)))
		lost("%s", reason);
	if (plan->login.type != LOGIN_RECOVERY &&
	    login_credentials(&plan->login) != plan->login.credentials)
		lost("%s has %u credentials, not %u", plan->login.user,
		     login_credentials(&plan->login), plan->login.credentials);
}

/* True where it happened: there was an Nth. */
static bool plan_inject(struct plan *plan, int call, int error, long nth)
{
	plan->call = call;
	plan->error = error;
	plan->nth = nth;
	judge_course(plan, true);
	if (!atomic_load(&control->hit))
		return false;
	plan->tried++;
	if (plan->tried % PLAN_STORE_EVERY == 0)
		plan_look_around(plan);
	return true;
}

static void plan_series(struct plan *plan, int call, int error, long counted)
{
	int misses = 0;

	for (long nth = 1; misses < PLAN_MISSES; nth++) {
		if (plan->every > 1 && nth > counted)
			return;
		if (plan->at++ % plan->every != 0)
			continue;
		misses = plan_inject(plan, call, error, nth) ? 0 : misses + 1;
	}
}

/* One course without a fault: how much it does of each. */
static void plan_count(struct plan *plan, int counted[CONTROL_CALLS], long *ret_allocations)
{
	plan->nth = 0;
	plan->call = -1;
	plan->error = 0;
	judge_course(plan, true);
	for (int i = 0; i < CONTROL_CALLS; i++)
		counted[i] = atomic_load(&control->calls[i]);
	*ret_allocations = atomic_load(&control->seen);
}

static void plan_course(struct plan *plan, enum plan_course course)
{
	int counted[CONTROL_CALLS];
	long allocations;

	plan->course = course;
	plan_count(plan, counted, &allocations);
	if (!plan->calls) {
		plan_series(plan, -1, 0, allocations);
		return;
	}
	for (int call = 0; call < CONTROL_CALLS; call++)
		for (int i = 0; counted[call] > 0 && i < PLAN_ERRORS; i++)
			plan_series(plan, call, plan_errors[i], counted[call]);
}

void plan_run(struct plan *plan, enum login_type type, const char *type_name,
	      const char *process_name)
{
	unsigned long tried = plan->tried, refused = plan->refused, granted = plan->granted;

	plan->type_name = type_name;
	plan->process_name = process_name;
	plan->nth = 0;
	login_enrol(&plan->login, type);
	if (plan->calls)
		tracer_start(plan->process, machine.keeper, machine.mother);
	plan_look_around(plan);
	for (int course = 0; course < COURSES; course++)
		plan_course(plan, (enum plan_course)course);
	plan->nth = 0;
	plan_look_around(plan);
	tracer_stop();
	printf("%s of the %s, %s: tried %lu, refused %lu, let in by a right answer %lu\n",
	       plan->calls ? "system calls" : "allocations", process_name, type_name,
	       plan->tried - tried, plan->refused - refused, plan->granted - granted);
}
