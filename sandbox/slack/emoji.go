package slack

import "html"

// signs are drawn, so that they are there without an emoji font: a shape and
// what stands in it.
var signs = map[string]struct{ color, inner string }{
	"white_check_mark":       {"#2e9e5b", `<path d="M5 9.4l2.7 2.7L13 6.4"/>`},
	"heavy_check_mark":       {"#2e9e5b", `<path d="M5 9.4l2.7 2.7L13 6.4"/>`},
	"x":                      {"#d1344b", `<path d="M6 6l6 6M12 6l-6 6"/>`},
	"no_entry":               {"#d1344b", `<path d="M5.5 9h7"/>`},
	"rotating_light":         {"#d1344b", `<path d="M9 5v5M9 12.6v.2"/>`},
	"warning":                {"#d98a00", `<path d="M9 5v5M9 12.6v.2"/>`},
	"raising_hand":           {"#d98a00", `<path d="M7 7.2a2 2 0 1 1 2.6 1.9c-.5.2-.6.5-.6 1.1M9 12.7v.2"/>`},
	"hourglass_flowing_sand": {"#3b74b9", `<path d="M6.2 5h5.6M6.2 13h5.6M6.8 5c0 2.6 4.4 5.4 4.4 8M11.2 5c0 2.600-4.4 5.4-4.4 8"/>`},
	"hourglass":              {"#3b74b9", `<path d="M6.2 5h5.6M6.2 13h5.6M6.8 5c0 2.6 4.4 5.4 4.4 8M11.2 5c0 2.600-4.4 5.4-4.4 8"/>`},
	"mag":                    {"#3b74b9", `<circle cx="8.2" cy="8.2" r="2.8"/><path d="M10.4 10.4L13 13"/>`},
	"calendar":               {"#3b74b9", `<path d="M5.5 6h7v6.5h-7zM5.5 8.2h7M7.5 5v1.5M10.5 5v1.5"/>`},
	"white_circle":           {"#b9b8bb", `<circle cx="9" cy="9" r="2.5"/>`},
	"lock":                   {"#5d5c60", `<path d="M6 8.5h6v4H6zM7.3 8.5V7a1.7 1.7 0 0 1 3.4 0v1.5"/>`},
}

// emoji shows a Slack emoji: a drawn sign for the names that Lastday uses, the
// name itself for others.
func emoji(name string) string {
	title := html.EscapeString(":" + name + ":")
	s, ok := signs[name]
	if !ok {
		return title
	}
	return `<svg class="sign" viewBox="0 0 18 18" role="img" aria-label="` + title + `"><title>` + title + `</title>` +
		`<rect width="18" height="18" rx="5" fill="` + s.color + `"/>` +
		`<g fill="none" stroke="#fff" stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round">` + s.inner + `</g></svg>`
}
