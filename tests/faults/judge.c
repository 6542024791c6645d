/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * judge - what must hold, whatever fails:
 *   nobody gets in with a wrong answer, and no entry point says PAM_IGNORE;
 *   who got in used up the code that let them in;
 *   accounts and credentials are granted only behind a login that was;
 *   the host neither dies nor hangs, and has no descriptor more than before;
 *   a change of password changed it or did not, and said which;
 *   the next login works.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/faults/plan.h"

#define OP_ACCOUNT 2
#define STRANGER "frank" /* enrolled with another key than the one that is plugged in */

static void arm(const struct plan *plan, bool armed)
{
	atomic_store(&control->process, PROCESS_NONE);
	if (!armed)
		return;
	atomic_store(&control->hit, false);
	atomic_store(&control->seen, 0);
	for (int i = 0; i < CONTROL_CALLS; i++)
		atomic_store(&control->calls[i], 0);
	atomic_store(&control->call, plan->call);
	atomic_store(&control->error, plan->error);
	atomic_store(&control->nth, plan->nth);
	atomic_store(&control->process, (int)plan->process);
}

/* Debian 12's libpam and ld.so crash behind a few failed allocations of their
 * own, before any module is called: counted apart. */
static bool died_without_us(const struct plan *plan, const struct host_report *report)
{
	return report->died != HOST_HUNG && plan->process == PROCESS_HOST && !plan->calls &&
	       atomic_load(&control->hit) && !atomic_load(&control->ours) && report->n == 0;
}

/* The services pass PAM_IGNORE on as it is.  Of an account line that nobody
 * logged in by, it is the word. */
static void judge_host(struct plan *plan, const struct host_report *report)
{
	if (report->died != 0 && died_without_us(plan, report))
		plan->died_without_us++;
	else if (report->died == HOST_HUNG)
		lost("the host hung");
	else if (report->died != 0)
		lost("the host died of signal %d", report->died);
	for (unsigned i = 0; i < report->n; i++)
		if (report->code[i] == PAM_IGNORE && (i != OP_ACCOUNT || host_granted(report)))
			lost("operation %u said PAM_IGNORE", i);
	if (report->died == 0 && report->descriptors_after > report->descriptors_before)
		lost("the host has %u descriptors, not %u", report->descriptors_after,
		     report->descriptors_before);
}

static void run(struct plan *plan, const struct host_order *order, bool armed,
		struct host_report *ret_report)
{
	struct host_order copy = *order;

	/* The host's children are attached to where they are to fail. */
	copy.traced = plan->calls && plan->process == PROCESS_HOST && armed;
	arm(plan, armed);
	host_run(&copy, ret_report);
	arm(plan, false);
	judge_host(plan, ret_report);
	if (plan->login.type == LOGIN_KEY && armed)
		machine_calm_key();
}

void judge_machine(struct plan *plan)
{
	if (!machine_look())
		return;
	printf("ended: %s\n", plan_what(plan));
	if (plan->calls) {
		tracer_stop();
		tracer_start(plan->process, machine.keeper, machine.mother);
	}
}

/* Without a fault. */
static bool clean_login(struct plan *plan, const struct host_order *order)
{
	struct host_report report;

	run(plan, order, false, &report);
	return host_granted(&report) && report.code[OP_ACCOUNT] == PAM_SUCCESS;
}

/* The same with an answer that holds; where the authority has just ended of what
 * failed, once it is back. */
static bool clean_login_again(struct plan *plan, const struct host_order *order)
{
	unsigned restarts = machine.restarts;

	if (clean_login(plan, order))
		return true;
	judge_machine(plan);
	return machine.restarts != restarts && clean_login(plan, order);
}

static void judge_next_login(struct plan *plan)
{
	char answer[ANSWER_MAX];
	const struct host_order order = {
		.user = plan->login.user, .service = plan->login.service, .answer = answer};
	unsigned restarts = machine.restarts;

	judge_machine(plan);
	login_answer(&plan->login, answer);
	if (clean_login(plan, &order))
		return;
	/* It may have ended just now; or the helper of what failed has, a moment too
	 * late, and the key was in use. */
	judge_machine(plan);
	if (plan->login.type == LOGIN_KEY)
		machine_calm_key();
	login_answer(&plan->login, answer);
	bool again = clean_login(plan, &order);
	if (!again || (machine.restarts == restarts && plan->login.type != LOGIN_KEY))
		lost("the next login was refused%s", again ? ", the one behind it was not" : "");
}

/* ---- the three courses ---------------------------------------------------------------- */

static void judge_right(struct plan *plan, bool armed)
{
	char answer[ANSWER_MAX];
	const struct host_order order = {
		.user = plan->login.user, .service = plan->login.service, .answer = answer};
	struct host_report report;

	login_answer(&plan->login, answer);
	run(plan, &order, armed, &report);
	if (plan->nth == 0 && !host_granted(&report))
		broken("a clean login ends with %s", host_code_name(report.code[0]));
	bool hit = plan->nth != 0 && atomic_load(&control->hit);
	plan->granted += hit && host_granted(&report);
	plan->refused += hit && !host_granted(&report);
	if (!host_granted(&report) || !login_is_once(&plan->login))
		return;
	judge_machine(plan);
	run(plan, &order, false, &report);
	if (host_granted(&report))
		lost("a code let in twice");
}

static void judge_wrong(struct plan *plan, bool armed)
{
	char answer[ANSWER_MAX];
	const struct host_order order = {.user = plan->login.type == LOGIN_KEY ? STRANGER
									       : plan->login.user,
					 .service = plan->login.service,
					 .answer = answer};
	struct host_report report;

	login_wrong(&plan->login, answer);
	run(plan, &order, armed, &report);
	plan->refused += plan->nth != 0 && atomic_load(&control->hit) && !host_granted(&report);
	if (host_granted(&report))
		lost("a wrong answer let in");
	if (report.n > OP_ACCOUNT && report.code[OP_ACCOUNT] == PAM_SUCCESS)
		lost("a wrong answer, and acct_mgmt granted");
}

/* Which password the account has now: what chauthtok said decides, where it said
 * success; else one of both, and never none. */
static void judge_changed(struct plan *plan, const char *new_password, bool said)
{
	struct login *login = &plan->login;
	struct host_order order = {
		.user = login->user, .service = "password", .answer = new_password};
	char old[ANSWER_MAX];

	judge_machine(plan);
	if (login->type != LOGIN_PASSWORD) {
		if (said && !clean_login_again(plan, &order))
			lost("chauthtok said success, and the password does not let in");
		login_restore(login);
		return;
	}
	bool changed = clean_login_again(plan, &order);
	if (said && !changed)
		lost("chauthtok said success, and the new password does not let in");
	snprintf(old, sizeof(old), "%s", login->password);
	order.answer = old;
	if (clean_login_again(plan, &order) == changed)
		lost("after chauthtok %s password lets in", changed ? "either" : "no");
	if (changed)
		snprintf(login->password, sizeof(login->password), "%s", new_password);
	else if (!changed && said)
		login_set_password(login, old);
}

static void judge_change(struct plan *plan, bool armed)
{
	static unsigned n;
	char answer[ANSWER_MAX], fresh[ANSWER_MAX];
	const struct host_order order = {.user = plan->login.user,
					 .service = plan->login.service,
					 .answer = answer,
					 .new_password = fresh,
					 .change = true};
	struct host_report report;

	snprintf(fresh, sizeof(fresh), "battery staple %u", ++n);
	login_answer(&plan->login, answer);
	run(plan, &order, armed, &report);
	if (plan->nth == 0 && !host_granted(&report))
		broken("a clean change of password ends with %s", host_code_name(report.code[0]));
	bool hit = plan->nth != 0 && atomic_load(&control->hit);
	plan->granted += hit && host_granted(&report);
	plan->refused += hit && !host_granted(&report);
	judge_changed(plan, fresh, host_granted(&report));
}

void judge_course(struct plan *plan, bool armed)
{
	if (plan->course == COURSE_RIGHT)
		judge_right(plan, armed);
	else if (plan->course == COURSE_WRONG)
		judge_wrong(plan, armed);
	else
		judge_change(plan, armed);
	judge_next_login(plan);
}
