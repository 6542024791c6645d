/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* sqlite_queries - every statement there is; sqlite_prepare_all() tries each. */
#include "authority/store/sqlite.h"

#define RECORD                                                                                     \
	"account, id, type, kind, label, rp_id, created, last_used, locked, moving, hash, sealed," \
	" seal_key, algorithm, digits, period, drift, resync, resync_at, cose_algorithm,"          \
	" external, key, aaguid, transports, uv_initialized, backup_eligible, backup_state,"       \
	" resident, no_touch, relearn"

#define PERSON                                                                                     \
	"SELECT number, name, uid, locked, gid, gecos, home, shell, expires FROM person"           \
	" JOIN account ON number = account"
#define GROUP "SELECT people.number, people.name, people.gid, people.owner FROM people"

/* A time of 0 leaves what is there. */
#define NOTE_USE(at) " last_used = CASE " at " WHEN 0 THEN last_used ELSE " at " END"

const char *const sqlite_queries[QUERIES] = {
	[QUERY_BEGIN] = "BEGIN IMMEDIATE",
	[QUERY_COMMIT] = "COMMIT",
	[QUERY_META_GET] = "SELECT value FROM meta WHERE key = ?1",
	[QUERY_META_SET] = "INSERT INTO meta VALUES (?1, ?2)"
			   " ON CONFLICT DO UPDATE SET value = ?2",
	[QUERY_ACCOUNT_FIND] = "SELECT number, name, uid, handle, locked, created FROM account"
			       " WHERE name = ?1",
	[QUERY_ACCOUNT_ADD] = "INSERT INTO account (name, uid, handle, created)"
			      " VALUES (?1, ?2, ?3, ?4)",
	[QUERY_ACCOUNT_LOCK] = "UPDATE account SET locked = ?2 WHERE number = ?1",
	[QUERY_ACCOUNT_REMOVE] = "DELETE FROM account WHERE number = ?1",
	[QUERY_ACCOUNT_EACH] = "SELECT number, name, uid, handle, locked, created FROM account"
			       " WHERE number > ?1 ORDER BY number LIMIT ?2",
	[QUERY_FLAG_GET] = "SELECT 1 FROM silent_access"
			   " WHERE account = ?1 AND rp_id = ?2 AND service = ?3",
	[QUERY_FLAG_CLEAR] = "INSERT INTO silent_access VALUES (?1, ?2, ?3)"
			     " ON CONFLICT DO NOTHING",
	[QUERY_FLAG_SET] = "DELETE FROM silent_access"
			   " WHERE account = ?1 AND rp_id = ?2 AND service = ?3",
	[QUERY_FLAG_SET_EVERYWHERE] = "DELETE FROM silent_access"
				      " WHERE account = ?1 AND (?2 IS NULL OR rp_id = ?2)",
	[QUERY_INVITE_GET] = "SELECT hash, expires FROM invitation WHERE account = ?1",
	[QUERY_INVITE_SET] = "INSERT INTO invitation VALUES (?1, ?2, ?3)"
			     " ON CONFLICT DO UPDATE SET hash = ?2, expires = ?3",
	[QUERY_INVITE_REMOVE] = "DELETE FROM invitation WHERE account = ?1",
	[QUERY_RECORD_EACH] =
		"SELECT " RECORD " FROM credential WHERE account = ?1 ORDER BY number",
	[QUERY_RECORD_GET] = "SELECT " RECORD " FROM credential WHERE id = ?1 AND account = ?2",
	/* RECORD of a locked password, its hash as long as one and no hash. */
	[QUERY_RECORD_DECOY] =
		"SELECT 0, zeroblob(16), 1, 1, 'password', '', 0, 0, 1, 0, '--------------------"
		"-----------------------------------------------------------------------------',"
		" NULL, 0, 0, 0, 0, 0, 0, 0, 0, NULL, NULL, NULL, 0, 0, 0, 0, 0, 0, 0",
	[QUERY_RECORD_EXTERNAL] = "SELECT " RECORD " FROM credential WHERE external = ?1",
	[QUERY_RECORD_ADD] = "INSERT INTO credential (" RECORD ") VALUES (?1, ?2, ?3, ?4, ?5, ?6,"
			     " ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20,"
			     " ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30)",
	[QUERY_RECORD_RENAME] = "UPDATE credential SET label = ?3 WHERE id = ?1 AND account = ?2",
	[QUERY_RECORD_REMOVE] = "DELETE FROM credential WHERE id = ?1 AND account = ?2",
	/* Kind 4, recovery codes: their number falls, by QUERY_CODE_COUNT_DOWN alone. */
	[QUERY_ADVANCE] = "UPDATE credential SET moving = ?4, resync = 0, resync_at = 0,"
			  " relearn = 0, drift = CASE kind WHEN 2 THEN ?5 ELSE drift END," NOTE_USE(
				  "?6") " WHERE id = ?1 AND account = ?2 AND moving = ?3"
					" AND (kind <> 4 OR ?4 = ?3)",
	[QUERY_BACKUP_STATE] = "UPDATE credential SET backup_state = ?3"
			       " WHERE id = ?1 AND account = ?2",
	[QUERY_SET_HASH] = "UPDATE credential SET hash = ?3," NOTE_USE(
		"?4") " WHERE id = ?1 AND account = ?2 AND kind = 1",
	[QUERY_SET_RESYNC] = "UPDATE credential SET resync = ?3, resync_at = ?4"
			     " WHERE id = ?1 AND account = ?2",
	[QUERY_CODE_RECORD] = "SELECT number FROM credential WHERE id = ?1 AND kind = 4",
	[QUERY_CODE_ADD] = "INSERT INTO recovery_code (credential, hash)"
			   " SELECT number, ?2 FROM credential WHERE id = ?1 AND kind = 4",
	[QUERY_CODE_USED] = "SELECT used_at FROM recovery_code WHERE credential = ?1 AND hash = ?2",
	[QUERY_CODE_USE] = "UPDATE recovery_code SET used_at = ?3"
			   " WHERE credential = ?1 AND hash = ?2 AND used_at = 0",
	[QUERY_CODE_COUNT_DOWN] = "UPDATE credential SET last_used = ?2, moving ="
				  " (SELECT count(*) FROM recovery_code WHERE credential = ?1"
				  " AND used_at = 0) WHERE number = ?1 RETURNING moving",
	[QUERY_THROTTLE_GET] = "SELECT failures, first_at, last_at FROM throttle"
			       " WHERE subject = ?1 AND type = ?2 AND origin = ?3",
	[QUERY_THROTTLE_SET] = "INSERT INTO throttle VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
			       " ON CONFLICT DO UPDATE SET failures = ?4, first_at = ?5,"
			       " last_at = ?6",
	[QUERY_THROTTLE_FORGET] = "DELETE FROM throttle"
				  " WHERE subject = ?1 AND type = ?2 AND origin = ?3",
	[QUERY_THROTTLE_CLEAR] = "DELETE FROM throttle WHERE subject = ?1",
	[QUERY_THROTTLE_CLEAR_ORIGIN] = "DELETE FROM throttle WHERE subject = ?1 AND origin = ?2",
	[QUERY_RELEARN] = "UPDATE credential SET moving = ?4, relearn = 0," NOTE_USE(
		"?5") " WHERE id = ?1 AND account = ?2 AND moving = ?3 AND relearn = 1"
		      " AND type = 2",
	/* Kind 2, TOTP: the last step a login can have used by now. */
	[QUERY_AGE_TOTP] = "UPDATE credential SET resync = 0, resync_at = 0, moving = max(moving,"
			   " ?1 / max(period, 1) + max(drift, 0) + ?2) WHERE kind = 2",
	[QUERY_AGE_HOTP] = "UPDATE credential SET resync = 0, resync_at = 0, relearn = 1,"
			   " moving = moving + ?1 WHERE kind = 3",
	[QUERY_AGE_KEYS] = "UPDATE credential SET relearn = 1 WHERE type = 2",
	[QUERY_AGE_CODES] = "UPDATE recovery_code SET used_at = ?1 WHERE used_at = 0",
	[QUERY_AGE_CODES_LEFT] = "UPDATE credential SET moving = 0 WHERE kind = 4",
	[QUERY_AGE_FLAGS] = "DELETE FROM silent_access",
	[QUERY_AGE_INVITES] = "DELETE FROM invitation",
	[QUERY_RESEAL] = "UPDATE credential SET sealed = ?3, seal_key = ?4"
			 " WHERE id = ?1 AND account = ?2",
	[QUERY_DROP_SEALED] = "DELETE FROM credential WHERE sealed IS NOT NULL OR kind = 4",
	/* People.  A group that is somebody's own has its owner's number. */
	[QUERY_ACCOUNT_RENAME] = "UPDATE account SET name = ?2 WHERE number = ?1",
	[QUERY_ACCOUNT_CREDENTIALS] = "DELETE FROM credential WHERE account = ?1",
	[QUERY_PERSON_FIND] = PERSON " WHERE account.name = ?1",
	[QUERY_PERSON_EACH] = PERSON " WHERE person.account > ?1 ORDER BY person.account LIMIT ?2",
	[QUERY_PERSON_ADD] = "INSERT INTO person VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
	[QUERY_PERSON_SET] = "UPDATE person SET gid = ?2, gecos = ?3, home = ?4, shell = ?5,"
			     " expires = ?6 WHERE account = ?1",
	[QUERY_GROUP_FIND] = GROUP " WHERE name = ?1",
	[QUERY_GROUP_NAME] = "SELECT name FROM people WHERE gid = ?1",
	[QUERY_GROUP_EACH] = GROUP " WHERE number > ?1 ORDER BY number LIMIT ?2",
	[QUERY_GROUP_ADD] = "INSERT INTO people (name, gid, owner) VALUES (?1, ?2, ?3)",
	[QUERY_GROUP_RENAME] = "UPDATE people SET name = ?2 WHERE number = ?1",
	[QUERY_GROUP_REMOVE] = "DELETE FROM people WHERE number = ?1",
	[QUERY_GROUP_USED] = "SELECT account.name FROM person JOIN account ON number = account"
			     " WHERE gid = (SELECT gid FROM people WHERE number = ?1)"
			     " AND account <> ?2 LIMIT 1",
	[QUERY_GROUP_OWN] = GROUP " WHERE owner = ?1",
	[QUERY_GROUP_DISOWN] = "UPDATE people SET owner = NULL WHERE number = ?1",
	[QUERY_MEMBER_ADD] = "INSERT INTO member VALUES (?1, ?2) ON CONFLICT DO NOTHING",
	[QUERY_MEMBER_REMOVE] = "DELETE FROM member WHERE people = ?1 AND account = ?2",
	[QUERY_MEMBER_EACH] = "SELECT account.number, account.name FROM member"
			      " JOIN account ON account.number = member.account"
			      " WHERE people = ?1 AND member.account > ?2"
			      " ORDER BY member.account LIMIT ?3",
	[QUERY_GROUPS_OF] = GROUP " JOIN member ON people.number = member.people"
				  " WHERE member.account = ?1 AND people.number > ?2"
				  " ORDER BY people.number LIMIT ?3",
	/* Whose an id is, be it a uid or a gid. */
	[QUERY_ID_OWNER] = "SELECT 1, name FROM account WHERE uid = ?1"
			   " UNION ALL SELECT 2, name FROM people WHERE gid = ?1"
			   " UNION ALL SELECT 3, name FROM retired WHERE id = ?1 LIMIT 1",
	[QUERY_ID_RETIRE] = "INSERT INTO retired VALUES (?1, ?2, ?3)"
			    " ON CONFLICT DO UPDATE SET name = ?2, at = ?3",
	[QUERY_ID_REVIVE] = "DELETE FROM retired WHERE id = ?1",
};
