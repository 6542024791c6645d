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

# Of two keys any will do, the other stops blinking.
test_two_keys() {
	plug spare
	console_in root 'Password: ' 'root word'
	unplug desk
	enrol_key carol spare
	plug desk
	console_in carol
	key desk touch=wait
	key spare touch=wait
	watch desk
	watch spare
	talk send "sudo id -u$CR" expect 'Touch one of your security keys' || fail "no word of a touch: $HEARD"
	key desk wait-touch=20000
	key spare wait-touch=20000
	key spare touch
	talk expect '(^|\n)0\s+ready> $' || fail "not let in by the second key: $HEARD"
	logged 'get granted user="carol" service="sudo".*credential="spare"'
	blinked desk
	key_since desk | grep -q cancel-received || fail "the desk's key blinks on: $(key_since desk)"
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
