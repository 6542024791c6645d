# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# What the installed objects bring into every sudo and sshd: as little as was promised.
. "$WEBCRED_TOP/tests/support/lib.sh"

# What this test looks at was built to be installed; sanitizers bring their own libraries.
module() { find /usr/lib -name pam_webcred.so -path '*security*' | head -n 1; }
names() { find /usr/lib -name libnss_webcred.so.2 | head -n 1; }
library() { find /usr/lib -name 'libwebcred.so.0' | head -n 1; }

needed() { objdump -p "$1" | sed -n 's/^ *NEEDED *//p' | sort; }
exported() { nm -D --defined-only "$1" | awk '$2 != "A" { print $3 }' | sed 's/@.*//' | sort -u; }

test_module_needs_libc_libpam_and_libwebcred_alone() {
	sanitized && skip "built with sanitizers"
	[ -f "$(module)" ] || fail "no pam_webcred.so is installed"
	says_not "$(needed "$(module)" | grep -v '^libc\.so\|^libpam\.so\|^libwebcred\.so\|^libpam_misc')" '.'
	says_not "$(ldd "$(module)" | grep -v 'linux-vdso\|ld-linux\|libc\.so\|libpam\.so\|libaudit\|libcap-ng\|libwebcred')" '.'
}

test_library_needs_libc_alone() {
	sanitized && skip "built with sanitizers"
	is "$(needed "$(library)")" "libc.so.6" "what libwebcred needs"
}

test_module_exports_the_six_entry_points_alone() {
	is "$(exported "$(module)" | tr '\n' ' ')" "$(printf '%s ' pam_sm_acct_mgmt pam_sm_authenticate \
		pam_sm_chauthtok pam_sm_close_session pam_sm_open_session pam_sm_setcred)" "exports"
}

test_library_exports_webcred_names_alone() {
	says_not "$(exported "$(library)" | grep -v '^webcred_')" '.'
	says "$(exported "$(library)")" '^webcred_get$'
}

# Every function of webcred.h is exported, and nothing is that the header does not have.
test_library_exports_what_its_header_declares() {
	local declared
	declared=$(tr -s '\n\t' '  ' </usr/include/webcred.h | grep -o '\bwebcred_[a-z_]*(' |
		tr -d '(' | sort -u)
	is "$(exported "$(library)" | grep '^webcred_')" "$declared" "exports"
}

# It comes into every program that asks for a name.
test_name_service_module_needs_libc_alone() {
	sanitized && skip "built with sanitizers"
	is "$(needed "$(names)")" "libc.so.6" "what libnss_webcred needs"
	says_not "$(ldd "$(names)" | grep -v 'linux-vdso\|ld-linux\|libc\.so')" '.'
	says "$(objdump -p "$(names)")" 'SONAME *libnss_webcred\.so\.2$'
}

test_name_service_module_exports_its_functions_alone() {
	is "$(exported "$(names)" | tr '\n' ' ')" "$(printf '_nss_webcred_%s ' endgrent endpwent getgrent_r \
		getgrgid_r getgrnam_r getpwent_r getpwnam_r getpwuid_r initgroups_dyn setgrent setpwent)" "exports"
}

test_objects_are_hardened() {
	local file
	sanitized && skip "built with sanitizers"
	for file in "$(module)" "$(library)" "$(names)" /usr/sbin/webcred-authority /usr/bin/webcred; do
		[ -f "$file" ] || fail "$file is not installed"
		says "$(readelf -dlW "$file")" 'GNU_RELRO' "$file"
		says "$(readelf -dW "$file")" 'BIND_NOW|FLAGS.*NOW' "$file"
		says_not "$(readelf -lW "$file" | grep GNU_STACK)" 'RWE' "$file"
		says_not "$(readelf -dW "$file")" 'RPATH|RUNPATH' "$file"
	done
}

test_nothing_installed_is_setuid_or_changes_a_login() {
	says_not "$(find "$WEBCRED_STAGE" -type f -perm /6000)" '.'
	says_not "$(find "$WEBCRED_STAGE/etc" -path '*pam.d*' -name 'common-*' 2>/dev/null)" '.'
}

test_store_and_sockets_have_their_modes() {
	enrol_password alice 'correct horse'
	is "$(stat -c '%a %U' /var/lib/webcred)" '700 root' "the store's folder"
	says_not "$(find /var/lib/webcred -type f ! -perm 0600)" '.' "files not 0600"
	is "$(stat -c '%a %U' /run/webcred/login)" '600 root' "the login socket"
	is "$(stat -c '%a %U' /run/webcred/user)" '666 root' "the user socket"
}

run_tests
