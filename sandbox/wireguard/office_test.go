package wireguard

import (
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"lastday/sandbox/people"
)

func wait(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	late := time.After(10 * time.Second)
	for !ok() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func start(t *testing.T, n int, o Options) *Office {
	t.Helper()
	o.PingEvery = 5 * time.Millisecond
	off, err := Start(people.Staff(n), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := off.Close(); err != nil {
			t.Error(err)
		}
	})
	return off
}

func TestRemovingThePeerStopsItsTrafficAndNoOneElses(t *testing.T) {
	off := start(t, 3, Options{ControlLaptop: true})
	jane, control := off.Laptop(), off.Control()
	wait(t, "both laptops to reach the office", func() bool { return jane.Pings() > 3 && control.Pings() > 3 })
	if err := off.RemoveFromDevice(jane.PublicKey); err != nil {
		t.Fatal(err)
	}
	wait(t, "Jane's ping to stop", func() bool { return !jane.Alive() })
	stopped, sent, others := jane.Pings(), jane.Sent(), control.Pings()
	wait(t, "twenty more of the control's pings", func() bool { return control.Pings() > others+20 && jane.Sent() > sent+20 })
	if jane.Pings() != stopped {
		t.Errorf("%d more pings were answered after the peer was removed", jane.Pings()-stopped)
	}
	if !control.Alive() {
		t.Error("the control laptop stopped too")
	}
}

func TestANewHandshakeWithARemovedKeyGetsNothing(t *testing.T) {
	off := start(t, 3, Options{})
	if err := off.RemoveFromDevice(off.Laptop().PublicKey); err != nil {
		t.Fatal(err)
	}
	again, err := off.NewLaptop(people.Jane.Email)
	if err != nil {
		t.Fatal(err)
	}
	control, err := off.NewLaptop(people.Admin.Email)
	if err != nil {
		t.Fatal(err)
	}
	wait(t, "the control's new handshake", func() bool { return control.Pings() > 20 && again.Sent() > 20 })
	if again.Pings() != 0 || again.Alive() || !again.LastPong().IsZero() {
		t.Errorf("the removed key got %d answers", again.Pings())
	}
}

func TestSyncConfFromTheOldFileBringsThePeerBack(t *testing.T) {
	off := start(t, 3, Options{})
	if err := off.RemoveFromDevice(off.Laptop().PublicKey); err != nil {
		t.Fatal(err)
	}
	want := []string{"peers/" + off.Laptop().PublicKey + " (file)"}
	if got := off.Holds(people.Jane.Email); !slices.Equal(got, want) {
		t.Errorf("holds %v, want %v", got, want)
	}
	off.Laptop().Close() // two machines with one key take the session from each other
	if err := off.SyncConf(); err != nil {
		t.Fatal(err)
	}
	if got := off.Holds("Jane.Doe@Example.com"); len(got) != 2 {
		t.Errorf("after syncconf: %v", got)
	}
	back, err := off.NewLaptop(people.Jane.Email)
	if err != nil {
		t.Fatal(err)
	}
	wait(t, "the tunnel to be back", back.Alive)
}

func TestCloseLeavesNothingBehind(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 3 {
		off, err := Start(people.Staff(10), Options{ControlLaptop: true, PingEvery: time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		wait(t, "the first pong", func() bool { return off.Laptop().Pings() > 0 })
		dir := off.ConfigFile()
		if err := off.Close(); err != nil {
			t.Fatal(err)
		}
		if err := off.Close(); err != nil {
			t.Errorf("close again: %v", err)
		}
		if _, err := os.Stat(dir); !os.IsNotExist(err) {
			t.Errorf("the directory is still there: %v", err)
		}
	}
	wait(t, "the goroutines to end", func() bool {
		runtime.GC()
		return runtime.NumGoroutine() <= before
	})
}

func TestABigOfficeHasAPeerForEverybody(t *testing.T) {
	off := start(t, 300, Options{})
	text, err := os.ReadFile(off.ConfigFile())
	if err != nil || strings.Count(string(text), "[Peer]") != 302 {
		t.Errorf("%d peers in the file, %v", strings.Count(string(text), "[Peer]"), err)
	}
}

func TestSocketIsPrivate(t *testing.T) {
	off := start(t, 1, Options{})
	for _, path := range []string{off.Socket(), off.ConfigFile(), off.Inventory()} {
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", path, info.Mode(), err)
		}
	}
}

func BenchmarkStart300(b *testing.B) {
	staff := people.Staff(300)
	for b.Loop() {
		off, err := Start(staff, Options{})
		if err != nil {
			b.Fatal(err)
		}
		if err := off.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
