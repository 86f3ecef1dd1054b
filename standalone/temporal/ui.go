package temporal

import (
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
	url      string
	listener net.Listener
	http     *http.Server
	conn     *grpc.ClientConn
	done     chan struct{}
}

func listenUI(addr string) (*webUI, error) {
	want, err := resolve(addr)
	if err != nil {
		return nil, err
	}
	l, err := listen(want)
	if err != nil {
		return nil, err
	}
	got := netip.MustParseAddrPort(l.Addr().String())
	return &webUI{url: "http://" + ports{frontend: got}.dialFrontend(), listener: l}, nil
}

// serve answers from the frontend, which must be up: a connection that fails at
// first is tried again only a second later.
func (u *webUI) serve(frontend, namespace, codec string) (err error) {
	if u.conn, err = rpc.Dial(frontend, nil); err != nil {
		return fmt.Errorf("connect web ui: %w", err)
	}
	handler, err := uiHandler(&config.Config{
		TemporalGRPCAddress: frontend,
		DefaultNamespace:    namespace,
		EnableUI:            true,
		HideLogs:            true,
		DisableNewsFetch:    true,
		CORS:                config.CORS{CookieInsecure: true}, // loopback has no TLS
		Codec:               config.Codec{Endpoint: codec},
	}, u.conn)
	if err != nil {
		return fmt.Errorf("build web ui: %w", err)
	}
	u.http = &http.Server{
		Handler:           onlyOwnNames(u.listener.Addr().(*net.TCPAddr), handler),
		ReadHeaderTimeout: 10 * time.Second,
	}
	u.done = make(chan struct{})
	go func() {
		defer close(u.done)
		_ = u.http.Serve(u.listener) // ends when stop closes it
	}()
	return nil
}

// stop cuts what is open, for a browser holds long polls, and waits until
// nothing listens.
func (u *webUI) stop() {
	if u.http != nil {
		_ = u.http.Close()
		<-u.done
	}
	_ = u.listener.Close()
	if u.conn != nil {
		_ = u.conn.Close()
	}
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

const foreignHost = "this server answers to its IP address and to localhost only"

// onlyOwnNames refuses a Host that is a name other than localhost while the UI
// is on loopback: a web page that points its own name at 127.0.0.1 would
// otherwise read every case through the visitor's browser.
func onlyOwnNames(listening *net.TCPAddr, next http.Handler) http.Handler {
	if !listening.IP.IsLoopback() {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		if _, err := netip.ParseAddr(host); err != nil && host != "localhost" {
			http.Error(w, foreignHost, http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}
