// Package browser lets a test use a page of the sandbox in a real Chromium, by
// real keys and clicks.
package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

const (
	// Required is the environment variable with which a missing Chromium fails
	// the test instead of skipping it.
	Required = "LASTDAY_NEEDS_BROWSER"
	// Screenshots is the environment variable that names the folder in which
	// Shot keeps pictures; without it none are taken.
	Screenshots = "LASTDAY_SCREENSHOTS"
)

// How long the browser may live, and how long a page may take to show something.
const (
	lifetime = 3 * time.Minute
	patience = 30 * time.Second
)

// Page is an open tab. What does not work fails the test, with a picture of the
// page where pictures are wanted.
type Page struct {
	t   testing.TB
	ctx context.Context
}

// Open starts Chromium with a window of that size and goes to the address. It
// ends with the test. Where there is no Chromium the test is skipped, or fails
// if LASTDAY_NEEDS_BROWSER is 1. An error that a script of the page does not
// catch fails the test.
func Open(t testing.TB, at string, width, height int) *Page {
	t.Helper()
	path := find()
	if path == "" {
		if os.Getenv(Required) == "1" {
			t.Fatal("there is no Chromium; apt-get install -y chromium")
		}
		t.Skip("there is no Chromium; apt-get install -y chromium")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.WindowSize(width, height), chromedp.NoSandbox,
		chromedp.Flag("disable-dev-shm-usage", true))
	timed, endTime := context.WithTimeout(context.Background(), lifetime)
	allocated, endAll := chromedp.NewExecAllocator(timed, options...)
	ctx, endTab := chromedp.NewContext(allocated)
	t.Cleanup(func() {
		endTab()
		endAll()
		endTime()
	})
	p := &Page{t: t, ctx: ctx}
	err := chromedp.Listen(ctx, func(event any) {
		if e, ok := event.(*runtime.EventExceptionThrown); ok {
			t.Errorf("the page threw: %s", thrown(e.ExceptionDetails))
		}
	})
	if err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	p.do("open "+at, chromedp.EmulateViewport(int64(width), int64(height), chromedp.EmulateScale(2)), chromedp.Navigate(at))
	return p
}

func thrown(d *runtime.ExceptionDetails) string {
	if d.Exception != nil && d.Exception.Description != "" {
		return d.Exception.Description
	}
	return fmt.Sprintf("%s at %s:%d", d.Text, d.URL, d.LineNumber+1)
}

func find() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

func (p *Page) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, end := context.WithTimeout(p.ctx, patience)
	defer end()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.fail("%s: %v", what, err)
	}
}

func (p *Page) fail(format string, args ...any) {
	p.t.Helper()
	p.Shot("failed-" + filepath.Base(p.t.Name()))
	p.t.Fatalf(format, args...)
}

// Go goes to another address.
func (p *Page) Go(at string) {
	p.t.Helper()
	p.do("go to "+at, chromedp.Navigate(at))
}

// Click clicks in the middle of the first element that the CSS selector finds,
// once it is there. An element that the page replaces meanwhile is looked for anew.
func (p *Page) Click(css string) {
	p.t.Helper()
	ctx, end := context.WithTimeout(p.ctx, patience)
	defer end()
	for {
		err := chromedp.Do(ctx, chromedp.Click(chromedp.CSS(css), chromedp.NodeVisible))
		if err == nil {
			return
		}
		if ctx.Err() != nil || !strings.Contains(err.Error(), "Could not find node") {
			p.fail("click %s: %v", css, err)
		}
	}
}

// Keys presses keys where the focus is; see package kb of chromedp for Enter and
// the like.
func (p *Page) Keys(keys string) {
	p.t.Helper()
	p.do("press keys", chromedp.KeyEvent(keys))
}

// Type presses keys in the first element that the CSS selector finds, after what
// stands there.
func (p *Page) Type(css, keys string) {
	p.t.Helper()
	p.do("type into "+css, chromedp.SendKeys(chromedp.CSS(css), keys, chromedp.NodeVisible))
}

// Set empties a field and types text into it; of a select it chooses the value,
// and of a date or time field it stands the value in, as a person would by the
// pointer.
func (p *Page) Set(css, value string) {
	p.t.Helper()
	script := fmt.Sprintf(`(() => {
		const e = document.querySelector(%s), text = e.tagName === "TEXTAREA" || ["text", "email", "url"].includes(e.type);
		e.focus();
		e.value = text ? "" : %s;
		e.dispatchEvent(new Event("input", {bubbles: true}));
		if (!text) e.dispatchEvent(new Event("change", {bubbles: true}));
		return text;
	})()`, quoted(css), quoted(value))
	p.do("look for "+css, chromedp.WaitVisible(chromedp.CSS(css)))
	if Value[bool](p, script) && value != "" {
		p.Type(css, value)
	}
}

// Shows waits until an element that the CSS selector finds holds the words.
func (p *Page) Shows(css, words string) {
	p.t.Helper()
	p.until(fmt.Sprintf("%s shows %q", css, words), fmt.Sprintf(
		`[...document.querySelectorAll(%s)].some(e => e.innerText.includes(%s))`, quoted(css), quoted(words)))
}

// Gone waits until the CSS selector finds nothing.
func (p *Page) Gone(css string) {
	p.t.Helper()
	p.until("there is no "+css, fmt.Sprintf(`document.querySelector(%s) === null`, quoted(css)))
}

// Until waits until a JavaScript expression is true.
func (p *Page) Until(expression string) {
	p.t.Helper()
	p.until(expression, expression)
}

func (p *Page) until(what, expression string) {
	p.t.Helper()
	ctx, end := context.WithTimeout(p.ctx, patience)
	defer end()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		if ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](expression)); err == nil && ok {
			return
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			text, _ := chromedp.Run(p.ctx, chromedp.Evaluate[string](`document.body.innerText`))
			p.fail("never: %s; the page says:\n%s", what, text)
		}
	}
}

// Value gives what a JavaScript expression is.
func Value[T any](p *Page, expression string) T {
	p.t.Helper()
	v, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		p.fail("evaluate %s: %v", expression, err)
	}
	return v
}

// Shot keeps a picture of what the window shows as NAME.png, where pictures are
// wanted at all.
func (p *Page) Shot(name string) {
	p.t.Helper()
	dir := os.Getenv(Screenshots)
	if dir == "" {
		return
	}
	picture, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.t.Fatalf("take picture %s: %v", name, err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o600); err != nil {
		p.t.Fatal(err)
	}
}

func quoted(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		return `""`
	}
	return string(b)
}
