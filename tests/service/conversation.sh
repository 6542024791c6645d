# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# Conversations that fail, answers nobody would give: refusals within a second, and nothing changed.
. "$WEBCRED_TOP/tests/support/lib.sh"

# refuses_conversation HOW: nobody is let in, at once, and it costs no attempt.
refuses_conversation() {
	enrol_password alice 'correct horse'
	mark
	drive alice "$SERVICE" --conv "$1" --answer 'correct horse' authenticate
	case $CODE in
	PAM_CONV_ERR | PAM_AUTH_ERR) ;;
	*) fail "conversation '$1' ended with $CODE" ;;
	esac
	quick
	logged 'alice'
	granted alice "$SERVICE" 'correct horse'
	says_not "$OUT" '^delay' # nothing had been charged
}

test_no_conversation_function() { refuses_conversation none; }
test_conversation_that_errs() { refuses_conversation error; }
test_conversation_that_answers_null() { refuses_conversation null; }
test_conversation_whose_text_is_null() { refuses_conversation nulltext; }

test_conversation_error_ends_the_call_after_one_prompt() {
	enrol_password alice 'correct horse'
	drive alice "$SERVICE" --conv error authenticate
	is "$CODE" PAM_CONV_ERR
	says "$OUT" '^prompts 1 '
}

test_empty_answer_is_refused() {
	enrol_password alice 'correct horse'
	refused alice "$SERVICE" ''
	quick
	enrol_totp bob
	refused bob "$SERVICE" ''
	quick
}

test_answer_of_a_mebibyte_is_refused() {
	enrol_password alice 'correct horse'
	drive alice "$SERVICE" --answer-big 1048576 authenticate
	is "$CODE" PAM_AUTH_ERR
	quick
	logged 'alice'
	enrol_totp bob
	drive bob "$SERVICE" --answer-big 1048576 authenticate
	is "$CODE" PAM_AUTH_ERR
	quick
	granted alice "$SERVICE" 'correct horse'
}

test_longest_password_works_and_one_more_byte_is_refused() {
	local most
	most=$(printf '%01024d' 7)
	enrol_password alice "$most"
	granted alice "$SERVICE" "$most"
	refused alice "$SERVICE" "${most}0"
	quick
}

test_password_of_any_bytes() {
	local odd=$'p\xc3\xa4ss "w\\rd\'  :;$(x)%n'
	enrol_password alice "$odd"
	granted alice "$SERVICE" "$odd"
}

test_answers_that_are_no_code() {
	local answer
	enrol_totp alice
	for answer in 'abcdef' '12345' '1234567890123456789' '-12345' '+12345' ' 123456x' '12 34' $'\e[2J'; do
		fresh
		enrol_totp alice
		refused alice "$SERVICE" "$answer"
		quick
	done
}

test_answer_with_escapes_never_reaches_the_log() {
	enrol_password alice 'correct horse'
	refused alice "$SERVICE" $'secret\e[2J\nwebcred: result=granted'
	logged 'get refused'
	logged_not 'secret'
}

test_user_changed_in_mid_call_is_a_refusal() {
	enrol_password alice 'correct horse'
	enrol_password bob 'battery staple'
	drive alice "$SERVICE" --switch-user bob --answer 'correct horse' authenticate acct_mgmt
	[ "$CODE" != PAM_SUCCESS ] || fail "alice's password let bob in"
	drive alice "$SERVICE" --switch-user bob --answer 'battery staple' authenticate
	[ "$CODE" != PAM_SUCCESS ] || fail "bob's password let alice in"
}

test_stdio_closed() {
	enrol_password alice 'correct horse'
	drive alice "$SERVICE" --close-stdio --answer 'correct horse' authenticate acct_mgmt
	says "$OUT" '^ended PAM_SUCCESS'
	says_not "$OUT" '^changed'
	drive alice "$SERVICE" --close-stdio --answer 'wrong' authenticate
	says "$OUT" '^ended PAM_AUTH_ERR'
}

# The host's descriptors, handlers, mask, umask and folder are as they were, a thousand calls later.
test_thousand_calls_leave_the_host_as_it_was() {
	conf <<-END
		[throttle]
		enabled = no
	END
	enrol_hotp alice
	drive alice otp --repeat 1000 --answer 123456 --quiet authenticate acct_mgmt setcred close_session
	says "$OUT" '^repeated 1000 '
	says "$OUT" '^descriptors ([0-9]+) \1$'
	says_not "$OUT" '^changed'
}

run_tests
