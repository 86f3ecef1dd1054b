// Package temporal owns the embedded Temporal server and its web UI: one process,
// one SQLite file or a PostgreSQL database, loopback. It knows nothing of offboarding; whoever
// starts it names the namespace and the search attributes.
package temporal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/server/common/authorization"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/temporal"
)

// minRetention is the least the Temporal server accepts for a local namespace.
const minRetention = time.Hour

// Options say where the server keeps its data, where it listens, and what
// exists in it from the start.
type Options struct {
	// DataDir holds temporal.db and its lock. It is made if it is missing,
	// readable by its owner only. One running server at a time may use it.
	DataDir string
	// Database is postgres://USER@HOST:PORT/NAME, and takes the place of DataDir.
	// What the address leaves out comes from PostgreSQL's own variables and files
	// (PGPASSWORD, PGPASSFILE, PGSSLMODE). NAME and NAME_visibility are made where
	// they are missing, and brought to this version's schema; they must be nobody
	// else's. One running server at a time may use them.
	Database string
	// Password is asked for at each new connection to Database; nil takes the
	// address's, or what PostgreSQL's own variables and files say.
	Password func() (string, error)
	// FrontendAddr is the host:port of the gRPC frontend; port 0 takes a free
	// one. The frontend has no authentication: keep it on loopback.
	FrontendAddr string
	// UIAddr is the host:port of the web UI; port 0 takes a free one, empty
	// means no UI. The UI has no login: keep it on loopback.
	UIAddr string
	// CodecEndpoint is where the web UI has encrypted payloads decrypted; empty
	// means nowhere.
	CodecEndpoint string

	// Namespace is registered before Start returns. Retention is how long its
	// closed workflows are kept: an hour or more, and changed by a restart.
	Namespace string
	Retention time.Duration
	// SearchAttributes are registered in Namespace before Start returns. A
	// later Start may add some; a name keeps its type for ever.
	SearchAttributes map[string]enums.IndexedValueType

	// StockDispatch leaves the server's own dispatch settings in place, so
	// that a benchmark can show what ours change.
	StockDispatch bool

	// Log takes the server's own lines; nil drops them. LogLevel is the least
	// that is passed on; nil means slog.LevelWarn.
	Log      *slog.Logger
	LogLevel slog.Leveler
}

// Server is a running Temporal server. Its methods may be called from any
// goroutine.
type Server struct {
	frontend string
	store    *store
	ui       *webUI
	engine   temporal.Server
	log      logger
	stop     sync.Once
}

// Start starts the server and returns once Namespace takes workflows with
// SearchAttributes. ctx bounds the start, not the server's life: end that with
// Stop. What a killed process left in DataDir or Database is continued. An error names what
// is in the way and what to do about it, and leaves nothing running.
func Start(ctx context.Context, o Options) (*Server, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	s := &Server{log: newLogger(o.Log, o.LogLevel)}
	if err := s.start(ctx, o); err != nil {
		s.Stop()
		return nil, err
	}
	return s, nil
}

func (s *Server) start(ctx context.Context, o Options) (err error) {
	if s.store, err = openStore(ctx, o); err != nil {
		return err
	}
	if err := s.store.register(ctx, o.Namespace, o.Retention, o.SearchAttributes); err != nil {
		return err
	}
	listen, err := choosePorts(o.FrontendAddr)
	if err != nil {
		return err
	}
	s.frontend = listen.dialFrontend()

	if o.UIAddr != "" {
		if s.ui, err = listenUI(o.UIAddr); err != nil {
			return err
		}
	}
	if s.engine, err = startEngine(o, s.log, listen, s.store); err != nil {
		return err
	}
	if err := waitUntilServing(ctx, s.frontend, o.Namespace); err != nil {
		return err
	}
	if s.ui == nil {
		return nil
	}
	return s.ui.serve(s.frontend, o.Namespace, o.CodecEndpoint)
}

// FrontendAddr is the host:port that clients and workers dial.
func (s *Server) FrontendAddr() string { return s.frontend }

// UIURL is the address of the web UI, or empty if there is none.
func (s *Server) UIURL() string {
	if s.ui == nil {
		return ""
	}
	return s.ui.url
}

// Lost gets the reason when another server has taken the database, which can be
// only after the connection that held it was lost. This one then does no harm,
// and must be stopped: Temporal lets only one of them write. With SQLite it never
// gets anything.
func (s *Server) Lost() <-chan error { return s.store.lost }

// Stop takes no new requests, lets the running ones end, writes everything into
// the database and gives it free. It returns when that is done; calling it
// again does nothing. Stop workers first: they retry against a stopped server.
func (s *Server) Stop() {
	s.stop.Do(func() {
		s.log.gate.stopping.Store(true)
		if s.ui != nil {
			s.ui.stop()
		}
		if s.engine != nil {
			_ = s.engine.Stop() // it has logged what it could not end
		}
		if s.store != nil {
			s.store.close()
		}
	})
}

func (o Options) validate() error {
	switch {
	case o.DataDir == "" && o.Database == "":
		return errors.New("start temporal: no data directory: name one")
	case o.FrontendAddr == "":
		return errors.New("start temporal: no frontend address: give host:port, such as 127.0.0.1:7233")
	case o.Namespace == "":
		return errors.New("start temporal: no namespace: name one")
	case o.Retention < minRetention:
		return fmt.Errorf("start temporal: retention %s is too short: give %s or more", o.Retention, minRetention)
	}
	// The server would send traces of its own, with ids of workflows in them, which
	// name people.
	if kind, set := os.LookupEnv("OTEL_TRACES_EXPORTER"); set && kind != "none" {
		return errors.New("start temporal: OTEL_TRACES_EXPORTER is set, and Temporal's own traces name people: unset it; traces.enabled of the configuration sends traces that do not")
	}
	return nil
}

func startEngine(o Options, log logger, listen ports, st *store) (temporal.Server, error) {
	conf := serverConfig(listen, st)
	engine, err := temporal.NewServer(
		temporal.WithConfig(conf),
		temporal.ForServices(temporal.DefaultServices),
		temporal.WithStaticHosts(listen.hosts()),
		temporal.WithLogger(log),
		temporal.WithAuthorizer(authorization.NewNoopAuthorizer()),
		temporal.WithClaimMapper(func(*config.Config) authorization.ClaimMapper { return authorization.NewNoopClaimMapper() }),
		temporal.WithDynamicConfigClient(dynamicSettings(o.StockDispatch)),
	)
	if err != nil {
		return nil, fmt.Errorf("configure temporal: %w", err)
	}
	if err := engine.Start(); err != nil {
		_ = engine.Stop()
		return nil, fmt.Errorf("start temporal: %w", err)
	}
	return engine, nil
}
