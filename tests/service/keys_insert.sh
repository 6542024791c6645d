# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# Keys that come while a login waits: plugged in, plugged in again, given back by others, deaf ones.
. "$WEBCRED_TOP/tests/support/lib.sh"
. "$WEBCRED_TOP/tests/support/keys.sh"

# as_alice OPTION...: a lock screen's login in the background, which runs as alice: she asks for herself.
as_alice() {
	setpriv --reuid alice --regid alice --clear-groups -- \
		env PATH="$PATH" pamdrive -u alice -s vlock -c "$PAMD" "$@" </dev/null >"$KEYS/drive.out" 2>&1 &
	DRIVE=$!
}

# told REGEX: the login under way has said so by now, or says so within three seconds.
told() {
	for _ in $(seq 150); do
		grep -Eq -- "$1" "$KEYS/drive.out" && return 0
		sleep 0.02
	done
	fail "the login does not say /$1/: $(cat "$KEYS/drive.out")"
}

# in_within MS: what was begun is granted, so many milliseconds after $BEGAN at most.
in_within() {
	local most=$1
	sanitized && most=$((5 * most))
	drive_end
	is "$CODE" PAM_SUCCESS
	took=$(($(milliseconds) - BEGAN))
	note "$took ms from the key's coming to the login"
	[ $took -lt "$most" ] || fail "took $took ms"
}

# The service has nothing else, and the person asks for himself: no word of configuration is needed.
test_inserted_in_mid_wait() {
	keys_conf
	webcred_service vlock
	key_plug blue
	enrol_key alice blue
	key_unplug blue
	as_alice authenticate
	told 'TEXT_INFO "Insert the key labelled blue \(waiting 10 seconds\)\."'
	sleep 0.7
	BEGAN=$(milliseconds)
	key_plug blue
	in_within 2500 # a third of a second to find it, on a machine that is busy
	says "$OUT" 'TEXT_INFO "Touch the key labelled blue\."'
	says "$OUT" '^prompts 0 texts 2'
	no_helper_left
}

test_replugged_in_mid_touch() {
	keys_conf 'key_wait = 8'
	key_plug blue
	enrol_key alice blue
	key blue touch=wait
	drive_begin alice "$SERVICE" authenticate
	key blue wait-touch=3000
	key_unplug blue
	told 'The key was unplugged\. Insert your security key \(waiting 8 seconds\)\.'
	BEGAN=$(milliseconds)
	key_plug blue --touch=auto
	in_within 2500
	says "$OUT" '^prompts 0 texts 3'
	no_helper_left
}

# Which key it is told to who asks for himself alone.
test_several_keys_are_waited_for_by_one_name() {
	keys_conf
	webcred_service vlock
	key_plug blue
	enrol_key alice blue
	key blue touch=wait
	key_plug red
	enrol_key alice red
	key_unplug red
	key_unplug blue
	as_alice authenticate
	told 'Insert one of your security keys'
	BEGAN=$(milliseconds)
	key_plug red
	in_within 2500
	logged 'credential="red"'
}

test_wrong_key_first() {
	keys_conf 'key_wait = 8'
	key_plug blue
	enrol_key alice blue
	key_unplug blue
	key_plug red
	drive_begin alice "$SERVICE" authenticate
	told 'This key is not enrolled here\. Insert your security key'
	BEGAN=$(milliseconds)
	key_plug blue
	in_within 2500
	key_saw_not red 'up=1|touch-wait'
}

# A second key that comes while the first one blinks blinks too.
test_second_key_comes_while_the_first_blinks() {
	keys_conf
	key_plug blue
	enrol_key alice blue
	key blue touch=wait
	key_plug red
	enrol_key alice red
	key_unplug red
	drive_begin alice "$SERVICE" authenticate
	key blue wait-touch=3000
	BEGAN=$(milliseconds)
	key_plug red
	in_within 2500
	logged 'credential="red"'
	key_saw blue '^cancel-received$'
}

# Nobody comes: as long as was said, and no longer.
test_nothing_is_inserted() {
	keys_conf 'key_wait = 2' '[service keyonly]' 'get = public-key'
	webcred_service keyonly
	key_plug blue
	enrol_key alice blue
	enrol_password alice 'correct horse'
	key_unplug blue
	refused alice keyonly
	says "$OUT" 'Insert your security key \(waiting 2 seconds\)'
	[ "$MS" -ge 1900 ] && [ "$MS" -lt 8000 ] || fail "took $MS ms"
	granted alice "$SERVICE" 'correct horse' # and then what comes next in the order
	# behaviour 38: for a name that has no key, the same words and the same time
	drive nobody keyonly authenticate
	is "$CODE" PAM_AUTH_ERR
	says "$OUT" 'Insert your security key \(waiting 2 seconds\)'
	[ "$MS" -ge 1900 ] && [ "$MS" -lt 8000 ] || fail "took $MS ms for nobody"
}

# Who has another way in, or asks for somebody else, does not wait.
test_nobody_else_waits() {
	keys_conf '[service keyonly]' 'get = public-key'
	webcred_service vlock
	webcred_service keyonly
	key_plug blue
	enrol_key alice blue
	enrol_password alice 'correct horse'
	key_unplug blue
	as_alice --answer 'correct horse' authenticate
	drive_end
	is "$CODE" PAM_SUCCESS
	quick
	says_not "$OUT" 'Insert'
	refused alice keyonly
	quick
	says_not "$OUT" 'Insert'
	drive alice keyonly --rhost 192.0.2.1 authenticate
	quick
	says_not "$OUT" 'Insert'
}

test_wait_is_called_off() {
	keys_conf 'key_wait = 20'
	key_plug blue
	enrol_key alice blue
	key_unplug blue
	drive_begin alice "$SERVICE" authenticate
	told 'Insert your security key'
	kill -TERM "$DRIVE"
	wait "$DRIVE"
	logged 'get declined user="alice"'
	key_plug blue
	drive alice "$SERVICE" authenticate
	is "$CODE" PAM_SUCCESS
	quick
}

# behaviour 9: a key that comes while the one prompt stands blinks, and its touch lets in.
test_inserted_while_the_prompt_stands() {
	keys_conf 'mediation = conditional'
	key_plug blue
	enrol_key alice blue
	enrol_password alice 'correct horse'
	key_unplug blue
	key_log_clear blue
	drive_begin alice "$SERVICE" --hold "$KEYS/enter" --answer '' authenticate
	sleep 0.8
	key_plug blue
	key_saw blue 'get-assertion .*up=1'
	touch "$KEYS/enter"
	drive_end
	is "$CODE" PAM_SUCCESS
	says_not "$OUT" 'Insert'
	logged 'get granted user="alice" .*credential="blue"'
}

# ---- keys that others have -------------------------------------------------------------

test_key_of_another_program_is_waited_for() {
	keys_conf
	key_plug blue
	enrol_key alice blue
	enrol_password alice 'correct horse'
	exec 8<>/dev/webcred-blue
	flock -n 8 || fail "nobody should hold it"
	drive_begin alice "$SERVICE" authenticate 8>&-
	told 'The key is in use by another program; waiting for it\.'
	BEGAN=$(milliseconds)
	exec 8>&-
	in_within 2500
	says "$OUT" 'Touch the key labelled blue'
	is "$(log_since | grep -c 'in use by another program')" 1 "lines about it"
}

test_key_of_another_program_is_reported_in_the_end() {
	keys_conf
	key_plug blue
	enrol_key alice blue
	enrol_password alice 'correct horse'
	exec 8<>/dev/webcred-blue
	flock -n 8
	granted alice "$SERVICE" 'correct horse'
	says "$OUT" 'Another program is using the key\.'
	[ "$MS" -ge 4500 ] && [ "$MS" -lt 15000 ] || fail "took $MS ms"
	exec 8>&-
}

# Two logins, one key: one after the other.
test_two_logins_at_one_key() {
	local first
	keys_conf
	key_plug blue
	enrol_key alice blue
	key blue touch=wait
	drive_begin alice "$SERVICE" authenticate
	key blue wait-touch=3000
	first=$DRIVE
	mv "$KEYS/drive.out" "$KEYS/first.out"
	drive_begin alice "$SERVICE" authenticate
	told 'Another login has the key; waiting for my turn\.'
	key blue touch
	wait "$first"
	says "$(cat "$KEYS/first.out")" '^authenticate PAM_SUCCESS'
	key_touch blue
	drive_end
	is "$CODE" PAM_SUCCESS "the second login"
	says_not "$OUT" 'program'
	no_helper_left
}

# A key that does not answer costs a good one beside it nothing.
test_deaf_key_beside_a_good_one_costs_no_time() {
	keys_conf
	key_plug blue
	enrol_key alice blue
	key blue touch=wait
	key_plug red
	enrol_key alice red
	key blue stall=silent
	drive alice "$SERVICE" authenticate
	is "$CODE" PAM_SUCCESS
	logged 'credential="red"'
	note "$MS ms beside a deaf key"
	quick
	no_helper_left
}

# ---- shown to a desktop ------------------------------------------------------------------

# comes FILE: something is in it, within two seconds.
comes() {
	for _ in $(seq 100); do
		[ -s "$1" ] && return 0
		sleep 0.02
	done
	fail "$1 does not come"
}

# Nobody looks at the terminal: a file says so as long as it blinks, and webcred watch tells it.
test_awaited_touch_is_shown() {
	local uid watch
	keys_conf
	key_plug blue
	enrol_key alice blue
	key blue touch=wait
	uid=$(id -u alice)
	install -d -m 755 /run/webcred/touch # as systemd-tmpfiles does
	setpriv --reuid alice --regid alice --clear-groups -- webcred watch >"$KEYS/watch.out" 2>&1 &
	watch=$!
	setpriv --reuid alice --regid alice --clear-groups -- \
		webcred watch -- sh -c 'echo "shown: $1"' sh >"$KEYS/shown.out" 2>&1 &
	drive_begin alice "$SERVICE" authenticate
	key blue wait-touch=3000
	comes "/run/webcred/touch/$uid"
	is "$(cat "/run/webcred/touch/$uid")" "$SERVICE"
	is "$(stat -c '%U %a' "/run/webcred/touch/$uid")" "root 644"
	comes "$KEYS/watch.out"
	comes "$KEYS/shown.out"
	is "$(cat "$KEYS/watch.out")" "$SERVICE waits for a touch of your security key."
	is "$(cat "$KEYS/shown.out")" "shown: $SERVICE waits for a touch of your security key."
	key blue touch
	drive_end
	is "$CODE" PAM_SUCCESS
	[ ! -e "/run/webcred/touch/$uid" ] || fail "it is still shown"
	key_log_clear blue
	drive_begin alice "$SERVICE" authenticate # and one that is killed
	key blue wait-touch=3000
	comes "/run/webcred/touch/$uid"
	kill -KILL "$DRIVE"
	no_helper_left
	sleep 0.2
	[ ! -e "/run/webcred/touch/$uid" ] || fail "it is shown for one who went away"
	kill "$watch" %2 2>/dev/null
	# What an authority that was killed left shown is not shown by the next one.
	echo sudo >/run/webcred/touch/4711
	authority_restart
	for _ in $(seq 250); do [ -e /run/webcred/touch/4711 ] || break; sleep 0.02; done
	[ ! -e /run/webcred/touch/4711 ] || fail "what was left behind is still shown"
}

# What asks the key does not start: said at once, and not that a key is missing which is there.
test_helper_that_does_not_start() {
	local helper waiting
	keys_conf 'key_wait = 20'
	key_plug blue
	enrol_key alice blue
	key blue touch=auto
	drive alice "$SERVICE" authenticate
	is "$CODE" PAM_SUCCESS
	helper=$(helper_program)
	waiting=$(helper_waiting)
	mount --bind /bin/false "$helper" || fail "cannot hide $helper"
	kill "$waiting"
	while [ -d "/proc/$waiting" ]; do sleep 0.01; done
	drive alice "$SERVICE" authenticate
	umount "$helper"
	[ "$CODE" != PAM_SUCCESS ] || fail "let in"
	[ "$MS" -lt 10000 ] || fail "said after $MS ms"
	says_not "$OUT" 'Insert'
	drive alice "$SERVICE" authenticate
	is "$CODE" PAM_SUCCESS "once it starts again"
}

run_tests
