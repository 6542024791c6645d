/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include "authority/store/sqlite.h"

#include <errno.h>

int sqlite_throttle_get(struct store *base, const char *subject, enum webcred_type type,
			const char *origin, struct store_throttle *ret_throttle)
{
	struct sqlite_store *store = (struct sqlite_store *)base;
	sqlite3_stmt *row = NULL;
	int64_t failures;
	int r = sqlite_find(store, QUERY_THROTTLE_GET, &row,
			    VALUES(value_text(subject), value_integer(type), value_text(origin)));

	if (r != 0)
		return r;
	failures = sqlite3_column_int64(row, 0);
	if (failures < 0 || failures > UINT32_MAX) {
		r = -EUCLEAN;
	} else {
		ret_throttle->failures = (uint32_t)failures;
		ret_throttle->first_at = sqlite3_column_int64(row, 1);
		ret_throttle->last_at = sqlite3_column_int64(row, 2);
	}
	sqlite3_reset(row);
	return r;
}

/* No failures is no row: the table holds those who failed, and no others. */
int sqlite_throttle_set(struct store *base, const char *subject, enum webcred_type type,
			const char *origin, const struct store_throttle *throttle)
{
	struct sqlite_store *store = (struct sqlite_store *)base;
	int changed;

	if (throttle->failures == 0)
		return sqlite_write(
			store, QUERY_THROTTLE_FORGET, &changed,
			VALUES(value_text(subject), value_integer(type), value_text(origin)));
	return sqlite_write(store, QUERY_THROTTLE_SET, &changed,
			    VALUES(value_text(subject), value_integer(type), value_text(origin),
				   value_integer(throttle->failures),
				   value_integer(throttle->first_at),
				   value_integer(throttle->last_at)));
}

int sqlite_throttle_clear(struct store *base, const char *subject, const char *origin)
{
	struct sqlite_store *store = (struct sqlite_store *)base;
	int changed;

	if (!origin)
		return sqlite_write(store, QUERY_THROTTLE_CLEAR, &changed,
				    VALUES(value_text(subject)));
	return sqlite_write(store, QUERY_THROTTLE_CLEAR_ORIGIN, &changed,
			    VALUES(value_text(subject), value_text(origin)));
}
