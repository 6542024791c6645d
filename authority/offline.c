/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* offline - what restore and rekey share; see offline.h. */
#include "authority/offline.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "authority/audit.h"

int offline_fail(int status, const char *format, ...)
{
	char text[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	fprintf(stderr, "webcred-authority: %s\n", text);
	audit_log(LOG_ERR, "%s", text);
	return status;
}

void offline_conf(const struct offline_options *options, struct conf *ret_conf)
{
	char error[512];

	if (conf_read(options->conf_path, ret_conf, error, sizeof(error)) != 0) {
		fprintf(stderr, "webcred-authority: %s; going on with the defaults\n", error);
		conf_defaults(ret_conf);
	}
	audit_open(ret_conf->audit);
}

int offline_confirm(const struct offline_options *options, const char *question)
{
	char answer[16] = "";

	if (options->yes)
		return 0;
	if (!isatty(STDIN_FILENO)) {
		fprintf(stderr,
			"webcred-authority: %s Nobody is here to answer: --yes. Nothing was"
			" changed.\n",
			question);
		return OFFLINE_DECLINED;
	}
	printf("%s [y/N] ", question);
	fflush(stdout);
	if (fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y'))
		return 0;
	fprintf(stderr, "webcred-authority: nothing was changed\n");
	return OFFLINE_DECLINED;
}

void offline_note(const char *action, const char *reason)
{
	const struct audit_entry entry = {.action = action,
					  .result = "done",
					  .user = "",
					  .service = "",
					  .tty = "",
					  .rhost = "",
					  .requester = getuid(),
					  .peer_uid = -1,
					  .label = "",
					  .mediation = "",
					  .reason = reason};

	audit_entry(&entry);
}

static int offline_count_one(void *context, const struct store_account *account)
{
	(void)account;
	(*(int *)context)++;
	return 0;
}

int offline_count(struct store *store)
{
	int n = 0, r = store->ops->account_each(store, 0, offline_count_one, &n);

	return r < 0 ? r : n;
}
