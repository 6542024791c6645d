# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# Each allocation and each system call fails, in each process of a login: nobody gets in by that, and
# nobody is kept out behind it.  WEBCRED_EVERY=K takes every Kth of all there are.
. "$WEBCRED_TOP/tests/support/lib.sh"
. "$WEBCRED_TOP/tests/support/keys.sh"

EVERY=${WEBCRED_EVERY:-1}
BUILD=${WEBCRED_BUILD:-$WEBCRED_TOP}
export WEBCRED_FAULTS=$SANDBOX/tmp/faults.control

# The authority is started with the shim, and is the same otherwise.
preload() {
	cp "$BUILD/tests/faults/.libs/libshim.so" "$WEBCRED_TOOLS/libshim.so"
	chmod 0755 "$WEBCRED_TOOLS/libshim.so"
	truncate -s 16384 "$WEBCRED_FAULTS"
	chmod 0666 "$WEBCRED_FAULTS"
	cat >"$WEBCRED_TOOLS/webcred-authority" <<-END
		#!/bin/sh
		LD_PRELOAD=$WEBCRED_TOOLS/libshim.so WEBCRED_FAULTS=$WEBCRED_FAULTS \\
			exec /usr/sbin/webcred-authority "\$@"
	END
	chmod 0755 "$WEBCRED_TOOLS/webcred-authority"
}

# What a hash costs is nobody's concern here.
faults_conf() {
	keys_begin
	conf <<-END
		[webcred]
		locality_unknown = local
		[devices]
		device = /dev/webcred-blue
		[throttle]
		enabled = no
		[password]
		memory = 1024
		passes = 1
	END
}

# heidi's key is plugged in; frank's is another one, and stays out.
enrol_keys() {
	key_plug blue --touch=auto
	enrol_key frank absent
	key_unplug blue
	rm "$KEYS/blue.state"
	key_plug blue --touch=auto
	enrol_key heidi present
}

# What a module said is what the stack says, PAM_IGNORE as well.
bare_service() {
	local word='[success=ok ignore=bad default=bad]' name=$1
	shift
	service "$name" <<-END
		auth     $word pam_webcred.so $*
		account  $word pam_webcred.so $*
		password $word pam_webcred.so $*
		session  $word pam_webcred.so $*
	END
}

# faults PROCESS MODE
faults() {
	preload
	faults_conf
	bare_service password get=password
	bare_service otp get=otp
	bare_service key get=public-key
	enrol_keys
	LD_PRELOAD=$WEBCRED_TOOLS/libshim.so "$BUILD/tests/faults/faults" --process "$1" --mode "$2" \
		--every "$EVERY" ${WEBCRED_TYPE:+--type "$WEBCRED_TYPE"} >"$SANDBOX/faults.out" 2>&1
	local status=$?
	grep -E '^(allocations|system calls|faults:)' "$SANDBOX/faults.out" >>"$SANDBOX/note"
	cat "$SANDBOX/faults.out"
	[ "$status" = 0 ] || fail "$(grep -E '^(LOST|BROKEN)' "$SANDBOX/faults.out" | head -n 1)"
	says "$(tail -n 1 "$SANDBOX/faults.out")" '^faults: tried [1-9][0-9]*, refused [1-9][0-9]*, lost 0 '
}

test_each_allocation_in_the_host() { faults host allocations; }
test_each_allocation_in_the_keeper() { faults keeper allocations; }
test_each_allocation_in_the_session() { faults session allocations; }
test_each_allocation_in_the_device() { faults device allocations; }
test_each_system_call_in_the_host() { faults host calls; }
test_each_system_call_in_the_keeper() { faults keeper calls; }
test_each_system_call_in_the_mother() { faults mother calls; }
test_each_system_call_in_the_session() { faults session calls; }
test_each_system_call_in_the_device() { faults device calls; }

run_tests
