package cases

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	sdklog "go.temporal.io/sdk/log"
	"google.golang.org/grpc"

	"lastday/config"
	"lastday/starter/local"
)

// Dial connects to Temporal. What the configuration leaves out comes from
// Temporal's environment variables and profile file (TEMPORAL_ADDRESS,
// TEMPORAL_PROFILE, TLS, API key); and where nothing is said anywhere, from a
// standalone process that runs on this machine. It returns the namespace too.
func Dial(t config.Temporal, log *slog.Logger, extra ...Option) (client.Client, string, error) {
	options, err := connection(t, log)
	if err != nil {
		return nil, "", err
	}
	with := chosen(extra)
	codec := with.codec
	codec.Apply(&options)
	options.MetricsHandler = with.metrics
	with.traces.Apply(&options)
	c, err := client.Dial(options)
	if err != nil {
		return nil, "", fmt.Errorf("no temporal answers at %s: start standalone up, or set TEMPORAL_ADDRESS (%w)", options.HostPort, err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), agreeWithin)
	defer cancel()
	if err := codec.Agree(ctx, c.WorkflowService(), options.Namespace); err != nil {
		c.Close()
		return nil, "", explain(err)
	}
	return c, options.Namespace, nil
}

// agreeWithin is how long the question whether the namespace is encrypted may take.
const agreeWithin = 10 * time.Second

// Later is Dial for a door that is open while Temporal is down: it connects
// when it is first used, and again whenever it must.
func Later(t config.Temporal, log *slog.Logger, extra ...Option) (client.Client, string, error) {
	options, err := connection(t, log)
	if err != nil {
		return nil, "", err
	}
	with := chosen(extra)
	codec := with.codec
	codec.Apply(&options)
	options.MetricsHandler = with.metrics
	with.traces.Apply(&options)
	options.ConnectionOptions.DialOptions = append(options.ConnectionOptions.DialOptions,
		grpc.WithChainUnaryInterceptor(codec.Interceptor(options.Namespace)))
	c, err := client.NewLazyClient(options)
	if err != nil {
		return nil, "", fmt.Errorf("set up temporal: %w", err)
	}
	return c, options.Namespace, nil
}

func connection(t config.Temporal, log *slog.Logger) (client.Options, error) {
	options, err := envconfig.LoadClientOptions(envconfig.LoadClientOptionsRequest{ConfigFileProfile: t.Profile})
	if err != nil {
		return options, fmt.Errorf("read temporal profile: %w", err)
	}
	if t.Address != "" {
		options.HostPort = t.Address
	}
	if t.Namespace != "" {
		options.Namespace = t.Namespace
	}
	if options.HostPort == "" && os.Getenv("TEMPORAL_ADDRESS") == "" {
		if here, ok := local.Read(); ok {
			options.HostPort, options.Namespace = here.Temporal, here.Namespace
		}
	}
	options.Logger = sdklog.NewStructuredLogger(log)
	if options.HostPort == "" {
		options.HostPort = client.DefaultHostPort
	}
	if options.Namespace == "" {
		options.Namespace = client.DefaultNamespace
	}
	return options, nil
}
