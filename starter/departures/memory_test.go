package departures_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"runtime"
	"runtime/metrics"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/offboarding"
	"lastday/starter/cases"
	"lastday/starter/departures"
)

// generated is a file that is made while it is read.
type generated struct {
	line func(n int) string // "" at the end
	n    int
	left []byte
}

func (g *generated) Read(p []byte) (int, error) {
	for len(g.left) == 0 {
		text := g.line(g.n)
		if text == "" {
			return 0, io.EOF
		}
		g.left = []byte(text)
		g.n++
	}
	n := copy(p, g.left)
	g.left = g.left[n:]
	return n, nil
}

// peakHeap runs something and returns the most heap that its objects held
// meanwhile, above what was held before. Garbage may double it on a machine
// that has the room.
func peakHeap(run func()) uint64 {
	live := func() uint64 {
		s := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		metrics.Read(s)
		return s[0].Value.Uint64()
	}
	runtime.GC()
	before := live()
	var peak atomic.Uint64
	note := func() { peak.Store(max(peak.Load(), live())) }
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				note()
			}
		}
	}()
	run()
	close(stop)
	<-stopped
	runtime.GC()
	note()
	return peak.Load() - min(before, peak.Load())
}

// A million people, each with a successor of their own and every column filled.
func TestAMillionLinesFitInASmallMachine(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 140 MB three times")
	}
	f, err := departures.Open(t.Context(), "-", &generated{line: func(n int) string {
		switch {
		case n == 0:
			return "email,last day,time,zone,kind,reason,partner,successor,urgent,note\n"
		case n > million:
			return ""
		}
		return fmt.Sprintf("person.%d@example.com,2026-12-%02d,17:00,Europe/Berlin,contract end,\"ends, as agreed\",Northwind,heir.%d@example.com,no,\"the laptop is with IT\"\n", n, n%31+1, n)
	}})
	require.NoError(t, err)
	defer f.Close()

	var sum departures.Summary
	begun := time.Now()
	checked := peakHeap(func() {
		sum, err = f.Check(t.Context(), options(), func(p departures.Problem) { t.Error(p) })
	})
	require.NoError(t, err)
	require.Equal(t, departures.Summary{Lines: million, People: million}, sum)
	took := time.Since(begun)

	desk := &counting{}
	started := peakHeap(func() {
		require.NoError(t, f.Start(t.Context(), desk, 8, func(r departures.Result) {
			if r.Outcome != departures.Started {
				t.Error(r)
			}
		}))
	})
	require.EqualValues(t, million, desk.n.Load())
	t.Logf("heap at its peak: %d MiB to check in %s, %d MiB more to start", checked>>20, took.Round(time.Millisecond), started>>20)
	require.Less(t, checked, uint64(128<<20))
	require.Less(t, started, uint64(32<<20))
}

// counting starts everybody and remembers nothing.
type counting struct {
	departures.Desk
	n atomic.Int64
}

func (c *counting) Offboard(_ context.Context, d offboarding.Departure, _ bool) (cases.Started, error) {
	c.n.Add(1)
	return cases.Started{CaseID: d.Subject.CaseID(), Departure: d}, nil
}

func TestNothingInAFileMakesItsReadingLarge(t *testing.T) {
	if testing.Short() {
		t.Skip("reads seven files of 24 MB")
	}
	const header, size = "email,last day,note\n", 24 << 20
	long := strings.Repeat(" and so on", 20)
	for name, part := range map[string]string{
		"one line":           "x",
		"a quote left open":  "jane@example.com,now,\"" + long + "\n",
		"a quote, then text": "some text, " + long + "\n",
		"nothing but quotes": "\"",
		"lines with a quote": "a\"" + long + "\n",
		"no text":            strings.Repeat(" ", 200) + "\n",
		"commas":             ",",
	} {
		begin := header
		if name == "a quote, then text" {
			begin += "jane@example.com,now,\"\n"
		}
		f, err := departures.Open(t.Context(), "-", io.MultiReader(strings.NewReader(begin), io.LimitReader(&generated{line: func(int) string {
			return part + strings.Repeat(part, 4096/len(part))
		}}, size)))
		require.NoError(t, err)
		longest := 0
		peak := peakHeap(func() {
			_, err = f.Check(t.Context(), options(), func(p departures.Problem) { longest = max(longest, len(p.What)) })
		})
		require.NoError(t, err, name)
		require.Less(t, peak, uint64(size*2/3), name)
		require.LessOrEqual(t, longest, 2400, name)
		f.Close()
	}
}

func TestAHeaderIsAsBoundedAsALine(t *testing.T) {
	var b bytes.Buffer
	b.WriteString("email,last day")
	for i := 0; b.Len() < 60_000; i++ {
		fmt.Fprintf(&b, ",column %d", i)
	}
	_, err := read(t, opened(t, b.String()+"\n"), options())
	require.ErrorContains(t, err, "and ")
	require.Less(t, len(err.Error()), 4000)
}
