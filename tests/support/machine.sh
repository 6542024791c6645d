# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
#
# machine.sh - the machine inside a sandbox: its accounts, its sudo, its authority.
# Sourced by sandbox and by the tests; everything here changes the sandbox alone.

# add_user NAME UID: an account with a locked Unix password.  Written by hand, as useradd would,
# since tests add dozens; the tests about accounts use the real useradd and userdel.
add_user() {
	echo "$1:x:$2:$2::$SANDBOX/home/$1:/bin/sh" >>/etc/passwd
	echo "$1:!:19000:0:99999:7:::" >>/etc/shadow
	echo "$1:x:$2:" >>/etc/group
	mkdir -p "$SANDBOX/home/$1"
	chown "$2:$2" "$SANDBOX/home/$1"
}

machine_accounts() {
	local name uid=890
	for name in webcred webcred-device; do
		uid=$((uid + 1))
		getent passwd "$name" >/dev/null && continue
		echo "$name:x:$uid:$uid::/nonexistent:/usr/sbin/nologin" >>/etc/passwd
		echo "$name:!:19000::::::" >>/etc/shadow
		echo "$name:x:$uid:" >>/etc/group
	done
	uid=5000
	for name in alice bob carol dave erin frank grace heidi; do
		uid=$((uid + 1))
		add_user "$name" "$uid"
	done
}

# Any test account may do anything once sudo has let it in, and no ticket hides a question.
machine_sudo() {
	cat >/etc/sudoers <<-END
		Defaults lecture=never, timestamp_timeout=0, !fqdn, passwd_tries=1, !mail_badpass
		Defaults secure_path="$PATH"
		root ALL=(ALL:ALL) ALL
		%sudoers ALL=(ALL:ALL) ALL
		ALL ALL=(ALL:ALL) ALL
	END
	chmod 0440 /etc/sudoers
}

# ---- the authority, as an init would keep it running ---------------------------

# Restarts it whenever it ends, until $SANDBOX/authority.stop exists.
authority_supervise() {
	local status
	while [ ! -e "$SANDBOX/authority.stop" ]; do
		webcred-authority --listen </dev/null >>"$SANDBOX/authority.out" 2>&1 &
		echo $! >"$SANDBOX/authority.pid.new"
		mv "$SANDBOX/authority.pid.new" "$SANDBOX/authority.pid"
		wait $!
		status=$?
		echo "$status" >>"$SANDBOX/authority.exits"
		[ "$status" = 0 ] || sleep 0.02
	done
	rm -f "$SANDBOX/authority.pid"
}

# Sockets that an authority left behind would take connections for as long as one of its processes
# ends: only what the new one makes counts.
authority_start() {
	rm -f "$SANDBOX/authority.stop" "$SANDBOX/authority.pid" /run/webcred/login /run/webcred/user
	authority_supervise </dev/null >/dev/null 2>&1 &
	echo $! >"$SANDBOX/supervisor.pid"
	until [ -e "$SANDBOX/authority.pid" ]; do sleep 0.01; done
	authority_wait
}

# Until both sockets take a connection; 5 seconds at most.
authority_wait() {
	if ! { credrive wait /run/webcred/login 5000 && credrive wait /run/webcred/user 5000; }; then
		echo "webcred-authority does not answer; it said:" >&2
		tail -n 20 "$SANDBOX/authority.out" "$SANDBOX/log" >&2
		return 1
	fi
}

authority_pid() { cat "$SANDBOX/authority.pid"; }

# Whoever does not end within two seconds, with callers that it still serves, is killed with all its
# processes: the next one could not open the store.
authority_stop() {
	local pid family
	: >"$SANDBOX/authority.stop"
	pid=$(cat "$SANDBOX/supervisor.pid" 2>/dev/null) || return 0
	family=$(pgrep -P "$(authority_pid 2>/dev/null)" 2>/dev/null)
	kill -TERM "$(authority_pid 2>/dev/null)" 2>/dev/null
	for _ in $(seq 100); do
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.02
	done
	if kill -0 "$pid" 2>/dev/null; then
		# shellcheck disable=SC2086 # a list of words
		kill -KILL "$pid" "$(authority_pid 2>/dev/null)" $family 2>/dev/null
	fi
	# Nor may a supervisor be left that would start another one beside the next.
	family="$family $pid"
	for _ in $(seq 100); do
		# shellcheck disable=SC2086 # a list of words
		kill -0 $family 2>/dev/null || break
		sleep 0.02
	done
	rm -f "$SANDBOX/supervisor.pid"
	return 0
}

authority_restart() {
	authority_stop
	authority_start
}
