# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# Paths: what is read, what is written, and what somebody may have put in its place.
. "$WEBCRED_TOP/tests/gauntlet/lib.sh"

CANARY=canary-6f1d2c9a
CONF=/etc/webcred/webcred.conf
STORE=/var/lib/webcred

# A file of root's with a word in it that nothing may print.
canary() {
	echo "$CANARY:x:0:0" >"$SANDBOX/canary"
	chmod 600 "$SANDBOX/canary"
	CANARY_SUM=$(stat -c '%a %U %s %Y' "$SANDBOX/canary")$(md5sum <"$SANDBOX/canary")
}

canary_unharmed() {
	is "$(stat -c '%a %U %s %Y' "$SANDBOX/canary")$(md5sum <"$SANDBOX/canary")" "$CANARY_SUM" "root's file"
}

# Starts the authority where it may well refuse to run.
start_sick() {
	rm -f "$SANDBOX/authority.stop"
	authority_supervise </dev/null >/dev/null 2>&1 &
	echo $! >"$SANDBOX/supervisor.pid"
	credrive wait /run/webcred/login 300 || :
}

# ---- reading ----------------------------------------------------------------------

test_cve_2019_12209_pam_u2f() {
	local path
	row 'CVE-2019-12209 pam-u2f'
	canary
	alice_enrolled
	webcred_service verbose debug
	for path in .config/webcred .config/webcred/webcred.conf .config/Yubico/u2f_keys .webcred .google_authenticator \
		.yubico/challenge .ssh/authorized_keys .pam_environment .oath; do
		tried
		rm -rf "$SANDBOX/home/alice/${path%%/*}"
		mkdir -p "$SANDBOX/home/alice/$(dirname "$path")"
		ln -s "$SANDBOX/canary" "$SANDBOX/home/alice/$path"
		chown -hR alice "$SANDBOX/home/alice"
		drive alice verbose --answer 'wrong' authenticate
		says_not "$OUT" "$CANARY"
		drive alice verbose --answer 'correct horse' authenticate
		says_not "$OUT" "$CANARY"
		rm -rf "$SANDBOX/home/alice/${path%%/*}"
		held
	done
	# The tool reads files for who runs it: as alice nothing of root's, as root nothing is repeated.
	ln -s "$SANDBOX/canary" "$SANDBOX/home/alice/import"
	for path in pam-u2f openssh-sk; do
		tried 2
		OUT=$(as alice webcred import $path "$SANDBOX/home/alice/import" 2>&1)
		says_not "$OUT" "$CANARY"
		held
		OUT=$(webcred import $path "$SANDBOX/home/alice/import" --user alice 2>&1)
		says_not "$OUT" "$CANARY"
		held
	done
	rm -f "$SANDBOX/home/alice/import"
	logged_not "$CANARY"
}

# A line that is cut must not lose what stood at its end.
test_pam_u2f_1_2_1() {
	local n long
	row 'pam-u2f 1.2.1'
	alice_enrolled
	enrol_hotp alice
	for n in 100 150 190 199 200 201 255 256 400 800 1000; do
		long=$(printf "%0${n}d" 0)
		# The last option makes it a code; without it the password would do.
		service long <<-END
			auth required pam_webcred.so timeout=${long}60 get=otp
			account required pam_permit.so
		END
		keeps_out alice long --answer 'correct horse'
	done
	for n in 150 198 199 200 400 1000 4000 9000; do
		tried
		long=$(printf "%0${n}d" 0)
		printf '[service]\nfail_delay = 0\n[service long]\n# %s\nget = password  ; %s otp\n[throttle]\ndelay = %s1\n' \
			"$long" "$long" "$long" >$CONF
		chmod 644 $CONF
		authority_stop
		start_sick
		drive alice password --answer 'wrong' authenticate
		[ "$CODE" != PAM_SUCCESS ] || fail "a line of $n bytes"
		# The whole line counts, or nothing does: never its first part.
		[ "$n" -lt 300 ] || is "$CODE" PAM_PERM_DENIED "a line of $n bytes"
		held
	done
	rm $CONF
	authority_stop
	authority_start
	granted alice password 'correct horse'
}

# A user who may not open the socket, the folder or the file is not a user without credentials.
test_cve_2020_24612_pam_u2f() {
	local what
	row 'CVE-2020-24612'
	conf <<-END
		[webcred]
		unprivileged_services = nullok webcred
	END
	alice_enrolled
	service nullok <<-END
		auth [default=die ignore=ignore success=done] pam_webcred.so nullok
		auth required pam_permit.so
	END
	cp -r "$PAMD" "$SANDBOX/tmp/pam.d"
	chmod -R a+rX "$SANDBOX/tmp/pam.d"
	for what in /run/webcred/user /run/webcred; do
		tried
		OUT=$(stat -c %a $what)
		chmod 0600 $what
		says "$(as alice pamdrive -u alice -s nullok -c "$SANDBOX/tmp/pam.d" authenticate 2>&1)" \
			'^authenticate PAM_PERM_DENIED'
		says "$(as bob pamdrive -u bob -s nullok -c "$SANDBOX/tmp/pam.d" authenticate 2>&1)" \
			'^authenticate PAM_PERM_DENIED'
		chmod "$OUT" $what
		held
	done
	# Root's own door: a store and a configuration that cannot be read.
	for what in $STORE/webcred.db $CONF; do
		tried
		authority_stop
		mv $what "$SANDBOX/tmp/aside" 2>/dev/null || touch "$SANDBOX/tmp/aside"
		mkdir $what
		start_sick
		drive alice nullok --answer 'correct horse' authenticate
		is "$CODE" PAM_PERM_DENIED "$what cannot be read"
		authority_stop
		rmdir $what
		mv "$SANDBOX/tmp/aside" $what
		authority_start
		held
	done
	unharmed
}

test_cve_2012_6140_google_authenticator() {
	local file pid what
	row 'CVE-2012-6140'
	alice_enrolled
	enrol_totp alice
	enrol_recovery alice
	mkdir -p "$SANDBOX/tmp/in"
	for file in $(find $STORE /etc/webcred -type f) /run/webcred/login $STORE; do
		case $file in *.conf) continue ;; esac # no secret in it
		tried
		as alice dd if="$file" bs=1 count=1 of=/dev/null 2>/dev/null && fail "alice reads $file"
		as alice ln "$file" "$SANDBOX/home/alice/link" 2>/dev/null &&
			as alice cat "$SANDBOX/home/alice/link" >/dev/null 2>&1 && fail "alice reads a link to $file"
		held
	done
	for pid in $(pgrep -x webcred-authori); do
		for what in mem maps environ fd/3 auxv stack syscall; do
			tried
			as alice dd if="/proc/$pid/$what" bs=1 count=1 of=/dev/null 2>/dev/null &&
				fail "alice reads $what of $(tr '\0' ' ' <"/proc/$pid/cmdline")"
			held
		done
	done
	tried 3
	OUT=$(as alice webcred list 2>&1; as alice webcred list --json 2>&1)
	says_not "$OUT" "$SEED|${CODES[0]}|argon2"
	held
	OUT=$(as alice webcred backup "$SANDBOX/home/alice/copy" 2>&1) && fail "alice has a backup"
	held
	OUT=$(as alice stranger --name alice ask backup; as alice stranger --name root --uid 0 ask list)
	says_not "$OUT" 'granted|ENTRY|MESSAGE'
	held
}

test_cve_2013_7322_liboath() {
	local code n
	row 'CVE-2013-7322 liboath'
	swift_conf </dev/null
	enrol_hotp bob
	enrol_hotp alice
	enrol_hotp carol
	# Neighbours that cannot be read: other kinds, no seed, a seed that is none, numbers far out.
	authority_stop
	sqlite3 $STORE/webcred.db "PRAGMA ignore_check_constraints = on;
		UPDATE credential SET moving = 9223372036854775807 WHERE account = (SELECT number FROM account WHERE name = 'bob');" ||
		fail "sqlite3: $(sqlite3 $STORE/webcred.db .schema)"
	authority_start
	for n in 1 2 3; do
		code=$(hotp "$SEED" $n)
		granted carol otp "$code"
		tried 2
		refused carol otp "$code"
		held
		refused alice otp "$code"
		held
	done
	tried
	refused bob otp 123456
	held
	authority_stop
	is "$(sqlite3 $STORE/webcred.db "SELECT moving FROM credential WHERE account = (SELECT number FROM account WHERE name = 'alice')")" \
		1 "alice's counter"
	authority_start
}

# ---- writing ----------------------------------------------------------------------

# Each path that we write, with a link at its place.
test_cve_2024_47191_pam_oath() {
	local path how
	row 'CVE-2024-47191 pam_oath'
	canary
	alice_enrolled
	for path in $STORE/webcred.db $STORE/webcred.db-wal $STORE/host.key; do
		for how in '-s' ''; do
			tried
			authority_stop
			[ -e $path ] && mv $path "$SANDBOX/tmp/aside"
			if [ -n "$how" ]; then ln -s "$SANDBOX/canary" $path; else
				cp "$SANDBOX/canary" $STORE/other; ln $STORE/other $path 2>/dev/null; fi
			mark
			start_sick
			drive alice "$SERVICE" --answer 'wrong' authenticate
			[ "$CODE" != PAM_SUCCESS ] || fail "a wrong password, with a link at $path"
			canary_unharmed
			authority_stop
			rm -f $path $STORE/other
			[ -e "$SANDBOX/tmp/aside" ] && mv "$SANDBOX/tmp/aside" $path
			authority_start || fail "it does not start again"
			held
		done
	done
	# The audit file and a backup, in a folder that alice writes to.
	for how in -s ''; do
		tried 2
		rm -f "$SANDBOX/home/alice/audit" "$SANDBOX/home/alice/copy"
		ln $how "$SANDBOX/canary" "$SANDBOX/home/alice/audit"
		ln $how "$SANDBOX/canary" "$SANDBOX/home/alice/copy"
		conf <<-END
			[audit]
			to = $SANDBOX/home/alice/audit
		END
		drive alice "$SERVICE" --answer 'wrong' authenticate
		canary_unharmed
		held
		webcred backup "$SANDBOX/home/alice/copy" </dev/null 2>&1
		canary_unharmed
		held
	done
	conf </dev/null
	unharmed
}

# swap FOLDER: as alice, a folder of hers is by turns a folder and a link to root's.
swap() {
	as alice sh -c "cd '$SANDBOX/home/alice' && while [ -e swapping ]; do
		rm -rf there; mkdir there; rm -rf there; ln -s '$SANDBOX/private' there; done" >/dev/null 2>&1
}

test_cve_2025_6020_pam_namespace() {
	local i pid end
	row 'CVE-2025-6020 pam_namespace'
	alice_enrolled
	mkdir -p "$SANDBOX/private"
	chmod 755 "$SANDBOX/private"
	as alice touch "$SANDBOX/home/alice/swapping"
	swap &
	pid=$!
	end=$((SECONDS + $(how_many 3 20)))
	i=0
	while [ $SECONDS -lt $end ]; do
		tried
		webcred backup "$SANDBOX/home/alice/there/copy" </dev/null >/dev/null 2>&1
		i=$((i + 1))
		if [ $((i % 10)) = 0 ]; then
			conf <<-END
				[audit]
				to = $SANDBOX/home/alice/there/audit
				[throttle]
				enabled = no
			END
			drive alice "$SERVICE" --answer wrong authenticate >/dev/null
		fi
		[ -z "$(ls "$SANDBOX/private")" ] || fail "through alice's link: $(ls -l "$SANDBOX/private")"
		held
	done
	rm -f "$SANDBOX/home/alice/swapping"
	wait $pid
	note "$i turns of a race on each component"
	swift_conf </dev/null
	unharmed
}

# ---- what is no file ------------------------------------------------------------------

put_there() {
	case $1 in
	fifo) mkfifo -m 600 "$2" ;;
	folder) mkdir -m 700 "$2" ;;
	socket) as_socket "$2" ;;
	device) mknod -m 600 "$2" c 1 5 ;; # an endless file
	tty) mknod -m 600 "$2" c 5 2 ;;
	esac
}

# A socket that nobody listens at.
as_socket() { "$WEBCRED_TOOLS/logsink" "$1" /dev/null & sleep 0.1; kill $!; wait $! 2>/dev/null; chmod 600 "$1"; }

test_cve_2024_22365_pam_namespace() {
	local path kind
	row 'CVE-2024-22365 pam_namespace'
	alice_enrolled
	authority_stop
	cp -a $STORE "$SANDBOX/tmp/store"
	for path in $CONF $STORE/webcred.db $STORE/webcred.db-wal $STORE/host.key $SANDBOX/tmp/audit; do
		for kind in fifo folder socket device tty; do
			tried
			rm -rf $path
			mkdir -p /etc/webcred
			put_there $kind $path
			if [ $path = "$SANDBOX/tmp/audit" ]; then
				printf '[audit]\nto = %s\n' "$path" >$CONF
			elif [ $path != $CONF ]; then
				rm -rf $CONF
			fi
			start_sick
			drive alice "$SERVICE" --answer 'wrong' authenticate
			[ "$CODE" != PAM_SUCCESS ] || fail "a wrong password, with a $kind at $path"
			quick
			authority_stop
			rm -rf $path $CONF $STORE
			cp -a "$SANDBOX/tmp/store" $STORE
			held
		done
	done
	authority_start
	unharmed
	# The module's own path: the socket.
	authority_stop
	for kind in fifo folder socket device; do
		rm -rf /run/webcred/login
		put_there $kind /run/webcred/login
		keeps_out alice "$SERVICE" --answer 'correct horse'
	done
	rm -rf /run/webcred/login
	authority_start
	unharmed
}

test_fifo_as_credential_file() {
	local file
	row 'FIFO as credential file'
	alice_enrolled
	mkfifo "$SANDBOX/tmp/keys"
	# Files that are handed to the tool: it never waits for somebody to write.
	for file in pam-u2f openssh-sk; do
		tried
		timeout 2 webcred import $file "$SANDBOX/tmp/keys" --user alice >/dev/null 2>&1 </dev/null
		[ $? != 124 ] || fail "import $file waits for a FIFO"
		held
	done
	tried
	timeout 2 webcred backup "$SANDBOX/tmp/keys" >/dev/null 2>&1 </dev/null
	[ $? != 124 ] || fail "backup waits for a FIFO"
	held
	unharmed
}

# ---- what is replaced under a request -----------------------------------------------------

test_sssd_cve_2026_12610() {
	local round pid
	row 'SSSD CVE-2026-12610'
	alice_enrolled
	for round in $(seq "$(how_many 5 30)"); do
		tried
		rm -f "$SANDBOX/tmp/go" "$SANDBOX/tmp/asked"
		pamdrive -u alice -s password -c "$PAMD" --answer 'wrong' --hold "$SANDBOX/tmp/go" \
			--prompted "$SANDBOX/tmp/asked" authenticate >"$SANDBOX/tmp/out" 2>&1 &
		pid=$!
		until [ -e "$SANDBOX/tmp/asked" ]; do sleep 0.01; done
		# Another configuration while it waits, and others that look at it at once.
		printf '[service]\nget = otp\nfail_delay = %d\n[throttle]\nenabled = no\n' "$round" >$CONF
		chmod 644 $CONF
		drive bob password --answer x authenticate >/dev/null
		printf '[throttle\n' >$CONF # and one that cannot be read
		drive bob password --answer x authenticate >/dev/null
		is "$CODE" PAM_PERM_DENIED "a configuration that cannot be read"
		printf '[throttle]\nenabled = no\n' >$CONF
		touch "$SANDBOX/tmp/go"
		wait $pid
		says "$(cat "$SANDBOX/tmp/out")" '^authenticate PAM_AUTH_ERR'
		granted alice password 'correct horse'
		held
	done
	[ ! -s "$SANDBOX/authority.exits" ] || is "$(sort -u "$SANDBOX/authority.exits")" 0 "how the authority ended"
}

run_tests
