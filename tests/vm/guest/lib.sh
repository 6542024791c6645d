# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
#
# lib.sh - what the files in cases/ are written in: the expectations of tests/support/lib.sh, on a
# whole machine in place of a sandbox.  The log is the journal, the authority is systemd's, keys are
# the kernel's, and the console is a serial line with a person at its other end.
. "$WEBCRED_TOP/tests/support/lib.sh"

EXAMPLES=/usr/share/doc/webcred/examples/pam.d
KEYS=/run/softkey
mkdir -p "$KEYS" /var/lib/softkey

# ---- the log ----------------------------------------------------------------------

mark() { MARK=$(journalctl -q -n 1 -o cat --show-cursor | sed -n 's/^-- cursor: //p'); }
# Without what the service manager tells of each login.
log_since() {
	journalctl -q -o short-monotonic --no-hostname --after-cursor="$MARK" |
		grep -Ev 'systemd\[[0-9]+\]: .*(target|[Ss]lice|Runtime Directory|User Manager|Exit the Session|start job|Startup finished|Consumed|user@|user-runtime|run-user)'
}

# ---- the machine -----------------------------------------------------------------

# Before each test: the authority as it is installed, the shipped configuration but for what costs
# time and shows nothing here, on a machine that computes ten times slower than a real one; the key at
# the desk is in, its owner touches it when it blinks, and no other is there.
fresh() {
	local unit active desk=
	active=$(systemctl list-units --no-legend --plain --state=active 'softkey-*' 'webcred-*.socket' | cut -d ' ' -f 1)
	[ "$(grep -c socket <<<"$active")" = 2 ] || systemctl -q start webcred-login.socket webcred-user.socket
	conf </dev/null
	for unit in $(grep '^softkey' <<<"$active"); do
		if [ "$unit" = softkey-desk.service ]; then desk=in; else systemctl -q stop "$unit"; fi
	done
	if [ -n "$desk" ]; then
		key desk touch=auto >/dev/null
	elif [ -e /var/lib/softkey/desk ]; then
		plug desk
	fi
	mark
}

# conf: standard input becomes webcred.conf; it counts from the next login on.
conf() {
	{
		cat
		printf '[service]\nfail_delay = 100\n[password]\nmemory = 8192\npasses = 1\n'
	} >"$SANDBOX/tmp/conf"
	cmp -s "$SANDBOX/tmp/conf" /etc/webcred/webcred.conf || cat "$SANDBOX/tmp/conf" >/etc/webcred/webcred.conf
}

# stacks SERVICE...: the PAM examples, as they are installed, but for login's three seconds.
stacks() {
	local name
	for name; do sed '/pam_faildelay/s/delay=[0-9]*/delay=100000/' "$EXAMPLES/$name" >"/etc/pam.d/$name"; done
}

# The clock goes on by one step, so that nobody waits for a new code.
next_code() {
	date -s "@$(($(date +%s) + 30))" >/dev/null
	CODE=$(oathtool -b --totp "$(cat "/var/lib/softkey/$1.seed")")
}

# waits SECONDS COMMAND...: until it succeeds.
waits() {
	local left=$(($1 * 10))
	shift
	until "$@" >/dev/null 2>&1; do
		left=$((left - 1))
		[ $left -gt 0 ] || fail "waited in vain for: $*"
		sleep 0.1
	done
}

# ---- security keys ---------------------------------------------------------------

# plug NAME [OPTION...]: a key that the kernel and udev see, started outside of any login.
plug() {
	local name=$1
	shift
	systemctl reset-failed "softkey-$name" 2>/dev/null
	systemd-run -q --unit="softkey-$name" softkey uhid --state "/var/lib/softkey/$name" \
		--control "$KEYS/$name" --log "$KEYS/$name.log" --serial "$name" --touch auto "$@" || fail "no key $name"
	waits 20 plugged "$name"
}

# udev has named it a key.
plugged() {
	local node
	for node in /sys/class/hidraw/*; do
		grep -qx "HID_UNIQ=$1" "$node/device/uevent" 2>/dev/null || continue
		udevadm info -q property -p "$node" | grep -qx 'ID_FIDO_TOKEN=1' && return 0
	done
	return 1
}

unplug() {
	systemctl -q stop "softkey-$1"
	while plugged "$1"; do sleep 0.1; done
}

key() { softkey ctl "$KEYS/$1" "$2"; }

# From here on what a key does counts.
watch() { KEY_MARK=$(wc -l <"$KEYS/$1.log"); }
key_since() { tail -n +$((KEY_MARK + 1)) "$KEYS/$1.log"; }

# A key blinks where a touch is asked for; what is asked silently, up=0, is no blinking.
blinked() {
	key_since "$1" | grep -Eq 'assertion .*up=1' || fail "the key $1 was not asked: $(key_since "$1")"
}
# Not even asked which credentials it has.
dark() {
	! key_since "$1" | grep -Eq 'init|touch|assertion' || fail "the key $1 was asked: $(key_since "$1")"
}

# ---- the console -------------------------------------------------------------------

CR=$'\r'
PROMPT='(assword[^:\n]*|code|PIN[^:\n]*): $'

# talk VERB TEXT...: a conversation on the console, through host.exp; sets HEARD.  Returns 1 where
# something was waited for in vain; WAITED has what.
talk() {
	local list='' word answer
	for word; do list+="{$word} "; done
	printf '@talk %s\n' "$(printf '%s' "$list" | base64 -w 0)" >&3
	IFS= read -r -t 300 answer <"$PORT" || fail "nobody is at the console"
	WAITED=$(cut -d ' ' -f 2 <<<"$answer" | base64 -d)
	HEARD=$(cut -d ' ' -f 3 <<<"$answer" | base64 -d | tr -d '\r')
	echo "console: $HEARD"
	[ "$WAITED" = ok ]
}

# A login prompt that nobody has typed at.
console_fresh() {
	systemctl stop serial-getty@ttyS0
	talk forget ''
	systemctl start serial-getty@ttyS0
	talk expect 'login: $' || fail "no login prompt at the console"
}

# console_in USER [PROMPT ANSWER]...: logs in, and stays in.
console_in() {
	local user=$1 words=()
	shift
	console_fresh
	while [ $# -gt 0 ]; do
		words+=(expect "$1\$" send "$2$CR")
		shift 2
	done
	talk send "$user$CR" ${words[@]+"${words[@]}"} expect '\nready> $' ||
		fail "$user was not let in at the console: waited for /$WAITED/, and heard: $HEARD"
}

# console_refuses USER [ANSWER]: whatever is asked, and answered by ANSWER.
console_refuses() {
	local user=$1
	console_fresh
	talk send "$user$CR" until "{Login incorrect|Authentication failure|ready> \$} {$PROMPT} {${2-nothing}$CR}" ||
		fail "$user, at the console: waited for /$WAITED/, and heard: $HEARD"
	says "$HEARD" 'Login incorrect|Authentication failure'
}

# console COMMAND [PROMPT ANSWER]...: in the session that console_in left; sets HEARD and STATUS.
console() {
	local command=$1 words=()
	shift
	while [ $# -gt 0 ]; do
		words+=(expect "$1\$" send "$2$CR")
		shift 2
	done
	talk send "$command; echo \"ended=\$?\"$CR" ${words[@]+"${words[@]}"} expect '\nended=[0-9]+\s+ready> $' ||
		fail "$command, at the console: waited for /$WAITED/, and heard: $HEARD"
	STATUS=$(sed -n 's/^ended=//p' <<<"$HEARD" | tail -n 1)
}

# console_never COMMAND [ANSWER]: ends with another status than 0, whatever it asks for and is answered.
console_never() {
	talk send "$1; echo \"ended=\$?\"$CR" until "{\nended=[0-9]+\s+ready> \$} {$PROMPT} {${2-nothing}$CR}" ||
		fail "$1, at the console: waited for /$WAITED/, and heard: $HEARD"
	says_not "$HEARD" '^ended=0'
}

console_out() {
	talk send "exit$CR" expect 'login: $' || fail "no login prompt after a logout"
}

# ---- ssh ---------------------------------------------------------------------------

# The cheapest of its ciphers: sntrup761 takes seconds here.
SSH="ssh -q -o KexAlgorithms=curve25519-sha256 -o HostKeyAlgorithms=ssh-ed25519 -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o NumberOfPasswordPrompts=1"

# answered [ANSWER...] -- COMMAND...: on a terminal; sets OUT and STATUS.
answered() {
	OUT=$(expect "$WEBCRED_TOOLS/answer.exp" "$@" 2>&1 3>&- | tr -d '\r'; exit "${PIPESTATUS[0]}")
	STATUS=$?
	echo "$OUT"
}

# ssh_as USER [ANSWER...] -- COMMAND...: logs in by what webcred asks for.
ssh_as() {
	local user=$1 answers=()
	shift
	while [ "$1" != -- ]; do
		answers+=("$1")
		shift
	done
	shift
	answered ${answers[@]+"${answers[@]}"} -- $SSH -o PubkeyAuthentication=no "$user@127.0.0.1" "$@"
}

# far USER [ANSWER...] -- COMMAND...: COMMAND with a terminal in a remote session that was let in already.
far() {
	local user=$1 answers=()
	shift
	while [ "$1" != -- ]; do
		answers+=("$1")
		shift
	done
	shift
	answered ${answers[@]+"${answers[@]}"} -- $SSH -tt -o PasswordAuthentication=no \
		-o KbdInteractiveAuthentication=no "$user@127.0.0.1" "$@"
}

# ---- enrolment -----------------------------------------------------------------------

# enrol_key USER NAME: by root, who is at the console; the key must be plugged in.
enrol_key() {
	console "webcred create public-key --user $1 --label $2"
	is "$STATUS" 0 "webcred's exit status"
}

# enrol_code USER: TOTP, its seed kept for next_code.
enrol_code() {
	enrol_totp "$1"
	echo "$SEED" >"/var/lib/softkey/$1.seed"
}
