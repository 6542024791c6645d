# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# Every combination of PAM's flags, a quiet service and a word on the PAM line; what the person sees.
. "$WEBCRED_TOP/tests/support/lib.sh"

# What each row has to be: code, prompts.  Written down from doc/applications.md's table.
#   WORD ordinary-service(none silent disallow_null both) quiet-service(the same four)
ROWS='
-           in in-not in in-not     in in in in
optional    in in     in in         in in in in
required    in in     in in         in in in in
conditional in in     in in         in in in in
silent      null null null null     null null null null
immediate   bad bad   bad bad       bad bad bad bad
'

flags_conf() {
	conf <<-END
		[password]
		memory = 64
		passes = 1
		[webcred]
		quiet_services = hushed
	END
	enrol_password alice 'correct horse'
}

# sees SERVICE FLAGS WANTED: in, null (not one call of the conversation), or bad (a TypeError).
sees() {
	drive alice "$1" --answer 'correct horse' "authenticate($2)" >/dev/null
	case $3 in
	in)
		is "$CODE" PAM_SUCCESS "$WORD $1 $2"
		says "$OUT" '^prompts 1 ' "$WORD $1 $2"
		case $2 in *silent*) says "$OUT" '^prompts 1 texts 0' "$WORD $1 $2" ;; esac ;;
	null | in-not)
		is "$CODE" PAM_AUTHINFO_UNAVAIL "$WORD $1 $2"
		says "$OUT" '^prompts 0 texts 0' "$WORD $1 $2" ;;
	bad)
		is "$CODE" PAM_PERM_DENIED "$WORD $1 $2"
		says "$OUT" '^prompts 0 texts 0' "$WORD $1 $2" ;;
	*) fail "no such expectation: $3" ;;
	esac
}

# behaviours 19, 24, 30, 31 and 33
test_every_combination() {
	local rows=0 service flags wanted
	flags_conf
	while read -r WORD wanted; do
		[ -n "$WORD" ] || continue
		set -- $wanted
		for service in ordinary hushed; do
			if [ "$WORD" = - ]; then
				webcred_service $service get=password
			else
				webcred_service $service get=password mediation="$WORD"
			fi
			for flags in '' silent disallow_null 'silent|disallow_null'; do
				sees $service "$flags" "$1"
				shift
				rows=$((rows + 1))
			done
		done
	done <<<"$ROWS"
	is $rows 48 "how many rows"
}

# The word of the service's section, where the line has none; and the line's wins over it.
# behaviour 3
test_word_in_the_configuration() {
	flags_conf
	conf <<-END
		[service sectioned]
		mediation = silent
		[service other]
		mediation = required
	END
	webcred_service sectioned get=password
	WORD=silent
	sees sectioned '' null
	sees sectioned disallow_null null
	webcred_service sectioned get=password mediation=optional
	sees sectioned silent in
}

# behaviours 23 and 24: nobody is asked, and what was collected before is enough, or is not.
test_silent_with_a_collected_password() {
	flags_conf
	service collected <<-END
		auth optional pam_unix.so
		auth required pam_webcred.so get=password use_first_pass mediation=silent
		account required pam_permit.so
	END
	drive alice collected --answer 'correct horse' authenticate
	is "$CODE" PAM_AUTHINFO_UNAVAIL # the flag is set
	webcred_service collected get=password
	granted alice collected 'correct horse'
	service collected <<-END
		auth optional pam_unix.so
		auth required pam_webcred.so get=password use_first_pass mediation=silent
		account required pam_permit.so
	END
	drive alice collected --answer 'correct horse' authenticate
	is "$CODE" PAM_SUCCESS
	says "$OUT" '^prompts 1 texts 0' # pam_unix's own
	logged 'get granted user="alice" .*silent'
	drive alice collected --answer 'wrong' authenticate
	is "$CODE" PAM_AUTH_ERR
}

# behaviour 33: "whatever is cached", by the word; what sshd's flag says is of this very transaction.
test_required_with_a_collected_password() {
	flags_conf
	service collected <<-END
		auth optional pam_unix.so
		auth required pam_webcred.so get=password try_first_pass mediation=required
		account required pam_permit.so
	END
	drive alice collected --answer 'correct horse' --answer 'correct horse' authenticate
	is "$CODE" PAM_SUCCESS
	says "$OUT" '^prompts 2 '
	drive alice collected --answer 'correct horse' --answer 'wrong' authenticate
	is "$CODE" PAM_AUTH_ERR
	service collected <<-END
		auth optional pam_unix.so
		auth required pam_webcred.so get=password try_first_pass
		account required pam_permit.so
	END
	drive alice collected --answer 'correct horse' 'authenticate(disallow_null)'
	is "$CODE" PAM_SUCCESS
	says "$OUT" '^prompts 1 '
}

run_tests
