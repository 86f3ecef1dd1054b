package openvpn

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"lastday/activities/transport"
	"lastday/offboarding"
)

// machinePrefix marks a CN that is nobody's, such as a branch office's.
const machinePrefix = "machine:"

// roster says which certificates there are and whose each CN is.
type roster struct {
	certs []certificate
	who   map[string]string // the inventory: CN to lower-case e-mail, or machine:NAME
}

func (c *Connector) readRoster() (*roster, error) {
	certs, err := readIndex(c.cfg.Index)
	if err != nil {
		return nil, err
	}
	who, err := readInventory(c.cfg.Inventory)
	if err != nil {
		return nil, err
	}
	return &roster{certs: certs, who: who}, nil
}

// readInventory reads the map from CN to e-mail or machine:NAME; no path is an
// empty one. Its errors never quote the file: the wrong one may hold a key.
func readInventory(path string) (map[string]string, error) {
	const op = "read inventory"
	who := map[string]string{}
	if path == "" {
		return who, nil
	}
	text, err := os.ReadFile(filepath.Clean(path))
	if err != nil {
		return nil, fileError(op, err)
	}
	if err := yaml.Unmarshal(text, &who); err != nil || len(who) == 0 {
		return nil, fail(transport.Invalid, op, "not a YAML map from CN to e-mail, a CN twice in it, or empty", "correct "+path)
	}
	for cn, person := range who {
		if strings.HasPrefix(person, machinePrefix) {
			continue
		}
		s, err := offboarding.ParseSubject(person)
		if err != nil {
			return nil, fail(transport.Invalid, op, "an entry is neither an e-mail address nor "+machinePrefix+"NAME", "correct "+path)
		}
		who[cn] = string(s)
	}
	return who, nil
}

// owner is the lower-case e-mail address of a CN's person, or machine:NAME;
// empty if nobody knows.
func (r *roster) owner(cn string) string {
	if who, ok := r.who[cn]; ok {
		return who
	}
	s, err := offboarding.ParseSubject(cn)
	if err != nil {
		return ""
	}
	return string(s)
}

// names are the CNs of whoever has one of these addresses, from the index, the
// inventory and the given live ones; sorted.
func (r *roster) names(addresses []string, live []row) []string {
	var out []string
	add := func(cn string) {
		if usable(cn) && slices.Contains(addresses, r.owner(cn)) && !slices.Contains(out, cn) {
			out = append(out, cn)
		}
	}
	for _, c := range r.certs {
		add(c.cn)
	}
	for cn := range r.who {
		add(cn)
	}
	for _, l := range live {
		add(l.cn)
	}
	slices.Sort(out)
	return out
}

// of are the certificates of a CN, expired ones included.
func (r *roster) of(cn string) []certificate {
	var out []certificate
	for _, c := range r.certs {
		if c.cn == cn {
			out = append(out, c)
		}
	}
	return out
}

// expired goes by the date alone: index.txt says V until somebody updates it.
func (c certificate) expired() bool { return !c.expires.After(time.Now()) }

func (c certificate) label() string {
	return fmt.Sprintf("%s, serial %s (hex), until %s", c.cn, c.hex, c.expires.Format(time.DateOnly))
}
