# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# The power fails at each write barrier of the keeper's, from the first start on: what was told to
# anybody before is so behind it.  See powercut.c; WEBCRED_EVERY takes fewer rounds and states.
. "$WEBCRED_TOP/tests/support/lib.sh"
. "$WEBCRED_TOP/tests/support/keys.sh"

BUILD=${WEBCRED_BUILD:-$WEBCRED_TOP}
export WEBCRED_JOURNAL=$SANDBOX/powercut.journal
full() { [ "${WEBCRED_EVERY:-1}" = 1 ]; }
if full; then ROUNDS=25 RANDOMS=20 RESTARTS=400; else ROUNDS=4 RANDOMS=4 RESTARTS=24; fi

powercut() { "$BUILD/tests/faults/powercut" "$1" "$WEBCRED_JOURNAL" "${@:2}" || fail "powercut $*"; }

# ---- what the keeper does is written down ------------------------------------------

# The time is the keeper's.
AHEAD=0
keeper_time() { echo $(($(date +%s) + AHEAD)); }
keeper_time_is() {
	local by=$(($1 - $(keeper_time)))
	powercut clock "$by"
	AHEAD=$((AHEAD + by))
}
code_at() { oathtool -b --totp=sha1 -d 6 --now "@$2" "$1"; }

preload() {
	cp "$BUILD/tests/faults/.libs/libjournal.so" "$WEBCRED_TOOLS/libjournal.so"
	cat >"$WEBCRED_TOOLS/webcred-authority" <<-END
		#!/bin/sh
		LD_PRELOAD=$WEBCRED_TOOLS/libjournal.so WEBCRED_JOURNAL=$WEBCRED_JOURNAL \\
			exec /usr/sbin/webcred-authority "\$@"
	END
	chmod 0755 "$WEBCRED_TOOLS/webcred-authority" "$WEBCRED_TOOLS/libjournal.so"
}

# settings [LINE...]: cheap hashes, one key's node.
settings() {
	install -d -m 0755 /etc/webcred
	{
		printf '[webcred]\nlocality_unknown = local\n[devices]\ndevice = /dev/webcred-blue\n'
		printf '[password]\nmemory = 64\npasses = 1\n'
		[ $# = 0 ] || printf '%s\n' "$@"
	} >/etc/webcred/webcred.conf
}

# What the store of the credential of a user, of a kind (lib/core/credential.h), says.
of() { echo "FROM credential c JOIN account a ON a.number = c.account WHERE a.name = '$1' AND c.kind = $2"; }
has() { powercut promise "has $1 $2" "SELECT count(*) = $3 $(of "$1" "$2")"; }
withdrawn() { powercut promise "has $1 $2"; }
moved() { powercut promise "moving $1 $2" "SELECT moving >= $3 $(of "$1" "$2")"; }
spent() {
	powercut promise "spent $1" "SELECT count(*) >= $2 FROM recovery_code r
		JOIN credential c ON c.number = r.credential JOIN account a ON a.number = c.account
		WHERE a.name = '$1' AND r.used_at > 0"
}

# used USER ANSWER NEXT: it let in, at the keeper's time; of those behind it, one that may not have.
used() { powercut used "$1 $2 $3 $(keeper_time)"; }

enrol_all() {
	enrol_password alice 'correct-horse'
	has alice 1 1
	enrol_totp bob
	TOTP=$SEED
	has bob 2 1
	enrol_hotp carol
	HOTP=$SEED COUNTER=1
	has carol 3 1
	enrol_recovery dave
	has dave 4 1
	key_plug blue --touch=auto
	enrol_key heidi present
	has heidi 5 1
	[ "${#CODES[@]}" -ge 10 ] || fail "${#CODES[@]} recovery codes"
}

# A login of each type.
log_in_all() {
	local round=$1 step code
	login alice password 'wrong' >/dev/null
	powercut promise 'counted alice' 'SELECT count(*) = 1 FROM throttle WHERE failures > 0'
	powercut promise 'counted alice'
	granted alice password 'correct-horse'
	keeper_time_is $(($(keeper_time) + 60))
	step=$(($(keeper_time) / 30))
	code=$(code_at "$TOTP" "$(keeper_time)")
	granted bob otp "$code"
	moved bob 2 $step
	used bob "$code" -
	code=$(hotp "$HOTP" "$COUNTER")
	granted carol otp "$code"
	COUNTER=$((COUNTER + 1))
	moved carol 3 $COUNTER
	used carol "$code" "$(hotp "$HOTP" $((COUNTER + 1)))"
	granted heidi key
	moved heidi 5 "$round"
	[ "$round" -le 7 ] || return 0
	granted dave otp "${CODES[$round]}"
	spent dave "$round"
	used dave "${CODES[$round]}" "${CODES[$((round + 2))]}"
}

# Credentials that come and go.
change_all() {
	local id
	withdrawn erin 3
	enrol_hotp erin
	has erin 3 1
	withdrawn erin 3
	id=$(credrive -u erin list | sed -n 's/^credential \([^ ]*\) .*/\1/p' | head -n 1)
	credrive -u erin remove "$id" >/dev/null || fail "erin's credential was not removed"
	has erin 3 0
}

record_a_life() {
	local round
	authority_stop
	powercut new 256
	preload
	settings
	rm -rf /var/lib/webcred
	mkdir -m 0700 /var/lib/webcred
	powercut record yes
	keys_begin
	webcred_service key get=public-key
	authority_start || fail "the authority did not start"
	enrol_all
	ENROLLED=$(powercut barriers)
	for round in $(seq "$ROUNDS"); do
		log_in_all "$round"
		change_all
		# Closing moves the log into the database and removes it; so does idling, where it is long.
		[ $((round % 4)) != 2 ] || authority_restart
	done
	authority_stop
	powercut record no
	note "$ROUNDS rounds of logins and changes, $(powercut barriers) barriers"
}

# ---- what is there behind a cut -----------------------------------------------------------

check_each_state() {
	local status
	mkdir -m 0700 "$SANDBOX/powercut"
	"$BUILD/tests/faults/powercut" check "$WEBCRED_JOURNAL" "$SANDBOX/powercut" "$RANDOMS" >"$SANDBOX/powercut.out" 2>&1
	status=$?
	grep -E '^(powercut:|faults:)' "$SANDBOX/powercut.out" >>"$SANDBOX/note"
	grep -c '^LOST' "$SANDBOX/powercut.out"
	head -n 20 "$SANDBOX/powercut.out"
	[ "$status" = 0 ] || fail "$(head -n 1 "$SANDBOX/powercut.out")"
	says "$(tail -n 1 "$SANDBOX/powercut.out")" '^faults: tried [1-9][0-9]{2,}, refused [1-9][0-9]*, lost 0 '
}

# The last answer of each type is refused, the next is not.
check_answers() {
	local user answer next at
	while read -r user answer next at; do
		keeper_time_is "$at"
		refused "$user" otp "$answer" >/dev/null
		PRESENTED=$((PRESENTED + 1))
		[ "$user" != bob ] || { keeper_time_is $((at + 120)) && next=$(code_at "$TOTP" "$(keeper_time)"); }
		granted "$user" otp "$next" >/dev/null
	done
}

# after_cut BARRIER SEED: the authority itself on that state.
after_cut() {
	local used
	authority_stop
	used=$(powercut build /var/lib/webcred "$1" "$2")
	mark
	authority_start || fail "barrier $1, seed $2: the authority does not start"
	if [ "$1" -ge "$ENROLLED" ]; then
		check_answers < <(for user in bob carol dave; do grep "^$user " <<<"$used" | tail -n 1; done)
		granted alice password 'correct-horse' >/dev/null
		granted heidi key >/dev/null
	fi
	enrol_password grace 'battery-staple'
	granted grace password 'battery-staple' >/dev/null
	STARTS=$((STARTS + 1))
}

check_the_authority() {
	local barrier barriers every
	barriers=$(powercut barriers)
	every=$((2 * barriers / RESTARTS + 1))
	STARTS=0 PRESENTED=0
	settings '[throttle]' 'enabled = no'
	for barrier in $(seq 0 "$every" "$barriers"); do
		after_cut "$barrier" 0
		after_cut "$barrier" $((barrier + 1))
	done
	note "the authority was started on $STARTS of them: $PRESENTED answers that had let in were refused"
	[ "$PRESENTED" -gt 10 ] || fail "only $PRESENTED answers were presented again"
}

test_the_power_fails_at_each_write_barrier() {
	record_a_life
	check_each_state
	check_the_authority
}

run_tests
