package wireguard

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.zx2c4.com/wireguard/wgctrl/wgtypes"

	"lastday/activities/transport"
)

func key(b byte) wgtypes.Key {
	var k wgtypes.Key
	for i := range k {
		k[i] = b
	}
	return k
}

var jane, bob = key('j'), key('b')

const top = "[Interface]\nAddress = 10.0.0.1/24\n"

func TestOnlyThePeersOwnLinesGo(t *testing.T) {
	j, b := jane.String(), bob.String()
	for name, c := range map[string]struct{ before, after string }{
		"plain": {
			top + "\n[Peer]\nPublicKey = " + j + "\nAllowedIPs = 10.0.0.2/32\n\n[Peer]\nPublicKey = " + b + "\n",
			top + "\n[Peer]\nPublicKey = " + b + "\n",
		},
		"last one": {
			top + "\n[Peer]\nPublicKey = " + b + "\n\n[Peer]\nPublicKey = " + j + "\n",
			top + "\n[Peer]\nPublicKey = " + b + "\n\n",
		},
		"the comment above goes, others stay": {
			top + "\n# staff\n\n# jane\n# her laptop\n[Peer]\nPublicKey = " + j + "\n# end jane\n\n# servers\n\n# bob\n[Peer]\nPublicKey = " + b + "\n",
			top + "\n# staff\n\n# servers\n\n# bob\n[Peer]\nPublicKey = " + b + "\n",
		},
		"the next one's comment without a blank line": {
			top + "[Peer]\nPublicKey = " + j + "\n# bob\n[Peer]\nPublicKey = " + b + "\n",
			top + "# bob\n[Peer]\nPublicKey = " + b + "\n",
		},
		"odd spelling": {
			top + "\n [peer] # jane\n\t publickey=" + j + " # key\nAllowedIPs=10.0.0.2/32\n\n[Peer]\nPublicKey = " + b + "\n",
			top + "\n[Peer]\nPublicKey = " + b + "\n",
		},
		"windows line ends": {
			strings.ReplaceAll(top+"\n[Peer]\nPublicKey = "+j+"\n\n[Peer]\nPublicKey = "+b+"\n", "\n", "\r\n"),
			strings.ReplaceAll(top+"\n[Peer]\nPublicKey = "+b+"\n", "\n", "\r\n"),
		},
		"twice": {
			top + "\n[Peer]\nPublicKey = " + j + "\n\n[Peer]\nPublicKey = " + b + "\n\n[Peer]\nPublicKey = " + j + "\n",
			top + "\n[Peer]\nPublicKey = " + b + "\n\n",
		},
		"commented out is not there": {
			top + "\n#[Peer]\n#PublicKey = " + j + "\n\n[Peer]\nPublicKey = " + b + "\n",
			top + "\n#[Peer]\n#PublicKey = " + j + "\n\n[Peer]\nPublicKey = " + b + "\n",
		},
		"no newline at the end": {
			top + "\n[Peer]\nPublicKey = " + b + "\n\n[Peer]\nPublicKey = " + j,
			top + "\n[Peer]\nPublicKey = " + b + "\n\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := parseConf(c.before)
			if err != nil {
				t.Fatal(err)
			}
			got, err := f.without([]wgtypes.Key{jane})
			if err != nil || got != c.after {
				t.Errorf("got  %q\nwant %q\n%v", got, c.after, err)
			}
		})
	}
}

func FuzzTakingAPeerOut(f *testing.F) {
	f.Add(top+"# a\n[Peer]\nPublicKey = "+jane.String()+"\n\n# b\n[Peer]\nPublicKey = "+bob.String()+"\n", true)
	f.Add(top+"[peer]\nPublicKey="+jane.String()+"#x\n[Interface]\nSaveConfig=true\n[Peer]\nPublicKey = "+bob.String(), false)
	f.Fuzz(func(t *testing.T, text string, both bool) {
		before, err := parseConf(text)
		if err != nil {
			return
		}
		drop := []wgtypes.Key{jane}
		if both {
			drop = append(drop, bob)
		}
		out, err := before.without(drop)
		if err != nil {
			return
		}
		after, err := parseConf(out)
		if err != nil {
			t.Fatalf("%q became %q, which cannot be read: %v", text, out, err)
		}
		for k := range before.peers() {
			gone := k == jane || both && k == bob
			if after.peers()[k] == gone {
				t.Errorf("%q became %q: %s", text, out, k)
			}
		}
		if after.interfaces != before.interfaces || after.own != before.own || after.saveConfig != before.saveConfig {
			t.Errorf("%q became %q: the interface changed", text, out)
		}
	})
}

func TestConfigurationFilesThatCannotBeRead(t *testing.T) {
	for name, text := range map[string]string{
		"empty": "", "no interface": "[Peer]\nPublicKey = " + jane.String() + "\n", "html": "<html>canary</html>",
		"bad peer":    top + "[Peer]\nPublicKey = canary\n",
		"bad private": "[Interface]\nPrivateKey = canary\n",
	} {
		_, err := parseConf(text)
		if !transport.IsKind(err, transport.Invalid) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestInventories(t *testing.T) {
	j, b := jane.String(), bob.String()
	for name, c := range map[string]struct{ file, text, err string }{
		"yaml":                 {"p.yaml", "# who\n\"" + j + "\": Jane.Doe@Example.com\n" + b + ": {person: machine:branch, label: x}\n", ""},
		"csv":                  {"p.csv", "# who\npublic_key,person,label\n" + j + ", Jane.Doe@Example.com , laptop\n" + b + ",machine:branch\n", ""},
		"csv without a header": {"p.csv", j + ",jane.doe@example.com\n" + b + ",machine:branch\n", ""},
		"the same twice":       {"p.csv", j + ",jane.doe@example.com\n" + j + ",JANE.doe@example.com\n" + b + ",machine:branch\n", ""},
		"empty":                {"p.yaml", "", "empty"},
		"empty csv":            {"p.csv", "# nobody\n", "no key"},
		"a list":               {"p.yaml", "- a\n- b\n", "not a map"},
		"bad key":              {"p.yaml", "canarykey: jane.doe@example.com\n", "line 1: not a public key"},
		"bad key in csv":       {"p.csv", j + ",jane.doe@example.com\ncanarykey,jane.doe@example.com\n", "line 2: not a public key"},
		"bad person":           {"p.yaml", j + ": canary\n", "line 1: not a person's"},
		"no person":            {"p.csv", j + "\n", "line 1: 1 columns"},
		"a person as a list":   {"p.yaml", j + ": [canary]\n", "line 1: neither"},
		"two people":           {"p.yaml", j + ": jane.doe@example.com\n" + j + ": bob@example.com\n", "mapped to jane.doe@example.com and to bob@example.com"},
		"broken yaml":          {"p.yaml", "{canary", "not YAML"},
		"broken csv":           {"p.csv", "\"canary\n", "not CSV"},
		"a configuration file": {"p.yaml", "[Interface]\nPrivateKey = canary\n", "not"},
		"html":                 {"p.csv", "<html>\ncanary\n", "line 1"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), c.file)
			if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			inv, err := readInventory(path)
			if c.err != "" {
				if !transport.IsKind(err, transport.Invalid) || !strings.Contains(err.Error(), c.err) || strings.Contains(err.Error(), "canary") {
					t.Errorf("%v, want %q", err, c.err)
				}
				return
			}
			if err != nil || inv.owner[jane] != "jane.doe@example.com" || inv.owner[bob] != "machine:branch" || len(inv.keys["jane.doe@example.com"]) != 1 {
				t.Errorf("%+v %v", inv, err)
			}
		})
	}
	if _, err := readInventory("/no/such/file.yaml"); !transport.IsKind(err, transport.Unavailable) {
		t.Errorf("no file: %v", err)
	}
}

func TestValidateSaysWhichKeyAndWhatToDo(t *testing.T) {
	for want, c := range map[string]Config{
		"wireguard.interface":   {Inventory: "/p.yaml"},
		"not an interface":      {Interface: "../wg0", Inventory: "/p.yaml"},
		"wireguard.inventory":   {Interface: "wg0"},
		"ends neither":          {Interface: "wg0", Inventory: "/p.txt"},
		"not an absolute path":  {Interface: "wg0", Inventory: "p.yaml"},
		"wireguard.config_file": {Interface: "wg0", Inventory: "/p.yaml", ConfigFile: "wg0.conf"},
		"wireguard.control_key": {Interface: "wg0", Inventory: "/p.yaml", ControlKey: "x"},
	} {
		if _, err := New(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

func FuzzControlSocketAnswers(f *testing.F) {
	f.Add("private_key=" + strings.Repeat("ab", 32) + "\npublic_key=" + strings.Repeat("cd", 32) + "\nlast_handshake_time_sec=5\n")
	f.Add("last_handshake_time_sec=5\n")
	f.Fuzz(func(_ *testing.T, text string) {
		var r reading
		for line := range strings.Lines(text) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
			if r.line(name, value) != nil {
				return
			}
		}
		r.gateway()
	})
}
