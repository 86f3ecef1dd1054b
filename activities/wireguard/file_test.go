package wireguard_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"lastday/activities"
	"lastday/activities/transport"
	"lastday/activities/wireguard"
	"lastday/sandbox/people"
	sandbox "lastday/sandbox/wireguard"
)

func TestManyLeaversAtOnceUndoNobody(t *testing.T) {
	o := open(t, sandbox.Options{}, nil)
	second := connect(t, o.conf) // another worker on the same gateway
	var people20 []string
	for i := range 20 {
		email := fmt.Sprintf("leaver%d@example.com", i)
		if _, err := o.AddPeer(email); err != nil {
			t.Fatal(err)
		}
		people20 = append(people20, email)
	}
	stays := o.HoldsBesides("")
	var all sync.WaitGroup
	for i, email := range people20 {
		a := o.find(t, email)
		conn := []*wireguard.Connector{o.conn, second}[i%2]
		all.Go(func() {
			if err := conn.Contain(t.Context(), a, activities.NewJournal(1, nil, nil)); err != nil {
				t.Errorf("%s: %v", email, err)
			}
		})
	}
	all.Wait()
	for _, email := range people20 {
		if left := o.Holds(email); len(left) != 0 {
			t.Errorf("%s still has %v", email, left)
		}
	}
	if got := len(o.HoldsBesides("")); got != len(stays)-2*len(people20) {
		t.Errorf("%d of %d are left", got, len(stays))
	}
}

func TestModeOwnerAndLinkOfTheFileStay(t *testing.T) {
	o := open(t, sandbox.Options{}, nil)
	real := o.ConfigFile() + ".real"
	if err := os.Rename(o.ConfigFile(), real); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(real, o.ConfigFile()); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(real, 0o640); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 {
		if err := os.Chown(real, 1234, 1235); err != nil {
			t.Fatal(err)
		}
	}
	before := owner(t, real)
	// What a crash may leave behind is no obstacle.
	write(t, filepath.Join(filepath.Dir(real), "."+filepath.Base(real)+".lastday"), "half a fi")
	o.contain(t, o.find(t, people.Jane.Email))
	link, err := os.Lstat(o.ConfigFile())
	if err != nil || link.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is gone: %v %v", link.Mode(), err)
	}
	info, err := os.Stat(real)
	if err != nil || info.Mode().Perm() != 0o640 || owner(t, real) != before {
		t.Errorf("mode %v owner %s, was %s: %v", info.Mode(), owner(t, real), before, err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(real), ".*.lastday")); len(left) != 0 {
		t.Errorf("left beside it: %v", left)
	}
}

func TestAFileThatCannotBeEditedDoesNotKeepTheTunnelOpen(t *testing.T) {
	jane := func(o *office) string { return o.Laptop().PublicKey }
	for name, c := range map[string]struct {
		spoil func(*testing.T, *office)
		kind  transport.Kind
	}{
		"a section with two people's keys": {func(t *testing.T, o *office) {
			text := strings.Replace(read(t, o.ConfigFile()), jane(o), jane(o)+"\nPublicKey = "+o.find(t, people.Admin.Email).ID, 1)
			write(t, o.ConfigFile(), text)
		}, transport.Identity},
		"a PostUp line that names the key": {func(t *testing.T, o *office) {
			text := strings.Replace(read(t, o.ConfigFile()), "[Interface]\n", "[Interface]\nPostUp = wg set %i peer "+jane(o)+" allowed-ips 10.77.9.9/32\n", 1)
			write(t, o.ConfigFile(), text)
		}, transport.Refused},
		"a broken file": {func(t *testing.T, o *office) {
			write(t, o.ConfigFile(), strings.Replace(read(t, o.ConfigFile()), jane(o), "canaryNoKey", 1))
		}, transport.Invalid},
		"no file": {func(t *testing.T, o *office) {
			if err := os.Remove(o.ConfigFile()); err != nil {
				t.Fatal(err)
			}
		}, transport.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			o := open(t, sandbox.Options{}, nil)
			a := o.find(t, people.Jane.Email)
			c.spoil(t, o)
			err := o.conn.Contain(t.Context(), a, activities.NewJournal(1, nil, nil))
			if !transport.IsKind(err, c.kind) || strings.Contains(err.Error(), "canary") {
				t.Errorf("%v, want %s", err, c.kind)
			}
			for _, h := range o.Holds(people.Jane.Email) {
				if !strings.HasSuffix(h, "(file)") {
					t.Errorf("the tunnel is open: %s", h)
				}
			}
			back, err := o.conn.Observe(t.Context(), a)
			if err == nil && back.Observations[0].Proves() {
				t.Errorf("proven: %+v", back)
			}
		})
	}
}
