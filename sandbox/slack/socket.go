package slack

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// What Socket Mode allows (docs.slack.dev, "Using Socket Mode"): ten connections
// of an app; an answer of 20 KB or more is dropped without a word.
const (
	maxSockets = 10
	maxAnswer  = 20_000
	pingEvery  = 5 * time.Second
	drainFor   = 10 * time.Second
)

// socket is one connection.
type socket struct {
	conn  *websocket.Conn
	write sync.Mutex
	done  chan struct{} // closed when it is over
	spent bool          // told to reconnect: gets nothing new
}

// cut ends the connection without a word; listen then notices.
func (k *socket) cut() { _ = k.conn.Close() }

func (k *socket) send(v any) error {
	k.write.Lock()
	defer k.write.Unlock()
	if err := k.conn.SetWriteDeadline(time.Now().Add(pingEvery)); err != nil {
		return err
	}
	return k.conn.WriteJSON(v)
}

// connectionsOpen gives a URL that opens one socket, soon.
func (s *Server) connectionsOpen(c call) answer {
	ticket := requestID()
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	s.hub.tickets[ticket] = time.Now()
	return answer{"ok": true, "url": "ws://" + c.host + "/link/?ticket=" + ticket + "&app_id=" + AppID}
}

// serveSocket is a connection from the app.
func (s *Server) serveSocket(w http.ResponseWriter, r *http.Request) {
	ticket := r.URL.Query().Get("ticket")
	s.hub.mu.Lock()
	at, ok := s.hub.tickets[ticket]
	delete(s.hub.tickets, ticket)
	s.hub.mu.Unlock()
	if !ok || time.Since(at) > 30*time.Second {
		http.Error(w, "the ticket is used or too old; ask apps.connections.open for another", http.StatusForbidden)
		return
	}
	up := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	conn, err := up.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	k := &socket{conn: conn, done: make(chan struct{})}
	if n := s.hub.join(k); n == 0 {
		_ = k.send(answer{"type": "disconnect", "reason": "too_many_websockets", "debug_info": debugInfo()})
		k.cut()
		return
	} else if k.send(answer{
		"type": "hello", "num_connections": n, "debug_info": debugInfo(), "connection_info": answer{"app_id": AppID},
	}) == nil {
		s.hub.ready(k)
	}
	go s.tend(k)
	s.hub.listen(k)
	s.hub.leave(k)
}

func debugInfo() answer {
	return answer{"host": "applink-sandbox-1", "build_number": 1, "approximate_connection_time": 3600}
}

// listen takes acknowledgements until the socket is over. One may come on
// another socket than the envelope went to.
func (h *hub) listen(k *socket) {
	for {
		_, raw, err := k.conn.ReadMessage()
		if err != nil {
			return
		}
		var in struct {
			EnvelopeID string          `json:"envelope_id"`
			Payload    json.RawMessage `json:"payload"`
		}
		if len(raw) >= maxAnswer || json.Unmarshal(raw, &in) != nil {
			continue
		}
		h.mu.Lock()
		if ack, ok := h.waiting[in.EnvelopeID]; ok {
			select {
			case ack <- in.Payload:
			default:
			}
		}
		h.mu.Unlock()
	}
}

// tend pings a socket, and tells it to reconnect when its time is up.
func (s *Server) tend(k *socket) {
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	end := time.NewTimer(s.opt.RefreshAfter)
	defer end.Stop()
	for {
		select {
		case <-k.done:
			return
		case <-s.wire.ctx.Done():
			k.cut()
			return
		case <-end.C:
			s.hub.refresh(k)
		case <-ping.C:
			k.write.Lock()
			err := k.conn.WriteControl(websocket.PingMessage, []byte("ping"), time.Now().Add(pingEvery))
			k.write.Unlock()
			if err != nil {
				k.cut()
			}
		}
	}
}

// overSocket sends an envelope over one of the sockets. Where the socket ends
// before the acknowledgement it goes over the next one, until the deadline.
func (s *Server) overSocket(ctx context.Context, p parcel) outcome {
	if s.hub.gone(s.opt.Deadline) {
		return failedWith("dispatch_failed", "the app has no socket open")
	}
	envelope := requestID()
	ack := s.hub.expect(envelope)
	defer s.hub.forget(envelope)
	for try := 0; ; {
		k, wait := s.hub.pick()
		if k == nil {
			select {
			case <-wait:
				continue
			case <-ctx.Done():
				return failedWith("dispatch_failed", "the app has no socket open")
			}
		}
		if o, over := s.envelope(ctx, p, k, envelope, try, ack); over {
			return o
		}
		try++
	}
}

// envelope sends over one socket; over says that there is nothing left to try.
func (s *Server) envelope(ctx context.Context, p parcel, k *socket, id string, try int, ack <-chan []byte) (outcome, bool) {
	out := answer{
		"envelope_id": id, "type": p.of, "payload": p.payload, "accepts_response_payload": p.of != EventsAPI,
	}
	if p.of == EventsAPI {
		out["retry_attempt"], out["retry_reason"] = p.attempt+try, p.reason
	}
	raw, err := json.Marshal(out)
	if err != nil {
		return failedWith("dispatch_failed", "%v", err), true
	}
	d := &Delivery{At: time.Now(), Of: p.of, Socket: true, Attempt: p.attempt + try + 1, Envelope: id, Body: string(raw)}
	s.wire.note(d)
	over := func(o outcome, last bool) (outcome, bool) {
		s.wire.end(d, o)
		return o, last
	}
	if k.send(json.RawMessage(raw)) != nil {
		k.cut()
		s.hub.mark(k)
		return over(failedWith("dispatch_failed", "the socket ended"), false)
	}
	if p.twice && try == 0 {
		s.wire.note(d)
		_ = k.send(json.RawMessage(raw)) // a socket that ended is seen below
	}
	if s.wire.take(p.of, DropBeforeAck) {
		s.hub.mark(k)
		k.cut()
		<-k.done
		return over(failedWith("dispatch_failed", "the socket was cut"), false)
	}
	select {
	case body := <-ack:
		return over(outcome{body: body}, true)
	case <-ctx.Done():
		return over(outcome{failed: errTimeout}, true)
	case <-k.done:
		return over(failedWith("dispatch_failed", "the socket ended"), false)
	}
}

// Connections is how many sockets are open and greeted.
func (s *Server) Connections() int { return len(s.hub.all()) }

// Refresh tells every socket to reconnect, as Slack does every few hours.
func (s *Server) Refresh() {
	for _, k := range s.hub.all() {
		s.hub.refresh(k)
	}
}

// DropSockets cuts every socket without a word.
func (s *Server) DropSockets() { s.hub.drop() }
