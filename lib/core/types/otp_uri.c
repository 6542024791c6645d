/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * otp_uri - otpauth:// URIs, as authenticator apps read them.
 *
 *   otpauth://totp/ISSUER:NAME?secret=BASE32&issuer=ISSUER&algorithm=SHA1&digits=6&period=30
 *   otpauth://hotp/ISSUER:NAME?secret=BASE32&issuer=ISSUER&algorithm=SHA1&digits=6&counter=0
 *
 * The format was never a standard; what is written here all apps take, and
 * what is read is refused where it says anything this build would not honour.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/base/secret.h"
#include "lib/base/text.h"
#include "lib/core/codec.h"
#include "lib/core/types/otp.h"

#define SCHEME "otpauth://"
#define URI_MAX 1023
#define PERIOD_DEFAULT 30
#define PERIOD_MAX 3600
/* 64 bytes are 103 characters; an accepted text may carry blanks and padding. */
#define SECRET_TEXT_MAX 256

static const char *const algorithm_names[] = {
	[ALGORITHM_SHA1] = "SHA1",
	[ALGORITHM_SHA256] = "SHA256",
	[ALGORITHM_SHA512] = "SHA512",
};

/* ---- writing ------------------------------------------------------------------ */

struct writer {
	char *buffer;
	size_t size, len;
	bool overflow;
};

__attribute__((format(printf, 2, 3))) static void write_text(struct writer *writer,
							     const char *format, ...)
{
	size_t room = writer->size - writer->len;
	va_list args;
	int len;

	va_start(args, format);
	len = writer->overflow ? -1 : vsnprintf(writer->buffer + writer->len, room, format, args);
	va_end(args);
	if (len < 0 || (size_t)len >= room)
		writer->overflow = true;
	else
		writer->len += (size_t)len;
}

static void write_escaped(struct writer *writer, const char *text)
{
	ssize_t len = writer->overflow ? -EMSGSIZE
				       : codec_percent_encode(text, strlen(text),
							      writer->buffer + writer->len,
							      writer->size - writer->len);

	if (len < 0)
		writer->overflow = true;
	else
		writer->len += (size_t)len;
}

static void write_secret(struct writer *writer, const uint8_t *seed, size_t seed_len)
{
	ssize_t len = writer->overflow
			      ? -EMSGSIZE
			      : codec_base32_encode(seed, seed_len, writer->buffer + writer->len,
						    writer->size - writer->len);

	if (len < 0)
		writer->overflow = true;
	else
		writer->len += (size_t)len;
}

static bool can_be_written(const struct credential *record, size_t seed_len)
{
	return (record->kind == KIND_TOTP || record->kind == KIND_HOTP) &&
	       record->algorithm >= ALGORITHM_SHA1 && record->algorithm <= ALGORITHM_SHA512 &&
	       seed_len > 0 && seed_len <= OTP_SEED_MAX;
}

int otp_uri(const struct credential *record, const uint8_t *seed, size_t seed_len,
	    const char *issuer, const char *account, char *buffer, size_t size)
{
	struct writer writer = {.buffer = buffer, .size = size, .overflow = size == 0};
	bool totp = record->kind == KIND_TOTP;

	if (!can_be_written(record, seed_len))
		return -EINVAL;
	write_text(&writer, SCHEME "%s/", totp ? "totp" : "hotp");
	if (issuer[0] != '\0') {
		write_escaped(&writer, issuer);
		write_text(&writer, ":");
	}
	write_escaped(&writer, account);
	write_text(&writer, "?secret=");
	write_secret(&writer, seed, seed_len);
	if (issuer[0] != '\0') {
		write_text(&writer, "&issuer=");
		write_escaped(&writer, issuer);
	}
	write_text(&writer, "&algorithm=%s&digits=%u", algorithm_names[record->algorithm],
		   (unsigned)record->digits);
	if (totp)
		write_text(&writer, "&period=%u", (unsigned)record->period);
	else
		write_text(&writer, "&counter=%" PRIu64, record->moving);
	if (!writer.overflow)
		return 0;
	secret_wipe(buffer, size); /* half a seed is a seed's half */
	return -EMSGSIZE;
}

/* ---- reading ------------------------------------------------------------------ */

/* One stretch of the URI; nothing is copied until it is decoded. */
struct span {
	const char *at;
	size_t len;
};

enum parameter { SECRET = 1, ISSUER = 2, ALGORITHM = 4, DIGITS = 8, PERIOD = 16, COUNTER = 32 };

struct parse {
	struct credential record;
	uint8_t seed[OTP_SEED_MAX];
	size_t seed_len;
	unsigned seen; /* set of enum parameter */
	char *text;
	size_t text_size;
};

/* What is wrong; always false.  Never quotes the URI: it holds the seed. */
__attribute__((format(printf, 2, 3))) static bool wrong(struct parse *parse, const char *format,
							...)
{
	va_list args;

	if (parse->text == NULL || parse->text_size == 0)
		return false;
	va_start(args, format);
	vsnprintf(parse->text, parse->text_size, format, args);
	va_end(args);
	return false;
}

static bool span_is(struct span span, const char *word)
{
	return span.len == strlen(word) && memcmp(span.at, word, span.len) == 0;
}

/* Takes everything up to `mark`, and the mark; all of it where there is none. */
static struct span span_cut(struct span *rest, char mark, bool *ret_found)
{
	const char *end = rest->len > 0 ? memchr(rest->at, mark, rest->len) : NULL;
	struct span cut = {rest->at, end ? (size_t)(end - rest->at) : rest->len};

	*ret_found = end != NULL;
	rest->at += cut.len + (end != NULL);
	rest->len -= cut.len + (end != NULL);
	return cut;
}

static bool span_number(struct span span, uint64_t max, uint64_t *ret_number)
{
	uint64_t number = 0;

	if (span.len == 0 || span.len > 19)
		return false;
	for (size_t i = 0; i < span.len; i++) {
		if (span.at[i] < '0' || span.at[i] > '9')
			return false;
		number = number * 10 + (uint64_t)(span.at[i] - '0');
	}
	if (number > max)
		return false;
	*ret_number = number;
	return true;
}

/* Decoded, printable, at most WIRE_LABEL_MAX bytes. */
static bool span_label(struct span span, char buffer[WIRE_LABEL_MAX + 1])
{
	char label[WIRE_LABEL_MAX + 1];

	if (codec_percent_decode(span.at, span.len, label, sizeof(label)) < 0 ||
	    !text_label_valid(label, WIRE_LABEL_MAX))
		return false;
	memcpy(buffer, label, sizeof(label));
	return true;
}

static bool parse_kind(struct parse *parse, struct span *rest)
{
	size_t scheme = strlen(SCHEME);
	struct span kind;
	bool found;

	if (rest->len < scheme || strncasecmp(rest->at, SCHEME, scheme) != 0)
		return wrong(parse, "this is no otpauth:// URI");
	rest->at += scheme;
	rest->len -= scheme;
	kind = span_cut(rest, '/', &found);
	if (found && kind.len == 4 && strncasecmp(kind.at, "totp", 4) == 0)
		parse->record.kind = KIND_TOTP;
	else if (found && kind.len == 4 && strncasecmp(kind.at, "hotp", 4) == 0)
		parse->record.kind = KIND_HOTP;
	else
		return wrong(parse, "otpauth:// must be followed by totp/ or hotp/");
	return true;
}

/* The label stays whole, ISSUER:NAME with whatever colons it has. */
static bool parse_label(struct parse *parse, struct span *rest)
{
	bool found;
	struct span label = span_cut(rest, '?', &found);

	if (!found)
		return wrong(parse, "there is no secret= in the URI");
	if (label.len == 0 || !span_label(label, parse->record.label))
		return wrong(parse, "the label must be 1 to %d printable bytes", WIRE_LABEL_MAX);
	return true;
}

static bool parse_secret(struct parse *parse, struct span value)
{
	char text[SECRET_TEXT_MAX + 1] = "";
	ssize_t len = codec_percent_decode(value.at, value.len, text, sizeof(text));

	if (len >= 0)
		len = codec_base32_decode(text, (size_t)len, parse->seed, sizeof(parse->seed));
	secret_wipe(text, sizeof(text));
	if (len == -EINVAL)
		return wrong(parse, "secret= is not base32 (A to Z and 2 to 7)");
	if (len < OTP_SEED_MIN)
		return wrong(parse, "secret= must be %d to %d bytes", OTP_SEED_MIN, OTP_SEED_MAX);
	parse->seed_len = (size_t)len;
	return true;
}

static bool parse_algorithm(struct parse *parse, struct span value)
{
	for (uint8_t i = ALGORITHM_SHA1; i <= ALGORITHM_SHA512; i++)
		if (value.len == strlen(algorithm_names[i]) &&
		    strncasecmp(value.at, algorithm_names[i], value.len) == 0) {
			parse->record.algorithm = i;
			return true;
		}
	return wrong(parse, "algorithm= must be SHA1, SHA256 or SHA512");
}

static bool parse_number(struct parse *parse, enum parameter parameter, struct span value)
{
	uint64_t number = 0;

	if (parameter == DIGITS) {
		if (!span_number(value, 8, &number) || number < 6)
			return wrong(parse, "digits= must be 6, 7 or 8");
		parse->record.digits = (uint8_t)number;
	} else if (parameter == PERIOD) {
		if (!span_number(value, PERIOD_MAX, &number) || number < 1)
			return wrong(parse, "period= must be 1 to %d seconds", PERIOD_MAX);
		parse->record.period = (uint16_t)number;
	} else {
		if (!span_number(value, INT64_MAX - 1, &number))
			return wrong(parse, "counter= must be a number");
		parse->record.moving = number;
	}
	return true;
}

static enum parameter parameter_find(struct span name)
{
	static const struct {
		const char *name;
		enum parameter parameter;
	} known[] = {
		{"secret", SECRET}, {"issuer", ISSUER}, {"algorithm", ALGORITHM},
		{"digits", DIGITS}, {"period", PERIOD}, {"counter", COUNTER},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (span_is(name, known[i].name))
			return known[i].parameter;
	return 0;
}

static bool parse_parameter(struct parse *parse, struct span pair)
{
	char issuer[WIRE_LABEL_MAX + 1];
	bool found;
	struct span name = span_cut(&pair, '=', &found);
	enum parameter parameter = parameter_find(name);

	if (!found || parameter == 0)
		return wrong(parse, "a parameter is none of secret, issuer, algorithm, digits, "
				    "period, counter");
	if ((parse->seen & parameter) != 0)
		return wrong(parse, "the parameter %.*s= stands there twice", (int)name.len,
			     name.at);
	parse->seen |= parameter;
	switch (parameter) {
	case SECRET:
		return parse_secret(parse, pair);
	case ISSUER:
		return span_label(pair, issuer) ||
		       wrong(parse, "issuer= must be 1 to %d printable bytes", WIRE_LABEL_MAX);
	case ALGORITHM:
		return parse_algorithm(parse, pair);
	case DIGITS:
	case PERIOD:
	case COUNTER:
		break;
	}
	return parse_number(parse, parameter, pair);
}

/* What must be there, what must not, and what is meant where nothing is said. */
static bool parse_finish(struct parse *parse)
{
	bool totp = parse->record.kind == KIND_TOTP;

	if ((parse->seen & SECRET) == 0)
		return wrong(parse, "there is no secret= in the URI");
	if (totp && (parse->seen & COUNTER) != 0)
		return wrong(parse, "counter= belongs to hotp");
	if (!totp && (parse->seen & PERIOD) != 0)
		return wrong(parse, "period= belongs to totp");
	if (!totp && (parse->seen & COUNTER) == 0)
		return wrong(parse, "hotp needs counter=");
	if (totp && (parse->seen & PERIOD) == 0)
		parse->record.period = PERIOD_DEFAULT;
	return true;
}

static bool parse_uri(struct parse *parse, struct span rest)
{
	bool more = true;

	if (rest.len > URI_MAX)
		return wrong(parse, "the URI is longer than %d bytes", URI_MAX);
	for (size_t i = 0; i < rest.len; i++)
		if (rest.at[i] <= ' ' || rest.at[i] > '~' || rest.at[i] == '#')
			return wrong(parse, "character %zu is not allowed in the URI", i + 1);
	if (!parse_kind(parse, &rest) || !parse_label(parse, &rest))
		return false;
	while (more) {
		struct span pair = span_cut(&rest, '&', &more);

		if (!parse_parameter(parse, pair))
			return false;
	}
	return parse_finish(parse);
}

int otp_uri_parse(const char *uri, size_t len, struct credential *ret_record, uint8_t *seed,
		  size_t *ret_seed_len, char *ret_text, size_t text_size)
{
	struct parse parse;
	bool good;

	memset(&parse, 0, sizeof(parse));
	parse.text = ret_text;
	parse.text_size = text_size;
	parse.record.type = WEBCRED_TYPE_OTP;
	parse.record.algorithm = ALGORITHM_SHA1;
	parse.record.digits = 6;
	good = parse_uri(&parse, (struct span){uri, len});
	if (good) {
		*ret_record = parse.record;
		memcpy(seed, parse.seed, parse.seed_len);
		*ret_seed_len = parse.seed_len;
	}
	secret_wipe(&parse, sizeof(parse));
	return good ? 0 : WEBCRED_TYPE_ERROR;
}
