/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* plan - what is injected, one after another. */
#ifndef WEBCRED_TESTS_FAULTS_PLAN_H
#define WEBCRED_TESTS_FAULTS_PLAN_H

#include "tests/faults/faults.h"

enum plan_course { COURSE_RIGHT, COURSE_WRONG, COURSE_CHANGE, COURSES };

struct plan {
	enum control_process process;
	bool calls; /* system calls, not allocations */
	int type;   /* -1: each */
	unsigned long every;
	/* while it runs */
	unsigned long at;	       /* of all there are */
	unsigned long died_without_us; /* the host, in its own libraries */
	unsigned long tried, granted, refused, lost;
	struct login login;
	enum plan_course course;
	const char *type_name, *process_name;
	int call, error;
	long nth;
};

void plan_run(struct plan *plan, enum login_type type, const char *type_name,
	      const char *process_name);
/* What is being injected, for a message. */
const char *plan_what(const struct plan *plan);

/* judge.c: one course, armed or not; and what must hold behind it. */
void judge_course(struct plan *plan, bool armed);
/* Whether the authority is another one than before; then it is attached anew. */
void judge_machine(struct plan *plan);

#endif
