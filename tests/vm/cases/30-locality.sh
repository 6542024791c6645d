# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# Who sits where: a remote session never makes the desk's key blink, whatever it starts.  What logind
# says of the process decides, since PAM_RHOST is unset and the terminal looks local.
. "$WEBCRED_TOP/guest/lib.sh"

TMUX='tmux -L away'

# as_manager USER COMMAND...: a process of the user's manager.
as_manager() {
	local user=$1
	shift
	OUT=$(setpriv --reuid "$user" --regid "$user" --init-groups \
		env XDG_RUNTIME_DIR="/run/user/$(id -u "$user")" systemd-run --user -q --pipe --wait -- "$@" 2>&1 </dev/null)
	STATUS=$?
	echo "$OUT"
}

# refused_by_webcred SERVICE: carol was, since the mark; a test that never came so far shows nothing.
refused_by_webcred() {
	logged "get refused user=\"carol\".*service=\"$1\""
	logged_not 'get granted user="carol"'
}

test_ssh_then_sudo_and_su_by_a_password_thief() {
	watch desk
	far carol 'guess' -- sudo id -u
	says_not "$OUT" '^0$'
	far alice 'guess' -- su carol -c '"id -un"'
	says_not "$OUT" '^carol$'
	far carol 'guess' -- pamtester swaylock carol authenticate
	refused_by_webcred sudo
	refused_by_webcred su
	refused_by_webcred swaylock
	dark desk
}

# While the owner sits at the console, and while she does not.
test_a_user_manager_without_a_seat() {
	console_in carol
	watch desk
	mark
	as_manager carol pamtester swaylock carol authenticate
	refused_by_webcred swaylock
	dark desk
	console_out
}

# At a seat it is local: a desktop's terminals are processes of the manager.
test_a_user_manager_with_a_seat() {
	seat_in carol
	watch desk
	as_manager carol pamtester swaylock carol authenticate
	is "$STATUS" 0
	blinked desk
	# ... until somebody is in from afar too, who might have started it.
	remote_in carol
	watch desk
	mark
	as_manager carol pamtester swaylock carol authenticate
	refused_by_webcred swaylock
	dark desk
	remote_out
	seat_out
}

# seat_in USER: a session on a virtual terminal, which is the seat's, as a display manager's would be.
seat_in() {
	systemctl reset-failed seat 2>/dev/null
	systemd-run -q --unit=seat -p PAMName=login -p User="$1" -p TTYPath=/dev/tty7 \
		-p StandardInput=tty -p UtmpIdentifier=tty7 -p UtmpMode=user sleep 600 || fail "no session at the seat"
	waits 20 at_seat
}
at_seat() {
	local id
	for id in $(loginctl list-sessions --no-legend | grep -o '^ *[0-9c]*'); do
		[ "$(loginctl show-session "$id" -p VTNr --value)" = 7 ] || continue
		loginctl activate "$id"
		[ "$(loginctl show-session "$id" -p Active --value)" = yes ] && return
	done
	return 1
}
seat_out() { systemctl -q stop seat; }

# remote_in USER: a session of sshd's that stays.
remote_in() {
	$SSH "$1@127.0.0.1" 'echo in; sleep 600' >"$SANDBOX/tmp/remote" 3>&- &
	REMOTE=$!
	waits 20 grep -q in "$SANDBOX/tmp/remote"
}
remote_out() { kill "$REMOTE"; wait "$REMOTE" 2>/dev/null; }

# Started at the console, attached from afar, while its owner is still in at the console: her
# session's process, and a stranger's keyboard.
test_tmux_attached_from_afar() {
	console_in carol
	console "$TMUX new-session -d"
	watch desk
	far_tmux carol
	dark desk
	# Nobody is attached from afar any more: what is typed here is typed here.
	waits 20 no_remote carol
	watch desk
	console 'sudo id -u'
	says "$HEARD" '^0$'
	blinked desk
}

# The same after she has gone home: her session is only waiting for tmux to end.
test_tmux_attached_from_afar_after_a_logout() {
	console_out
	watch desk
	far_tmux carol
	dark desk
	far carol -- $TMUX kill-server
}

# Started from afar, attached at the console: its process is a remote session's.
test_tmux_of_a_remote_session_at_the_console() {
	far carol -- $TMUX new-session -d
	console_in carol
	watch desk
	console_tmux
	dark desk
	far carol -- $TMUX kill-server
}

no_remote() { ! loginctl list-sessions --no-legend | while read -r id _ name _; do
	[ "$name" = "$1" ] && [ "$(loginctl show-session "$id" -p Remote --value)" = yes ] &&
		[ "$(loginctl show-session "$id" -p State --value)" != closing ] && echo remote
done | grep -q remote; }

# far_tmux USER: attaches from afar, asks sudo there, and detaches.
far_tmux() {
	OUT=$(expect -c 'set timeout 40; set env(TERM) vt100
		spawn -noecho '"$SSH"' -tt '"$1"'@127.0.0.1 '"$TMUX"' attach
		expect -re {ready> }
		send "clear; sudo id -u; echo ended=\$?\r"
		expect {
			-re {ended=[0-9]} {}
			-re {'"$PROMPT"'} { send "guess\r"; exp_continue }
		}
		send "\002d"
		expect eof' 2>&1 3>&-)
	says "$OUT" 'ended=1'
}

console_tmux() {
	talk send "TERM=vt100 $TMUX attach$CR" expect 'ready> ' \
		send "sudo id -u; echo ended=\$?$CR" until "{ended=[0-9]} {$PROMPT} {guess$CR}" \
		send $'\002d' expect 'ready> $' || fail "tmux at the console: waited for /$WAITED/, and heard: $HEARD"
	says "$HEARD" 'ended=1'
}

# cron's jobs and system services are in no session of a person's, and so is whoever runs them: they
# count as locality_unknown says.
test_what_belongs_to_nobody_is_remote_by_default() {
	watch desk
	systemd-run -q --pipe --wait -p User=carol -p PrivateDevices=yes -p ProtectHome=yes \
		-p PrivateNetwork=yes -p NoNewPrivileges=yes -p RestrictAddressFamilies=AF_UNIX \
		pamtester swaylock carol authenticate </dev/null && fail "let in"
	refused_by_webcred swaylock
	dark desk
	conf <<-END
		[webcred]
		locality_unknown = local
	END
	watch desk
	systemd-run -q --pipe --wait -p User=carol -p PrivateDevices=yes -p ProtectHome=yes \
		-p PrivateNetwork=yes -p NoNewPrivileges=yes -p RestrictAddressFamilies=AF_UNIX \
		pamtester swaylock carol authenticate </dev/null || fail "not let in"
	blinked desk
}

# What an environment says counts for nothing.
test_the_environment_counts_for_nothing() {
	watch desk
	far carol 'guess' -- env -u SSH_TTY -u SSH_CONNECTION XDG_SEAT=seat0 XDG_SESSION_ID=1 XDG_VTNR=1 \
		XDG_SESSION_TYPE=tty sudo id -u
	says_not "$OUT" '^0$'
	refused_by_webcred sudo
	dark desk
}

run_tests
