# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# Every door of the machine with each kind of credential; 00-install.sh says who has which.
. "$WEBCRED_TOP/guest/lib.sh"

test_console_by_password() {
	console_in alice 'Password: ' 'correct horse'
	logged 'get granted user="alice" service="login" tty="?(/dev/)?ttyS0'
	console 'id -un'
	says "$HEARD" '^alice$'
	console_out
	console_refuses alice 'wrong horse'
}

test_console_by_code() {
	next_code bob
	console_in bob 'code: ' "$CODE"
	console_refuses bob "$CODE" # it has been used
}

test_console_by_key() {
	watch desk
	console_in carol
	says "$HEARD" 'Touch the key labelled desk'
	blinked desk
	key desk touch=refuse
	console_refuses carol
	key desk touch=auto
}

test_sudo_by_password() {
	console_in alice 'Password: ' 'correct horse'
	console 'sudo id -u' 'password for alice: ' 'correct horse'
	says "$HEARD" '^0$'
	console_never 'sudo id -u' 'wrong horse'
}

test_sudo_and_su_by_code() {
	next_code bob
	console_in bob 'code: ' "$CODE"
	next_code bob
	console 'sudo id -u' 'code: ' "$CODE"
	says "$HEARD" '^0$'
	console_never 'sudo id -u' "$CODE"
	console 'su alice -c "id -un"' 'Password: ' 'correct horse'
	says "$HEARD" '^alice$'
	console_never 'su alice -c "id -un"' 'wrong horse'
}

test_sudo_and_su_by_key() {
	console_in carol
	watch desk
	console 'sudo id -u'
	says "$HEARD" '^0$'
	blinked desk
	key desk touch=refuse
	console_never 'sudo id -u'
	key desk touch=auto
	next_code bob
	console 'su bob -c "id -un"' 'code: ' "$CODE"
	says "$HEARD" '^bob$'
	console_in alice 'Password: ' 'correct horse'
	watch desk
	console 'su carol -c "id -un"'
	says "$HEARD" '^carol$'
	blinked desk
}

test_ssh_by_password() {
	ssh_as alice 'correct horse' -- id -un
	says "$OUT" '^alice$'
	logged 'get granted user="alice" service="sshd".* rhost="127.0.0.1"'
	ssh_as alice 'wrong horse' -- id -un
	says_not "$OUT" '^alice$'
}

test_ssh_by_code() {
	next_code bob
	ssh_as bob "$CODE" -- id -un
	says "$OUT" '^bob$'
	ssh_as bob "$CODE" -- id -un
	says_not "$OUT" '^bob$'
}

# The desk's key is not asked from afar, and there is no other way in.
test_ssh_does_not_ask_the_key_at_the_desk() {
	watch desk
	ssh_as carol 'anything' -- id -un
	says_not "$OUT" '^carol$'
	dark desk
}

test_ssh_then_sudo_and_su() {
	far alice 'correct horse' -- sudo id -u
	says "$OUT" '^0$'
	far alice 'wrong horse' -- sudo id -u
	says_not "$OUT" '^0$'
	next_code bob
	far bob "$CODE" -- sudo id -u
	says "$OUT" '^0$'
	far bob 'correct horse' -- su alice -c '"id -un"'
	says "$OUT" '^alice$'
	far bob 'wrong horse' -- su alice -c '"id -un"'
	says_not "$OUT" '^alice$'
	watch desk
	far carol 'anything' -- sudo id -u
	says_not "$OUT" '^0$'
	far alice 'anything' -- su carol -c '"id -un"'
	says_not "$OUT" '^carol$'
	dark desk
}

# A locker runs as the person who locked it, and asks at the user socket.
test_lock_screen_by_password() {
	console_in alice 'Password: ' 'correct horse'
	console 'pamtester swaylock alice authenticate' 'Password: ' 'correct horse'
	is "$STATUS" 0
	logged 'get granted user="alice".* claimed_service="swaylock"'
	console_never 'pamtester swaylock alice authenticate' 'wrong horse'
	console_never 'pamtester swaylock bob authenticate' # another's account is not hers to ask about
}

test_lock_screen_by_code() {
	next_code bob
	console_in bob 'code: ' "$CODE"
	next_code bob
	console 'pamtester swaylock bob authenticate' 'code: ' "$CODE"
	is "$STATUS" 0
	console_never 'pamtester swaylock bob authenticate' "$CODE"
}

test_lock_screen_by_key() {
	console_in carol
	watch desk
	console 'pamtester swaylock carol authenticate'
	is "$STATUS" 0
	blinked desk
	key desk touch=refuse
	console_never 'pamtester swaylock carol authenticate'
	key desk touch=auto
}

# The real vlock, on the console's line: wrong, then right.
test_vlock() {
	console_in alice 'Password: ' 'correct horse'
	talk send "vlock$CR" expect 'ENTER' send "$CR" expect 'Password: $' send "wrong horse$CR" \
		expect '(: |ready> )$' || fail "vlock: waited for /$WAITED/, and heard: $HEARD"
	says_not "$HEARD" 'ready>'
	talk send "$CR" until "{\nready> \$} {(Password: |to unlock\.\s*)\$} {correct horse$CR}" ||
		fail "vlock: waited for /$WAITED/, and heard: $HEARD"
	logged 'get granted user="alice" service="vlock"'
}

run_tests
