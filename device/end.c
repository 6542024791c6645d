/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* How a ceremony ended, in the words of ceremony.h (status codes: CTAP 2.1, 8.2). */
#include "device/course.h"

#include <stdio.h>

#include <fido/err.h>

#include "lib/base/text.h"

static enum ceremony_end translate(int r)
{
	switch (r) {
	case FIDO_OK:
		return CEREMONY_OK;
	case FIDO_ERR_NO_CREDENTIALS:
	case FIDO_ERR_INVALID_CREDENTIAL:
		return CEREMONY_NOT_HERE;
	case FIDO_ERR_CREDENTIAL_EXCLUDED:
		return CEREMONY_EXCLUDED;
	case FIDO_ERR_TIMEOUT:
	case FIDO_ERR_ACTION_TIMEOUT:
	case FIDO_ERR_USER_ACTION_TIMEOUT:
		return CEREMONY_NO_TOUCH;
	case FIDO_ERR_OPERATION_DENIED:
	case FIDO_ERR_NOT_ALLOWED:
	case FIDO_ERR_KEEPALIVE_CANCEL: /* not ours: then the state says so */
	case FIDO_ERR_UV_INVALID:
		return CEREMONY_DECLINED;
	case FIDO_ERR_PIN_INVALID:
		return CEREMONY_PIN_WRONG;
	case FIDO_ERR_PIN_BLOCKED:
	case FIDO_ERR_PIN_AUTH_BLOCKED:
	case FIDO_ERR_UV_BLOCKED:
		return CEREMONY_PIN_BLOCKED;
	case FIDO_ERR_PIN_NOT_SET:
	case FIDO_ERR_PIN_REQUIRED: /* asked for although none is set */
		return CEREMONY_PIN_UNSET;
	case FIDO_ERR_PIN_POLICY_VIOLATION:
		return CEREMONY_PIN_MUST_CHANGE;
	case FIDO_ERR_UNSUPPORTED_ALGORITHM:
	case FIDO_ERR_UNSUPPORTED_OPTION:
	case FIDO_ERR_INVALID_OPTION:
	case FIDO_ERR_UNSUPPORTED_EXTENSION:
	case FIDO_ERR_KEY_STORE_FULL:
	case FIDO_ERR_LIMIT_EXCEEDED:
	case FIDO_ERR_REQUEST_TOO_LARGE:
		return CEREMONY_UNABLE;
	case FIDO_ERR_CHANNEL_BUSY:
		return CEREMONY_BUSY;
	default:
		return CEREMONY_BROKEN;
	}
}

static const char *explain(int r)
{
	switch (r) {
	case FIDO_ERR_PIN_AUTH_BLOCKED:
		return "too many wrong PINs in a row: unplug the key and plug it in again";
	case FIDO_ERR_PIN_BLOCKED:
		return "its PIN is blocked for good: the key needs a reset";
	case FIDO_ERR_UV_BLOCKED:
		return "its fingerprint reader is blocked, and it has no PIN";
	default:
		return fido_strerr(r);
	}
}

enum ceremony_end end_with(struct course *course, enum ceremony_end end, const char *detail)
{
	text_clean(course->result.detail, sizeof(course->result.detail), detail);
	return end;
}

enum ceremony_end end_of(struct course *course, int r, const char *what)
{
	char detail[CEREMONY_DETAIL_MAX];

	switch (course->io.state) {
	case IO_CANCELLED:
		return end_with(course, CEREMONY_CANCELLED, "cancelled");
	case IO_UNPLUGGED:
		return end_with(course, CEREMONY_UNPLUGGED, "unplugged");
	case IO_FLOODED:
		return end_with(course, CEREMONY_BROKEN, "it floods the host with reports");
	case IO_TIMED_OUT:
		if (r == FIDO_OK) /* the touch came with the deadline */
			return CEREMONY_OK;
		if (course->io.answered)
			return end_with(course, CEREMONY_NO_TOUCH, "not touched in time");
		(void)snprintf(detail, sizeof(detail), "%s: it does not answer", what);
		return end_with(course, CEREMONY_BROKEN, detail);
	case IO_FINE:
		break;
	}
	if (r == FIDO_OK && course->io.reply.trailing) {
		(void)snprintf(detail, sizeof(detail), "%s: bytes follow its answer", what);
		return end_with(course, CEREMONY_BROKEN, detail);
	}
	if (r == FIDO_OK)
		return CEREMONY_OK;
	if (r == FIDO_ERR_RX && course->io.hid_error == FIDO_ERR_CHANNEL_BUSY)
		return end_with(course, CEREMONY_BUSY, "another program is using it");
	(void)snprintf(detail, sizeof(detail), "%s: %s", what, explain(r));
	return end_with(course, translate(r), detail);
}
