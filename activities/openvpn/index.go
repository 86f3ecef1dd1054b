package openvpn

import (
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"lastday/activities/transport"
)

// certificate is one line of index.txt.
type certificate struct {
	serial  string // decimal, as OpenVPN names its file
	hex     string // as index.txt has it
	cn      string // empty where the subject does not tell it for sure
	subject string
	expires time.Time
}

const opIndex = "read index"

// readIndex reads index.txt: status, expiry, revocation, serial, file and
// subject, with tabs between (openssl-ca(1)). The status is not kept: it says
// what the CA's database thinks, not what a server lets in. One that is broken
// or empty is Invalid: it may be half written at this moment.
func readIndex(path string) ([]certificate, error) {
	text, err := os.ReadFile(filepath.Clean(path))
	if err != nil {
		return nil, fileError(opIndex, err)
	}
	var out []certificate
	seen := map[string]bool{}
	line := 0
	for l := range strings.Lines(string(text)) {
		line++
		if l = strings.TrimRight(l, "\r\n"); l == "" || strings.HasPrefix(l, "#") {
			continue
		}
		c, err := parseLine(l)
		if err == nil && seen[c.serial] {
			err = fmt.Errorf("the serial %s is there twice", c.hex)
		}
		if err != nil {
			return nil, fail(transport.Invalid, opIndex, fmt.Sprintf("line %d: %v", line, err), "correct "+path)
		}
		seen[c.serial] = true
		out = append(out, c)
	}
	if len(out) == 0 {
		return nil, fail(transport.Invalid, opIndex, "there is no certificate in it", "correct openvpn.index")
	}
	return out, nil
}

func parseLine(l string) (certificate, error) {
	f := strings.Split(l, "\t")
	if len(f) != 6 || len(f[0]) != 1 || !strings.Contains("VRE", f[0]) {
		return certificate{}, fmt.Errorf("not six columns, the first V, R or E")
	}
	expires, err := parseTime(f[1])
	if err != nil {
		return certificate{}, err
	}
	n, ok := new(big.Int).SetString(f[3], 16)
	if !ok || n.Sign() < 0 {
		return certificate{}, fmt.Errorf("the serial is not a number in hex")
	}
	return certificate{serial: n.String(), hex: strings.ToUpper(f[3]), cn: commonName(f[5]), subject: f[5], expires: expires}, nil
}

// parseTime reads an ASN.1 time: YYMMDDHHMMSSZ up to 2049, then YYYYMMDDHHMMSSZ.
func parseTime(s string) (time.Time, error) {
	if len(s) == len("060102150405Z") {
		century := "20"
		if s >= "50" {
			century = "19"
		}
		s = century + s
	}
	t, err := time.Parse("20060102150405Z", s)
	if err != nil {
		return time.Time{}, fmt.Errorf("the expiry is not a time")
	}
	return t, nil
}

var attribute = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9.]*=`)

// commonName takes the CN out of a one-line subject such as /O=Example/CN=jane.
// OpenSSL does not escape a slash in it, so a subject with a part that is no
// attribute, or with several CNs, tells nothing for sure.
func commonName(subject string) string {
	rest, ok := strings.CutPrefix(subject, "/")
	if !ok {
		return ""
	}
	cn, count := "", 0
	for _, part := range strings.Split(rest, "/") {
		if !attribute.MatchString(part) {
			return ""
		}
		if v, ok := strings.CutPrefix(part, "CN="); ok {
			cn = v
			count++
		}
	}
	if cn = unescape(cn); count != 1 || !usable(cn) {
		return ""
	}
	return cn
}

var escaped = regexp.MustCompile(`\\x[0-9A-F]{2}`)

// unescape undoes OpenSSL's \xHH for bytes that are not printable ASCII.
func unescape(s string) string {
	return escaped.ReplaceAllStringFunc(s, func(e string) string {
		b, err := strconv.ParseUint(e[2:], 16, 8)
		if err != nil {
			return e
		}
		return string([]byte{byte(b)})
	})
}

// usable reports whether OpenVPN knows the CN by exactly this text, in its
// status and as a file's name: at most 64 bytes (TLS_USERNAME_LEN), nothing it
// replaces (platform_gen_path), and no word with a meaning of its own.
func usable(cn string) bool {
	switch cn {
	case "", ".", "..", "DEFAULT", unnamed:
		return false
	}
	return len(cn) <= 64 && utf8.ValidString(cn) && !strings.ContainsFunc(cn, func(r rune) bool { return r == '/' || unicode.IsControl(r) })
}
