/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * schema - the tables, as the steps that lead from one version to the next.
 *
 * Step i moves a database from version i to i + 1; step 0 makes it.  A step
 * that has been released is never edited: append one and raise
 * STORE_SCHEMA_VERSION.
 *
 * Space is why the tables look as they do: with a password, an authenticator
 * app, a key and ten recovery codes a user takes less than 2 KiB
 * (doc/decisions/0011-sqlite.md).  Numbers instead of the 16-byte id join the
 * tables, tables that are their own index have no rowid, and what may be
 * missing is NULL, which takes one byte.
 */
#ifndef WEBCRED_STORE_SCHEMA_H
#define WEBCRED_STORE_SCHEMA_H

#define SCHEMA_APPLICATION_ID 0x77656264 /* "webd" */

static const char *const schema_steps[] = {
	/* AUTOINCREMENT: the number of a removed account is never given out
	 * again, so what a session has pinned cannot become somebody else. */
	"CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE TABLE account ("
	" number INTEGER PRIMARY KEY AUTOINCREMENT,"
	" name TEXT NOT NULL UNIQUE,"
	" uid INTEGER NOT NULL UNIQUE,"
	" handle BLOB NOT NULL CHECK (length(handle) = 32),"
	" locked INTEGER NOT NULL DEFAULT 0,"
	" created INTEGER NOT NULL) STRICT;"
	/* number: the order of creation. */
	"CREATE TABLE credential ("
	" number INTEGER PRIMARY KEY,"
	" account INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,"
	" id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),"
	" type INTEGER NOT NULL,"
	" kind INTEGER NOT NULL,"
	" label TEXT NOT NULL,"
	" rp_id TEXT NOT NULL,"
	" created INTEGER NOT NULL,"
	" last_used INTEGER NOT NULL DEFAULT 0,"
	" locked INTEGER NOT NULL DEFAULT 0,"
	" moving INTEGER NOT NULL DEFAULT 0 CHECK (moving >= 0),"
	" hash TEXT,"
	" sealed BLOB,"
	" seal_key INTEGER NOT NULL DEFAULT 0,"
	" algorithm INTEGER NOT NULL DEFAULT 0,"
	" digits INTEGER NOT NULL DEFAULT 0,"
	" period INTEGER NOT NULL DEFAULT 0,"
	" drift INTEGER NOT NULL DEFAULT 0,"
	" resync INTEGER NOT NULL DEFAULT 0,"
	" resync_at INTEGER NOT NULL DEFAULT 0,"
	" cose_algorithm INTEGER NOT NULL DEFAULT 0,"
	" external BLOB,"
	" key BLOB,"
	" aaguid BLOB CHECK (length(aaguid) = 16),"
	" transports INTEGER NOT NULL DEFAULT 0,"
	" uv_initialized INTEGER NOT NULL DEFAULT 0,"
	" backup_eligible INTEGER NOT NULL DEFAULT 0,"
	" backup_state INTEGER NOT NULL DEFAULT 0,"
	" resident INTEGER NOT NULL DEFAULT 0,"
	" no_touch INTEGER NOT NULL DEFAULT 0,"
	" relearn INTEGER NOT NULL DEFAULT 0) STRICT;"
	"CREATE INDEX credential_account ON credential (account);"
	/* Behaviour 79: a key is registered once, for whichever user. */
	"CREATE UNIQUE INDEX credential_external ON credential (external)"
	" WHERE external IS NOT NULL;"
	/* Behaviour 42: one password (kind 1) an account. */
	"CREATE UNIQUE INDEX credential_password ON credential (account) WHERE kind = 1;"
	"CREATE TABLE recovery_code ("
	" credential INTEGER NOT NULL REFERENCES credential ON DELETE CASCADE,"
	" hash BLOB NOT NULL CHECK (length(hash) = 32),"
	" used_at INTEGER NOT NULL DEFAULT 0,"
	" PRIMARY KEY (credential, hash)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE throttle ("
	" subject TEXT NOT NULL,"
	" type INTEGER NOT NULL,"
	" origin TEXT NOT NULL,"
	" failures INTEGER NOT NULL,"
	" first_at INTEGER NOT NULL,"
	" last_at INTEGER NOT NULL,"
	" PRIMARY KEY (subject, type, origin)) STRICT, WITHOUT ROWID;"
	/* Behaviour 2: no row, and silent access is prevented. */
	"CREATE TABLE silent_access ("
	" account INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,"
	" rp_id TEXT NOT NULL,"
	" service TEXT NOT NULL,"
	" PRIMARY KEY (account, rp_id, service)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE invitation ("
	" account INTEGER PRIMARY KEY REFERENCES account ON DELETE CASCADE,"
	" hash BLOB NOT NULL CHECK (length(hash) = 32),"
	" expires INTEGER NOT NULL) STRICT;",
	/* The name service.  A person is an account with more to it, and goes with
	 * it.  An id that was given out names files after its owner is gone: it is
	 * kept as spent (doc/decisions). */
	"CREATE TABLE people ("
	" number INTEGER PRIMARY KEY AUTOINCREMENT,"
	" name TEXT NOT NULL UNIQUE,"
	" gid INTEGER NOT NULL UNIQUE CHECK (gid > 0),"
	" owner INTEGER UNIQUE REFERENCES account ON DELETE SET NULL) STRICT;"
	"CREATE TABLE person ("
	" account INTEGER PRIMARY KEY REFERENCES account ON DELETE CASCADE,"
	" gid INTEGER NOT NULL REFERENCES people (gid),"
	" gecos TEXT NOT NULL,"
	" home TEXT NOT NULL,"
	" shell TEXT NOT NULL,"
	" expires INTEGER NOT NULL DEFAULT 0) STRICT;"
	"CREATE INDEX person_gid ON person (gid);"
	"CREATE TABLE member ("
	" people INTEGER NOT NULL REFERENCES people ON DELETE CASCADE,"
	" account INTEGER NOT NULL REFERENCES person ON DELETE CASCADE,"
	" PRIMARY KEY (people, account)) STRICT, WITHOUT ROWID;"
	"CREATE INDEX member_account ON member (account);"
	"CREATE TABLE retired ("
	" id INTEGER PRIMARY KEY CHECK (id > 0),"
	" name TEXT NOT NULL,"
	" at INTEGER NOT NULL) STRICT;",
};

#endif
