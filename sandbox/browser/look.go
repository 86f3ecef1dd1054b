package browser

import (
	"context"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// Media shows the page as on another medium, print or screen, and in a colour
// scheme, light or dark; empty: as the browser likes.
func (p *Page) Media(medium, scheme string) {
	p.t.Helper()
	p.do("show as "+medium+" "+scheme, func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Media: medium, Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
		return chromedp.Void{}, err
	})
}

// Size changes the size of the window.
func (p *Page) Size(width, height int) {
	p.t.Helper()
	p.do("change the window", chromedp.EmulateViewport(int64(width), int64(height), chromedp.EmulateScale(2)))
}

// NoScript keeps scripts of pages from running, from the next page on. Value and
// Until still work.
func (p *Page) NoScript() {
	p.t.Helper()
	p.do("switch scripts off", func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return chromedp.Void{}, err
	})
}

// Paper gives the page as a PDF on A4, as a printer would get it.
func (p *Page) Paper() []byte {
	p.t.Helper()
	yes := true
	printed, err := chromedp.Run(p.ctx, func(ctx context.Context, t *chromedp.Target) ([]byte, error) {
		r, err := cdp.Call(ctx, t, page.PrintToPDF, page.PrintToPDFParams{PaperWidth: 8.27, PaperHeight: 11.69, PrintBackground: &yes})
		if err != nil {
			return nil, err
		}
		return r.Data, nil
	})
	if err != nil {
		p.fail("print: %v", err)
	}
	return printed
}
