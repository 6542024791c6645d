/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* doctor_people - people whom only webcred knows: whether anybody can see them. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tools/doctor.h"
#include "tools/nsswitch.h"

#define LIST "webcred account list"
#define MODULE WEBCRED_LIBDIR "/libnss_webcred.so.2"

struct people_check {
	struct doctor *doctor;
	unsigned n;
};

static int check_one(void *context, const struct webcred_person *person)
{
	struct people_check *check = context;

	check->n++;
	if (person->trouble[0] != '\0')
		doctor_find(check->doctor, DOCTOR_WRONG, LIST,
			    "give one of the two another name or id, or remove it: webcred account "
			    "remove, webcred account group remove",
			    "%s %s: %s",
			    person->kind == WEBCRED_IS_PERSON ? "the person" : "the group",
			    person->name, person->trouble);
	return 0;
}

static void check_switch(struct doctor *doctor)
{
	static char text[NSSWITCH_MAX + 1];
	FILE *file = fopen(NSSWITCH_FILE, "re");
	enum nsswitch_state state = NSSWITCH_OFF;
	char why[160] = "";

	if (file != NULL) {
		text[fread(text, 1, NSSWITCH_MAX, file)] = '\0';
		(void)fclose(file);
		state = nsswitch_judge(text, why, sizeof(why));
	}
	if (state == NSSWITCH_OFF)
		doctor_find(doctor, DOCTOR_ADVICE, NSSWITCH_FILE, "webcred account enable",
			    "webcred holds people, and the name service does not ask it");
	else if (state == NSSWITCH_OTHER)
		doctor_find(doctor, DOCTOR_WRONG, NSSWITCH_FILE,
			    "passwd and group want: files webcred", "%s", why);
	else if (access(MODULE, R_OK) != 0)
		doctor_find(doctor, DOCTOR_WRONG, MODULE,
			    "install it again, or: webcred account disable",
			    "the name service is told to ask webcred, and its module is missing");
}

/* Root's to ask; who is not root learns nothing of it here. */
void doctor_people(struct doctor *doctor)
{
	struct people_check check = {.doctor = doctor};
	struct webcred_container *container = doctor->tool->container;

	if (geteuid() != 0 ||
	    webcred_people(container, WEBCRED_PERSON_LIST, NULL, check_one, &check) != 0 ||
	    webcred_people(container, WEBCRED_GROUP_LIST, NULL, check_one, &check) != 0)
		return;
	if (check.n > 0)
		check_switch(doctor);
}
