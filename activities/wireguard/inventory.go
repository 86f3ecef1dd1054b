package wireguard

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
	"golang.zx2c4.com/wireguard/wgctrl/wgtypes"

	"lastday/activities/transport"
	"lastday/offboarding"
)

// machinePrefix marks a key that is nobody's, such as a branch office's.
const machinePrefix = "machine:"

// inventory maps keys to people.
type inventory struct {
	owner map[wgtypes.Key]string // a lower-case e-mail, or machine:NAME
	label map[wgtypes.Key]string
	keys  map[string][]wgtypes.Key // by owner, in the file's order
}

// readInventory reads the file. One that is broken or empty is Invalid: it may
// be half written at this moment, so it is worth another try.
//
// YAML maps a public key to an e-mail, to machine:NAME, or to {person, label}.
// CSV has the columns public key, person and, optionally, label; a first line
// that starts with public_key and lines that start with # are skipped.
func readInventory(path string) (*inventory, error) {
	f, err := os.Open(filepath.Clean(path))
	if err != nil {
		return nil, fileError("read inventory", err)
	}
	defer f.Close()
	inv := &inventory{owner: map[wgtypes.Key]string{}, label: map[wgtypes.Key]string{}, keys: map[string][]wgtypes.Key{}}
	if strings.EqualFold(filepath.Ext(path), ".csv") {
		err = inv.fromCSV(f)
	} else {
		err = inv.fromYAML(f)
	}
	if err == nil && len(inv.owner) == 0 {
		err = errors.New("it maps no key at all")
	}
	if err != nil {
		return nil, fail(transport.Invalid, "read inventory", err.Error(), "correct "+path)
	}
	return inv, nil
}

// add never quotes what it was given: the wrong file may hold a private key.
func (inv *inventory) add(line int, key, who, label string) error {
	k, err := wgtypes.ParseKey(strings.TrimSpace(key))
	if err != nil {
		return fmt.Errorf("line %d: not a public key", line)
	}
	who = strings.TrimSpace(who)
	if !strings.HasPrefix(who, machinePrefix) {
		s, err := offboarding.ParseSubject(who)
		if err != nil {
			return fmt.Errorf("line %d: not a person's e-mail address, nor %sNAME", line, machinePrefix)
		}
		who = string(s)
	}
	switch old, twice := inv.owner[k]; {
	case twice && old != who:
		return fmt.Errorf("line %d: the key %s is mapped to %s and to %s", line, k, old, who)
	case twice:
		return nil
	}
	inv.owner[k], inv.label[k] = who, strings.TrimSpace(label)
	inv.keys[who] = append(inv.keys[who], k)
	return nil
}

func (inv *inventory) fromCSV(r io.Reader) error {
	c := csv.NewReader(r)
	c.Comment, c.FieldsPerRecord, c.TrimLeadingSpace = '#', -1, true
	for first := true; ; first = false {
		rec, err := c.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		var bad *csv.ParseError
		if errors.As(err, &bad) {
			return fmt.Errorf("line %d: not CSV", bad.Line)
		}
		if err != nil {
			return err
		}
		line, _ := c.FieldPos(0)
		if first && strings.EqualFold(strings.TrimSpace(rec[0]), "public_key") {
			continue
		}
		if len(rec) < 2 || len(rec) > 3 {
			return fmt.Errorf("line %d: %d columns; give public key, person and, if you like, a label", line, len(rec))
		}
		if err := inv.add(line, rec[0], rec[1], strings.Join(rec[2:], "")); err != nil {
			return err
		}
	}
}

func (inv *inventory) fromYAML(r io.Reader) error {
	var doc yaml.Node
	if err := yaml.NewDecoder(r).Decode(&doc); err != nil {
		return errors.New("not YAML, or empty")
	}
	if len(doc.Content) != 1 || doc.Content[0].Kind != yaml.MappingNode {
		return errors.New("not a map from public key to person")
	}
	pairs := doc.Content[0].Content
	for i := 0; i+1 < len(pairs); i += 2 {
		key, value := pairs[i], pairs[i+1]
		entry := struct{ Person, Label string }{Person: value.Value}
		if value.Kind == yaml.MappingNode {
			if err := value.Decode(&entry); err != nil {
				return fmt.Errorf("line %d: not {person: …, label: …}", value.Line)
			}
		} else if value.Kind != yaml.ScalarNode {
			return fmt.Errorf("line %d: neither an e-mail nor {person: …, label: …}", value.Line)
		}
		if err := inv.add(key.Line, key.Value, entry.Person, entry.Label); err != nil {
			return err
		}
	}
	return nil
}

// others is a key that is not this person's, to show that the file was read.
func (inv *inventory) others(addresses []string) (string, bool) {
	best := ""
	for k, who := range inv.owner {
		if name := k.String(); !slices.Contains(addresses, who) && (best == "" || name < best) {
			best = name
		}
	}
	return best, best != ""
}
