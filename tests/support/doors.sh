# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
#
# doors.sh - the programs that people log in by, run for real inside a sandbox: a daemon of ssh, a
# security key in software, a person at a terminal.  Sourced after lib.sh; sets OUT and STATUS.

cp "$WEBCRED_TOP/tests/support/steps.exp" "$WEBCRED_TOOLS/"

# as USER COMMAND...: a process of that user.
as() {
	local user=$1
	shift
	setpriv --reuid "$user" --regid "$user" --clear-groups -- "$@" 2>&1
}

# ask ANSWER... -- COMMAND...: on a terminal, an answer to each prompt.
ask() {
	OUT=$(expect "$WEBCRED_TOOLS/answer.exp" -- "$@" 2>&1)
	STATUS=$?
	OUT=${OUT//$'\r'/}
	echo "$OUT"
}

# steps PATTERN ANSWER... -- COMMAND...: as ask, but each prompt is one that is waited for.
steps() {
	OUT=$(expect "$WEBCRED_TOOLS/steps.exp" -- "$@" 2>&1)
	STATUS=$?
	OUT=${OUT//$'\r'/}
	echo "$OUT"
}

# The shipped configuration, refusals told at once, unless a test is about waiting; and lines of its own.
doors_conf() {
	conf <<-END
		[webcred]
		locality_unknown = local
		[service]
		fail_delay = 0
		$(cat)
	END
}

# unix_password USER WORD
unix_password() { echo "$1:$2" | chpasswd; }

# ---- a security key in software ------------------------------------------------

# key_start NAME OPTION...: plugs it in; KEY is its path, for `device =`.  It is a link that goes with
# the key: the name of a terminal that is closed is the next terminal's, and that may be a person's.
key_start() {
	local name=$1
	shift
	KEY=/dev/webcred-$name
	rm -f "$SANDBOX/tmp/$name.path" "$KEY"
	softkey pty --state "$SANDBOX/tmp/$name.state" --control "$SANDBOX/tmp/$name.control" --link "$KEY" \
		--log "$SANDBOX/tmp/$name.log" --touch=auto "$@" >"$SANDBOX/tmp/$name.path" &
	echo $! >"$SANDBOX/tmp/$name.pid"
	for _ in $(seq 500); do [ -s "$SANDBOX/tmp/$name.path" ] && break; sleep 0.02; done
	[ -c "$KEY" ] || fail "no security key: $KEY"
}

key_ctl() {
	local name=$1
	shift
	softkey ctl "$SANDBOX/tmp/$name.control" "$@"
}

# key_stop NAME: unplugs it.  Only its own shell can wait for a process; another looks.
key_stop() {
	local pid
	pid=$(cat "$SANDBOX/tmp/$1.pid")
	kill "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	for _ in $(seq 500); do
		case $(readlink "/proc/$pid/exe" 2>/dev/null) in */softkey) sleep 0.02 ;; *) break ;; esac
	done
	rm -f "$SANDBOX/tmp/$1.control" "/dev/webcred-$1"
}

# key_forget NAME...: unplugged, and all it held is gone.
key_forget() {
	local name
	for name; do
		[ -e "$SANDBOX/tmp/$name.pid" ] && key_stop "$name"
		rm -f "$SANDBOX/tmp/$name."*
	done
}

# enrol_key USER [OPTION...]: with the tool, as an administrator does.
enrol_key() {
	local user=$1
	shift
	OUT=$(webcred create public-key --user "$user" "$@" </dev/null 2>&1) || fail "no key enrolled: $OUT"
}

# ---- sshd ------------------------------------------------------------------------

SSH=$SANDBOX/ssh

# sshd_start: with the lines of standard input ahead of its own; on a free port of 127.0.0.1.
sshd_start() {
	local more
	more=$(cat)
	sshd_stop
	mkdir -p "$SSH"
	[ -e "$SSH/host" ] || ssh-keygen -q -t ed25519 -N '' -f "$SSH/host" || fail "ssh-keygen"
	for _ in $(seq 20); do
		PORT=$((20000 + RANDOM % 20000))
		cat >"$SSH/config" <<-END
			$more
			ListenAddress 127.0.0.1
			Port $PORT
			HostKey $SSH/host
			PidFile $SSH/pid
			UsePAM yes
			KbdInteractiveAuthentication yes
			ExposeAuthInfo yes
			PasswordAuthentication no
			PermitEmptyPasswords no
			StrictModes no
			PrintMotd no
			LogLevel DEBUG1
			MaxAuthTries 6
		END
		rm -f "$SSH/pid"
		/usr/sbin/sshd -f "$SSH/config" || fail "sshd does not like its configuration"
		for _ in $(seq 50); do [ -s "$SSH/pid" ] && break; sleep 0.02; done
		[ -s "$SSH/pid" ] && break
	done
	[ -s "$SSH/pid" ] || fail "sshd did not start"
	echo "[127.0.0.1]:$PORT $(cut -d ' ' -f 1,2 "$SSH/host.pub")" >"$SSH/known"
}

# Ended by its pid file; the last one ends with the sandbox, or by the test's own trap.
sshd_stop() {
	[ -s "$SSH/pid" ] || return 0
	kill "$(cat "$SSH/pid")" 2>/dev/null
	for _ in $(seq 100); do [ -e "$SSH/pid" ] || break; sleep 0.02; done
	rm -f "$SSH/pid"
}

# The words of an ssh client: METHODS, further options, which win.
ssh_words() {
	local methods=$1
	shift
	SSH_COMMAND=(ssh -F /dev/null "$@" -p "$PORT" -o "UserKnownHostsFile=$SSH/known"
		-o StrictHostKeyChecking=yes -o GlobalKnownHostsFile=/dev/null -o IdentitiesOnly=yes
		-o IdentityAgent=none -o "PreferredAuthentications=$methods" -o NumberOfPasswordPrompts=1
		-o ConnectTimeout=10 -o LogLevel=ERROR)
}

# ssh_in METHODS USER ANSWER... [-- COMMAND...]: logs in and runs COMMAND, `id -un` if none is given.
ssh_in() {
	local methods=$1 user=$2 answers=()
	shift 2
	while [ $# -gt 0 ] && [ "$1" != -- ]; do answers+=("$1"); shift; done
	[ "${1-}" = -- ] && shift
	[ $# -gt 0 ] || set -- id -un
	ssh_words "$methods" ${SSH_MORE[@]+"${SSH_MORE[@]}"}
	ask ${answers[@]+"${answers[@]}"} -- "${SSH_COMMAND[@]}" "$user@127.0.0.1" "$@"
}

SSH_MORE=()

ssh_lets_in() {
	ssh_in "$@"
	is "$STATUS" 0 "ssh's exit status for $2"
	says "$OUT" "^$2\$" "what id -un said over ssh"
}

ssh_keeps_out() {
	ssh_in "$@"
	[ "$STATUS" != 0 ] || fail "ssh let $2 in"
	says_not "$OUT" "^$2\$" "what id -un said over ssh"
	says "$OUT" 'Permission denied' "what ssh said"
}
