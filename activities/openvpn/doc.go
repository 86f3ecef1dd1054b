// Package openvpn cuts a person's OpenVPN access on a gateway and reads it
// back. It runs on the gateway, knows no other system and no Temporal.
//
// OpenVPN has certificates and no users. The people are the common names (CN)
// in the index.txt of easy-rsa or `openssl ca`; a file, the inventory, says
// whose each CN is, and a CN that is an e-mail address needs no entry.
//
// Classes:
//
//   - sessions: for each CN, its live clients and its being let in at all.
//     Contain ends it: `disable` in the client-config-dir file of the CN, then
//     `client-kill` of each live client.
//   - certificates: every serial of the person that has not expired. Revoke
//     ends it: an empty file named by the decimal serial in the directory of
//     `crl-verify DIR dir`, which needs no CA key. A CRL file is not written.
//
// What a reader would not expect, seen with OpenVPN 2.6.14:
//
//   - index.txt's R means nothing to a server in dir mode: a certificate
//     revoked there and without a file in the directory is let in.
//   - The server opens both files anew at each handshake, as the user it has
//     dropped to; one that it cannot open is the same as none
//     (verify_check_crl_dir in ssl_verify.c, platform_test_file in platform.c).
//     So every file is read through the eyes of the running process.
//   - A revoked client that renegotiates becomes a row without a name (UNDEF)
//     that keeps its address and its traffic. A handshake that was never let in
//     is such a row too, without an address or a route.
//   - `client-kill` asks the client, and drops it five seconds later; `kill` by
//     the client's address drops it at once.
//   - The management interface takes one client at a time; another connects,
//     and hears nothing.
//
// How it is known that the running server enforces what is written, and not
// another directory: see enforce.go.
package openvpn
