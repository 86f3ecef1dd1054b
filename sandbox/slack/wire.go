package slack

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Delivery is one request or envelope to the app.
type Delivery struct {
	At       time.Time     `json:"at"`
	Of       Kind          `json:"of"`
	Socket   bool          `json:"socket"`
	Attempt  int           `json:"attempt"` // 1 is the first
	Envelope string        `json:"envelope,omitempty"`
	Header   http.Header   `json:"header,omitempty"`
	Body     string        `json:"body"`             // as it was sent, byte for byte
	Status   int           `json:"status,omitempty"` // of HTTP
	Answer   string        `json:"answer,omitempty"`
	Failed   string        `json:"failed,omitempty"` // why, in Slack's word
	Took     time.Duration `json:"took"`
}

// Kind is a kind of delivery, by Socket Mode's names.
type Kind string

const (
	SlashCommands Kind = "slash_commands"
	Interactive   Kind = "interactive"
	EventsAPI     Kind = "events_api"
)

// Disturbance is what goes wrong on the way to the app.
type Disturbance struct {
	What   Trouble `json:"what"`
	Of     Kind    `json:"of,omitempty"`     // empty: every kind
	Times  int     `json:"times,omitempty"`  // how many deliveries; 0: until cleared
	Millis int     `json:"millis,omitempty"` // for Late
}

// Trouble is a kind of disturbance.
type Trouble string

const (
	Twice          Trouble = "twice"           // delivered twice at once, the same in every byte
	Late           Trouble = "late"            // delivered after Millis; the deadline runs from the press
	OldSignature   Trouble = "old-signature"   // signed six minutes ago
	WrongSignature Trouble = "wrong-signature" // signed with another secret
	Unsigned       Trouble = "unsigned"        // without the two headers
	WrongTeam      Trouble = "wrong-team"      // the person and the workspace are others
	TriggerExpired Trouble = "trigger-expired" // the trigger_id cannot be used any more
	DropBeforeAck  Trouble = "drop-before-ack" // the socket is cut right after the envelope is sent; sent again on the next one
	LoseAck        Trouble = "lose-ack"        // the app's answer never arrives
)

// troubles are all of them.
var troubles = []Trouble{Twice, Late, OldSignature, WrongSignature, Unsigned, WrongTeam, TriggerExpired, DropBeforeAck, LoseAck}

// wire is the way to the app, and the list of what went over it.
type wire struct {
	ctx    context.Context // ends with the stand-in
	stop   context.CancelFunc
	client *http.Client

	mu         sync.Mutex
	urls       URLs
	base       string
	deliveries []*Delivery
	disturbing []*Disturbance
}

func newWire(o Options) *wire {
	ctx, stop := context.WithCancel(context.Background())
	return &wire{
		ctx: ctx, stop: stop, urls: o.URLs, base: o.BaseURL,
		client: &http.Client{
			Transport: &http.Transport{MaxIdleConnsPerHost: 8, IdleConnTimeout: 10 * time.Second},
			CheckRedirect: func(*http.Request, []*http.Request) error {
				return http.ErrUseLastResponse
			},
		},
	}
}

// take uses up one of the disturbances of that sort, if there is any.
func (w *wire) take(of Kind, what Trouble) bool {
	_, ok := w.taken(of, what)
	return ok
}

func (w *wire) taken(of Kind, what Trouble) (Disturbance, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, d := range w.disturbing {
		if d.What != what || (d.Of != "" && d.Of != of) {
			continue
		}
		out := *d
		if d.Times > 0 {
			if d.Times--; d.Times == 0 {
				w.disturbing = slices.Delete(w.disturbing, i, i+1)
			}
		}
		return out, true
	}
	return Disturbance{}, false
}

// note puts a delivery on the list; the last 5,000 are kept.
func (w *wire) note(d *Delivery) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.deliveries) >= 5000 {
		w.deliveries = slices.Delete(w.deliveries, 0, 2500)
	}
	w.deliveries = append(w.deliveries, d)
}

// end completes what was noted.
func (w *wire) end(d *Delivery, o outcome) {
	w.mu.Lock()
	defer w.mu.Unlock()
	d.Took, d.Status, d.Answer = time.Since(d.At), o.status, string(o.body)
	if o.failed != nil {
		d.Failed = o.failed.Word
	}
}

// Deliveries lists what was sent to the app, oldest first.
func (s *Server) Deliveries() []Delivery {
	s.wire.mu.Lock()
	defer s.wire.mu.Unlock()
	out := make([]Delivery, 0, len(s.wire.deliveries))
	for _, d := range s.wire.deliveries {
		out = append(out, *d)
	}
	return out
}

// Disturb adds a disturbance. Disturbances of different sorts go together.
func (s *Server) Disturb(d Disturbance) {
	s.wire.mu.Lock()
	defer s.wire.mu.Unlock()
	s.wire.disturbing = append(s.wire.disturbing, &d)
}

// Undisturb removes all of them.
func (s *Server) Undisturb() {
	s.wire.mu.Lock()
	defer s.wire.mu.Unlock()
	s.wire.disturbing = nil
}

// SetBaseURL says where the app reaches the stand-in; response_url begins with
// it. Empty learns it anew.
func (s *Server) SetBaseURL(at string) {
	s.wire.mu.Lock()
	defer s.wire.mu.Unlock()
	s.wire.base = at
}

// learn takes the host that the app's first request names for the base where none
// was given.
func (s *Server) learn(host string) {
	s.wire.mu.Lock()
	defer s.wire.mu.Unlock()
	if s.wire.base == "" {
		s.wire.base = "http://" + host
	}
}

// Close ends the sockets and whatever is still to be delivered. Calling it twice
// is safe.
func (s *Server) Close() {
	s.wire.stop()
	s.hub.drop()
}
