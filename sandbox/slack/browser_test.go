package slack_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"lastday/sandbox/browser"
	"lastday/sandbox/slack"
)

const (
	wide   = 1180
	height = 780
)

func TestAMemberUsesTheAppInABrowser(t *testing.T) {
	s, a, at := startApp(t, slack.Options{}, true)
	p := browser.Open(t, at+"/?as="+slack.UserID(hanna), wide, height)
	p.Type("#say", "/ec")
	p.Shows("#hints", "Say it again")
	p.Keys(kb.Enter)
	p.Keys("bad" + kb.Enter)
	p.Shows("dialog h2", "Echo")
	p.Shows("dialog mark", "@Jane Doe")
	p.Shot("dialog")
	p.Click("dialog button[type=submit]")
	p.Shows(".error", "Say it nicer.")
	p.Shot("dialog-error")
	p.Set("#in-note-note", "well said <b>&")
	p.Type("#in-who-who", "doe")
	p.Shows(".person .menu", "jane.doe@example.com")
	p.Shot("dialog-person")
	p.Keys(kb.Enter)
	p.Set("#in-day-day", "2026-12-01")
	p.Click(`input[value="soft"]`)
	p.Click("dialog button[type=submit]")
	p.Gone("dialog")
	p.Shows("article .body", "says: well said <b>& / "+slack.UserID(jane)+" / soft / 2026-12-01")
	p.Shot("message")
	p.Click(`article button[data-action="ok"]`)
	p.Shows("dialog.ask", "It cannot be undone.")
	p.Shot("confirm")
	p.Click(`dialog.ask button[value="yes"]`)
	p.Shows("article .body", "done by "+slack.UserID(hanna)+" of case-1")
	p.Shows("article.private", "Only you see this.")
	p.Shot("done")
	p.Click(`nav a[data-go="home"]`)
	p.Shows(".home h3", "Your cases")
	p.Shot("home")
	require.Empty(t, a.errs)

	p.Click(`nav a[data-go="channel"]`)
	p.Shows("article.private", "Only you")
	p.Set("#as", slack.UserID(jane))
	p.Gone("article.private")
	p.Shows("article .body", "done by")
	s.Deactivate(jane)
	p.Shows("#messages", "has no account here any more")
}

func TestThePageWorksByKeyboardOnAPhone(t *testing.T) {
	s, _, at := startApp(t, slack.Options{}, false)
	p := browser.Open(t, at+"/?as="+slack.UserID(hanna), 390, height)
	p.Type("#say", "/echo fine"+kb.Enter)
	p.Shows("dialog h2", "Echo")
	p.Shot("phone-dialog")
	require.False(t, browser.Value[bool](p, `document.documentElement.scrollWidth > window.innerWidth`), "nothing is wider than the screen")
	p.Keys(kb.Enter)
	p.Gone("dialog")
	p.Shows("article .body", "says: fine")
	p.Shot("phone")
	p.Type("#say", "/echo again"+kb.Enter)
	p.Shows("dialog h2", "Echo")
	p.Keys(kb.Escape)
	p.Gone("dialog")
	require.Len(t, s.Messages(), 1)
}

// nasty are texts that must be shown as they stand.
var nasty = []string{
	`<script>window.hit = 1</script>`, `<img src=x onerror="window.hit=1">`, `"><svg onload=window.hit=1>`, `'-window.hit-'`,
	`</textarea><script>window.hit=1</script>`, `</template><script>window.hit=1</script>`, `{{.Me}}`, `javascript:window.hit=1`,
	`&lt;script&gt;`, "\u202Etxt.exe", `<https://x/:x:/onclick=window.hit=1/|a>`, `<@U1|<b>>`, `<!date^1^{date}|<svg/onload=window.hit=1>>`,
}

func TestMarkupInNamesIsNeverHTML(t *testing.T) {
	s, at := start(t, slack.Options{})
	for _, evil := range nasty {
		require.Equal(t, true, post(t, at, "chat.postMessage", bot("text", evil, "blocks", everywhere(evil)))["ok"])
		s.Say(hanna, evil)
	}
	view := `{"type":"home","blocks":` + everywhere(strings.Join(nasty[1:3], " ")) + `}`
	require.Equal(t, true, post(t, at, "views.publish", bot("user_id", slack.UserID(hanna), "view", view))["ok"])
	p := browser.Open(t, at+"/?as="+slack.UserID(hanna), wide, height)
	for _, tab := range []string{"channel", "home"} {
		p.Go(at + "/channel?tab=" + tab + "&as=" + slack.UserID(hanna))
		p.Until(`document.getElementById("messages").dataset.version !== ""`)
		require.False(t, browser.Value[bool](p, `"hit" in window`))
		require.Zero(t, browser.Value[int](p, `document.querySelectorAll("main script, main img, main [onerror], main [onload], main [onclick], main a[href^=javascript]").length`))
		require.NotZero(t, browser.Value[int](p, `document.querySelectorAll("main .body").length`))
		p.Shot("nasty-" + tab)
	}
}
