package openvpn

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// authority is a CA with the index.txt that openssl keeps of one.
type authority struct {
	cert  *x509.Certificate
	key   *ecdsa.PrivateKey
	pem   []byte
	index string
}

// Cert is a certificate of the office's CA.
type Cert struct {
	CN      string
	Serial  *big.Int
	Expires time.Time
	crt     string // its file; the key's has .key at its end
}

func newAuthority(index string) (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make the CA's key: %w", err)
	}
	serial, err := bigSerial()
	if err != nil {
		return nil, err
	}
	t := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "Office CA " + serial.Text(36)},
		NotBefore: time.Now().Add(-24 * time.Hour), NotAfter: time.Now().AddDate(10, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, t, t, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("make the CA: %w", err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("read the CA: %w", err)
	}
	return &authority{cert: cert, key: key, pem: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), index: index}, nil
}

// bigSerial is one as easy-rsa makes them: 128 bits at random.
func bigSerial() (*big.Int, error) {
	n, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, fmt.Errorf("make a serial: %w", err)
	}
	return n.SetBit(n, 126, 1), nil
}

// issue makes a key and a certificate in dir. It does not go into the index.
func (a *authority) issue(dir, cn string, serial *big.Int, expires time.Time, usage x509.ExtKeyUsage) (*Cert, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make key of %s: %w", cn, err)
	}
	t := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{Organization: []string{"Example"}, CommonName: cn},
		NotBefore: time.Now().Add(-24 * time.Hour), NotAfter: expires,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{usage},
	}
	der, err := x509.CreateCertificate(rand.Reader, t, a.cert, key.Public(), a.key)
	if err != nil {
		return nil, fmt.Errorf("make certificate of %s: %w", cn, err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("write key of %s: %w", cn, err)
	}
	c := &Cert{CN: cn, Serial: serial, Expires: expires, crt: filepath.Join(dir, serial.Text(16)+".crt")}
	for path, block := range map[string]*pem.Block{
		c.crt:          {Type: "CERTIFICATE", Bytes: der},
		c.crt + ".key": {Type: "PRIVATE KEY", Bytes: raw},
	} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			return nil, fmt.Errorf("write certificate of %s: %w", cn, err)
		}
	}
	return c, nil
}

// enter writes a certificate into index.txt, with the status V, R or E.
func (a *authority) enter(c *Cert, status string) error {
	hex := strings.ToUpper(c.Serial.Text(16))
	if len(hex)%2 == 1 {
		hex = "0" + hex
	}
	const at = "060102150405Z"
	revoked := ""
	if status == "R" {
		revoked = time.Now().UTC().Format(at) + ",cessationOfOperation"
	}
	line := strings.Join([]string{status, c.Expires.UTC().Format(at), revoked, hex, "unknown", "/O=Example/CN=" + oneLine(c.CN)}, "\t")
	return appendTo(a.index, line+"\n")
}

// oneLine writes a name as X509_NAME_oneline does.
func oneLine(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		if c < ' ' || c > '~' {
			fmt.Fprintf(&b, `\x%02X`, c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

func appendTo(path, text string) error {
	f, err := os.OpenFile(filepath.Clean(path), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	_, err = f.WriteString(text)
	if err2 := f.Close(); err == nil {
		err = err2
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
