/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* get - tries a login and says what happened; nobody is let in anywhere. */
#include <stddef.h>

#include "tools/tool.h"

static struct {
	const char *service, *types, *mediation;
	bool explain;
	unsigned timeout;
} get;

static int get_prepare(struct tool *tool, struct webcred_request *request)
{
	enum webcred_mediation mediation;
	int r = 0;

	if (get.service != NULL)
		r = webcred_container_set_service(tool->container, get.service);
	if (r == 0 && get.types != NULL)
		r = webcred_request_set_order(request, get.types);
	if (r == 0 && get.mediation != NULL) {
		if (webcred_mediation_parse(get.mediation, &mediation) != 0)
			return output_error(tool, TOOL_USAGE, "TypeError",
					    "--mediation is optional, required, silent,"
					    " conditional or immediate.");
		webcred_request_set_mediation(request, mediation);
	}
	webcred_request_set_timeout(request, get.timeout * 1000u);
	webcred_request_set_explain(request, get.explain);
	return r == 0 ? TOOL_DONE : output_failure(tool, r);
}

static int get_try(struct tool *tool, const struct webcred_request *request)
{
	struct webcred_credential *credential = NULL;
	int r = webcred_get(tool->container, request, &tool->mediator, &credential);
	bool granted;

	if (r != 0)
		return output_failure(tool, r);
	granted = credential != NULL && webcred_credential_granted(credential) == WEBCRED_GRANTED;
	output_login(tool, granted ? credential : NULL);
	webcred_credential_free(credential);
	return granted ? TOOL_DONE : TOOL_REFUSED;
}

static int get_run(struct tool *tool, char **arguments, size_t n)
{
	struct webcred_request *request = NULL;
	int r = webcred_request_new(&request);

	(void)arguments, (void)n;
	if (r != 0)
		return output_failure(tool, r);
	r = get_prepare(tool, request);
	if (r == TOOL_DONE)
		r = get_try(tool, request);
	webcred_request_free(request);
	return r;
}

static const struct option_entry get_options[] = {
	{"service", OPTION_TEXT, "NAME", "as this PAM service would", &get.service},
	{"types", OPTION_TEXT, "ORDER", "as get = in webcred.conf(5) (root only)", &get.types},
	{"mediation", OPTION_TEXT, "WORD",
	 "optional, required, silent, conditional or immediate (root only)", &get.mediation},
	{"timeout", OPTION_NUMBER, "SECONDS", "how long to wait for an answer", &get.timeout},
	{"explain", OPTION_FLAG, NULL, "say what was decided, step by step", &get.explain},
	{0},
};

const struct verb verb_get = {
	.name = "get",
	.arguments = "",
	.summary = "try a login and say what happened",
	.options = get_options,
	.any_name = true,
	.run = get_run,
};
