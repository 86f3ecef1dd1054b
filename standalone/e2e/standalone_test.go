package e2e

func runStandalone() error { return nil }
