/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include "lib/core/types/type.h"

/* Every credential type there is: nothing registers itself. */
static const struct type *const types[] = {
	&type_public_key,
	&type_otp,
	&type_password,
};

const struct type *type_find(enum webcred_type id)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (types[i]->id == id)
			return types[i];
	return NULL;
}

bool type_can(const struct type *type, enum webcred_mediation mediation)
{
	if (mediation == WEBCRED_MEDIATION_CONDITIONAL)
		return type->conditional;
	return mediation != WEBCRED_MEDIATION_IMMEDIATE || type->immediate;
}

size_t type_count(const struct type_login *login, enum webcred_type id)
{
	size_t count = 0;

	for (size_t i = 0; i < login->n_credentials; i++)
		if (login->credentials[i].type == id && !login->credentials[i].locked)
			count++;
	return count;
}
