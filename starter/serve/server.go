package serve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// Part is something that runs as long as the server does, such as a connection
// to Slack. Run returns when the context ends; Health says what is wrong, nil
// if nothing is.
type Part interface {
	Run(context.Context) error
	Health() error
}

// Server is one listener, what is mounted on it, and the parts that run beside
// it.
type Server struct {
	conf  Config
	log   *slog.Logger
	mux   *http.ServeMux
	names []string
	parts map[string]Part

	listener net.Listener
	server   *http.Server
	stop     context.CancelFunc
	running  sync.WaitGroup
}

// New builds a server with nothing but GET /healthz. It opens nothing.
func New(c Config, log *slog.Logger) *Server {
	c.Defaults()
	s := &Server{conf: c, log: log, mux: http.NewServeMux(), parts: map[string]Part{}}
	s.mux.HandleFunc("GET /healthz", s.health)
	return s
}

// Mount puts a handler at a pattern of http.ServeMux. Call it before Start.
func (s *Server) Mount(pattern string, h http.Handler) { s.mux.Handle(pattern, h) }

// Add lets a part run beside the pages. Call it before Start.
func (s *Server) Add(name string, p Part) {
	s.names = append(s.names, name)
	s.parts[name] = p
}

// Start listens and starts the parts; it serves when Start returns. Requests and
// parts have the context's values, and not its end.
func (s *Server) Start(ctx context.Context) error {
	var listen net.ListenConfig
	l, err := listen.Listen(ctx, "tcp", s.conf.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w; another process may have the address: set serve.listen", err)
	}
	ctx, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	s.listener = l
	s.server = &http.Server{
		Handler: s.mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second,
		WriteTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		BaseContext: func(net.Listener) context.Context { return ctx },
		ErrorLog:    slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
	s.running.Go(func() {
		if err := s.server.Serve(l); err != nil && !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("the pages are no longer served", "error", err)
		}
	})
	for _, name := range s.names {
		p := s.parts[name]
		s.running.Go(func() {
			if err := p.Run(ctx); err != nil && ctx.Err() == nil {
				s.log.Error("a part has ended", "part", name, "error", err)
			}
		})
	}
	return nil
}

// Addr is where it listens, for an address with port 0.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Stop takes no more requests, lets running ones finish for at most the given
// time, and then ends the parts. Calling it twice is safe.
func (s *Server) Stop(within time.Duration) {
	if s.server == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	if err := s.server.Shutdown(ctx); err != nil {
		s.server.Close()
	}
	s.stop()
	s.running.Wait()
}

// Health is nil if every part is well; the error names those that are not.
func (s *Server) Health() error {
	var all []error
	for name, p := range s.parts {
		if err := p.Health(); err != nil {
			all = append(all, fmt.Errorf("%s: %w", name, err))
		}
	}
	return errors.Join(all...)
}

// health answers 200 if every part is well, else 503 and the names of those
// that are not. It says no more: anybody may ask.
func (s *Server) health(w http.ResponseWriter, _ *http.Request) {
	status, code := map[string]string{}, http.StatusOK
	for name, p := range s.parts {
		status[name] = "ok"
		if err := p.Health(); err != nil {
			status[name], code = "not working", http.StatusServiceUnavailable
			s.log.Warn("a part is not well", "part", name, "error", err)
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(map[string]any{"ok": code == http.StatusOK, "parts": status})
}
