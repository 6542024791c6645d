/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include "lib/core/order.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/base/outcome.h"

#define WORD_SHOWN_MAX 24 /* of an unknown word, in an error */

/* What an order may name: the types that can decide a login. */
static const enum webcred_type order_types[] = {
	WEBCRED_TYPE_PUBLIC_KEY,
	WEBCRED_TYPE_OTP,
	WEBCRED_TYPE_PASSWORD,
};
#define TYPES_ALLOWED "public-key, otp, password"
#define SSH_KEY "ssh-key"

/* What brackets may name; FAULT is left out on purpose. */
static const enum webcred_status order_statuses[] = {
	WEBCRED_STATUS_SUCCESS,	   WEBCRED_STATUS_NOTFOUND, WEBCRED_STATUS_UNAVAIL,
	WEBCRED_STATUS_NOTALLOWED, WEBCRED_STATUS_TRYAGAIN,
};
#define STATUSES_ALLOWED "SUCCESS, NOTFOUND, UNAVAIL, NOTALLOWED, TRYAGAIN"

#define N_ELEMENTS(array) (sizeof(array) / sizeof((array)[0]))

enum token_kind { TOKEN_END, TOKEN_WORD, TOKEN_MARK, TOKEN_BAD };

struct token {
	enum token_kind kind;
	char mark; /* of "[]!=" */
	const char *text;
	size_t len;
	unsigned line, column;
};

/* Reads one token ahead. */
struct reader {
	const char *at, *end;
	unsigned line, column;
	struct token token;
	struct order_error *error;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_';
}

static void reader_step(struct reader *reader)
{
	if (*reader->at == '\n') {
		reader->line++;
		reader->column = 0;
	}
	reader->at++;
	reader->column++;
}

static void reader_next(struct reader *reader)
{
	struct token *token = &reader->token;

	while (reader->at < reader->end && is_blank(*reader->at))
		reader_step(reader);
	*token = (struct token){.text = reader->at, .line = reader->line, .column = reader->column};
	if (reader->at == reader->end)
		return;
	if (is_word(*reader->at)) {
		token->kind = TOKEN_WORD;
		while (reader->at < reader->end && is_word(*reader->at))
			reader_step(reader);
	} else {
		token->kind = memchr("[]!=", *reader->at, 4) ? TOKEN_MARK : TOKEN_BAD;
		token->mark = token->kind == TOKEN_MARK ? *reader->at : '\0';
		reader_step(reader);
	}
	token->len = (size_t)(reader->at - token->text);
}

/* ---- errors: at the token that stands where something else belongs -------- */

__attribute__((format(printf, 2, 3))) static int fail(const struct reader *reader,
						      const char *format, ...)
{
	va_list args;

	if (reader->error == NULL)
		return WEBCRED_TYPE_ERROR;
	reader->error->line = reader->token.line;
	reader->error->column = reader->token.column;
	va_start(args, format);
	vsnprintf(reader->error->text, sizeof(reader->error->text), format, args);
	va_end(args);
	return WEBCRED_TYPE_ERROR;
}

/* The token as an error names it. */
static const char *shown(const struct token *token, char buffer[48])
{
	if (token->kind == TOKEN_END)
		return "the end";
	if (token->kind == TOKEN_BAD)
		snprintf(buffer, 48, "character 0x%02x", (unsigned)(unsigned char)*token->text);
	else
		snprintf(buffer, 48, "\"%.*s%s\"",
			 (int)(token->len > WORD_SHOWN_MAX ? WORD_SHOWN_MAX : token->len),
			 token->text, token->len > WORD_SHOWN_MAX ? "..." : "");
	return buffer;
}

static int fail_expected(const struct reader *reader, const char *allowed)
{
	char buffer[48];

	return fail(reader, "%s: expected %s", shown(&reader->token, buffer), allowed);
}

/* ---- the grammar ---------------------------------------------------------- */

static bool token_is(const struct token *token, const char *word)
{
	return token->kind == TOKEN_WORD && strlen(word) == token->len &&
	       strncasecmp(token->text, word, token->len) == 0;
}

static bool token_mark(const struct token *token, char mark)
{
	return token->kind == TOKEN_MARK && token->mark == mark;
}

/* Two types in one request (17); the token stands behind the first. */
static int parse_alone(const struct reader *reader)
{
	if (reader->token.kind != TOKEN_BAD ||
	    (*reader->token.text != '+' && *reader->token.text != ','))
		return 0;
	(void)fail(reader,
		   "\"%c\": each of " TYPES_ALLOWED " stands alone in a request; name them one "
		   "after the other, with blanks",
		   *reader->token.text);
	return WEBCRED_NOT_SUPPORTED;
}

static int parse_ssh_key(struct reader *reader, const struct order *order, struct order_step *step)
{
	if (order->n > 0)
		return fail(reader, "\"" SSH_KEY "\" stands first, or nowhere: sshd asked before "
				    "anybody else");
	step->ssh_key = true;
	step->type = WEBCRED_TYPE_PUBLIC_KEY;
	reader_next(reader);
	return 0;
}

static int parse_type(struct reader *reader, const struct order *order, enum webcred_type *ret_type)
{
	for (size_t i = 0; i < N_ELEMENTS(order_types); i++) {
		const char *name = outcome_type_name(order_types[i]);

		if (reader->token.kind != TOKEN_WORD || strlen(name) != reader->token.len ||
		    memcmp(name, reader->token.text, reader->token.len) != 0)
			continue;
		if (order_has(order, order_types[i]))
			return fail(reader,
				    "\"%s\" stands here a second time: a type may be "
				    "named once",
				    name);
		*ret_type = order_types[i];
		reader_next(reader);
		return parse_alone(reader);
	}
	return fail_expected(reader, "a type: " TYPES_ALLOWED);
}

static int parse_status(struct reader *reader, enum webcred_status *ret_status)
{
	if (token_is(&reader->token, "FAULT"))
		return fail(
			reader,
			"FAULT always returns and cannot be changed; allowed: " STATUSES_ALLOWED);
	for (size_t i = 0; i < N_ELEMENTS(order_statuses); i++) {
		if (!token_is(&reader->token, outcome_status_name(order_statuses[i])))
			continue;
		*ret_status = order_statuses[i];
		reader_next(reader);
		return 0;
	}
	return fail_expected(reader, "a status: " STATUSES_ALLOWED);
}

/* Stays on the action's token, so that an error about it points there. */
static int parse_action(const struct reader *reader, enum order_action *ret_action)
{
	if (token_is(&reader->token, "return"))
		*ret_action = ORDER_RETURN;
	else if (token_is(&reader->token, "continue"))
		*ret_action = ORDER_CONTINUE;
	else
		return fail_expected(reader, "an action: return, continue");
	return 0;
}

static void set_others(struct order_step *step, enum webcred_status but, enum order_action action)
{
	for (size_t i = 0; i < N_ELEMENTS(order_statuses); i++)
		if (order_statuses[i] != but && order_statuses[i] != WEBCRED_STATUS_SUCCESS)
			step->action[order_statuses[i]] = action;
}

/* One ["!"] STATUS "=" action. */
static int parse_rule(struct reader *reader, struct order_step *step)
{
	enum webcred_status status = WEBCRED_STATUS_NONE;
	enum order_action action = ORDER_RETURN;
	bool others = token_mark(&reader->token, '!');
	int result;

	if (others)
		reader_next(reader);
	result = parse_status(reader, &status);
	if (result != 0)
		return result;
	if (!token_mark(&reader->token, '='))
		return fail_expected(reader, "\"=\"");
	reader_next(reader);
	result = parse_action(reader, &action);
	if (result != 0)
		return result;
	if (others)
		set_others(step, status, action);
	else if (status == WEBCRED_STATUS_SUCCESS && action == ORDER_CONTINUE)
		return fail(reader, "SUCCESS=continue is not allowed: two factors are two lines "
				    "of a PAM stack, each with its own get=");
	else
		step->action[status] = action;
	reader_next(reader);
	return 0;
}

static int parse_rules(struct reader *reader, struct order_step *step)
{
	if (!token_mark(&reader->token, '['))
		return 0;
	reader_next(reader);
	while (!token_mark(&reader->token, ']')) {
		int result;

		if (reader->token.kind == TOKEN_END)
			return fail_expected(reader, "\"]\"");
		result = parse_rule(reader, step);
		if (result != 0)
			return result;
	}
	reader_next(reader);
	return 0;
}

static void step_init(struct order_step *step)
{
	memset(step, 0, sizeof(*step));
	for (size_t i = 0; i < N_ELEMENTS(step->action); i++)
		step->action[i] = ORDER_RETURN;
	step->action[WEBCRED_STATUS_NOTFOUND] = ORDER_CONTINUE;
	step->action[WEBCRED_STATUS_UNAVAIL] = ORDER_CONTINUE;
	step->action[WEBCRED_STATUS_TRYAGAIN] = ORDER_CONTINUE;
}

int order_parse(const char *text, size_t len, struct order *ret_order,
		struct order_error *ret_error)
{
	struct reader reader = {
		.at = text, .end = text + len, .line = 1, .column = 1, .error = ret_error};
	struct order order = {0};

	reader_next(&reader);
	if (reader.token.kind == TOKEN_END) {
		(void)fail_expected(&reader, "a type: " TYPES_ALLOWED);
		return WEBCRED_NOT_SUPPORTED; /* 16 */
	}
	do {
		struct order_step step;
		int result;

		if (order.n == ORDER_STEPS_MAX)
			return fail(&reader, "more than %d types", ORDER_STEPS_MAX);
		step_init(&step);
		result = reader.token.kind == TOKEN_WORD && reader.token.len == strlen(SSH_KEY) &&
					 memcmp(reader.token.text, SSH_KEY, strlen(SSH_KEY)) == 0
				 ? parse_ssh_key(&reader, &order, &step)
				 : parse_type(&reader, &order, &step.type);
		if (result == 0)
			result = parse_rules(&reader, &step);
		if (result != 0)
			return result;
		order.step[order.n++] = step;
	} while (reader.token.kind != TOKEN_END);
	*ret_order = order;
	return 0;
}

enum order_action order_next(const struct order_step *step, enum webcred_status status)
{
	switch (status) {
	case WEBCRED_STATUS_NOTFOUND:
	case WEBCRED_STATUS_UNAVAIL:
	case WEBCRED_STATUS_NOTALLOWED:
	case WEBCRED_STATUS_TRYAGAIN:
		return step->action[status] == ORDER_CONTINUE ? ORDER_CONTINUE : ORDER_RETURN;
	case WEBCRED_STATUS_NONE:
	case WEBCRED_STATUS_SUCCESS:
	case WEBCRED_STATUS_FAULT:
		break;
	}
	return ORDER_RETURN;
}

bool order_has(const struct order *order, enum webcred_type type)
{
	for (size_t i = 0; i < order->n; i++)
		if (order->step[i].type == type && !order->step[i].ssh_key)
			return true;
	return false;
}

bool order_has_ssh_key(const struct order *order)
{
	return order->n > 0 && order->step[0].ssh_key;
}

void order_shift(struct order *order)
{
	memmove(&order->step[0], &order->step[1], sizeof(order->step) - sizeof(order->step[0]));
	order->n--;
}
