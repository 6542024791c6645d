# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
#
# demo.sh - what `sh quickstart.sh` shows, inside a sandbox: a person enrols a password, an
# authenticator app and a security key, and logs in through pamtester and sudo.  Whatever does not
# go as it says ends it.
set -u
. "$WEBCRED_TOP/tests/support/machine.sh"

person=demo
word='correct horse battery'
n=0

say() { printf '%s\n' "$*"; }

head_line() {
	n=$((n + 1))
	printf '\n%d. %s\n' "$n" "$*"
}

broke() {
	say ""
	say "The demo went wrong: $*"
	say "What the authority logged:"
	tail -n 10 "$SANDBOX/log"
	exit 1
}

# shown COMMAND...: prints it as a person would type it.
shown() { say "   \$ $*"; }

# as_person ANSWER COMMAND...: at a terminal of its own, as the person.
as_person() {
	local answer=$1
	shift
	OUT=$(setpriv --reuid "$person" --regid "$person" --clear-groups -- \
		expect "$WEBCRED_TOOLS/answer.exp" "$answer" -- "$@" 2>&1 </dev/null)
}

# by_pamtester WANTED ANSWER and by_sudo WANTED ANSWER: WANTED is in or out.
by_pamtester() {
	local wanted=$1 answer=$2 got=out
	shown "pamtester sudo $person authenticate acct_mgmt        (types: $answer)"
	OUT=$(expect "$WEBCRED_TOOLS/answer.exp" "$answer" -- \
		pamtester sudo "$person" authenticate acct_mgmt 2>&1 </dev/null) && got=in
	tell "$wanted" $got
}

by_sudo() {
	local wanted=$1 answer=$2 got=out
	shown "sudo id -un        (as $person; types: $answer)"
	as_person "$answer" sudo id -un && grep -q '^root' <<<"$OUT" && got=in
	tell "$wanted" $got
}

# by_touch WANTED: sudo, and nobody types anything.
by_touch() {
	local got=out
	shown "sudo id -un        (as $person; touches the key)"
	as_person '' sudo id -un && grep -q '^root' <<<"$OUT" && got=in
	tell "$1" $got
}

tell() {
	tr -d '\r' <<<"$OUT" | grep -v '^$' | sed 's/^/     /'
	[ "$1" = "$2" ] || broke "this should have been '$1', and it was '$2'"
	[ "$2" = in ] && say "   -> let in." || say "   -> refused, as it should be."
}

code() { oathtool -b --totp --now "@$(($(date +%s) + 30 * ${1:-0}))" "$SEED"; }

add_user "$person" 5999
cat >/etc/pam.d/sudo <<-END
	auth    required pam_webcred.so
	account required pam_webcred.so
	session required pam_permit.so
END

say "This is a machine inside the machine: /etc, /run, /var/lib are copies, and are gone at the end."
say "webcred-authority is running in it, and $person is a person with an account and nothing else."

head_line "Root gives $person a password.  It is kept as an Argon2id hash, by the authority alone."
shown "webcred store password --user $person        (types: $word, twice)"
printf '%s\n%s\n' "$word" "$word" | webcred store password --user "$person" 2>&1 | sed 's/^/     /'
[ "${PIPESTATUS[1]}" = 0 ] || broke "the password was not stored"

head_line "The password lets $person in, through PAM's own tester and through the real sudo."
by_pamtester in "$word"
by_sudo in "$word"

head_line "A wrong password does not."
by_sudo out 'correct horse bakery'

head_line "Now an authenticator app: the picture is what $person's phone would scan."
shown "webcred create otp --user $person --label phone"
expect "$WEBCRED_TOP/tests/support/scan.exp" "$SANDBOX/tmp/seed" \
	webcred create otp --user "$person" --label phone </dev/null | tr -d '\r' | sed 's/^/     /'
SEED=$(cat "$SANDBOX/tmp/seed" 2>/dev/null)
[ -n "$SEED" ] || broke "the app was not enrolled"
shown "webcred list --user $person"
webcred list --user "$person" | sed 's/^/     /'

head_line "From now on a code is asked for first: the app stands before the password in the order."
soon=$(code 1)
say "   (The code of enrolment is used up.  To spare you 30 seconds the demo types the next one:"
say "   a phone's clock may be one step ahead.)"
by_pamtester in "$soon"

head_line "The same code again is refused: a code counts once, whoever saw it over $person's shoulder."
by_pamtester out "$soon"
by_sudo out "$soon"

head_line "A code that is simply wrong is refused too."
by_sudo out "$(printf '%06d' $(((10#$soon + 271828) % 1000000)))"

head_line "sudo with a fresh code.  The app is enrolled anew here, since a code lasts half a minute."
webcred remove phone --user "$person" --yes >/dev/null 2>&1 || broke "cannot remove the app"
expect "$WEBCRED_TOP/tests/support/scan.exp" "$SANDBOX/tmp/seed" \
	webcred create otp --user "$person" --label phone </dev/null >/dev/null
SEED=$(cat "$SANDBOX/tmp/seed")
by_sudo in "$(code 1)"

head_line "Now a security key.  Nobody has one here, so a program plays it: same cable, same protocol."
. "$WEBCRED_TOP/tests/support/keys.sh"
fail() { broke "$*"; }
keys_begin
mkdir -p /etc/webcred
printf '[webcred]\nlocality_unknown = local\n[devices]\ndevice = /dev/webcred-blue\n' >/etc/webcred/webcred.conf
authority_restart || broke "the authority did not start"
key_plug blue
shown "webcred create public-key --user $person --label blue        (and a touch)"
webcred create public-key --user "$person" --label blue 2>&1 </dev/null | sed 's/^/     /'
[ "${PIPESTATUS[0]}" = 0 ] || broke "the key was not enrolled"
webcred list --user "$person" | sed 's/^/     /'

head_line "A touch is enough from now on: the key stands first in the order."
by_touch in

head_line "The key lies: its signature is false by one bit.  $person reads that it was not valid, the log why."
key blue lie=bad-signature >/dev/null
by_touch out
key blue lie=none >/dev/null
grep 'signature: does not verify' "$SANDBOX/log" | tail -n 1 | sed 's/^<[0-9]*>//; s/^/     /' | grep . ||
	broke "the log does not say why"

head_line "Another key, found in a drawer: nobody enrolled it, and it does not even blink."
key_unplug blue
key_plug red
ln -sf "$(readlink /dev/webcred-red)" /dev/webcred-blue
by_touch out
key_unplug red
rm -f /dev/webcred-blue

head_line "The key is pulled out while it waits for its touch: the code is asked for at once."
key_plug blue --touch=wait
webcred remove phone --user "$person" --yes >/dev/null 2>&1 || broke "cannot remove the app"
expect "$WEBCRED_TOP/tests/support/scan.exp" "$SANDBOX/tmp/seed" \
	webcred create otp --user "$person" --label phone </dev/null >/dev/null
SEED=$(cat "$SANDBOX/tmp/seed")
(key blue wait-touch=5000 unplug >/dev/null) &
by_sudo in "$(code 1)"

head_line "Every decision left one line in the log, and no line holds a secret:"
grep -E 'webcred\[[0-9]+\]: (get|create|store) ' "$SANDBOX/log" | sed 's/^<[0-9]*>//; s/^/     /' | tail -n 8

say ""
say "What happened: sudo and pamtester loaded pam_webcred.so, which asked webcred-authority over a"
say "socket; it asked $person through them, verified the answer, committed that a code is used, and"
say "only then said yes.  No hash, seed or database ever entered sudo."
say ""
say "Where to go next:"
say "  README.md                        install it, enrol yourself, switch it on for sudo, safely"
say "  tests/support/sandbox bash       a shell on such a throw-away machine, to try things"
say "  sh quickstart.sh check           every test"
say "  HACKING.md, doc/threat-model.md  how it is built, and what it protects from whom"
