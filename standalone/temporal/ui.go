package temporal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
	"github.com/temporalio/ui-server/v2/server/api"
	"github.com/temporalio/ui-server/v2/server/config"
	"github.com/temporalio/ui-server/v2/server/cors"
	"github.com/temporalio/ui-server/v2/server/csrf"
	"github.com/temporalio/ui-server/v2/server/headers"
	"github.com/temporalio/ui-server/v2/server/route"
	"github.com/temporalio/ui-server/v2/server/rpc"
	assets "github.com/temporalio/ui-server/v2/ui"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
)

// webUI is Temporal's own web UI over a listener that we hold. Its packaged
// Server opens the port itself, and ends the process if it cannot.
type webUI struct {
	url  string
	http *http.Server
	conn *grpc.ClientConn
	done chan struct{}
}

func startUI(ctx context.Context, addr, frontend, namespace string) (*webUI, error) {
	want, err := resolve(addr)
	if err != nil {
		return nil, err
	}
	l, err := listen(want)
	if err != nil {
		return nil, err
	}
	conn, err := rpc.Dial(frontend, nil)
	if err != nil {
		_ = l.Close()
		return nil, fmt.Errorf("connect web ui: %w", err)
	}
	handler, err := uiHandler(&config.Config{
		TemporalGRPCAddress: frontend,
		DefaultNamespace:    namespace,
		EnableUI:            true,
		HideLogs:            true,
		DisableNewsFetch:    true,
		CORS:                config.CORS{CookieInsecure: true}, // loopback has no TLS
	}, conn)
	if err != nil {
		_, _ = l.Close(), conn.Close()
		return nil, fmt.Errorf("build web ui: %w", err)
	}
	got := netip.MustParseAddrPort(l.Addr().String())
	ui := &webUI{
		url:  "http://" + ports{frontend: got}.dialFrontend(),
		conn: conn,
		done: make(chan struct{}),
		http: &http.Server{
			Handler:           onlyOwnNames(got.Addr(), handler),
			ReadHeaderTimeout: 10 * time.Second,
			BaseContext:       func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
		},
	}
	go func() {
		defer close(ui.done)
		_ = ui.http.Serve(l) // ends when stop closes it
	}()
	return ui, nil
}

// stop cuts what is open, for a browser holds long polls, and waits until the
// listener is gone.
func (u *webUI) stop() {
	_ = u.http.Close()
	<-u.done
	_ = u.conn.Close()
}

func uiHandler(cfg *config.Config, conn *grpc.ClientConn) (http.Handler, error) {
	provider, err := config.NewConfigProviderWithRefresh(cfg)
	if err != nil {
		return nil, err
	}
	files, err := uiFiles()
	if err != nil {
		return nil, err
	}
	e := echo.New()
	e.Use(
		middleware.Recover(),
		middleware.Gzip(),
		cors.CORSMiddleware(cors.CORSConfig{
			AllowHeaders:     []string{echo.HeaderContentType, echo.HeaderXCSRFToken, "Caller-Type"},
			AllowCredentials: true,
			ConfigProvider:   provider,
		}),
		middleware.Secure(),
		csrf.EnsureTokenCookie(false),
		middleware.CSRFWithConfig(csrf.MiddlewareConfig(provider, false)),
	)
	route.SetHealthRoute(e)
	routeAPI(e.Group("/api/v1"), provider, conn)
	if err := route.SetUIRoutes(e, cfg.PublicPath, files); err != nil {
		return nil, err
	}
	route.SetRenderRoute(e, cfg.PublicPath)
	return e, nil
}

func routeAPI(g *echo.Group, provider *config.ConfigProviderWithRefresh, conn *grpc.ClientConn) {
	client := workflowservice.NewWorkflowServiceClient(conn)
	forward := []api.Middleware{headers.WithForwardHeaders([]string{"Caller-Type"})}
	g.GET("/settings", api.GetSettings(provider))
	g.GET(api.WorkflowRawHistoryUrl, api.WorkflowRawHistoryHandler(client))
	g.Any("/*", api.TemporalAPIHandler(provider, forward, conn))
}

func uiFiles() (fs.FS, error) {
	all, err := assets.Assets()
	if err != nil {
		return nil, err
	}
	return fs.Sub(all, "local")
}

var errForeignHost = errors.New("this server answers to its IP address and to localhost only")

// onlyOwnNames refuses a Host that is a name other than localhost while the UI
// is on loopback: a web page that points its own name at 127.0.0.1 would
// otherwise read every case through the visitor's browser.
func onlyOwnNames(listening netip.Addr, next http.Handler) http.Handler {
	if !listening.IsLoopback() {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		if _, err := netip.ParseAddr(host); err != nil && host != "localhost" {
			http.Error(w, errForeignHost.Error(), http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}
