/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * otp_login - one-time codes at a login, and their enrolment.
 *
 * No seed is ever here: the keeper checks a code against every record of the
 * account, recovery codes among them, and commits in the same step.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/core/types/otp.h"
#include "lib/core/types/said.h"
#include "lib/core/types/type.h"

#define CODE_PROMPT "One-time code: "
#define DEFAULT_PERIOD 30
#define PERIOD_MIN 15
#define PERIOD_MAX 120
#define DEFAULT_COUNT 10
#define COUNT_MAX 25 /* what fits into type_enrolment.secret_text */

/* ---- the answer -------------------------------------------------------------- */

/* Apps show "123 456", and what was pasted brings blanks along. */
static void without_blanks(struct webcred_secret *code)
{
	uint8_t *bytes = secret_room(code);
	size_t kept = 0;

	for (size_t i = 0; i < secret_len(code); i++)
		if (bytes[i] != ' ' && !(bytes[i] >= '\t' && bytes[i] <= '\r'))
			bytes[kept++] = bytes[i];
	secret_resize(code, kept);
}

/* Asks for one code; 0, or as the host says. */
static int ask_code(const struct type_host *host, struct webcred_secret *code)
{
	int result = host->ask(host->context, WEBCRED_ASK_CODE, CODE_PROMPT, code);

	if (result == 0)
		without_blanks(code);
	return result;
}

/* ---- get --------------------------------------------------------------------- */

static const struct credential *record_of(const struct type_login *login, const uint8_t *id)
{
	for (size_t i = 0; i < login->n_credentials; i++)
		if (login->credentials[i].type == WEBCRED_TYPE_OTP &&
		    memcmp(login->credentials[i].id, id, WIRE_ID_SIZE) == 0)
			return &login->credentials[i];
	return NULL;
}

/* A recovery code counts as a proof once, whatever is enrolled beside it: it
 * is there for the day when that is lost. */
static bool strong_enough(const struct type_login *login, const struct credential *record)
{
	return record->kind == KIND_RECOVERY ||
	       credential_strength(record, false) >= login->minimum_strength;
}

static size_t count_usable(const struct type_login *login)
{
	size_t n = 0;

	for (size_t i = 0; i < login->n_credentials; i++) {
		const struct credential *record = &login->credentials[i];

		n += record->type == WEBCRED_TYPE_OTP && !record->locked &&
		     strong_enough(login, record);
	}
	return n;
}

/* After a refusal or a grant a text is a courtesy; that the channel is broken
 * is not: nothing is granted over it. */
static enum webcred_status tell(const struct type_host *host, struct type_login *login,
				enum webcred_status status, enum webcred_show kind,
				const char *text)
{
	int result = host->show(host->context, kind, text);

	return result < 0 ? said_result(login, result, "the person cannot be told") : status;
}

static enum webcred_status granted(const struct type_host *host, struct type_login *login)
{
	const struct credential *record = record_of(login, login->judgement.id);
	char text[80];

	if (record == NULL || login->pretend) /* nobody is there to be let in */
		return said_result(login, WEBCRED_NOT_ALLOWED,
				   "the code was granted for a record of nobody's");
	if (!strong_enough(login, record))
		return tell(host, login,
			    said_result(login, WEBCRED_NOT_ALLOWED,
					"a code is too weak a proof for this change"),
			    WEBCRED_SHOW_ERROR,
			    "A code is not enough for this change: use your security key, or a "
			    "recovery code.");
	if (record->kind != KIND_RECOVERY)
		return WEBCRED_STATUS_SUCCESS;
	if (login->judgement.codes_left == 0)
		snprintf(text, sizeof(text), "Recovery code used: none left. Create new ones now.");
	else
		snprintf(text, sizeof(text), "Recovery code used: %u left.",
			 (unsigned)login->judgement.codes_left);
	return tell(host, login, WEBCRED_STATUS_SUCCESS, WEBCRED_SHOW_INFO, text);
}

static enum webcred_status replayed(const struct type_host *host, struct type_login *login,
				    const struct webcred_secret *code)
{
	char canonical[OTP_RECOVERY_LEN + 1];
	bool recovery = otp_recovery_canonical(secret_bytes(code), secret_len(code), canonical);

	secret_wipe(canonical, sizeof(canonical));
	return tell(host, login, WEBCRED_STATUS_NOTALLOWED, WEBCRED_SHOW_ERROR,
		    recovery ? "This recovery code was used already; use another one."
			     : "This code was used already; wait for the next one.");
}

static enum webcred_status judge(const struct type_host *host, struct type_login *login,
				 const struct webcred_secret *code)
{
	struct type_judgement judgement = {.verdict = VERDICT_REFUSED};
	enum webcred_status status;
	int result = host->check_code(host->context, code, &judgement);

	if (result != 0)
		return said_result(login, result, "the code was not checked");
	status = said_judgement(login, &judgement,
				judgement.replayed ? "code used before" : "wrong code");
	if (status == WEBCRED_STATUS_SUCCESS)
		return granted(host, login);
	if (status == WEBCRED_STATUS_NOTALLOWED && judgement.replayed)
		return replayed(host, login, code);
	return status;
}

static enum webcred_status otp_get(const struct type_host *host, struct type_login *login)
{
	struct webcred_secret *code;
	enum webcred_status status;
	int result;

	if (!login->pretend && type_count(login, WEBCRED_TYPE_OTP) == 0)
		return said_not_found(login, "no one-time code is enrolled");
	if (!login->pretend && count_usable(login) == 0)
		return said_not_found(login, "a code is too weak a proof for this change");
	if (login->cached_only || !login->may_ask)
		return said_unavailable(login, "nobody may be asked for a code");
	code = secret_new();
	if (code == NULL)
		return said_result(login, -ENOMEM, "no memory for an answer");
	login->asked = true;
	result = ask_code(host, code);
	status = result != 0 ? said_result(login, result, "no answer") : judge(host, login, code);
	secret_free(code);
	return status;
}

/* ---- create ------------------------------------------------------------------ */

/* What was left out becomes what webcred.h promises; false for what cannot be. */
static bool fill_in(struct type_creation *creation)
{
	bool recovery = creation->kind == KIND_RECOVERY;

	if (creation->algorithm == 0)
		creation->algorithm = ALGORITHM_SHA1;
	if (creation->digits == 0)
		creation->digits = 6;
	if (creation->kind == KIND_TOTP && creation->period == 0)
		creation->period = DEFAULT_PERIOD;
	if (creation->kind != KIND_TOTP)
		creation->period = 0;
	if (recovery && creation->count == 0)
		creation->count = DEFAULT_COUNT;
	if (creation->label[0] == '\0')
		snprintf(creation->label, sizeof(creation->label), "%s",
			 credential_kind_name(creation->kind));
	return creation->algorithm <= ALGORITHM_SHA512 && creation->digits >= 6 &&
	       creation->digits <= 8 && creation->period <= PERIOD_MAX &&
	       (creation->kind != KIND_TOTP || creation->period >= PERIOD_MIN) &&
	       (!recovery || creation->count <= COUNT_MAX) &&
	       text_label_valid(creation->label, WIRE_LABEL_MAX);
}

/* Shows the new secret; what cannot be shown is not enrolled. */
static int show_enrolment(const struct type_host *host, const struct type_creation *creation,
			  const struct type_enrolment *enrolment)
{
	int result;

	if (creation->kind == KIND_RECOVERY) {
		result = host->show(host->context, WEBCRED_SHOW_INFO,
				    "Recovery codes, each good for one login. Print them or write "
				    "them down: they are shown this once.");
		if (result < 0)
			return result;
		return host->show(host->context, WEBCRED_SHOW_SECRET, enrolment->secret_text);
	}
	result = host->show(host->context, WEBCRED_SHOW_URI, enrolment->uri);
	if (result != 0)
		return result;
	result = host->show(host->context, WEBCRED_SHOW_SECRET, enrolment->secret_text);
	if (result != 0)
		return result;
	result = host->show(host->context, WEBCRED_SHOW_INFO,
			    "Scan the code with the app, or type the key into it; then enter the "
			    "code it shows.");
	return result < 0 ? result : 0;
}

/* One try: what is wrong twice in a row is a wrong clock or a wrong app, and a
 * fresh seed is the better beginning. */
static int confirm(const struct type_host *host, const struct type_creation *creation,
		   struct webcred_secret *code, struct credential *ret_credential)
{
	int result = 0;

	if (creation->kind != KIND_RECOVERY)
		result = ask_code(host, code);
	if (result != 0)
		return result;
	result = host->enrol_finish(host->context, code, ret_credential);
	if (result == WEBCRED_NOT_ALLOWED) {
		int shown = host->show(
			host->context, WEBCRED_SHOW_ERROR,
			creation->kind == KIND_TOTP
				? "That is not the code: nothing was stored. Check that the clocks "
				  "of the device and of this machine are right, and begin again."
				: "That is not the code: nothing was stored. Begin again.");
		return shown < 0 ? shown : result;
	}
	return result;
}

static int otp_create(const struct type_host *host, const struct policy *policy,
		      const struct type_creation *creation, struct credential *ret_credential)
{
	struct type_creation filled = *creation;
	struct type_enrolment enrolment;
	struct webcred_secret *code;
	int result;

	(void)policy;
	if (creation->kind != KIND_TOTP && creation->kind != KIND_HOTP &&
	    creation->kind != KIND_RECOVERY)
		return WEBCRED_NOT_SUPPORTED;
	if (!fill_in(&filled))
		return WEBCRED_TYPE_ERROR;
	code = secret_new();
	if (code == NULL)
		return -ENOMEM;
	memset(&enrolment, 0, sizeof(enrolment));
	result = host->enrol_begin(host->context, &filled, &enrolment);
	if (result == 0)
		result = show_enrolment(host, &filled, &enrolment);
	if (result == 0)
		result = confirm(host, &filled, code, ret_credential);
	secret_wipe(&enrolment, sizeof(enrolment));
	secret_free(code);
	return result;
}

const struct type type_otp = {
	.id = WEBCRED_TYPE_OTP,
	.discovery = DISCOVERY_REMOTE,
	.conditional = true, /* one prompt, beside a blinking key */
	.get = otp_get,
	.create = otp_create, /* behaviour 44: store() of one is NotSupportedError */
};
