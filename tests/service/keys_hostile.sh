# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# Keys that lie, stall, flood and answer nonsense: one ceremony is lost, and nothing else.
. "$WEBCRED_TOP/tests/support/lib.sh"
. "$WEBCRED_TOP/tests/support/keys.sh"

# Each lie of the software key, and why it is refused.
LIES='
bad-signature         signature: does not verify
wrong-rpid-hash       authenticator data: for another relying party id
no-up                 authenticator data: user not present
counter-still         signature counter: did not rise, a clone may exist
counter-back          signature counter: did not rise, a clone may exist
at-set                authenticator data: attested credential data cut short
at-data               authenticator data: attested credential data in an assertion
trailing-bytes        authenticator data: bytes follow its end
bs-without-be         authenticator data: backed up, and not eligible for it
be-flip               authenticator data: backup eligibility differs from the record
other-credential-id   credential id: not one that was asked for
wrong-user-handle     user handle: another account'\''s
wrong-alg             signature: does not verify
replay                signature: does not verify
trailing-cbor         invalid answer: with a touch: bytes follow its answer
empty-id              invalid answer: its assertion is out of all bounds
huge-id               invalid answer: with a touch: FIDO_ERR_RX
zero-length-authdata  invalid answer: with a touch: FIDO_ERR_RX_INVALID_CBOR
random-cbor           invalid answer: with a touch: FIDO_ERR_[A-Z_]*
huge-cbor             invalid answer: with a touch: FIDO_ERR_RX[A-Z_]*
truncated-cbor        invalid answer: with a touch: FIDO_ERR_RX_NOT_CBOR
bomb-cbor             invalid answer: with a touch: FIDO_ERR_RX_NOT_CBOR
'

# The key that alice enrolled, and that has let her in once.
begin_honest() {
	keys_conf "$@"
	key_plug blue
	enrol_key alice blue
	honest
}

# It costs that one ceremony and nothing else.
honest() {
	key blue lie=none stall=none flood=none error=none counter-step=1 >/dev/null
	drive alice "$SERVICE" authenticate >/dev/null
	is "$CODE" PAM_SUCCESS "the next, honest login"
	no_helper_left
}

# refused_lying LIE REASON
refused_lying() {
	mark
	# A counter that stands still: the silent look before the touch would have moved it.
	[ "$1" = counter-still ] && key blue counter-step=0
	key blue "lie=$1"
	drive alice "$SERVICE" --answer 'correct horse' authenticate
	is "$CODE" PAM_AUTH_ERR "login with the lie $1"
	says "$OUT" "ERROR_MSG \"The key's answer was not valid\.\""
	says "$OUT" '^prompts 0 ' "a lie is no reason to ask for something weaker"
	logged "get refused user=\"alice\" .*type=public-key .*reason=\"$2\""
	logged_not 'get granted'
}

test_every_lie_is_refused_with_its_reason() {
	local lie reason n=0
	begin_honest
	enrol_password alice 'correct horse'
	while read -r lie reason; do
		[ -n "$lie" ] || continue
		refused_lying "$lie" "$reason"
		honest
		n=$((n + 1))
	done <<<"$LIES"
	[ $n -ge 22 ] || fail "only $n lies"
}

# no-uv is a lie where verification is required: keys_pin.sh has it.
test_the_table_has_every_lie_of_the_key() {
	local lie
	for lie in $(softkey --help | sed -n 's/^  lie=none|//p' | tr '|' ' '); do
		[ "$lie" = no-uv ] || says "$LIES" "^$lie " "the table"
	done
	says "$(softkey --help)" '^  lie=none\|.*bomb-cbor'
}

# behaviour 1
test_lies_at_enrolment_store_nothing() {
	local lie n=0
	keys_conf
	key_plug blue
	for lie in wrong-rpid-hash no-up trailing-bytes trailing-cbor bs-without-be wrong-alg random-cbor \
		huge-cbor truncated-cbor bomb-cbor zero-length-authdata huge-id; do
		key blue "lie=$lie" >/dev/null
		OUT=$(webcred create public-key --user alice --label blue 2>&1 </dev/null) &&
			fail "enrolled a key with the lie $lie: $OUT"
		says "$OUT" "not accepted: [a-z]|not valid: [a-z]" "what it says of the lie $lie"
		is "$(credentials alice)" 0 "credentials after the lie $lie"
		n=$((n + 1))
	done
	key blue lie=none
	enrol_key alice blue
	drive alice "$SERVICE" authenticate
	is "$CODE" PAM_SUCCESS
}

# ---- the counter ----------------------------------------------------------------------

test_counter_policy() {
	begin_honest
	key blue counter=0
	drive alice "$SERVICE" authenticate
	is "$CODE" PAM_AUTH_ERR "login with a counter that went back"
	logged 'did not rise, a clone may exist'
	keys_conf_again 'counter = warn'
	key blue counter=0
	mark
	drive alice "$SERVICE" authenticate
	is "$CODE" PAM_SUCCESS "counter = warn"
	logged 'get granted .*its counter did not rise: a clone may exist'
	keys_conf_again 'counter = fail'
	key blue counter=0
	drive alice "$SERVICE" authenticate
	is "$CODE" PAM_AUTH_ERR "the stored counter never falls"
	key blue counter=1000
	drive alice "$SERVICE" authenticate
	is "$CODE" PAM_SUCCESS
}

# ---- stalls and floods ------------------------------------------------------------------

# given_up MOST: within so many milliseconds, as a refusal that leaves nothing behind.
given_up() {
	[ "$CODE" != PAM_SUCCESS ] || fail "granted"
	[ "$MS" -lt "$1" ] || fail "took $MS ms"
	no_helper_left
}

test_stalled_key_is_given_up_at_the_timeout() {
	local how
	for how in stall=before stall=mid-frame flood=keepalives flood=reports; do
		begin_honest 'timeout = 2' '[service keyonly]' 'get = public-key'
		webcred_service keyonly
		key blue $how
		drive alice keyonly authenticate
		note "$how: $CODE after $MS ms"
		given_up 3000
		key_unplug blue
		key_plug blue
		honest
		key_unplug blue
	done
}

# It does not even answer the silent question: no key that could serve is here, and the
# order goes on.
test_deaf_key_is_no_lock_out() {
	begin_honest
	enrol_password alice 'correct horse'
	key blue stall=silent
	drive alice "$SERVICE" --answer 'correct horse' authenticate
	is "$CODE" PAM_SUCCESS
	[ "$MS" -lt 4500 ] || fail "took $MS ms"
	no_helper_left
	key_unplug blue
	key_plug blue
	honest
}

test_stalled_key_beside_a_good_one() {
	begin_honest
	key blue touch=wait
	key_plug red
	enrol_key alice red
	key blue stall=silent
	drive alice "$SERVICE" authenticate
	is "$CODE" PAM_SUCCESS
	logged 'credential="red"'
	note "$MS ms beside a key that is deaf"
}

test_caller_killed_beside_a_flood() {
	begin_honest
	key blue flood=keepalives
	drive_begin alice "$SERVICE" authenticate
	sleep 0.3
	kill -KILL "$DRIVE"
	no_helper_left
	key_unplug blue
	key_plug blue
	honest
}

# Every status a key can answer with.
test_every_error_status() {
	local status
	begin_honest
	for status in 01 02 03 06 0b 11 12 14 16 19 21 22 26 27 28 2a 2b 2c 2d 2e 2f 30 31 32 33 34 35 36 37 38 \
		39 3a 3b 3c 3d 3e 3f 40 7f df e0 f0 ff; do
		key blue error=$status >/dev/null
		drive alice "$SERVICE" authenticate >/dev/null
		case $CODE in
		PAM_AUTH_ERR | PAM_CONV_ERR) ;; # the latter: asked for what comes next in the order
		*) fail "status 0x$status ends with $CODE" ;;
		esac
	done
	honest
}

# ---- what stays behind -----------------------------------------------------------------------

descriptors_of_the_authority() {
	local pid n=0
	for pid in $(pgrep -x webcred-authori); do
		n=$((n + $(find "/proc/$pid/fd" -mindepth 1 2>/dev/null | wc -l)))
	done
	echo $n
}

test_two_hundred_logins_leave_nothing_behind() {
	local before after
	begin_honest
	sleep 0.2
	before=$(descriptors_of_the_authority)
	drive alice "$SERVICE" --repeat 200 authenticate
	says "$OUT" '^repeated 200 PAM_SUCCESS'
	says_not "$OUT" '^changed'
	no_helper_left
	sleep 0.2
	after=$(descriptors_of_the_authority)
	note "$before descriptors before, $after after"
	[ "$after" -le $((before + 4)) ] || fail "$before descriptors before, $after after"
	flock -n /dev/webcred-blue true || fail "the key is still locked"
	is "$(key_log blue | grep -c '^touch-wait$\|^get-assertion .*up=1')" 201 "assertions by touch"
}

test_twelve_hundred_lying_ceremonies() {
	local lie reason before rounds=${WEBCRED_ROUNDS:-55}
	begin_honest
	before=$(milliseconds)
	while read -r lie reason; do
		[ -n "$lie" ] || continue
		# The silent look before the touch must not move the counter that stands still.
		honest
		case $lie in counter-*) key blue counter-step=0 ;; esac >/dev/null
		key blue "lie=$lie" >/dev/null
		OUT=$(timeout 100 pamdrive -u alice -s "$SERVICE" -c "$PAMD" --repeat "$rounds" authenticate 2>&1)
		says_not "$OUT" 'PAM_SUCCESS|^changed' "after the lie $lie ($reason)"
		says "$OUT" "^repeated $rounds PAM_AUTH_ERR" "after the lie $lie"
	done <<<"$LIES"
	note "$((rounds * 22)) lying ceremonies in $(($(milliseconds) - before)) ms"
	no_helper_left
	key blue counter=100000000 >/dev/null
	honest
	logged_not 'crash|signal|re-execut'
}

# ---- the helper itself -----------------------------------------------------------------------

test_the_helper_has_no_rights() {
	local pid uid
	begin_honest
	key blue touch=wait
	drive_begin alice "$SERVICE" authenticate
	key blue wait-touch=3000
	pid=$(helper_pids)
	uid=$(id -u webcred-device)
	OUT=$(cat "/proc/$pid/status")
	says "$OUT" "^Uid:	$uid	$uid	$uid	$uid\$"
	says "$OUT" '^Seccomp:	2'
	says "$OUT" '^NoNewPrivs:	1'
	says "$OUT" '^Cap(Eff|Prm|Inh|Amb):	0+$'
	says_not "$OUT" '^Cap(Eff|Prm|Inh|Amb):	.*[1-9a-f]'
	OUT=$(ls -l "/proc/$pid/fd")
	note "$(tail -n +2 <<<"$OUT" | sed 's/.* \([0-9]* -> .*\)/\1/' | tr '\n' ' ')"
	is "$(grep -c -- '->' <<<"$OUT")" 5 "descriptors: three streams, the key, the channel"
	is "$(grep -c -- '-> socket:' <<<"$OUT")" 1 "sockets"
	key blue touch
	drive_end
	is "$CODE" PAM_SUCCESS
}

# What forks them holds no key between two ceremonies, and has as few rights.
test_the_helper_that_waits_holds_nothing() {
	local pid uid
	begin_honest
	pid=$(helper_waiting)
	uid=$(id -u webcred-device)
	OUT=$(cat "/proc/$pid/status")
	says "$OUT" "^Uid:	$uid	$uid	$uid	$uid\$"
	says "$OUT" '^NoNewPrivs:	1'
	says_not "$OUT" '^Cap(Eff|Prm|Inh|Amb):	.*[1-9a-f]'
	OUT=$(ls -l "/proc/$pid/fd")
	is "$(grep -c -- '->' <<<"$OUT")" 4 "descriptors: three streams, the mother"
	is "$(grep -c -- '-> socket:' <<<"$OUT")" 1 "sockets"
	honest
	is "$(helper_waiting)" "$pid" "the same serves every ceremony"
}

# Addresses that a hostile device has guessed at are not guessed at again.
test_a_helper_that_crashed_is_the_last_of_its_kind() {
	local first
	sanitized && skip "a sanitizer catches the signal"
	begin_honest
	key blue touch=wait
	drive_begin alice "$SERVICE" authenticate
	key blue wait-touch=3000
	first=$(helper_waiting)
	kill -SEGV "$(helper_pids)"
	drive_end
	[ "$CODE" != PAM_SUCCESS ] || fail "a helper that crashed let somebody in"
	logged 'reason="invalid answer: its helper ended without a report"'
	key blue touch # nobody told the key that it is over
	key blue touch=auto
	honest
	[ "$(helper_waiting)" != "$first" ] || fail "the one that waits is still the same"
	# However it ends, the next login has one.
	first=$(helper_waiting)
	kill -KILL "$first"
	while kill -0 "$first" 2>/dev/null; do sleep 0.01; done
	honest
}

test_in_the_helper_open_socket_exec_ptrace_kill_fail() {
	local helper what
	helper=$(helper_program)
	[ -x "$helper" ] || fail "no webcred-device is installed"
	setpriv --reuid webcred-device --regid webcred-device --clear-groups --inh-caps=-all --bounding-set=-all \
		"$helper" --probe nothing || fail "the probe itself does not work"
	for what in open socket exec ptrace kill fork execute-memory dup memory ioctl setuid; do
		[ $what = execute-memory ] && sanitized && continue # it maps such memory itself
		setpriv --reuid webcred-device --regid webcred-device --clear-groups --inh-caps=-all \
			--bounding-set=-all "$helper" --probe $what && fail "the helper may: $what"
		case $? in
		3 | 159) ;; # refused; ended by SIGSYS
		*) fail "the probe $what ended otherwise" ;;
		esac
	done
	"$helper" --probe nothing && fail "it starts with rights"
	:
}

run_tests
