# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# Security keys through PAM: enrolled, touched, verified by PIN, told apart, called off.
. "$WEBCRED_TOP/tests/support/lib.sh"
. "$WEBCRED_TOP/tests/support/keys.sh"

# by_pin PIN COMMAND...: the tool on a terminal of its own, each prompt answered by PIN.
by_pin() {
	local pin=$1
	shift
	OUT=$(expect "$WEBCRED_TOOLS/answer.exp" "$pin" -- "$@" 2>&1 </dev/null)
}

key_granted() {
	drive "$1" "$SERVICE" authenticate acct_mgmt
	is "$CODE" PAM_SUCCESS "login of $1"
	says "$OUT" '^acct_mgmt PAM_SUCCESS'
	says "$OUT" '^prompts 0 ' "a touch and nothing else"
}

# ---- a touch -------------------------------------------------------------------------

# An account's first credential at that: its user handle comes with it (72).
test_in_by_touch() {
	keys_conf
	key_plug blue
	enrol_key alice blue
	says "$OUT" 'Enrolled: security key "blue"'
	key_granted alice
	says "$OUT" 'TEXT_INFO "Touch the key labelled blue\."'
	quick
	logged 'get granted user="alice" .*type=public-key credential="blue"'
	OUT=$(webcred list --user alice)
	says "$OUT" 'security key +blue +20[0-9-]+ [0-9:]+ +20[0-9-]+ [0-9:]+ +counter [1-9]'
}

# behaviour 73
test_algorithms() {
	local algorithm
	keys_conf
	for algorithm in es256 eddsa rs256; do
		key_plug blue --algorithms=$algorithm
		enrol_key alice $algorithm
		key_saw blue "make-credential .*alg=$algorithm"
		key_granted alice
		says "$OUT" "labelled $algorithm"
		key_unplug blue
		rm "$KEYS/blue.state" # another key
	done
	is "$(credentials alice)" 3 "keys"
}

test_u2f_key() {
	keys_conf
	key_plug blue --u2f-only
	enrol_key alice old
	key_saw blue u2f-register
	key_granted alice
	key_saw blue 'u2f-authenticate known=1 up=1'
}

test_resident_key() {
	keys_conf
	key_plug blue
	enrol_key alice blue --resident
	says "$(key blue status)" 'residents=1'
	key_granted alice
}

test_key_without_a_counter() {
	keys_conf
	key_plug blue --counter-step=0
	enrol_key alice blue
	key_granted alice
	key_granted alice
}

# ---- who does not get in ----------------------------------------------------------------

# behaviour 80
test_key_that_is_not_enrolled() {
	keys_conf
	key_plug blue
	enrol_key alice blue
	key_unplug blue
	key_plug red
	refused alice "$SERVICE"
	says "$OUT" 'ERROR_MSG "This key is not enrolled for alice\."'
	key_saw_not red touch-wait
	logged 'get refused user="alice" .*no enrolled credential on the key'
}

test_another_users_key() {
	keys_conf
	key_plug blue
	enrol_key alice blue
	key_unplug blue
	key_plug red
	enrol_key bob red
	key_log_clear red
	refused alice "$SERVICE"
	says "$OUT" 'not enrolled for alice'
	key_saw_not red 'up=1|touch-wait'
	key_granted bob
}

# One key, two people: each has a credential of their own on it, and no use of the other's.
test_one_key_of_two_people() {
	keys_conf
	key_plug blue
	enrol_key alice hers
	enrol_key bob his
	key_granted alice
	logged 'get granted user="alice" .*credential="hers"'
	key_granted bob
	logged 'get granted user="bob" .*credential="his"'
	key blue lie=other-credential-id
	refused alice "$SERVICE"
	logged 'get refused user="alice" .*credential id: not one that was asked for'
}

# 76: touched, it says so.
# behaviour 76
test_exclude_list() {
	keys_conf
	key_plug blue
	enrol_key alice blue
	OUT=$(webcred create public-key --user alice --label again 2>&1) && fail "enrolled twice"
	says "$OUT" 'This key is enrolled already'
	says "$OUT" 'InvalidStateError'
	is "$(credentials alice)" 1 "keys"
}

# behaviour 80
test_removed_key() {
	keys_conf
	key_plug blue
	enrol_key alice blue
	enrol_password alice 'correct horse'
	key_granted alice
	webcred remove blue --user alice --yes || fail "cannot remove it"
	key_log_clear blue
	granted alice "$SERVICE" 'correct horse'
	key_saw_not blue touch-wait
}

# behaviour 30
test_nobody_may_be_asked() {
	keys_conf
	key_plug blue
	enrol_key alice blue
	key_log_clear blue
	drive alice "$SERVICE" 'authenticate(silent)'
	is "$CODE" PAM_AUTHINFO_UNAVAIL
	says "$OUT" '^prompts 0 texts 0'
	is "$(key_log blue)" '' "what the key saw"
}

# A remote session never blinks the desk's key.
test_remote_login() {
	keys_conf
	key_plug blue
	enrol_key alice blue
	enrol_hotp alice
	key_log_clear blue
	drive alice "$SERVICE" --rhost 192.0.2.1 --answer "$(hotp "$SEED" 1)" authenticate
	is "$CODE" PAM_SUCCESS
	says "$OUT" 'ECHO_OFF|ECHO_ON'
	says_not "$OUT" 'Touch'
	is "$(key_log blue)" '' "what the key saw"
	drive alice "$SERVICE" --rhost '' authenticate # login(1) sets it to the empty string
	is "$CODE" PAM_SUCCESS
	says "$OUT" 'Touch the key labelled blue'
}

# ---- no touch, a stall, an unplugged key ---------------------------------------------------

# behaviour 61
test_no_touch_in_time() {
	keys_conf 'timeout = 2'
	key_plug blue
	enrol_key alice blue
	key blue touch=wait
	refused alice "$SERVICE"
	says "$OUT" 'The key was not touched in time'
	[ "$MS" -ge 1800 ] && [ "$MS" -lt 3000 ] || fail "took $MS ms"
	key_saw blue '^cancel-received$'
	logged 'not touched in time'
	key blue touch=auto
	key_granted alice
}

# TRYAGAIN goes on by default, and by a person's word does not.
test_no_touch_and_the_order() {
	keys_conf 'timeout = 2' '[service stubborn]' 'get = public-key [TRYAGAIN=return] password'
	key_plug blue
	enrol_key alice blue
	enrol_password alice 'correct horse'
	key blue touch=wait
	granted alice "$SERVICE" 'correct horse'
	says "$OUT" 'not touched in time'
	webcred_service stubborn
	refused alice stubborn 'correct horse'
	says "$OUT" '^prompts 0 '
}

# behaviour 62
test_declined_on_the_key() {
	keys_conf
	key_plug blue
	enrol_key alice blue
	enrol_password alice 'correct horse'
	key blue touch=refuse
	refused alice "$SERVICE" 'correct horse'
	says "$OUT" 'declined on the key'
}

test_unplugged_in_mid_ceremony_falls_through_to_the_code() {
	local began
	keys_conf
	key_plug blue
	enrol_key alice blue
	enrol_hotp alice
	key blue touch=wait
	drive_begin alice "$SERVICE" --answer "$(hotp "$SEED" 1)" authenticate
	key blue wait-touch=3000
	began=$(milliseconds)
	key_unplug blue
	drive_end
	began=$(($(milliseconds) - began))
	note "$began ms from the key's end to the login by code"
	is "$CODE" PAM_SUCCESS
	says "$OUT" 'The key was unplugged'
	says "$OUT" '^prompts 1 '
	[ $began -lt 1000 ] || fail "took $began ms"
	logged 'get granted user="alice" .*type=otp'
	no_helper_left
}

# behaviour 63
test_not_plugged_in() {
	keys_conf
	key_plug blue
	enrol_key alice blue
	enrol_password alice 'correct horse'
	key_unplug blue
	granted alice "$SERVICE" 'correct horse'
	quick
	webcred_service keyonly get=public-key
	refused alice keyonly 'correct horse' # unplugging is no downgrade
	key_plug blue
	key_granted alice
}

# ---- the person goes away ---------------------------------------------------------------------

# behaviours 40 and 62
test_caller_that_is_killed_in_mid_touch() {
	local signal
	keys_conf
	key_plug blue
	enrol_key alice blue
	for signal in HUP TERM KILL; do
		key_log_clear blue
		key blue touch=wait
		drive_begin alice "$SERVICE" authenticate
		key blue wait-touch=3000
		kill -"$signal" "$DRIVE"
		key_saw blue '^cancel-received$'
		no_helper_left
		wait "$DRIVE"
		key blue touch=auto
		key_granted alice # and no channel is busy
		quick
	done
}

test_authority_that_dies_in_mid_touch() {
	keys_conf
	key_plug blue
	enrol_key alice blue
	key_log_clear blue
	key blue touch=wait
	drive_begin alice "$SERVICE" authenticate
	key blue wait-touch=3000
	kill -KILL "$(authority_pid)"
	drive_end
	is "$CODE" PAM_PERM_DENIED
	key_saw blue '^cancel-received$'
	no_helper_left
	authority_wait
	key blue touch=auto
	key_granted alice
}

test_key_in_use_by_another_program() {
	keys_conf
	key_plug blue
	enrol_key alice blue
	enrol_password alice 'correct horse'
	key_log_clear blue
	exec 8<>/dev/webcred-blue
	flock -n 8 || fail "nobody should hold it"
	granted alice "$SERVICE" 'correct horse'
	is "$(key_log blue)" '' "what the key saw"
	logged 'in use by another program'
	exec 8>&-
	key_granted alice
}

# ---- several keys ----------------------------------------------------------------------------------

# behaviour 68
test_two_and_three_keys_the_first_wins() {
	local colour each keys="blue red"
	keys_conf
	for colour in blue red green; do
		key_plug $colour
		enrol_key alice $colour
		key $colour touch=wait # so that it is not what the next one's enrolment gets
		[ $colour = blue ] && continue
		[ $colour = green ] && keys="blue red green"
		for each in $keys; do key_log_clear $each; done
		drive_begin alice "$SERVICE" authenticate
		for each in $keys; do key $each wait-touch=3000; done
		key red touch
		drive_end
		is "$CODE" PAM_SUCCESS
		says "$OUT" 'Touch one of your security keys'
		says "$OUT" '^prompts 0 texts 1'
		logged 'get granted user="alice" .*credential="red"'
		for each in $keys; do
			[ $each = red ] || key_saw $each '^cancel-received$'
		done
		key_saw_not red cancel-received
		no_helper_left
		mark
	done
}

# behaviour 68
test_one_of_two_keys_is_unplugged_and_the_other_serves() {
	keys_conf
	key_plug blue
	enrol_key alice blue
	key blue touch=wait
	key_plug red
	enrol_key alice red
	key red touch=wait
	drive_begin alice "$SERVICE" authenticate
	key red wait-touch=3000
	key_unplug blue
	key_touch red
	drive_end
	is "$CODE" PAM_SUCCESS
	logged 'credential="red"'
}

# Only what holds a credential of hers blinks.
test_a_foreign_key_beside_hers_does_not_blink() {
	keys_conf
	key_plug red
	key_plug blue
	enrol_key bob theirs
	key_unplug red
	enrol_key alice hers
	key_plug red
	key_log_clear red
	key_granted alice
	says "$OUT" 'Touch the key labelled hers'
	key_saw_not red 'up=1|touch-wait'
}

run_tests
