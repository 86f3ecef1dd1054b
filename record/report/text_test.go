package report

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestWhatCannotBeSeenIsWrittenOut(t *testing.T) {
	for in, want := range map[string]string{
		"":                              "",
		"  two\t\n lines \r\n":          "two lines",
		"a\x00b\x1b[31m":                "a[U+0000]b[U+001B][31m",
		"invoice\u202efdp.exe":          "invoice[U+202E]fdp.exe",
		"pay\u200bpal\ufeff":            "pay[U+200B]pal[U+FEFF]",
		"a\u2028b":                      "a b",
		"\u2066x\u2069":                 "[U+2066]x[U+2069]",
		"\xff\xfe":                      "\ufffd\ufffd",
		"👩\u200d💻":                      "👩\u200d💻",
		"שלום":                          "\u2068שלום\u2069",
		strings.Repeat("x", 700):        strings.Repeat("x", 600) + "… (100 more characters)",
		"\U000e0041\u3164":              "[U+E0041][U+3164]",
		strings.Repeat(" ", 5000) + "z": "z",
	} {
		require.Equal(t, want, clean(in), "%.40q", in)
	}
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{"jane", "\u202e", "שלום\xff", strings.Repeat("ab ", 400), "\x00\u2069"} {
		f.Add(s)
	}
	g, err := newGlyphs()
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, in string) {
		got := clean(in)
		rest := strings.TrimSuffix(strings.TrimPrefix(got, firstStrongIsolate), popIsolate)
		for _, r := range rest {
			require.False(t, hidden(r), "%q", got)
			require.NotEqual(t, '\n', r)
		}
		require.LessOrEqual(t, len([]rune(got)), longest*12+60)
		for _, r := range g.fit(got) {
			require.True(t, g.has(r), "%q", r)
		}
		require.LessOrEqual(t, len([]rune(brief(in, 14))), 18)
	})
}

func TestLettersFromRightToLeftStandInTheOrderInWhichTheyAreSeen(t *testing.T) {
	g, err := newGlyphs()
	require.NoError(t, err)
	require.Equal(t, "Dana ןהכ הנד (x)", g.fit(clean("Dana דנה כהן (x)")))
	require.Equal(t, "Ελένη Жанна Łukasz", g.fit("Ελένη Жанна Łukasz"))
	require.False(t, g.missing)
	require.Equal(t, "\ufffd\ufffd ok", g.fit("王芳 ok"))
	require.True(t, g.missing)
}

func TestALengthOfTimeIsSaidInWordsThatPeopleUse(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 s", 40 * time.Microsecond: "40 µs", 133 * time.Millisecond: "133 ms", 1320 * time.Millisecond: "1.32 s",
		59*time.Second + 999*time.Millisecond: "59.999 s", time.Minute: "1 min", 3599*time.Second + 900*time.Millisecond: "1 h",
		3 * time.Hour: "3 h", 24*time.Hour - time.Second: "1 d", 343 * time.Hour: "14 d 7 h", -2 * time.Second: "-2 s",
		72 * time.Hour: "3 d", 61 * time.Second: "1 min 1 s",
	} {
		require.Equal(t, want, span(d), d.String())
	}
}
