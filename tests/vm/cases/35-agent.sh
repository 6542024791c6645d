# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# Remote sudo by a key of the machine that somebody came from: ssh-agent and its own helper find it by
# udev, ssh forwards the agent, logind says that the session is remote; the desk's key stays dark.
. "$WEBCRED_TOP/guest/lib.sh"

AWAY=/run/away

# node NAME: the key's hidraw node.
node() {
	local node
	for node in /sys/class/hidraw/*; do
		grep -qx "HID_UNIQ=$1" "$node/device/uevent" && echo "/dev/${node##*/}"
	done
}

# begin: the laptop's key is plugged in, holds a credential of ssh's, and that is alice's.
begin() {
	conf <<-END
		[service sudo]
		get = public-key password
		transport = device ssh-agent
		[service su]
		get = public-key password
		transport = device ssh-agent
	END
	plug laptop
	install -d -m 0700 "$AWAY"
	if [ ! -e "$AWAY/id" ]; then
		ssh-keygen -q -t ecdsa-sk -O "device=$(node laptop)" -N '' -C laptop -f "$AWAY/id" </dev/null 3>&- || fail "ssh-keygen"
		webcred import --from openssh-sk --user alice --write "$AWAY/id.pub" || fail "cannot enrol it"
		systemd-run -q --unit=away-agent ssh-agent -D -a "$AWAY/agent" || fail "ssh-agent"
		waits 20 test -S "$AWAY/agent"
		SSH_AUTH_SOCK=$AWAY/agent ssh-add -q "$AWAY/id" 3>&- || fail "ssh-add"
	fi
	SSH="$SSH -o IdentitiesOnly=yes -o IdentityAgent=$AWAY/agent -A"
	watch desk
}

# ssh-agent's helper looks for the key that has the credential, and asks each without a touch.
desk_did_not_blink() { ! key_since desk | grep -Eq 'touch|assertion .*up=1' || fail "the desk's key blinked: $(key_since desk)"; }

test_sudo_by_a_touch_at_the_other_machine() {
	begin
	far alice -- sudo id -u
	says "$OUT" 'Touch the key labelled laptop on the machine you came from'
	says "$OUT" '^0$'
	says_not "$OUT" 'assword'
	logged 'get granted user="alice" service="sudo".*credential="laptop".*by ssh agent'
	desk_did_not_blink
}

test_su_by_a_touch_at_the_other_machine() {
	begin
	far carol -- su alice -c '"id -un"'
	says "$OUT" '^alice$'
	logged 'get granted user="alice" service="su".*by ssh agent'
	desk_did_not_blink
}

test_refused_or_out_and_the_password_is_asked_for() {
	begin
	key laptop touch=refuse
	far alice 'correct horse' -- sudo id -u
	says "$OUT" 'was not touched, is not plugged in'
	says "$OUT" '^0$'
	unplug laptop
	far alice 'guess' -- sudo id -u
	says_not "$OUT" '^0$'
	logged 'get refused user="alice".*service="sudo"'
	desk_did_not_blink
}

# Carol's key is the desk's, and that it is no agent's: nothing is asked of either.
test_who_has_nothing_in_the_agent() {
	begin
	watch laptop
	far carol 'guess' -- sudo id -u
	says_not "$OUT" '^0$|Touch'
	! key_since laptop | grep -q 'up=1' || fail "the laptop's key was asked for carol"
}

run_tests
