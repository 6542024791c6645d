/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * question - what a session may ask the keeper, and how.
 *
 * One SOCK_SEQPACKET pair for each session, encoded as in wire.h: a type byte,
 * then the fields named here.  A session has one question out at a time; the
 * keeper answers each but END with exactly one message (records that do not fit
 * continue in MORE messages).  No question carries a user name, but those of
 * root's verb PEOPLE: whom a session may ask about was pinned before it saw the
 * first byte of its client.  Which
 * questions a connection may ask hangs on its verb (question_allowed()); any
 * other, or one byte too many, ends the session.
 */
#ifndef WEBCRED_AUTHORITY_QUESTION_H
#define WEBCRED_AUTHORITY_QUESTION_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/wire.h"
#include "lib/core/types/type.h"

enum question {
	/* keeper to session, once, with the client's descriptor:
	 * u16 verb, u8 login socket, u32 subject uid, u32 requester, str name */
	QUESTION_ASSIGN = 1,
	/* str service, str tty, str rhost, u8 request flags, flag keyless -> POLICY */
	QUESTION_BEGIN = 2,
	/* u8 type, flag has id, bytes id -> VERIFIER */
	QUESTION_CHARGE = 3,
	/* u8 mediation (and QUESTION_KEEPS_FLAG), struct type_change -> JUDGED */
	QUESTION_COMMIT = 4,
	/* u8 mediation (and QUESTION_KEEPS_FLAG), bytes code -> JUDGED */
	QUESTION_CODE = 5,
	/* u8 result (enum question_end), u8 type, u8 mediation, str reason; no answer */
	QUESTION_END = 6,
	/* creation -> ENROLMENT */
	QUESTION_ENROL_BEGIN = 7,
	/* bytes code -> CREDENTIAL */
	QUESTION_ENROL_FINISH = 8,
	/* record -> CREDENTIAL */
	QUESTION_ENROL_KEY = 9,
	/* str hash -> CREDENTIAL */
	QUESTION_STORE_PASSWORD = 10,
	/* bytes id, str label -> DONE */
	QUESTION_RENAME = 11,
	/* bytes id -> DONE */
	QUESTION_REMOVE = 12,
	QUESTION_REMOVE_ALL = 13,  /* -> DONE */
	QUESTION_INVITE = 14,	   /* u32 seconds -> DONE, its text the code */
	QUESTION_INVITE_TAKE = 15, /* bytes code -> JUDGED */
	QUESTION_LOCK = 16,	   /* flag locked -> DONE */
	QUESTION_PREVENT = 17,	   /* -> DONE */
	QUESTION_SETTLE = 18,	   /* bytes login, str service, str tty, str rhost -> DONE */
	QUESTION_STATUS = 19,	   /* -> DONE, its text the tables in force */
	/* flag again: only keys that came since the last time -> DEVICES, then so many
	 * CHANNELs */
	QUESTION_DEVICES = 20,
	QUESTION_MORE = 21,	     /* u16 records had -> MORE */
	QUESTION_ACCOUNTS = 22,	     /* u64 number of the last account had -> ACCOUNTS */
	QUESTION_BACKUP = 23,	     /* -> DONE once the copy is whole, then COPY */
	QUESTION_HASHED = 24,	     /* the hash is computed; no answer */
	QUESTION_ROOM = 25,	     /* -> DONE once there is room to hash a new password */
	QUESTION_PEOPLE_CHANGE = 26, /* struct wire_order -> DONE once it is published */
	/* u8 action, u64 number of the last row had, str name ("": the pinned one) -> PEOPLE */
	QUESTION_PEOPLE = 27,
	/* flag awaited: a touch is, or is no longer; no answer */
	QUESTION_TOUCH = 28,
	/* keeper to session, in place of ASSIGN, again and again: a descriptor that is to be
	 * closed, once PARTED says that nobody else has it; session to keeper, PARTED: it is */
	QUESTION_PART = 29,
	QUESTION_PARTED = 30,
	/* answers */
	ANSWER_POLICY = 32,	/* policy, flag more, u16 n, records */
	ANSWER_MORE = 33,	/* flag more, u16 n, records */
	ANSWER_VERIFIER = 34,	/* flag throttled, u32 wait, str hash */
	ANSWER_JUDGED = 35,	/* struct type_judgement */
	ANSWER_ENROLMENT = 36,	/* str uri, str secret_text */
	ANSWER_CREDENTIAL = 37, /* record */
	ANSWER_DONE = 38,	/* str text */
	ANSWER_REFUSED = 39,	/* u32 outcome (positive), str text: ends the request */
	ANSWER_FAULT = 40,	/* u32 errno, str text */
	/* u8 n, u8 plugged, u8 held by other programs, u8 held by other logins */
	ANSWER_DEVICES = 41,
	ANSWER_CHANNEL = 42, /* str name, with the helper's channel */
	/* u16 n, so many (u64 number, str name, u32 uid, flag locked); none: the end */
	ANSWER_ACCOUNTS = 43,
	ANSWER_COPY = 44, /* nothing, with the copy's descriptor */
	/* u16 n, so many (u64 number, struct wire_person); none: the end */
	ANSWER_PEOPLE = 45,
};

/* Behaviour 33: the word `required` leaves the prevent-silent-access flag as it
 * is, however the login ends; required by the host's flags does not. */
#define QUESTION_KEEPS_FLAG 0x80u

enum question_end {
	END_GRANTED = 1, /* already audited at its commit */
	END_REFUSED = 2,
	END_NULL = 3,
	END_FAULT = 4,
	END_DONE = 5,
	END_DECLINED = 6, /* the caller went away or said no */
};

struct question_assign {
	uint16_t verb; /* enum wire_verb */
	bool login_socket;
	uint32_t uid, requester;
	char name[WIRE_NAME_MAX + 1];
};

bool question_allowed(enum wire_verb verb, bool login_socket, uint8_t question);

void question_put_assign(struct wire_out *out, const struct question_assign *assign);
bool question_get_assign(const void *message, size_t len, struct question_assign *ret_assign);
void question_put_change(struct wire_out *out, const struct type_change *change);
bool question_get_change(struct wire_in *in, struct type_change *ret_change);
void question_put_judgement(struct wire_out *out, const struct type_judgement *judgement);
bool question_get_judgement(struct wire_in *in, struct type_judgement *ret_judgement);
void question_put_creation(struct wire_out *out, const struct type_creation *creation);
bool question_get_creation(struct wire_in *in, struct type_creation *ret_creation);

#endif
