/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* `get =`: the notation of order.h. */
#include "lib/core/order.h"
#include "tests/fuzz/fuzz.h"

static void hold(const struct order *order)
{
	fuzz_insist(order->n >= 1 && order->n <= ORDER_STEPS_MAX);
	for (size_t i = 0; i < order->n; i++) {
		const struct order_step *step = &order->step[i];

		fuzz_insist(!step->ssh_key || i == 0);
		fuzz_insist(step->ssh_key || order_has(order, step->type));
		/* What cannot be configured away. */
		fuzz_insist(order_next(step, WEBCRED_STATUS_SUCCESS) == ORDER_RETURN);
		fuzz_insist(order_next(step, WEBCRED_STATUS_FAULT) == ORDER_RETURN);
		for (size_t j = i + 1; j < order->n; j++)
			fuzz_insist(step->type != order->step[j].type || step->ssh_key);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	struct order order = {0};
	struct order_error error = {0};
	int r = order_parse(text, size, &order, &error);

	fuzz_insist(order_parse(text, size, &order, NULL) == r);
	if (r == 0) {
		hold(&order);
		if (order_has_ssh_key(&order))
			order_shift(&order);
		fuzz_insist(!order_has_ssh_key(&order));
	} else {
		fuzz_insist(error.text[0] != '\0' && error.line >= 1 && error.column >= 1);
		fuzz_insist(memchr(error.text, '\0', sizeof(error.text)) != NULL);
	}
	free(text);
	return 0;
}
