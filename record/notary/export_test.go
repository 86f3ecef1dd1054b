package notary

// Wait waits for what is on its way to the anchors.
func (n *Notary) Wait() { n.running.Wait() }
