/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* people - what the verbs of the name service share. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tools/tool.h"

int people_open(struct tool *tool, const char *name)
{
	int r = account_switch(tool, name, (uid_t)-1);

	if (r == WEBCRED_TYPE_ERROR)
		return output_error(tool, TOOL_USAGE, "TypeError",
				    "No account or group can have this name.");
	return r == 0 ? TOOL_DONE : output_failure(tool, r);
}

int people_order(struct tool *tool, enum webcred_action action, const struct webcred_order *order,
		 int (*each)(void *context, const struct webcred_person *person), void *context)
{
	int r = webcred_people(tool->container, action, order, each, context);

	return r == 0 ? TOOL_DONE : output_failure(tool, r);
}

/* Days since 1970-01-01 of the proleptic Gregorian calendar are timegm()'s affair;
 * it also takes the 31st of February, which is none. */
bool people_date(const char *text, int64_t *ret_at)
{
	struct tm day = {0}, same;
	const char *end;
	time_t at;

	if (strcmp(text, "never") == 0) {
		*ret_at = 0;
		return true;
	}
	if (strlen(text) != 10)
		return false;
	end = strptime(text, "%Y-%m-%d", &day);
	if (end == NULL || *end != '\0')
		return false;
	same = day;
	at = timegm(&same);
	if (at <= 0 || same.tm_mday != day.tm_mday || same.tm_mon != day.tm_mon)
		return false;
	*ret_at = (int64_t)at;
	return true;
}
