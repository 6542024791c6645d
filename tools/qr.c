/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * qr - an otpauth:// URI for the camera of a phone.
 *
 * Cameras want dark modules on a light ground with a light border of four
 * modules (ISO/IEC 18004), whatever the colours of the terminal: the light
 * modules are what is drawn, and where the terminal has colours they are set.
 */
#include <langinfo.h>
#include <qrencode.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tools/tool.h"

#define QR_BORDER 4

/* Outside the code everything is light. */
static bool qr_is_light(const QRcode *code, int x, int y)
{
	if (x < 0 || y < 0 || x >= code->width || y >= code->width)
		return true;
	return (code->data[y * code->width + x] & 1) == 0;
}

static bool qr_fits(int columns)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
		return true;
	return columns <= size.ws_col;
}

/* Two rows of modules in one line of text. */
static void qr_draw_blocks(const QRcode *code, bool colour)
{
	static const char *const glyphs[2][2] = {{" ", "\u2584"}, {"\u2580", "\u2588"}};
	const int end = code->width + QR_BORDER;

	for (int y = -QR_BORDER; y < end; y += 2) {
		fputs(colour ? "\033[40;97m" : "", stdout);
		for (int x = -QR_BORDER; x < end; x++) {
			bool lower = y + 1 < end && qr_is_light(code, x, y + 1);

			fputs(glyphs[qr_is_light(code, x, y)][lower], stdout);
		}
		puts(colour ? "\033[0m" : "");
	}
}

/* Without UTF-8: two columns a module, by background colour or by characters. */
static void qr_draw_plain(const QRcode *code, bool colour)
{
	const char *light = colour ? "\033[107m  " : "##";
	const char *dark = colour ? "\033[40m  " : "  ";
	const int end = code->width + QR_BORDER;

	for (int y = -QR_BORDER; y < end; y++) {
		for (int x = -QR_BORDER; x < end; x++)
			fputs(qr_is_light(code, x, y) ? light : dark, stdout);
		puts(colour ? "\033[0m" : "");
	}
}

bool qr_draw(const char *text)
{
	const char *term = getenv("TERM");
	const bool colour = term != NULL && strcmp(term, "dumb") != 0;
	const bool utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_L);
	bool drawn = false;

	if (code == NULL)
		return false;
	if (qr_fits((code->width + 2 * QR_BORDER) * (utf8 ? 1 : 2))) {
		if (utf8)
			qr_draw_blocks(code, colour);
		else
			qr_draw_plain(code, colour);
		drawn = true;
	}
	explicit_bzero(code->data, (size_t)code->width * (size_t)code->width); /* the seed */
	QRcode_free(code);
	return drawn;
}
