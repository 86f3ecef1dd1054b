package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"lastday/record/setup"
	"lastday/record/store/pgtest"
	"lastday/sandbox/people"
)

// crew are the systems of the three workers; the first two run the cases as well.
var crew = []struct {
	systems string
	cases   bool
}{{"okta,github", true}, {"slack,tailscale", true}, {"wireguard", false}}

// cluster starts many cases at once on PostgreSQL, and twice as many. Database,
// server, workers, sandbox and this program share the machine.
func cluster(ctx context.Context, b *bench) ([]row, error) {
	const warmUp = 3
	one, err := b.rush(ctx, warmUp, b.rushes/2)
	if err != nil {
		return nil, err
	}
	two, err := b.rush(ctx, warmUp, b.rushes)
	if err != nil {
		return nil, err
	}
	times := two.wall.Seconds() / one.wall.Seconds()
	return []row{
		one.row(), two.row(),
		{
			figure:   fmt.Sprintf("the time for %d cases, beside that for %d", two.cases, one.cases),
			measured: fmt.Sprintf("%.2f ×", times), target: "≤ 2.2 ×", met: times <= 2.2,
			note: fmt.Sprintf("%s and %s", ms(two.wall), ms(one.wall)),
		},
	}, nil
}

// rush is one time that many cases started at once.
type rush struct {
	cases int
	wall  time.Duration
	note  string
}

func (r rush) row() row {
	rate := float64(r.cases) / r.wall.Seconds()
	return row{
		figure:   fmt.Sprintf("%d cases at once, PostgreSQL, three workers, vendors at 0 ms", r.cases),
		measured: fmt.Sprintf("%.1f cases/s", rate), target: "≥ 12/s", met: rate >= 12, note: r.note,
	}
}

// rush starts everything anew, so that the second time finds what the first did.
func (b *bench) rush(ctx context.Context, warmUp, many int) (rush, error) {
	f, err := b.found(ctx, many+warmUp)
	if err != nil {
		return rush{}, err
	}
	defer f.stop()
	database, err := pgtest.Run()
	if err != nil {
		return rush{}, err
	}
	defer database.Stop()
	u, path, err := b.server(ctx, f, database)
	if err != nil {
		return rush{}, err
	}
	defer u.stop()
	pids := map[string]int{"temporal": u.pid(), "sandbox": f.pid(), "bench": os.Getpid()}
	for i, c := range crew {
		w, err := spawn(ctx, []string{"TEMPORAL_ADDRESS=" + u.address}, b.bin.worker, "-c", path, "--systems", c.systems, fmt.Sprintf("--workflows=%t", c.cases))
		if err != nil {
			return rush{}, err
		}
		defer w.stop()
		if c.cases {
			if err := u.polledBy(ctx, w); err != nil {
				return rush{}, err
			}
		}
		pids[fmt.Sprintf("worker %d", i+1)] = w.pid()
	}
	if _, err := u.atOnce(ctx, f.staff[:warmUp]); err != nil {
		return rush{}, err
	}
	return u.timed(ctx, f.staff[warmUp:], pids)
}

// timed takes the time of all, and what each process used of the processors.
func (u *up) timed(ctx context.Context, staff []people.Person, pids map[string]int) (rush, error) {
	before := map[string]time.Duration{}
	for name, pid := range pids {
		before[name] = cpuTime(pid)
	}
	effort, began := spent(), time.Now()
	all, err := u.atOnce(ctx, staff)
	if err != nil {
		return rush{}, err
	}
	wall := time.Since(began)
	var used []string
	for _, name := range []string{"temporal", "worker 1", "worker 2", "worker 3", "sandbox", "bench"} {
		used = append(used, name+" "+ms(cpuTime(pids[name])-before[name]))
	}
	memory, err := residentMB(u.pid())
	if err != nil {
		return rush{}, err
	}
	seen, err := u.histories(ctx, all)
	if err != nil {
		return rush{}, err
	}
	machine := spent().machine - effort.machine
	return rush{len(all), wall, fmt.Sprintf("processor time: %s, of all programs %s; temporal has %.0f MB; timeouts and repeated attempts: %d",
		strings.Join(used, ", "), ms(machine), memory, seen.timeouts+seen.repeated)}, nil
}

// server starts Temporal alone on PostgreSQL, and gives the workers' configuration:
// with the record in the same PostgreSQL.
func (b *bench) server(ctx context.Context, f *firm, database *pgtest.Server) (*up, string, error) {
	temporal, err := database.Database(ctx)
	if err != nil {
		return nil, "", err
	}
	record, err := database.Database(ctx)
	if err != nil {
		return nil, "", err
	}
	dir, err := os.MkdirTemp(f.dir, "cluster-")
	if err != nil {
		return nil, "", fmt.Errorf("make folder: %w", err)
	}
	public, err := setup.MakeKeys(dir, "lastday.example.com/bench")
	if err != nil {
		return nil, "", err
	}
	text, err := os.ReadFile(f.config)
	if err != nil {
		return nil, "", fmt.Errorf("read configuration: %w", err)
	}
	text = append(text, strings.NewReplacer("DIR", dir, "RECORD", record, "TEMPORAL", temporal, "PUBLIC", strings.TrimSpace(public)).Replace(`
standalone: {database: "TEMPORAL", data_dir: DIR, frontend: 127.0.0.1:0, ui: 127.0.0.1:0}
record:
  database: RECORD
  names_key: file:DIR/names.key
  signing_key: file:DIR/signing.key
  public_key: PUBLIC
  copy: DIR/last-signed
  anchors:
    directory: [{name: folder, path: DIR}]
`)...)
	path := filepath.Join(dir, "lastday.yaml")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return nil, "", fmt.Errorf("write configuration: %w", err)
	}
	p, err := spawn(ctx, nil, b.bin.standalone, "temporal", "-c", path)
	if err != nil {
		return nil, "", err
	}
	u, err := reach(ctx, p)
	return u, path, err
}
