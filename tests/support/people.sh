# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
#
# people.sh - people whom only webcred knows, made by its own tool.  Sourced after lib.sh.

# people_conf [LINE...]: lines of [account]; their homes are in the sandbox.
people_conf() {
	conf <<-END
		[service]
		fail_delay = 0
		[password]
		memory = 64
		passes = 1
		[account]
		home = $SANDBOX/home
		$(printf '%s\n' "$@")
	END
}

# The name service asks webcred.
people_begin() {
	# What a failed test left in the local files.
	for file in passwd group shadow; do
		[ -e "$SANDBOX/$file.kept" ] || cp -p "/etc/$file" "$SANDBOX/$file.kept"
		rm -f "/etc/$file"
		cp -p "$SANDBOX/$file.kept" "/etc/$file"
	done
	rm -rf "$SANDBOX/home/"{cathy,dora,erna,frieda}
	people_conf "$@"
	rm -f /var/lib/webcred-names/*
	cp "$WEBCRED_TOP/conf/nsswitch.conf" /etc/nsswitch.conf
	webcred account disable >/dev/null || fail "disable"
	webcred account enable >/dev/null || fail "enable"
}

makes() { OUT=$(webcred account add "$@" 2>&1) || fail "account add $*: $OUT"; }
changes() { OUT=$(webcred account modify "$@" 2>&1) || fail "account modify $*: $OUT"; }
removes() { OUT=$(webcred account remove "$1" --yes 2>&1) || fail "account remove $1: $OUT"; }

# webcred WORD... ends with that status, and nothing has changed that anybody can see.
ends_with() {
	local wanted=$1 status before after
	shift
	before=$(webcred account list; webcred account group list; getent passwd; getent group)
	OUT=$(webcred "$@" 2>&1)
	status=$?
	[ "$status" != 0 ] || fail "webcred $* was done: $OUT"
	[ "$wanted" = any ] || is "$status" "$wanted" "the exit status of webcred $*"
	after=$(webcred account list; webcred account group list; getent passwd; getent group)
	is "$after" "$before" "what there is after webcred $*"
}

refuses() { ends_with any "$@"; }

# A fault, after which something may have been stored.
fails() { OUT=$(webcred "$@" 2>&1) && fail "webcred $* was done: $OUT"; }

json() { OUT=$(webcred "$@" --json 2>&1) || fail "webcred $* --json: $OUT"; }

# A stack whose account lines are the shipped ones.
account_lines() {
	service stack <<-END
		auth    required pam_webcred.so get=password
		account required pam_unix.so
		account required pam_webcred.so
	END
}

waits_for() {
	local i
	for i in $(seq 100); do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.05
	done
	fail "waited in vain for: $*"
}
