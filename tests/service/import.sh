# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# Keys that pam-u2f and OpenSSH know, taken over from files that their own tools made.
. "$WEBCRED_TOP/tests/support/lib.sh"
. "$WEBCRED_TOP/tests/support/keys.sh"

node() { readlink -f "/dev/webcred-$1"; }

# pam_u2f_credential COLOUR RPID: handle,key,es256,+presence - as pamu2fcfg prints it, but that
# pamu2fcfg looks for keys by itself.
pam_u2f_credential() {
	local made=$SANDBOX/tmp/made
	{
		head -c 32 /dev/urandom | base64
		printf '%s\nsomebody\n%s\n' "$2" "$(head -c 32 /dev/urandom | base64)"
	} | fido2-cred -M "$(node "$1")" es256 >"$made" 2>/dev/null || fail "fido2-cred -M"
	fido2-cred -V -i "$made" -o "$made.key" es256 || fail "fido2-cred -V"
	printf '%s,%s,es256,+presence' "$(head -n 1 "$made.key")" \
		"$(tail -n +2 "$made.key" | openssl pkey -pubin -outform DER | tail -c 64 | base64 -w 0)"
}

# import OPTION... : sets OUT and STATUS.
import() {
	OUT=$(webcred import "$@" 2>&1 </dev/null)
	STATUS=$?
	echo "$OUT"
}

test_pam_u2f_authfile() {
	local file=$SANDBOX/tmp/authfile
	keys_conf
	key_plug blue
	printf '# kept\nalice:%s:%s\nnobody-here:%s\nbob:no base64,x,es256,\n' "$(pam_u2f_credential blue pam://old)" \
		"$(pam_u2f_credential blue pam://old)" "$(pam_u2f_credential blue pam://old)" >"$file"
	import --from pam-u2f --rp-id pam://old "$file"
	is "$STATUS" 1 "some entries are not good"
	says "$OUT" '^line 2: alice: would be enrolled: ES256 key "pam-u2f key" of pam://old$'
	says "$OUT" '^line 3: nobody-here: not enrolled: there is no such account'
	says "$OUT" '^line 4: bob: not enrolled: the key handle is no base64'
	says "$OUT" '^2 would be enrolled, 2 not\. Nothing was changed'
	is "$(credentials alice)" 0 "credentials after a dry run"
	import --from pam-u2f --rp-id pam://old --write "$file"
	says "$OUT" '^line 2: alice: enrolled: ES256 key "pam-u2f key" of pam://old$'
	says "$OUT" '^line 2: alice: enrolled: ES256 key "pam-u2f key 2" of pam://old$'
	is "$(credentials alice)" 2 "credentials"
	logged 'create done user="alice" .*credential="pam-u2f key 2"'
	drive alice "$SERVICE" authenticate acct_mgmt
	is "$CODE" PAM_SUCCESS
	says "$OUT" 'Touch the key labelled pam-u2f key'
	key_saw blue 'get-assertion rp=pam://old up=1'
	import --from pam-u2f --rp-id pam://old --write --user alice "$file"
	is "$STATUS" 1
	says "$OUT" '^line 2: alice: not enrolled: enrolled already'
	says_not "$OUT" 'bob|nobody-here'
}

# Its relying party is in the signature: under another origin it is no key of hers.
test_wrong_origin_lets_nobody_in() {
	local file=$SANDBOX/tmp/authfile
	keys_conf
	key_plug blue
	echo "alice:$(pam_u2f_credential blue pam://old)" >"$file"
	import --from pam-u2f --rp-id pam://new --write "$file"
	is "$STATUS" 0
	refused alice "$SERVICE"
}

# 79: unregistered for any user.
test_one_credential_for_two_users() {
	local file=$SANDBOX/tmp/authfile credential
	keys_conf
	key_plug blue
	credential=$(pam_u2f_credential blue pam://old)
	printf 'alice:%s\nbob:%s\n' "$credential" "$credential" >"$file"
	import --from pam-u2f --rp-id pam://old --write "$file"
	is "$STATUS" 1
	says "$OUT" '^line 1: alice: enrolled'
	says "$OUT" '^line 2: bob: not enrolled: .*(enrolled already|InvalidStateError)'
	is "$(credentials bob)" 0 "bob's credentials"
}

test_line_that_pam_u2f_would_not_read() {
	local file=$SANDBOX/tmp/authfile
	keys_conf
	key_plug blue
	printf 'alice:%s\nalice:%s\r\nbob\n' "$(pam_u2f_credential blue pam://old)" \
		"$(pam_u2f_credential blue pam://old)" >"$file"
	import --from pam-u2f --rp-id pam://old "$file"
	says "$OUT" '^line 1: alice: not enrolled: pam-u2f reads only the last line of a user, which is line 2'
	says "$OUT" '^line 2: alice: would be enrolled'
	says "$OUT" '^line 3: bob: not enrolled: no credential follows'
}

test_openssh_private_key() {
	local file=$SANDBOX/tmp/id type
	keys_conf
	key_plug blue
	for type in ecdsa-sk ed25519-sk; do
		rm -f "$file"
		ssh-keygen -q -t $type -O device="$(node blue)" -N '' -C "$type of alice" -f "$file" </dev/null ||
			fail "ssh-keygen -t $type"
		import --from openssh-sk --user alice "$file"
		is "$STATUS" 0
		says "$OUT" "^line 1: alice: would be enrolled: .* key \"$type of alice\" of ssh:"
		import --from openssh-sk --user alice --write "$file"
		is "$STATUS" 0
		drive alice "$SERVICE" authenticate acct_mgmt
		is "$CODE" PAM_SUCCESS
		says "$OUT" "Touch the key labelled $type of alice"
		key_saw blue 'get-assertion rp=ssh: up=1'
		webcred remove "$type of alice" --user alice --yes || fail "cannot remove it"
	done
}

# Without the credential's id it is of no use at a reader, and does not stand in the way.
test_openssh_public_keys() {
	local file=$SANDBOX/tmp/keys type
	keys_conf
	key_plug blue
	for type in ecdsa-sk ed25519-sk; do
		rm -f "$SANDBOX/tmp/$type"
		ssh-keygen -q -t $type -O device="$(node blue)" -N '' -C "$type" -f "$SANDBOX/tmp/$type" </dev/null ||
			fail "ssh-keygen -t $type"
	done
	ssh-keygen -q -t ed25519 -N '' -f "$SANDBOX/tmp/plain" </dev/null
	{
		echo '# mine'
		cat "$SANDBOX/tmp/ecdsa-sk.pub"
		echo "no-touch-required,from=\"a b\" $(cat "$SANDBOX/tmp/ed25519-sk.pub")"
		cat "$SANDBOX/tmp/plain.pub"
	} >"$file"
	import --from openssh-sk --user alice --write "$file"
	is "$STATUS" 1
	says "$OUT" '^line 2: alice: enrolled: ES256 key "ecdsa-sk" of ssh:; .*agent alone'
	says "$OUT" '^line 3: alice: enrolled: EdDSA key "ed25519-sk" of ssh:; .*agent alone'
	says "$OUT" "^line 4: alice: not enrolled: not a security key's"
	import --from openssh-sk --user alice --write "$SANDBOX/tmp/ecdsa-sk.pub"
	says "$OUT" 'not enrolled: enrolled already'
	is "$(credentials alice)" 2 "credentials"
	refused alice "$SERVICE"
	key_saw_not blue 'get-assertion'
}

test_ssh_key_with_a_passphrase() {
	keys_conf
	key_plug blue
	rm -f "$SANDBOX/tmp/id"
	ssh-keygen -q -t ecdsa-sk -O device="$(node blue)" -N 'pass phrase' -f "$SANDBOX/tmp/id" </dev/null ||
		fail "ssh-keygen"
	import --from openssh-sk --user alice --write "$SANDBOX/tmp/id"
	is "$STATUS" 1
	says "$OUT" 'not enrolled: has a passphrase'
}

test_json() {
	keys_conf
	key_plug blue
	echo "alice:$(pam_u2f_credential blue pam://old)" >"$SANDBOX/tmp/authfile"
	import --from pam-u2f --rp-id pam://old --json "$SANDBOX/tmp/authfile"
	is "$OUT" '{"line":1,"user":"alice","result":"would be enrolled","text":"ES256 key \"pam-u2f key\" of pam://old"}'
}

# Foreign text: whatever it is, each line is told of, nothing is stored and nothing breaks.
test_bad_files() {
	local file=$SANDBOX/tmp/bad
	keys_conf
	for text in '' 'alice' 'alice:' 'alice::' 'alice:,,,' ':x,y' $'alice:\x01,\x02' "$(printf 'alice:%5000s' x)" \
		'-----BEGIN OPENSSH PRIVATE KEY-----' 'sk-ssh-ed25519@openssh.com AAAA' "$(printf '%9000s' x)"; do
		printf '%s\n' "$text" >"$file"
		import --from pam-u2f --write "$file"
		[ "$STATUS" -le 1 ] || fail "pam-u2f: status $STATUS"
		import --from openssh-sk --user alice --write "$file"
		[ "$STATUS" -le 1 ] || fail "openssh-sk: status $STATUS"
	done
	head -c 100000 /dev/urandom >"$file"
	import --from pam-u2f --write "$file" >/dev/null
	is "$STATUS" 1
	head -c 3000000 /dev/zero >"$file"
	import --from pam-u2f --write "$file"
	says "$OUT" 'Cannot read .*: File too large'
	import --from pam-u2f --write /dev/zero
	says "$OUT" 'it is no file'
	import --from pam-u2f --write /nowhere
	says "$OUT" 'No such file'
	import --from something /etc/passwd
	is "$STATUS" 2
	is "$(credentials alice)" 0 "credentials"
	logged_not 'crash|signal|re-execut'
}

test_root_alone() {
	keys_conf
	key_plug blue
	echo "alice:$(pam_u2f_credential blue pam://old)" >"$SANDBOX/tmp/authfile"
	chmod 0644 "$SANDBOX/tmp/authfile"
	OUT=$(setpriv --reuid alice --regid alice --clear-groups -- \
		webcred import --from pam-u2f --rp-id pam://old --write "$SANDBOX/tmp/authfile" 2>&1) && fail "enrolled"
	says "$OUT" 'Only root'
	is "$(credentials alice)" 0 "credentials"
}

run_tests
