# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# What the installed objects may call at all, and what of theirs others may see.
. "$WEBCRED_TOP/tests/gauntlet/lib.sh"

module() { find /usr/lib -name pam_webcred.so -path '*security*' | head -n 1; }
library() { find /usr/lib -name 'libwebcred.so.0' | head -n 1; }

# calls FILE...: what they take from others.
calls() {
	local file
	for file; do nm -D --undefined-only "$file"; done | awk '{ print $NF }' | sed 's/@.*//' | sort -u
}

# Every name that module and library use inside, in a library loaded ahead of all others.
test_cve_2012_5536_pam_ssh_agent_auth() {
	local name n
	row 'CVE-2012-5536 pam_ssh_agent_auth'
	alice_enrolled
	is "$(nm -D --defined-only "$(module)" | awk '$2 != "A" { print $3 }' | grep -v '^pam_sm_')" '' "other exports"
	{
		printf '#include <stdlib.h>\n#include <string.h>\n#include <unistd.h>\nstatic void hit(const char *name) { write(1, name, strlen(name)); write(1, " was called\\n", 12); abort(); }\n'
		for name in $(nm --defined-only "$WEBCRED_TOP"/.libs/lib{base,client,pamwebcred}.a "$WEBCRED_TOP"/pam_webcred/.libs/*.o 2>/dev/null |
			awk '$2 ~ /^[TtDdBb]$/ { print $3 }' | sed 's/\..*//' | sort -u |
			grep -E '^[a-z][a-z0-9]*_[a-z0-9_]*$' | grep -v '^pam_\|^webcred_\|^frame_dummy\|^register_tm\|^deregister_tm'); do
			echo "__attribute__((weak)) void $name(void); __attribute__((weak)) void $name(void) { hit(\"$name\"); }"
		done
		# Words that many programs have.
		for name in log_message fatal xmalloc error debug buffer_init converse get_user; do
			echo "void $name(void); void $name(void) { hit(\"$name\"); }"
		done
	} >"$SANDBOX/tmp/clash.c"
	n=$(wc -l <"$SANDBOX/tmp/clash.c")
	[ "$n" -gt 60 ] || fail "only $n names were found"
	gcc -w -shared -fPIC -fno-builtin -o "$SANDBOX/tmp/clash.so" "$SANDBOX/tmp/clash.c" || fail "gcc"
	tried "$n"
	OUT=$(LD_PRELOAD="$SANDBOX/tmp/clash.so" timeout 20 pamdrive -u alice -s "$SERVICE" -c "$PAMD" \
		--answer 'correct horse' authenticate acct_mgmt 2>&1)
	says "$OUT" '^authenticate PAM_SUCCESS'
	says "$OUT" '^acct_mgmt PAM_SUCCESS'
	OUT=$(LD_PRELOAD="$SANDBOX/tmp/clash.so" timeout 20 pamdrive -u alice -s "$SERVICE" -c "$PAMD" \
		--answer 'wrong' authenticate 2>&1)
	says "$OUT" '^authenticate PAM_AUTH_ERR'
	held "$n"
}

# Its change log as a checklist: what was once wrong there cannot be called here.
test_pam_usb_0_9() {
	local name
	row 'pam_usb 0.9.1-0.9.3'
	OUT=$(calls "$(module)" "$(library)")
	for name in getenv secure_getenv setenv putenv unsetenv system popen execl execv execve execvp posix_spawn fork vfork \
		mktemp tmpnam tempnam mkstemp opendir readdir scandir realpath access chown chmod unlink rename fopen freopen \
		strtok gets strcpy_chk getpwnam getpwuid getgrnam gethostbyname localtime ctime asctime setuid seteuid \
		setresuid chdir umask pthread_create dlopen atexit printf puts exit _exit abort; do
		tried
		says_not "$OUT" "^$name\$"
		held
	done
	tried
	# Nothing is kept between calls: no variable that can be written to.
	is "$(objdump -t "$WEBCRED_TOP"/pam_webcred/.libs/*.o | awk '/ O [.](bss|data|tbss|tdata)\t/ { print $NF }')" '' \
		"variables of the module"
	held
	# Two logins in one process, each with its own handle, do not know of each other.
	tried
	alice_enrolled
	drive alice "$SERVICE" --repeat 3 --answer 'wrong' authenticate
	says_not "$OUT" 'PAM_SUCCESS'
	held
}

# No name of a host is ever looked up, so no answer of a name server decides.
test_cve_2024_10963_pam_access() {
	local name host
	row 'CVE-2024-10963 pam_access'
	OUT=$(calls "$(module)" "$(library)" /usr/sbin/webcred-authority "$(find /usr -name webcred-authority-sessions | head -n 1)" "$(helper_program)")
	for name in getaddrinfo gethostbyname gethostbyname2 gethostbyaddr getnameinfo res_query res_search inet_aton innetgr; do
		tried
		says_not "$OUT" "^${name}(_r)?\$"
		held
	done
	# Words for a terminal or a service where a host is meant, and the other way round.
	conf <<-END
		[webcred]
		locality_unknown = local
		[service]
		fail_delay = 0
	END
	alice_enrolled
	echo '127.0.0.1 tty1 console seat0 LOCAL ALL' >>/etc/hosts
	for host in tty1 console seat0 localhost 127.0.0.1 ::1 LOCAL ALL :0; do
		keeps_out alice "$SERVICE" --rhost "$host" --answer 'wrong'
	done
	authority_stop
	is "$(sqlite3 /var/lib/webcred/webcred.db "SELECT group_concat(DISTINCT origin) FROM throttle WHERE failures > 0")" remote \
		"where these guesses were counted"
	authority_start
	unharmed
}

run_tests
