# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# Keys that come while a login waits for them, found by way of the kernel and udev.
. "$WEBCRED_TOP/guest/lib.sh"

# An earlier file may have enrolled her other keys.
test_inserted_in_mid_wait() {
	printf '[service]\nkey_wait = 50\n' | conf
	console_in carol
	unplug desk
	talk send "sudo id -u$CR" expect 'Insert (the key labelled desk|one of your security keys)' || fail "no word of a key: $HEARD"
	plug desk
	talk expect '(^|\n)0\s+ready> $' || fail "not let in by the key that came: $HEARD"
	says "$HEARD" 'Touch the key labelled desk'
	logged 'get granted user="carol" service="sudo".*credential="desk"'
}

test_replugged_in_mid_wait() {
	printf '[service]\nkey_wait = 50\n' | conf
	console_in carol
	key desk touch=wait
	talk send "sudo id -u$CR" expect 'Touch the key labelled desk' || fail "no word of a touch: $HEARD"
	key desk wait-touch=20000
	unplug desk
	talk expect 'The key was unplugged' || fail "no word of it: $HEARD"
	plug desk
	key desk touch=auto
	talk expect '(^|\n)0\s+ready> $' || fail "not let in by the key that came back: $HEARD"
	logged 'get granted user="carol" service="sudo".*credential="desk"'
}

run_tests
