/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * conf - /etc/webcred/webcred.conf, read by the keeper (inih).
 *
 * Sections: [webcred], [service] (defaults of every service), [service NAME],
 * [manage], [password], [otp], [throttle], [audit], [limits], [devices], [account].
 * An unknown section, key or value is an error that names file, line and word;
 * with an error no login is served (WEBCRED_TYPE_ERROR), and nothing of the
 * file is used.  A missing file means the defaults.
 */
#ifndef WEBCRED_AUTHORITY_CONF_H
#define WEBCRED_AUTHORITY_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "lib/base/names.h"
#include "lib/core/policy.h"
#include "lib/core/types/otp.h"

#define CONF_PATH "/etc/webcred/webcred.conf"
#define CONF_SERVICES_MAX 64
#define CONF_LIST_MAX 32
#define CONF_DEVICES_MAX 16

struct conf_service {
	char name[WIRE_SERVICE_MAX + 1];  /* "" for [service] */
	char order[WIRE_ORDER_MAX + 1];	  /* get = */
	enum webcred_mediation mediation; /* BY_FLAGS */
	enum webcred_user_verification user_verification;
	enum webcred_type unknown_as; /* NONE: last of the order */
	enum policy_counter counter;  /* counter = fail | warn | ignore */
	uint32_t timeout_ms;	      /* timeout = seconds, 1 to 110 */
	uint32_t key_wait_ms;	      /* key_wait = auto (POLICY_KEY_WAIT_AUTO), or seconds */
	uint32_t pin_tries;	      /* pin_tries = 1 to CEREMONY_PIN_TRIES_MAX */
	uint32_t fail_delay_ms;
	bool tell_throttled;
	bool echo_code;
	uint32_t required_credentials; /* CONF_TYPE_BIT: one of these has to be enrolled (35) */
	uint32_t offer;		       /* ... or is offered, after a login that asked */
	bool chooser;		       /* several usable credentials: let the person choose */
	uint32_t transports;	       /* CONF_TRANSPORT_: ways to security keys */
};

struct conf_list {
	size_t n;
	char name[CONF_LIST_MAX][WIRE_SERVICE_MAX + 1];
};

struct conf_range {
	uint32_t low, high;
};

enum conf_locality { LOCALITY_REMOTE = 0, LOCALITY_LOCAL = 1 };

struct conf {
	/* [webcred] */
	char rp_id[WIRE_RPID_MAX + 1];	 /* used at first start only */
	char issuer[WIRE_LABEL_MAX + 1]; /* in otpauth URIs; "" the host's name */
	struct conf_list quiet_services;
	struct conf_list unprivileged_services;
	struct conf_list one_answer_services;
	struct conf_list ssh_services;	   /* whose word about a security key is taken ... */
	bool touch_required;		   /* ... where sshd is set to demand a touch */
	struct conf_list prevent_on_close; /* a session that closes prevents silent access */
	enum conf_locality locality_unknown;
	/* [service], [service NAME] */
	struct conf_service defaults;
	size_t n_services;
	struct conf_service service[CONF_SERVICES_MAX];
	/* [manage] */
	struct conf_service manage;
	/* [password] */
	uint32_t argon_memory_kib, argon_passes, password_min;
	/* [otp] */
	struct otp_windows windows;
	/* [throttle] */
	bool throttle_enabled;
	uint32_t throttle_free; /* failures before the first delay */
	uint32_t throttle_delay_s, throttle_max_s;
	uint32_t deny; /* 0: never locked out */
	uint32_t unlock_time_s, fail_interval_s;
	bool even_deny_root;
	/* [audit] */
	char audit[256]; /* auto, journal, syslog, stderr, or a path */
	/* [limits] */
	uint32_t spare_sessions, max_sessions, max_user_sessions, max_per_uid;
	uint32_t max_hashes; /* Argon2id runs at once */
	/* [devices] */
	size_t n_devices;
	struct policy_models models;
	char device[CONF_DEVICES_MAX][256]; /* empty: udev's ID_FIDO_TOKEN */
	/* [account] */
	struct conf_range ids;		      /* of people and groups of the name service */
	char home_folder[NAMES_HOME_MAX + 1]; /* where theirs are made */
	char login_shell[NAMES_SHELL_MAX + 1];
};

void conf_defaults(struct conf *ret_conf);
/*
 * 0; WEBCRED_TYPE_ERROR for a mistake in the text; WEBCRED_SECURITY where
 * somebody other than root could have written the file or a folder above it;
 * -errno where it could not be read (a FIFO, a directory: -EINVAL).  *ret_error
 * names path, line, word and what is allowed.  Never blocks.
 */
int conf_read(const char *path, struct conf *ret_conf, char *ret_error, size_t size);
/* The service's section, merged over [service]. */
void conf_service_find(const struct conf *conf, const char *service,
		       struct conf_service *ret_service);
bool conf_list_has(const struct conf_list *list, const char *name);
/* What is in force, as it would stand in the file: from the table the parser
 * reads by, in its order; each [service NAME] with what it inherits.  What has
 * no value (rp_id before the first start) is left out. */
typedef void conf_each_function(void *context, const char *section, const char *key,
				const char *value);
void conf_each(const struct conf *conf, conf_each_function *each, void *context);

#endif
