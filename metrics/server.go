package metrics

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Check says what is wrong; nil if nothing is. It is asked at each request, so it
// answers from what is known and calls nobody.
type Check func() error

// Server is the operator's listener: GET /metrics, /healthz (the process answers)
// and /readyz (it does its work).
type Server struct {
	server   *http.Server
	listener net.Listener
	log      *slog.Logger
	checks   map[string]Check
	told     sync.Map // the parts of which the log says already that they are not ready
	draining atomic.Bool
	stop     context.CancelFunc
	ended    chan struct{}
}

// Serve listens at the address of the configuration, and runs what keeps the
// metrics up to date until Stop.
func (m *Metrics) Serve(ctx context.Context, conf Config, checks map[string]Check, log *slog.Logger, background ...func(context.Context)) (*Server, error) {
	var listen net.ListenConfig
	l, err := listen.Listen(ctx, "tcp", conf.Listen)
	if err != nil {
		return nil, fmt.Errorf("listen for metrics: %w; another process may have the address: set metrics.listen, or --metrics", err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	s := &Server{listener: l, log: log, checks: checks, stop: stop, ended: make(chan struct{})}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", m.Handler())
	mux.HandleFunc("GET /healthz", s.alive)
	mux.HandleFunc("GET /readyz", s.ready)
	s.server = &http.Server{
		Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
		WriteTimeout: 15 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	for _, run := range background {
		go run(ctx)
	}
	go func() {
		defer close(s.ended)
		if err := s.server.Serve(l); err != nil && !errors.Is(err, http.ErrServerClosed) {
			log.Error("the metrics are no longer served", "error", err)
		}
	}()
	return s, nil
}

// Addr is where it listens, for an address with port 0; empty for none.
func (s *Server) Addr() string {
	if s == nil {
		return ""
	}
	return s.listener.Addr().String()
}

// Drain makes the process not ready: it is about to stop. Calling it twice is
// safe, and on nil.
func (s *Server) Drain() {
	if s != nil {
		s.draining.Store(true)
	}
}

// Stop ends what Serve began. Calling it twice is safe, and on nil.
func (s *Server) Stop() {
	if s == nil {
		return
	}
	s.Drain()
	s.stop()
	s.server.Close()
	<-s.ended
}

func (s *Server) alive(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]any{"ok": true})
}

// ready names what is not ready. What is wrong with it stands in the log, once:
// anybody may ask.
func (s *Server) ready(w http.ResponseWriter, _ *http.Request) {
	parts, code := map[string]string{}, http.StatusOK
	for name, check := range s.checks {
		parts[name] = "ok"
		err := check()
		if err == nil {
			s.told.Delete(name)
			continue
		}
		parts[name], code = "not ready", http.StatusServiceUnavailable
		if _, before := s.told.Swap(name, true); !before {
			s.log.Warn("not ready", "part", name, "error", err)
		}
	}
	if s.draining.Load() {
		parts["process"], code = "stopping", http.StatusServiceUnavailable
	}
	answer(w, code, map[string]any{"ok": code == http.StatusOK, "parts": parts})
}

func answer(w http.ResponseWriter, code int, what map[string]any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(what)
}
