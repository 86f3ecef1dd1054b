package faults

import (
	"bytes"
	"io"
	"net/http"
)

// Draw decides what goes wrong with a call; false means nothing. It is called
// from many goroutines at once.
type Draw func(Asked) (Fault, bool)

// Asked is one call as it came in.
type Asked struct {
	Op, Path string // Path with its query
	Reads    bool
	Nth      int // of the calls of this operation on this path, from 1
}

// Draw has f decide about every call that no other fault applies to; nil ends
// that. A fault that f gives with Times or Seconds also holds for the later
// calls of the operation on the same path, as if by Set; another one for this
// call alone.
func (i *Injector) Draw(f Draw) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.draw, i.nth = f, map[string]int{}
}

// count counts the calls of an operation on a path.
func (i *Injector) count(op string, r *http.Request) int {
	if i.draw == nil {
		return 0
	}
	key := op + " " + r.URL.RequestURI()
	i.nth[key]++
	return i.nth[key]
}

func (i *Injector) drawn(draw Draw, op string, r *http.Request, nth int) *active {
	f, ok := draw(Asked{Op: op, Path: r.URL.RequestURI(), Reads: i.reads(r), Nth: nth})
	if !ok {
		return nil
	}
	f.Op = op
	if f.Path == "" {
		f.Path = r.URL.RequestURI()
	}
	a := i.activate(f)
	if f.Times > 0 || f.Seconds > 0 {
		a.left--
		i.mu.Lock()
		i.faults = append(i.faults, a)
		i.mu.Unlock()
	}
	return a
}

// said is all that a call says: path, query and body.
func said(r *http.Request) string {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		body = nil
	}
	r.Body.Close()
	r.Body = io.NopCloser(bytes.NewReader(body))
	return r.URL.RequestURI() + " " + r.URL.Path + " " + string(body)
}
