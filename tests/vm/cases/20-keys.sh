# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# Security keys that come and go, as the kernel and udev see them.
. "$WEBCRED_TOP/guest/lib.sh"

test_unplugged_is_no_way_round() {
	unplug desk
	console_refuses carol 'anything'
	logged 'get [a-z]+ user="carol" service="login"'
	logged_not 'get granted'
}

test_replugged() {
	console_in carol
	watch desk
	unplug desk
	console_never 'sudo id -u' 'anything'
	plug desk
	watch desk
	console 'sudo id -u'
	says "$HEARD" '^0$'
	blinked desk
}

# Out while it blinks: refused, and the person is told.
test_unplugged_while_it_blinks() {
	console_in carol
	key desk touch=wait
	talk send "sudo id -u$CR" expect 'Touch the key labelled desk' || fail "no word of a touch: $HEARD"
	key desk wait-touch=20000
	unplug desk
	talk expect '(: |ready> )$' || fail "sudo still waits: $HEARD"
	says_not "$HEARD" '^0$'
	console_fresh
	logged_not 'get granted user="carol" service="sudo"'
	plug desk
}

# first_of NAME OTHER...: all of them blink, NAME is touched and lets carol in, the others stop.
first_of() {
	local name first=$1
	for name; do
		key "$name" touch=wait
		watch_also "$name"
	done
	talk send "sudo id -u$CR" expect 'Touch one of your security keys' || fail "no word of a touch: $HEARD"
	for name; do key "$name" wait-touch=20000; done
	mark
	key "$first" touch
	talk expect '(^|\n)0\s+ready> $' || fail "not let in by the key $first: $HEARD"
	logged "get granted user=\"carol\" service=\"sudo\".*credential=\"$first\""
	shift
	for name; do
		key_since_then "$name" | grep -q cancel-received || fail "the key $name blinks on: $(key_since_then "$name")"
	done
}
watch_also() { wc -l <"$KEYS/$1.log" >"$SANDBOX/tmp/$1.mark"; }
key_since_then() { tail -n +$(($(cat "$SANDBOX/tmp/$1.mark") + 1)) "$KEYS/$1.log"; }

# Of two and of three keys any will do, the others stop blinking.
test_two_and_three_keys() {
	plug spare
	plug third
	console_in root 'Password: ' 'root word'
	unplug desk
	key third touch=wait
	enrol_key carol spare
	key spare touch=wait
	key third touch=auto
	enrol_key carol third
	plug desk
	console_in carol
	first_of third desk spare
	unplug third
	first_of spare desk
	unplug spare
	key desk touch=auto
	console 'sudo id -u' # one of the two is enough
	says "$HEARD" '^0$'
}

# A key of somebody else's is not asked for a touch.
test_a_strangers_key() {
	unplug desk
	plug stranger
	console_in alice 'Password: ' 'correct horse'
	watch stranger
	console_never 'su carol -c "id -un"' 'anything'
	! key_since stranger | grep -q 'assertion .*up=1' || fail "the stranger's key blinked"
	unplug stranger
	plug desk
}

run_tests
