# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# What a caller passes for an ssh agent may be anything: it costs that caller's own session.
. "$WEBCRED_TOP/tests/support/lib.sh"

# A key of OpenSSH's; nobody here has its private half.
KEY='sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIPOuh7YoWfYD6K+W2DhhdZdx9G1j0rXSEyZj5YOFAGKOAAAABHNzaDo= blue'

begin() {
	printf '[webcred]\nlocality_unknown = remote\n[service]\nfail_delay = 0\ntimeout = 2\ntransport = ssh-agent\nget = public-key\n' | conf
	echo "$KEY" >"$SANDBOX/tmp/blue.pub"
	webcred import --from openssh-sk --user alice --write "$SANDBOX/tmp/blue.pub" || fail "cannot enrol it"
}

# passes KIND REASON: refused, with that reason; sets OUT.
passes() {
	mark
	OUT=$(timeout 20 credrive -u alice --service "$SERVICE" --agent "$1" get public-key 2>&1)
	says "$OUT" 'result NotAllowedError'
	says_not "$OUT" 'granted'
	logged "get refused user=\"alice\" .*reason=\"$2"
	logged_not 'session ended early|crash'
}

test_descriptors_that_are_no_agent() {
	begin
	for kind in /etc/passwd /dev/null /etc /dev/full listening datagram packets unconnected tcp; do
		passes "$kind" 'agent: what was passed is no connected socket'
	done
	mkfifo "$SANDBOX/tmp/fifo"
	passes "$SANDBOX/tmp/fifo" 'agent: what was passed is no connected socket'
	passes closed 'agent: it hung up'
	passes silent 'agent: no answer in time'
}

# The user socket is anybody's: there too, and nobody else waits.
test_over_the_user_socket() {
	begin
	printf 'unprivileged_services = %s\n' "$SERVICE" | sed -i "/^locality_unknown/r /dev/stdin" /etc/webcred/webcred.conf
	authority_restart
	for kind in /etc/passwd listening silent; do
		OUT=$(timeout 20 setpriv --reuid alice --regid alice --clear-groups -- \
			credrive -u alice --service "$SERVICE" --agent "$kind" get 2>&1)
		says "$OUT" 'result NotAllowedError'
	done
	logged_not 'session ended early|crash'
	webcred list --user alice | grep -q blue || fail "the authority does not answer"
}

test_no_agent_is_offered() {
	begin
	OUT=$(credrive -u alice --service "$SERVICE" get public-key 2>&1)
	says "$OUT" 'NotAllowedError.*agent: the caller offers none'
	passes /nowhere 'agent: none: No such file or directory'
}

run_tests
