package openvpn

import (
	"context"
	"fmt"
	"os"

	"lastday/activities"
)

// Check reads index, inventory and every server, and says what would stop or
// blur a departure. It writes nothing.
func (c *Connector) Check(ctx context.Context) ([]activities.Finding, error) {
	var out []activities.Finding
	add := func(l activities.Level, what, do string) {
		out = append(out, activities.Finding{Level: l, What: "openvpn: " + what, Do: do})
	}
	s, err := c.look(ctx)
	if ctx.Err() != nil {
		return nil, err
	}
	if err != nil {
		add(activities.Bad, err.Error(), "")
		return out, nil
	}
	add(activities.OK, fmt.Sprintf("%d servers with %d clients, and %d certificates in the index", len(s.servers), len(s.live()), len(s.roster.certs)), "")
	for _, srv := range s.servers {
		for _, why := range srv.reasons {
			add(activities.Bad, why, "until then nothing is called verified here")
		}
	}
	_, reasons := c.indexControl(s, nil)
	for _, why := range reasons {
		add(activities.Bad, why, "")
	}
	for _, why := range append(c.strangers(s), c.liveStrangers(s)...) {
		add(activities.Warning, why, "")
	}
	for _, cert := range s.roster.certs {
		if !cert.expired() && s.isCA(cert.serial) {
			add(activities.Warning, fmt.Sprintf("serial %s of %s is the CA's own too, so it cannot be revoked in a directory", cert.hex, cert.subject), "issue the CA with another serial")
		}
	}
	for key, dir := range map[string]string{"crl_dir": c.cfg.CRLDir, "ccd_dir": c.cfg.CCDDir} {
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			add(activities.Bad, dir+" is no directory that this worker can see", "correct openvpn."+key)
		}
	}
	return out, nil
}
