/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * names - accounts and groups that only webcred knows: what they are made of,
 * what each field may hold, and the databases that libnss_webcred.so.2 reads.
 *
 * THE DATABASES.  NAMES_FOLDER (0755, root's) holds two constant databases (cdb,
 * in the 32-bit form of D. J. Bernstein's cdb and of tinycdb): passwd.cdb and
 * group.cdb, mode 0644, root's.  They are public: nothing secret, no password's
 * place, neither expiry nor lock is in them (an expired account keeps its name;
 * PAM refuses its login).  authority/publish.c writes them beside and renames;
 * nothing is ever written into a file that has its final name, but for the head,
 * before the rename.
 *
 * The record of an id stands right before the row that it names, so that one read
 * has both; a reader counts on it for speed alone.
 *
 * A value is `CHECK LINE`: eight lower-case hex digits, a space, the line.  CHECK
 * is names_hash() of the key's bytes followed by the line's.  It finds damage; it
 * does not find malice, which is what owner, mode and the reader's checks are for.
 *
 *   file        key        line
 *   both        !          webcred-names 1 KIND SIZE ROWS
 *   passwd.cdb  .NAME      NAME:UID:GID:GECOS:HOME:SHELL
 *               =UID       NAME
 *   group.cdb   .NAME      NAME:GID:MEMBER,MEMBER...
 *               =GID       NAME
 *               @MEMBER    GID,GID...   (what initgroups(3) adds for MEMBER)
 *
 * Numbers are decimal without leading zeros, but for SIZE and ROWS, which have
 * ten digits.  The record `!`, the head, comes first, at byte 2048.  KIND is
 * "passwd" or "group", SIZE the whole file's, ROWS how many keys begin with a dot.
 * A reader refuses another word, version or KIND, and a SIZE that is not the
 * file's: what was cut short or written over is not read at all.
 */
#ifndef WEBCRED_BASE_NAMES_H
#define WEBCRED_BASE_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NAMES_FOLDER "/var/lib/webcred-names"
#define NAMES_PASSWD_FILE "passwd.cdb"
#define NAMES_GROUP_FILE "group.cdb"
#define NAMES_VERSION 1

#define NAMES_NAME_MAX 32 /* bytes, as useradd(8) has it */
#define NAMES_GECOS_MAX 255
#define NAMES_HOME_MAX 255
#define NAMES_SHELL_MAX 255
#define NAMES_MEMBERS_MAX 65536 /* of a group */
#define NAMES_GROUPS_MAX 65536	/* of a member: NGROUPS_MAX */

/* Where ids are chosen, if webcred.conf does not say otherwise. */
#define NAMES_ID_LOW 65536
#define NAMES_ID_HIGH 99999

/* Strings are lent, terminated, never NULL. */
struct names_person {
	const char *name;
	uint32_t uid;
	uint32_t gid;
	const char *gecos;
	const char *home;
	const char *shell;
	int64_t expires; /* seconds since 1970, 0 never; not published */
	bool locked;	 /* not published */
};

struct names_group {
	const char *name;
	uint32_t gid;
	const char *const *members;
	size_t members_n;
};

/*
 * Each of these returns NULL where the value will do, otherwise what is wrong with
 * it: a sentence without a full stop that begins with the field, for whoever typed
 * it ("the home folder does not begin with a slash").  NULL values are refused.
 *
 * A name is what useradd(8) takes: letters, digits, dots, underscores, dashes, one
 * dollar sign as its last character; no leading dash, not digits alone, not "."
 * or "..".
 */
const char *names_check_name(const char *name);
/* Text of the person: UTF-8 without control characters or colons; may be empty. */
const char *names_check_gecos(const char *gecos);
/* Absolute paths, UTF-8, no control characters, colons or ".." */
const char *names_check_home(const char *home);
const char *names_check_shell(const char *shell);
/*
 * An id that can belong to a person or group of ours at all, whatever the
 * configured range is; why: doc/decisions/0020-the-name-service.md.  Never in 0-999, 60001-65535,
 * 524288-1879048191, nor above 2147483647 (-1 among them).
 */
const char *names_check_id(uint32_t id);
/* A range to choose from: low <= high, no id in it that names_check_id() refuses. */
const char *names_check_range(uint32_t low, uint32_t high);
/* All fields at once: the first thing that is wrong. */
const char *names_check_person(const struct names_person *person);
/* Also that no member comes twice; members need not be people of ours. */
const char *names_check_group(const struct names_group *group);

/* The hash of cdb, to be continued: start with NAMES_HASH_START. */
#define NAMES_HASH_START 5381u
uint32_t names_hash(uint32_t hash, const void *bytes, size_t len);

#endif
