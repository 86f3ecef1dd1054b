package cases

import (
	"fmt"
	"log/slog"
	"os"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	sdklog "go.temporal.io/sdk/log"

	"lastday/config"
	"lastday/starter/local"
)

// Dial connects to Temporal. What the configuration leaves out comes from
// Temporal's environment variables and profile file (TEMPORAL_ADDRESS,
// TEMPORAL_PROFILE, TLS, API key); and where nothing is said anywhere, from a
// standalone process that runs on this machine. It returns the namespace too.
func Dial(t config.Temporal, log *slog.Logger) (client.Client, string, error) {
	options, err := connection(t, log)
	if err != nil {
		return nil, "", err
	}
	c, err := client.Dial(options)
	if err != nil {
		return nil, "", fmt.Errorf("no temporal answers at %s: start standalone up, or set TEMPORAL_ADDRESS (%w)", options.HostPort, err)
	}
	return c, options.Namespace, nil
}

// Later is Dial for a door that is open while Temporal is down: it connects
// when it is first used, and again whenever it must.
func Later(t config.Temporal, log *slog.Logger) (client.Client, string, error) {
	options, err := connection(t, log)
	if err != nil {
		return nil, "", err
	}
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
