/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * wire_people - the messages of the name service: what root wants done about
 * people and groups that only webcred knows, and what is said about them.
 *
 * The HELLO pins the name of the person or group; the ORDER says what is to be
 * done with it.  A rename's new name is a field.
 *
 * ORDER: u8 action, u16 given (WIRE_GIVEN_*), u32 id, str new_name, str gecos,
 * str home, str shell, str group, u64 expires, u8 locked, str join, str leave.
 * What is not given is empty or zero, and must be.  join and leave are names with
 * commas between: of groups where the order is about a person, of people where it
 * is about a group.
 *
 * PERSON: u8 kind, u8 flags (WIRE_PERSON_*), u32 uid, u32 gid, str name,
 * str gecos, str home, str shell, str group, u64 expires, str trouble.
 *
 * Nothing is judged here but form; lib/base/names.h says what a field may hold.
 */
#ifndef WEBCRED_BASE_WIRE_PEOPLE_H
#define WEBCRED_BASE_WIRE_PEOPLE_H

#include "lib/base/names.h"
#include "lib/base/wire.h"

/* Longer than any field may be: what is too long is refused with its reason. */
#define WIRE_FIELD_MAX 511
#define WIRE_NAMES_MAX 4095 /* join, leave */
#define WIRE_TROUBLE_MAX 255

enum wire_action {
	WIRE_PERSON_ADD = 1,
	WIRE_PERSON_MODIFY = 2,
	WIRE_PERSON_REMOVE = 3,
	WIRE_PERSON_LIST = 4,
	WIRE_PERSON_SHOW = 5,
	WIRE_GROUP_ADD = 6,
	WIRE_GROUP_MODIFY = 7,
	WIRE_GROUP_REMOVE = 8,
	WIRE_GROUP_LIST = 9,
	WIRE_GROUP_SHOW = 10,
	WIRE_PUBLISH = 11, /* once more, whatever there is */
};

#define WIRE_GIVEN_ID 0x001u
#define WIRE_GIVEN_NAME 0x002u
#define WIRE_GIVEN_GECOS 0x004u
#define WIRE_GIVEN_HOME 0x008u
#define WIRE_GIVEN_SHELL 0x010u
#define WIRE_GIVEN_GROUP 0x020u
#define WIRE_GIVEN_EXPIRES 0x040u
#define WIRE_GIVEN_LOCKED 0x080u
#define WIRE_GIVEN_JOIN 0x100u
#define WIRE_GIVEN_LEAVE 0x200u
#define WIRE_GIVEN_ALL 0x3ffu

struct wire_order {
	uint8_t action;
	uint16_t given;
	uint32_t id;
	char new_name[WIRE_FIELD_MAX + 1];
	char gecos[WIRE_FIELD_MAX + 1];
	char home[WIRE_FIELD_MAX + 1];
	char shell[WIRE_FIELD_MAX + 1];
	char group[WIRE_FIELD_MAX + 1]; /* the primary one */
	int64_t expires;		/* seconds since 1970; 0 never */
	bool locked;
	char join[WIRE_NAMES_MAX + 1];
	char leave[WIRE_NAMES_MAX + 1];
};

enum wire_person_kind {
	WIRE_IS_PERSON = 1,
	WIRE_IS_GROUP = 2,
	WIRE_IS_MEMBER = 3, /* a name: of a person whose group, of a group whose person was said */
};

#define WIRE_PERSON_LOCKED 0x01u
#define WIRE_PERSON_EXPIRED 0x02u

struct wire_person {
	uint8_t kind;
	uint8_t flags;
	uint32_t uid, gid;
	char name[NAMES_NAME_MAX + 1];
	char gecos[NAMES_GECOS_MAX + 1];
	char home[NAMES_HOME_MAX + 1];
	char shell[NAMES_SHELL_MAX + 1];
	char group[NAMES_NAME_MAX + 1]; /* the primary one's name */
	int64_t expires;
	char trouble[WIRE_TROUBLE_MAX + 1]; /* why it is not what it seems; "" */
};

bool wire_action_changes(uint8_t action);

bool wire_put_order(struct wire_out *out, const struct wire_order *order);
/* Without the type byte, and what follows is the caller's: for the keeper. */
bool wire_read_order(struct wire_in *in, struct wire_order *ret_order);
void wire_write_order(struct wire_out *out, const struct wire_order *order);
bool wire_get_order(const void *message, size_t len, struct wire_order *ret_order);

void wire_write_person(struct wire_out *out, const struct wire_person *person);
bool wire_read_person(struct wire_in *in, struct wire_person *ret_person);

#endif
