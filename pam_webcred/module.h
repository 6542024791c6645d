/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * module - what the service groups of pam_webcred.so share.
 *
 *   auth.c acct.c session.c password.c   the six entry points, by service group
 *   options.c       the words of a PAM line
 *   subject.c       who is asked about, and the container for it
 *   conversation.c  the mediator over pam_conv
 *   mark.c          what authenticate leaves in the handle for acct_mgmt
 *   result.c        outcomes become PAM codes, in one switch
 *
 * The module runs inside sudo, sshd and lock screens: it leaves signals,
 * descriptors 0 to 2, umask, ids and environment as they were, starts nothing,
 * and prints nothing.
 */
#ifndef WEBCRED_PAM_MODULE_H
#define WEBCRED_PAM_MODULE_H

#include <security/pam_modules.h>

#include <security/pam_ext.h>

#define MODULE_ENTRY __attribute__((visibility("default")))

#endif
