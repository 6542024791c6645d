# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# The process that PAM runs in: its environment, descriptors, handlers, limits, its root folder.
. "$WEBCRED_TOP/tests/gauntlet/lib.sh"
. "$WEBCRED_TOP/tests/support/doors.sh"

real_services() {
	alice_enrolled
	enrol_password bob 'battery staple'
	webcred_service sudo
	webcred_service su
	webcred_service su-l
}

# A library that tells whose process it was loaded into, a socket and a FIFO of the user's.
hostile_home() {
	HOSTILE=$SANDBOX/home/alice/hostile
	mkdir -p "$HOSTILE/.config/webcred" "$HOSTILE/.config/Yubico" "$HOSTILE/.ssh"
	printf '%s\n' '#include <stdio.h>' '#include <unistd.h>' \
		"__attribute__((constructor)) static void in(void) { if (geteuid() == 0) { FILE *f = fopen(\"$SANDBOX/tmp/loaded\", \"w\"); if (f) fclose(f); } }" \
		>"$SANDBOX/tmp/evil.c"
	gcc -shared -fPIC -o "$HOSTILE/evil.so" "$SANDBOX/tmp/evil.c" || fail "gcc"
	mkfifo "$HOSTILE/fifo" "$HOSTILE/.config/webcred/webcred.conf" 2>/dev/null
	printf '[throttle]\nenabled = no\n' >"$HOSTILE/.config/webcred.conf"
	rm -f "$SANDBOX/tmp/loaded"
	ENVIRONMENT=(HOME="$HOSTILE" XDG_RUNTIME_DIR="$HOSTILE" XDG_CONFIG_HOME="$HOSTILE/.config"
		XDG_SEAT=seat0 XDG_VTNR=1 XDG_SESSION_ID=1 XDG_SESSION_TYPE=tty SSH_AUTH_SOCK="$HOSTILE/fifo"
		GDM_LANG="$HOSTILE/fifo" TMPDIR="$HOSTILE" LD_PRELOAD="$HOSTILE/evil.so"
		LD_LIBRARY_PATH="$HOSTILE" LD_AUDIT="$HOSTILE/evil.so" LOCALDOMAIN="$HOSTILE" HOSTALIASES="$HOSTILE/fifo"
		WEBCRED_SOCKET="$HOSTILE/fifo" WEBCRED_CONF="$HOSTILE/.config/webcred.conf" SODIUM_DISABLE=1
		"SSH_AUTH_INFO_0=publickey sk-ssh-ed25519@openssh.com AAAA" GCONV_PATH="$HOSTILE" OPENSSL_CONF="$HOSTILE/fifo")
	chown -R alice:alice "$HOSTILE"
}

test_pam_u2f_1_0_4() {
	row 'pam-u2f 1.0.4'
	real_services
	hostile_home
	tried 4
	ask 'wrong word' -- setpriv --reuid alice --regid alice --clear-groups env "${ENVIRONMENT[@]}" sudo -k id -un
	[ "$STATUS" != 0 ] || fail "sudo let a wrong word in"
	says_not "$OUT" '^root'
	held
	ask 'correct horse' -- setpriv --reuid alice --regid alice --clear-groups env "${ENVIRONMENT[@]}" sudo -k id -un
	is "$STATUS" 0 "sudo, with the right word: what the environment says is not even looked at"
	held
	ask 'correct horse' -- setpriv --reuid alice --regid alice --clear-groups env "${ENVIRONMENT[@]}" su bob -c 'id -un'
	[ "$STATUS" != 0 ] || fail "alice's own word let her be bob"
	held
	ask 'battery staple' -- setpriv --reuid alice --regid alice --clear-groups env "${ENVIRONMENT[@]}" su bob -c 'id -un'
	is "$STATUS" 0 "su, with the right word"
	[ ! -e "$SANDBOX/tmp/loaded" ] || fail "the user's library ran as root"
	held
	unharmed
}

# inherited OPTION...: the descriptors that ls has at the prompt and at the end, by their numbers.
inherited() {
	drive alice "$SERVICE" --spawn "$@"
	LISTED=$(sed -n 's,.* \([0-9]*\) -> .*,\1,p' <<<"$OUT" | sort -n | uniq | tr '\n' ' ')
}

test_cve_2019_12210_pam_u2f() {
	local before
	row 'CVE-2019-12210 pam-u2f'
	alice_enrolled
	tried 2
	inherited user # no login at all: what the test itself hands down
	before=$LISTED
	inherited --answer 'correct horse' authenticate acct_mgmt setcred open_session
	is "$CODE" PAM_SUCCESS
	is "$(grep -c '^inherited' <<<"$OUT")" 2 "lists of descriptors"
	is "$LISTED" "$before" "descriptors that a program inherits"
	held
	inherited --answer 'wrong' authenticate
	is "$LISTED" "$before" "descriptors that a program inherits, after a refusal"
	held
}

test_cve_2018_9275_yubico_pam() {
	local n
	row 'CVE-2018-9275 yubico-pam'
	n=$(how_many 200 1000)
	swift_conf </dev/null
	alice_enrolled
	tried "$n"
	drive alice password --repeat "$n" --answer 'correct horse' --quiet authenticate acct_mgmt setcred close_session
	says "$OUT" "^repeated $n PAM_SUCCESS"
	says "$OUT" '^descriptors ([0-9]+) \1$'
	says_not "$OUT" '^changed'
	held "$n"
}

# caught PID: the signals it has handlers for.
caught() { sed -n 's/^SigCgt:\t//p' "/proc/$1/status"; }

test_cve_2024_6387_openssh() {
	local pid before
	row 'OpenSSH CVE-2024-6387'
	alice_enrolled
	tried 2
	rm -f "$SANDBOX/tmp/asked" "$SANDBOX/tmp/go"
	pamdrive -u alice -s "$SERVICE" -c "$PAMD" --prompted "$SANDBOX/tmp/asked" --hold "$SANDBOX/tmp/go" \
		--answer 'correct horse' authenticate >"$SANDBOX/tmp/out" &
	pid=$!
	until [ -e "$SANDBOX/tmp/asked" ]; do sleep 0.01; done
	before=$(caught $pid)
	touch "$SANDBOX/tmp/go"
	wait $pid
	is "$before" 0000000000000000 "signals that the host has handlers for, in the middle of a login"
	says_not "$(cat "$SANDBOX/tmp/out")" '^changed'
	held
	OUT=$(nm -D --undefined-only "$(find /usr/lib -name pam_webcred.so -path '*security*')" "$(find /usr/lib -name libwebcred.so.0)")
	says_not "$OUT" ' (sigaction|signal|bsd_signal|sysv_signal|alarm|setitimer|timer_create|sigprocmask|pthread_sigmask)(@|$)'
	held
}

# Names are asked for before the prompt; behind it the root folder is the user's, with a name
# service of its own.
test_cve_2025_32463_sudo() {
	local root=$SANDBOX/home/alice/root
	row 'sudo CVE-2025-32463'
	alice_enrolled
	mkdir -p "$root/etc" "$root/lib/x86_64-linux-gnu" "$root/usr/lib/x86_64-linux-gnu" "$root/run/webcred" "$root/tmp"
	printf '#include <fcntl.h>\n__attribute__((constructor)) static void in(void) { open("/tmp/loaded", O_CREAT, 0600); }\n' \
		>"$SANDBOX/tmp/nss.c"
	gcc -shared -fPIC -o "$root/lib/x86_64-linux-gnu/libnss_evil.so.2" "$SANDBOX/tmp/nss.c" || fail "gcc"
	cp "$root/lib/x86_64-linux-gnu/libnss_evil.so.2" "$root/usr/lib/x86_64-linux-gnu/"
	echo 'passwd: evil' >"$root/etc/nsswitch.conf"
	echo 'alice:x:0:0::/:/bin/sh' >"$root/etc/passwd"
	chown -R alice:alice "$root"
	tried 2
	drive alice password --chroot "$root" --answer 'wrong' authenticate
	is "$CODE" PAM_AUTH_ERR "a wrong word in the user's root folder"
	[ ! -e "$root/tmp/loaded" ] || fail "the user's name service was loaded"
	held
	# Our sockets are not there either: acct_mgmt refuses, and the name stays the host's.
	drive alice password --chroot "$root" --answer 'correct horse' authenticate acct_mgmt user
	[ ! -e "$root/tmp/loaded" ] || fail "the user's name service was loaded"
	says "$OUT" '^user alice$'
	held
	unharmed
}

# held_login USER: a login that waits at its prompt, as a child of the shell; sets LOGIN.
held_login() {
	rm -f "$SANDBOX/tmp/asked"
	pamdrive -u "$1" -s password -c "$PAMD" --answer 'correct horse' --hold "$SANDBOX/tmp/never" \
		--prompted "$SANDBOX/tmp/asked" authenticate >/dev/null 2>&1 &
	LOGIN=$!
	until [ -e "$SANDBOX/tmp/asked" ]; do sleep 0.01; done
}

test_caller_is_stopped_limited_or_killed_by_its_user() {
	local signal all=() freezer
	row 'a caller is stopped, limited or killed by its user in mid-login'
	alice_enrolled
	enrol_password bob 'battery staple'
	for signal in STOP TSTP TTIN TTOU INT QUIT HUP TERM XCPU XFSZ PIPE KILL; do
		tried
		held_login alice
		kill -$signal "$LOGIN"
		all+=("$LOGIN")
		granted bob password 'battery staple'
		[ "$MS" -lt 2000 ] || fail "bob waited $MS ms behind a caller with SIG$signal"
		held
	done
	for freezer in 'ulimit -f 0' 'ulimit -n 8' 'ulimit -v 60000' 'ulimit -t 1' 'ulimit -l 0' 'ulimit -s 256'; do
		tried
		( $freezer; timeout 20 pamdrive -u alice -s password -c "$PAMD" --answer wrong authenticate ) >"$SANDBOX/tmp/out" 2>&1
		says_not "$(cat "$SANDBOX/tmp/out")" '^authenticate PAM_SUCCESS'
		granted bob password 'battery staple'
		held
	done
	# A frozen cgroup is a SIGSTOP that cannot be seen; where this machine lets us make one.
	freezer=$(mktemp -d /sys/fs/cgroup/webcred-XXXXXX 2>/dev/null)
	if [ -n "$freezer" ] && [ -e "$freezer/cgroup.freeze" ]; then
		tried
		held_login alice
		echo "$LOGIN" >"$freezer/cgroup.procs" && echo 1 >"$freezer/cgroup.freeze"
		granted bob password 'battery staple'
		echo 0 >"$freezer/cgroup.freeze"
		all+=("$LOGIN")
		held
	else
		note "no cgroup can be made here: SIGSTOP stands in for the freezer"
	fi
	kill -KILL "${all[@]}" 2>/dev/null
	wait "${all[@]}" 2>/dev/null
	[ -z "$freezer" ] || rmdir "$freezer" 2>/dev/null
	sleep 5.1 # the refusals above were alice's own, and on a slow machine far enough apart to grow
	unharmed
}

# Where the person sits is never what the environment says.
test_cve_2025_6018_pam() {
	local name
	row 'CVE-2025-6018'
	alice_enrolled
	tried 5
	conf <<-END
		[webcred]
		locality_unknown = remote
	END
	webcred_service keyonly get=public-key
	for name in XDG_SEAT=seat0 XDG_VTNR=1 XDG_SESSION_ID=c1 PAM_TTY=tty1 DISPLAY=:0; do
		OUT=$(env "$name" timeout 20 pamdrive -u alice -s "$SERVICE" -c "$PAMD" --env "$name" --rhost 192.0.2.1 \
			--answer 'wrong' authenticate 2>&1)
		says "$OUT" '^authenticate PAM_AUTH_ERR'
		held
	done
	# All five were counted as a remote guesser's: the seat is not delayed, the remote is.
	unharmed
	authority_stop
	is "$(sqlite3 /var/lib/webcred/webcred.db "SELECT group_concat(DISTINCT origin) FROM throttle WHERE failures > 0")" remote \
		"origins that have failures"
	authority_start
}

# A thousand devices in one connection, as the client may ask: sshd's own limit, and ours.
test_cve_2015_5600_openssh() {
	local devices looked
	row 'OpenSSH CVE-2015-5600'
	conf <<-END
		[audit]
		to = $SANDBOX/tmp/audit
		[service]
		fail_delay = 0
	END
	rm -f "$SANDBOX/tmp/audit"
	authority_restart
	alice_enrolled
	webcred_service sshd get=password
	sshd_start </dev/null
	trap 'sshd_stop; row_end' EXIT
	devices=$(printf 'pam,%.0s' $(seq 1000))pam
	tried 1000
	ssh_words keyboard-interactive -o "KbdInteractiveDevices=$devices" -o NumberOfPasswordPrompts=1000
	ask $(seq -f 'wrong%g' 60) -- "${SSH_COMMAND[@]}" alice@127.0.0.1 id -un
	[ "$STATUS" != 0 ] || fail "ssh let a guesser in"
	looked=$(grep -c 'get refused.*reason="wrong password"' "$SANDBOX/tmp/audit")
	note "$looked guesses were looked at in one connection"
	[ "$looked" -ge 1 ] && [ "$looked" -le 6 ] || fail "$looked guesses were looked at in one connection"
	held 1000
	sshd_stop
	unharmed
}

test_cve_2021_41617_openssh() {
	local pid status groups=0
	row 'CVE-2021-41617 OpenSSH'
	alice_enrolled
	authority_stop
	# Started with groups that nobody should be left with.
	rm -f "$SANDBOX/authority.stop"
	(
		authority_supervise() { setpriv --groups 0,4,24,27,42 -- webcred-authority --listen </dev/null >>"$SANDBOX/authority.out" 2>&1 & echo $! >"$SANDBOX/authority.pid"; wait $!; }
		authority_supervise
	) </dev/null >/dev/null 2>&1 &
	echo $! >"$SANDBOX/supervisor.pid"
	authority_wait || fail "the authority did not start"
	await_a_session
	for pid in $(pgrep -x webcred-authori); do
		status=$(cat "/proc/$pid/status" 2>/dev/null) || continue
		grep -q '^Uid:	0	' <<<"$status" && continue # mother and keeper
		tried
		groups=$((groups + 1))
		is "$(sed -n 's/^Groups:[ \t]*//p' <<<"$status" | tr -d ' ')" '' "groups of session $pid"
		says "$status" "^Gid:	$(id -g webcred)	$(id -g webcred)	$(id -g webcred)	"
		says "$status" '^CapEff:	0+$'
		says "$status" '^NoNewPrivs:	1'
		held
	done
	[ $groups -ge 1 ] || fail "no session was looked at"
	unharmed
}

run_tests
