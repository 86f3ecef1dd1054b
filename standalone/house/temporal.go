package house

import (
	"context"
	"fmt"
	"log/slog"

	"lastday/config"
	"lastday/standalone/temporal"
	"lastday/starter/cases"
	"lastday/starter/reader"
)

// Temporal starts the Temporal server alone, as the configuration has it.
func Temporal(ctx context.Context, f config.File, o Options, log *slog.Logger) (*temporal.Server, error) {
	return temporal.Start(ctx, temporal.Options{
		DataDir: f.Standalone.DataDir, Database: f.Standalone.Database, Password: password(f.Standalone),
		FrontendAddr: f.Standalone.Frontend, UIAddr: f.Standalone.UI,
		Namespace: Namespace, Retention: f.Standalone.Retention,
		SearchAttributes: cases.SearchAttributes(), StockDispatch: o.StockDispatch,
		Log: log, LogLevel: slog.LevelError, CodecEndpoint: codecEndpoint(f),
	})
}

// password is read at each new connection; nil leaves it to PostgreSQL's own
// variables and files.
func password(s config.Standalone) func() (string, error) {
	if !s.Password.IsSet() {
		return nil
	}
	return func() (string, error) {
		v, err := s.Password.Value()
		if err != nil {
			return "", fmt.Errorf("read standalone.password: %w", err)
		}
		return v, nil
	}
}

// codecEndpoint is where the UI of this process has payloads decrypted.
func codecEndpoint(f config.File) string {
	if f.Serve.Codec == nil {
		return ""
	}
	return "http://" + f.Serve.Listen + reader.Base
}
