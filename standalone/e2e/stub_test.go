package e2e
func runWorker() error { return nil }
func runStandalone() error { return nil }
