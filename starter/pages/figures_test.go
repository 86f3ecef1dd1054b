package pages

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/record"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// ended is a case that was contained after so long, and proven a minute later.
func ended(state string, after time.Duration) record.Summary {
	s := record.Standing{
		State: state, StartedAt: noon, Due: noon, Deadline: noon.Add(time.Hour),
		ContainedAt: noon.Add(after), ProvenAt: noon.Add(after + time.Minute), EndedAt: noon.Add(after + time.Minute),
	}
	return record.Summary{Standing: s}
}

func TestADistributionCountsWhatWasDoneAndWhatWasNot(t *testing.T) {
	now := noon.Add(48 * time.Hour)
	var cases []record.Summary
	for _, d := range []time.Duration{-time.Hour, time.Second, time.Minute, time.Minute + 1, 5 * time.Minute, time.Hour, 4 * time.Hour, 8 * time.Hour, 24 * time.Hour, 25 * time.Hour} {
		cases = append(cases, ended("verified", d))
	}
	for _, apart := range []string{"cancelled", "nothing-found", "refused"} {
		cases = append(cases, ended(apart, 40*time.Hour))
	}
	waived := ended("closed", time.Second)
	waived.ProvenAt, waived.Waived = time.Time{}, 1
	attested := ended("closed", time.Second)
	attested.Attested = 1 // though somebody wrote that it is proven
	open := record.Summary{Standing: record.Standing{State: "needs-decision", StartedAt: noon, Due: noon, Deadline: noon.Add(time.Hour)}}
	ahead := record.Summary{Standing: record.Standing{State: "waiting", StartedAt: noon, Due: now.Add(time.Hour), Deadline: now.Add(2 * time.Hour)}}
	cases = append(cases, waived, attested, open, ahead)

	d := distribute(cases, contained, now)
	require.Equal(t, 12, d.N)
	require.Equal(t, 1, d.Missed)
	require.Equal(t, 1, d.Ahead)
	require.Equal(t, []int{5, 2, 1, 1, 1, 1, 1}, counts(d))
	require.Equal(t, []time.Duration{0, time.Minute + 1, 24 * time.Hour, 25 * time.Hour}, []time.Duration{d.Min, d.Median, d.P90, d.Max})

	p := distribute(cases, shown, now)
	require.Equal(t, 10, p.N, "what rests on a word or an exception is not proven")
	require.Equal(t, 3, p.Missed)
	for name, want := range map[string]int{
		"leavers": 14, "apart": 3, "proven": 10, "unproven": 2, "open": 2, "late": 7, "late-open": 1, "exceptions": 1, "attested": 1,
		"not-contained": 1, "not-proven": 3, "contained-over-1h": 5, "contained-over-24h": 2, "proven-over-24h": 5, "contained-1m": 5, "contained-longer": 1,
	} {
		require.Equal(t, want, count(cases, name, now), name)
	}
	_, ok := figureNamed("contained-over-2h")
	require.False(t, ok)
}

func counts(d distribution) []int {
	var out []int
	for _, b := range d.Buckets {
		out = append(out, b.N)
	}
	return out
}

func TestPercentilesAreByNearestRank(t *testing.T) {
	var all []time.Duration
	for i := range 10 {
		all = append(all, time.Duration(i+1))
		for _, percent := range []int{1, 50, 90, 100} {
			got := rank(all, percent)
			enough := int(math.Ceil(float64(len(all)*percent) / 100))
			require.Equal(t, all[enough-1], got, "%d of %d", percent, len(all))
		}
	}
}

func TestEveryControlNamesFiguresThatThereAre(t *testing.T) {
	for _, c := range controlTexts() {
		require.NotEmpty(t, c.Shows)
		require.NotEmpty(t, c.Not, "no control is shown whole")
		for _, name := range c.Figures {
			_, ok := figureNamed(name)
			require.True(t, ok, "%s: %s", c.Number, name)
		}
	}
	for _, l := range fedrampLimits() {
		require.NotZero(t, l.most(), l.Limit)
	}
}

func TestLengthsOfTimeAreReadable(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 ms", 133 * time.Millisecond: "133 ms", 1640 * time.Millisecond: "1.6 s", 45 * time.Second: "45 s", 95 * time.Minute: "1 h 35 min",
		time.Hour: "1 h", 26 * time.Hour: "1 d 2 h", -time.Minute: "−1 min",
	} {
		require.Equal(t, want, took(d))
	}
	require.Equal(t, "1,234,567", thousands(1234567))
	require.Equal(t, "123", thousands(123))
}

// TestTheColoursCanBeRead works out the contrast of words on their ground, by
// WCAG 2.2, in both colour schemes.
func TestTheColoursCanBeRead(t *testing.T) {
	light, dark, ok := strings.Cut(string(styleSheet), "@media screen and (prefers-color-scheme: dark)")
	require.True(t, ok)
	colour := regexp.MustCompile(`--([a-z-]+): (#[0-9a-f]{3,6});`)
	read := func(s string) map[string]string {
		out := map[string]string{}
		for _, m := range colour.FindAllStringSubmatch(s, -1) {
			out[m[1]] = m[2]
		}
		return out
	}
	dark, _, _ = strings.Cut(dark, "* {")
	for _, scheme := range []map[string]string{read(light), read(dark)} {
		require.Greater(t, len(scheme), 15)
		for _, pair := range []string{
			"ink paper", "ink ground", "soft paper", "soft ground", "link paper", "link ground", "on-accent accent", "good good-bg", "fair fair-bg",
			"bad bad-bg", "open open-bg", "apart apart-bg", "ink open-bg", "bad paper", "open paper",
		} {
			words, ground, _ := strings.Cut(pair, " ")
			require.GreaterOrEqual(t, contrast(t, scheme[words], scheme[ground]), 4.5, "%s: %s on %s", pair, scheme[words], scheme[ground])
		}
		for _, ground := range []string{"paper", "ground"} {
			require.GreaterOrEqual(t, contrast(t, scheme["focus"], scheme[ground]), 3.0, "the focus on %s", ground)
		}
	}
}

func contrast(t *testing.T, a, b string) float64 {
	la, lb := luminance(t, a), luminance(t, b)
	return (max(la, lb) + .05) / (min(la, lb) + .05)
}

func luminance(t *testing.T, c string) float64 {
	t.Helper()
	c = strings.TrimPrefix(c, "#")
	if len(c) == 3 {
		c = fmt.Sprintf("%c%c%c%c%c%c", c[0], c[0], c[1], c[1], c[2], c[2])
	}
	sum := 0.0
	for i, weight := range []float64{.2126, .7152, .0722} {
		n, err := strconv.ParseUint(c[2*i:2*i+2], 16, 8)
		require.NoError(t, err)
		v := float64(n) / 255
		if v <= .04045 {
			v /= 12.92
		} else {
			v = math.Pow((v+.055)/1.055, 2.4)
		}
		sum += weight * v
	}
	return sum
}
