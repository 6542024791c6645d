# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# A broken machine: no authority, a store or a configuration that cannot be used.  Each is a refusal
# within a second, a log line that says what, where and what to do, and nothing changed.
. "$WEBCRED_TOP/tests/support/lib.sh"

database() { find /var/lib/webcred -maxdepth 1 -name '*.db' | head -n 1; }

# Starts the authority where it may well refuse to run: no waiting for it to be well.
start_sick() {
	rm -f "$SANDBOX/authority.stop"
	authority_supervise </dev/null >/dev/null 2>&1 &
	echo $! >"$SANDBOX/supervisor.pid"
	credrive wait /run/webcred/login 300 || :
}

# refuses WHAT-THE-LOG-SAYS: the right password is refused as a fault, quickly.
refuses_as_a_fault() {
	drive alice "$SERVICE" --answer 'correct horse' authenticate
	is "$CODE" PAM_PERM_DENIED "a login on a broken machine"
	quick
	logged "$1"
	service nullok <<-END
		auth [default=die ignore=ignore success=done] pam_webcred.so nullok
		auth required pam_permit.so
	END
	drive alice nullok --answer 'correct horse' authenticate
	is "$CODE" PAM_PERM_DENIED "could not look is never nothing there"
	quick
}

# heals: once the cause is gone, the same credential lets in.
heals() {
	authority_stop
	authority_start || fail "the authority does not start again"
	granted alice "$SERVICE" 'correct horse'
}

test_no_authority() {
	enrol_password alice 'correct horse'
	authority_stop
	mark
	refuses_as_a_fault 'webcred.*(/run/webcred/login|authority)'
	heals
}

test_no_socket_at_all() {
	enrol_password alice 'correct horse'
	authority_stop
	rm -rf /run/webcred
	mark
	refuses_as_a_fault '/run/webcred'
	heals
}

# behaviour 13
test_socket_that_somebody_else_put_there() {
	local listener
	enrol_password alice 'correct horse'
	authority_stop
	mkdir -p /run/webcred
	chown alice /run/webcred
	rm -f /run/webcred/login
	setpriv --reuid alice --regid alice --clear-groups -- perl -MSocket -e '
		socket(my $door, AF_UNIX, SOCK_SEQPACKET, 0) or die;
		bind($door, pack_sockaddr_un("/run/webcred/login")) or die;
		listen($door, 8) or die;
		sleep 60' &
	listener=$!
	for _ in $(seq 200); do [ -S /run/webcred/login ] && break; sleep 0.02; done
	mark
	refuses_as_a_fault '/run/webcred/login.*whoever listens there is not root'
	kill $listener
	wait $listener 2>/dev/null
	rm -f /run/webcred/login
	chown root /run/webcred
	heals
}

test_authority_that_does_not_answer() {
	enrol_password alice 'correct horse'
	mark
	for pid in $(pgrep -P "$(authority_pid)") "$(authority_pid)"; do kill -STOP "$pid"; done
	webcred_service impatient timeout=1
	drive alice impatient --answer 'correct horse' authenticate
	is "$CODE" PAM_PERM_DENIED
	[ "$MS" -lt 12000 ] || fail "waited $MS ms for an authority that stands still"
	for pid in $(pgrep -P "$(authority_pid)") "$(authority_pid)"; do kill -CONT "$pid"; done
	granted alice "$SERVICE" 'correct horse'
}

test_missing_database_is_nothing_enrolled_only_after_a_new_start() {
	enrol_password alice 'correct horse'
	rm -f "$(database)"*
	mark
	drive alice "$SERVICE" --answer 'correct horse' authenticate
	# The keeper holds the file open; what it cannot find it must not invent.
	case $CODE in
	PAM_SUCCESS | PAM_PERM_DENIED) ;;
	*) fail "with the file gone the login ended with $CODE" ;;
	esac
	quick
	authority_stop
	start_sick
	drive alice "$SERVICE" --answer 'correct horse' authenticate
	[ "$CODE" != PAM_SUCCESS ] || fail "let in without a store"
	quick
}

# behaviour 22
test_corrupt_database() {
	local file
	enrol_password alice 'correct horse'
	authority_stop
	file=$(database)
	[ -n "$file" ] || fail "no database in /var/lib/webcred: $(ls -A /var/lib/webcred)"
	cp -a /var/lib/webcred "$SANDBOX/tmp/good"
	rm -f "$file"-wal "$file"-shm
	head -c 4096 /dev/urandom | dd of="$file" conv=notrunc bs=1 seek=40 2>/dev/null
	cp "$file" "$SANDBOX/tmp/bad"
	mark
	start_sick
	refuses_as_a_fault 'webcred.*(damaged|malformed|corrupt|not a database|restore)'
	cmp "$file" "$SANDBOX/tmp/bad" || fail "a damaged database was written to"
	authority_stop
	rm -rf /var/lib/webcred
	cp -a "$SANDBOX/tmp/good" /var/lib/webcred
	rm -rf "$SANDBOX/tmp/good"
	heals
}

# behaviour 22: what cannot be read is no absence, and another credential no way around it
test_a_record_that_cannot_be_read() {
	enrol_password alice 'correct horse'
	enrol_hotp alice
	authority_stop
	sqlite3 "$(database)" 'PRAGMA ignore_check_constraints = ON;
		UPDATE credential SET type = 99 WHERE kind <> 1' || fail "cannot spoil a record"
	mark
	start_sick
	drive alice password --answer 'correct horse' authenticate
	is "$CODE" PAM_PERM_DENIED "a login by the credential beside it"
	logged 'webcred.*store'
}

test_truncated_database() {
	local file
	enrol_password alice 'correct horse'
	authority_stop
	file=$(database)
	sqlite3 "$file" 'PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null
	cp -a "$file" "$SANDBOX/tmp/good.db"
	truncate -s 5000 "$file"
	mark
	start_sick
	refuses_as_a_fault 'webcred'
	authority_stop
	rm -f "$file"*
	cp -a "$SANDBOX/tmp/good.db" "$file"
	heals
}

test_newer_schema() {
	local file
	enrol_password alice 'correct horse'
	authority_stop
	file=$(database)
	sqlite3 "$file" 'PRAGMA user_version = 9999; PRAGMA wal_checkpoint(TRUNCATE);' >/dev/null
	mark
	start_sick
	refuses_as_a_fault 'webcred.*(newer|schema|version)'
	is "$(sqlite3 "$file" 'PRAGMA user_version')" 9999 "the schema's version"
	authority_stop
	sqlite3 "$file" 'PRAGMA user_version = 2' >/dev/null
	heals
}

# The folder can only be read: a bind mount, since root is stopped by no mode.  Nothing is granted that
# could not be committed, codes least of all; it goes on by itself once it may write.
test_store_that_can_only_be_read() {
	local i
	enrol_password alice 'correct horse'
	enrol_hotp bob
	granted bob otp "$(hotp "$SEED" 1)"
	authority_stop
	mount --bind /var/lib/webcred /var/lib/webcred || skip "no bind mounts here"
	mount -o remount,bind,ro /var/lib/webcred || skip "no bind mounts here that can only be read"
	touch /var/lib/webcred/try 2>/dev/null && fail "the folder can be written to"
	mark
	start_sick
	refuses_as_a_fault '/var/lib/webcred.*([Rr]ead-only|readonly)'
	for i in 2 3; do
		drive bob otp --answer "$(hotp "$SEED" $i)" authenticate
		is "$CODE" PAM_PERM_DENIED "a code that cannot be used up"
		quick
	done
	logged_not 'get granted'
	mount -o remount,bind,rw /var/lib/webcred || fail "remount"
	for i in $(seq 60); do
		drive alice "$SERVICE" --answer 'correct horse' authenticate >/dev/null
		[ "$CODE" != PAM_SUCCESS ] || break
		sleep 0.25
	done
	is "$CODE" PAM_SUCCESS "a login, once the store may be written to"
	granted bob otp "$(hotp "$SEED" 2)" # none of them was used up
	refused bob otp "$(hotp "$SEED" 2)"
	authority_stop
	umount /var/lib/webcred
	heals
}

# behaviour 13
test_database_that_others_can_read() {
	local file
	enrol_password alice 'correct horse'
	authority_stop
	file=$(database)
	chmod 0755 /var/lib/webcred
	mark
	start_sick
	refuses_as_a_fault 'webcred.*/var/lib/webcred'
	authority_stop
	chmod 0700 /var/lib/webcred
	heals
}

test_database_that_is_a_folder() {
	local file
	enrol_password alice 'correct horse'
	authority_stop
	file=$(database)
	mv "$file" "$SANDBOX/tmp/kept.db"
	rm -f "$file"-wal "$file"-shm
	mkdir "$file"
	mark
	start_sick
	refuses_as_a_fault 'webcred'
	authority_stop
	rmdir "$file"
	mv "$SANDBOX/tmp/kept.db" "$file"
	heals
}

test_sealing_key_lost() {
	enrol_password alice 'correct horse'
	enrol_hotp bob
	authority_stop
	mv /var/lib/webcred/host.key "$SANDBOX/tmp/host.key" || fail "no host.key"
	mark
	start_sick
	drive bob otp --answer "$(hotp "$SEED" 1)" authenticate
	[ "$CODE" != PAM_SUCCESS ] || fail "a code was checked without the key that sealed its seed"
	quick
	logged 'webcred.*key'
	authority_stop
	mv "$SANDBOX/tmp/host.key" /var/lib/webcred/host.key
	heals
	granted bob otp "$(hotp "$SEED" 1)"
}

# breaks_conf WORD: webcred.conf is standard input; the log names file and word.
breaks_conf() {
	enrol_password alice 'correct horse'
	authority_stop
	install -d -m 0755 /etc/webcred
	cat >/etc/webcred/webcred.conf
	mark
	start_sick
	refuses_as_a_fault "/etc/webcred/webcred.conf.*$1"
	authority_stop
	rm /etc/webcred/webcred.conf
	heals
}

test_conf_with_an_unknown_key() {
	breaks_conf 'frobnicate' <<-END
		[service]
		frobnicate = 1
	END
}

test_conf_with_an_unknown_section() {
	breaks_conf 'servce' <<-END
		[servce]
		get = otp
	END
}

test_conf_with_a_bad_value() {
	breaks_conf 'sometimes' <<-END
		[service]
		mediation = sometimes
	END
}

test_conf_with_a_bad_order() {
	breaks_conf 'pasword' <<-END
		[service]
		get = otp pasword
	END
}

test_conf_that_is_noise() {
	enrol_password alice 'correct horse'
	authority_stop
	install -d -m 0755 /etc/webcred
	head -c 3000 /dev/urandom >/etc/webcred/webcred.conf
	mark
	start_sick
	refuses_as_a_fault '/etc/webcred/webcred.conf'
	rm /etc/webcred/webcred.conf
	heals
}

# behaviour 13
test_conf_that_others_can_write() {
	enrol_password alice 'correct horse'
	authority_stop
	install -d -m 0755 /etc/webcred
	echo '[service]' >/etc/webcred/webcred.conf
	chmod 0666 /etc/webcred/webcred.conf
	mark
	start_sick
	refuses_as_a_fault '/etc/webcred/webcred.conf'
	rm /etc/webcred/webcred.conf
	heals
}

# The file is as it was: what was wrong was around it, and is looked at again.
test_conf_below_a_folder_that_others_can_write() {
	enrol_password alice 'correct horse'
	authority_stop
	install -d -m 0775 /etc/webcred
	echo '[service]' >/etc/webcred/webcred.conf
	mark
	start_sick
	refuses_as_a_fault '/etc/webcred'
	chmod 0755 /etc/webcred
	sleep 0.6
	granted alice "$SERVICE" 'correct horse'
	# Nor does a good one become a bad one by itself, until it is read anew.
	chmod 0775 /etc/webcred
	touch /etc/webcred/webcred.conf
	refuses_as_a_fault '/etc/webcred'
	chmod 0755 /etc/webcred
	sleep 0.6
	granted alice "$SERVICE" 'correct horse'
}

# Opening a FIFO must not make a login wait for somebody who writes to it.
test_conf_that_is_a_fifo() {
	enrol_password alice 'correct horse'
	authority_stop
	install -d -m 0755 /etc/webcred
	rm -f /etc/webcred/webcred.conf
	mkfifo /etc/webcred/webcred.conf
	mark
	start_sick
	refuses_as_a_fault '/etc/webcred/webcred.conf'
	rm /etc/webcred/webcred.conf
	heals
}

test_disk_full_grants_nothing() {
	enrol_hotp alice
	authority_stop
	cp -a /var/lib/webcred "$SANDBOX/tmp/store"
	mount -t tmpfs -o size=400k,mode=0700 full /var/lib/webcred
	cp -a "$SANDBOX/tmp/store/." /var/lib/webcred/
	authority_start || fail "the authority does not start on a small disk"
	dd if=/dev/zero of=/var/lib/webcred/filler bs=1k 2>/dev/null
	drive alice otp --answer "$(hotp "$SEED" 1)" authenticate
	case $CODE in
	PAM_PERM_DENIED)
		rm /var/lib/webcred/filler
		granted alice otp "$(hotp "$SEED" 1)" ;;
	PAM_SUCCESS) refused alice otp "$(hotp "$SEED" 1)" ;; # there was still room in the log
	*) fail "a full disk ended with $CODE" ;;
	esac
	authority_stop
	umount /var/lib/webcred
}

run_tests
