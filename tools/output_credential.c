/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* output_credential - a credential as JSON, and as a row of the list. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wchar.h>

#include "tools/output_credential.h"
#include "tools/tool.h"

#define CELL_MAX 256
enum { COLUMN_ID, COLUMN_KIND, COLUMN_LABEL, COLUMN_CREATED, COLUMN_USED, COLUMN_NOTE, COLUMNS };

struct output_row {
	char cell[COLUMNS][CELL_MAX];
};

struct output_list {
	size_t n;
	struct output_row *rows;
	json_t *array;
};

void output_credential_hex(const uint8_t *id, size_t n, char *buffer)
{
	for (size_t i = 0; i < n; i++)
		snprintf(buffer + 2 * i, 3, "%02x", id[i]);
}

static json_t *output_time_json(int64_t when)
{
	return when > 0 ? json_integer(when) : json_null();
}

static json_t *output_string(const char *text)
{
	json_t *string = json_string(text);

	return string != NULL ? string : json_null();
}

json_t *output_credential_json(const struct webcred_credential *credential)
{
	char id[2 * WEBCRED_CREDENTIAL_ID_SIZE + 1];

	output_credential_hex(webcred_credential_id(credential), WEBCRED_CREDENTIAL_ID_SIZE, id);
	return json_pack("{s:s,s:s,s:o,s:o,s:o,s:o,s:o,s:I,s:b,s:b,s:b}", "id", id, "type",
			 webcred_type_name(webcred_credential_type(credential)), "kind",
			 output_string(webcred_credential_kind(credential)), "label",
			 output_string(webcred_credential_label(credential)), "rpId",
			 output_string(webcred_credential_rp_id(credential)), "created",
			 output_time_json(webcred_credential_created(credential)), "lastUsed",
			 output_time_json(webcred_credential_last_used(credential)), "counter",
			 (json_int_t)webcred_credential_counter(credential), "userVerified",
			 webcred_credential_user_verified(credential), "silent",
			 webcred_credential_was_silent(credential), "locked",
			 webcred_credential_locked(credential));
}

void output_name(const struct webcred_credential *credential, char *buffer, size_t size)
{
	const char *label = webcred_credential_label(credential);
	char id[2 * OUTPUT_ID_SHORT + 1];

	output_credential_hex(webcred_credential_id(credential), OUTPUT_ID_SHORT, id);
	if (label[0] == '\0')
		snprintf(buffer, size, "%s (%s)", webcred_credential_kind(credential), id);
	else
		snprintf(buffer, size, "%s \"%s\" (%s)", webcred_credential_kind(credential), label,
			 id);
}

static void output_date(int64_t when, char cell[CELL_MAX])
{
	const time_t seconds = (time_t)when;
	struct tm local;

	if (when <= 0 || localtime_r(&seconds, &local) == NULL ||
	    strftime(cell, CELL_MAX, "%Y-%m-%d %H:%M", &local) == 0)
		snprintf(cell, CELL_MAX, "never");
}

static void output_note(const struct webcred_credential *credential, char cell[CELL_MAX])
{
	const uint64_t counter = webcred_credential_counter(credential);
	const char *kind = webcred_credential_kind(credential);

	if (webcred_credential_locked(credential))
		snprintf(cell, CELL_MAX, "locked");
	else if (strcmp(kind, "recovery codes") == 0)
		snprintf(cell, CELL_MAX, "%" PRIu64 " left", counter);
	else if (webcred_credential_type(credential) == WEBCRED_TYPE_PUBLIC_KEY)
		snprintf(cell, CELL_MAX, "counter %" PRIu64, counter);
	else
		cell[0] = '\0';
}

struct output_list *output_list_new(void)
{
	struct output_list *list = calloc(1, sizeof(*list));

	if (list != NULL && (list->array = json_array()) == NULL) {
		free(list);
		list = NULL;
	}
	return list;
}

int output_list_add(void *context, const struct webcred_credential *credential)
{
	struct output_list *list = context;
	struct output_row *rows = reallocarray(list->rows, list->n + 1, sizeof(*rows));
	struct output_row *row;

	if (rows == NULL)
		return -ENOMEM;
	list->rows = rows;
	row = &rows[list->n++];
	output_credential_hex(webcred_credential_id(credential), OUTPUT_ID_SHORT,
			      row->cell[COLUMN_ID]);
	snprintf(row->cell[COLUMN_KIND], CELL_MAX, "%s", webcred_credential_kind(credential));
	snprintf(row->cell[COLUMN_LABEL], CELL_MAX, "%s", webcred_credential_label(credential));
	output_date(webcred_credential_created(credential), row->cell[COLUMN_CREATED]);
	output_date(webcred_credential_last_used(credential), row->cell[COLUMN_USED]);
	output_note(credential, row->cell[COLUMN_NOTE]);
	return json_array_append_new(list->array, output_credential_json(credential)) == 0
		       ? 0
		       : -ENOMEM;
}

/* Columns on the screen, which for a label are not its bytes. */
static int output_width(const char *text)
{
	wchar_t wide[CELL_MAX];
	size_t n = mbstowcs(wide, text, CELL_MAX);
	int width = n == (size_t)-1 || n == CELL_MAX ? -1 : wcswidth(wide, n);

	return width < 0 ? (int)strlen(text) : width;
}

static void output_row_print(const struct output_row *row, const int widths[COLUMNS])
{
	int last = COLUMNS - 1;

	while (last > 0 && row->cell[last][0] == '\0')
		last--;
	for (int i = 0; i < last; i++)
		printf("%s%*s", row->cell[i], widths[i] - output_width(row->cell[i]) + 2, "");
	puts(row->cell[last]);
}

static void output_table(const struct output_list *list)
{
	static const struct output_row head = {{"ID", "KIND", "LABEL", "CREATED", "LAST USED", ""}};
	int widths[COLUMNS];

	for (int i = 0; i < COLUMNS; i++) {
		widths[i] = output_width(head.cell[i]);
		for (size_t n = 0; n < list->n; n++) {
			int width = output_width(list->rows[n].cell[i]);

			widths[i] = width > widths[i] ? width : widths[i];
		}
	}
	output_row_print(&head, widths);
	for (size_t n = 0; n < list->n; n++)
		output_row_print(&list->rows[n], widths);
}

void output_list_end(const struct tool *tool, const struct output_list *list)
{
	if (tool->json) {
		json_t *all = json_pack("{s:O}", "credentials", list->array);

		if (all != NULL && json_dumpf(all, stdout, JSON_COMPACT) == 0)
			putchar('\n');
		json_decref(all);
	} else if (list->n > 0) {
		output_table(list);
	} else if (tool->uid == (uid_t)-1) {
		printf("There is no account named %s, and nothing is enrolled for it.\n",
		       tool->user);
	} else {
		printf("%s has no credential yet. Begin with: webcred store password\n",
		       tool->user);
	}
}

void output_list_free(struct output_list *list)
{
	if (list == NULL)
		return;
	json_decref(list->array);
	free(list->rows);
	free(list);
}
