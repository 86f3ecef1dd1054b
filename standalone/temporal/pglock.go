package temporal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// heldKey is the advisory lock of the database in use: "temporal".
	heldKey = 0x74656d706f72616c

	// One that was just killed is a moment in giving its lock free.
	waitForHold = "3s"
	checkEvery  = 2 * time.Second
	checkWithin = 5 * time.Second
	takeEvery   = 500 * time.Millisecond
)

// quietHolder lets PostgreSQL drop a holder whose machine is gone after half a
// minute; by default that takes two hours.
var quietHolder = [...][2]string{
	{"tcp_keepalives_idle", "15"},
	{"tcp_keepalives_interval", "5"},
	{"tcp_keepalives_count", "3"},
	{"lock_timeout", waitForHold},
	// It stays open for as long as the server runs.
	{"idle_session_timeout", "0"},
}

// hold is an advisory lock, held by a connection of its own. Two servers on one
// database would do no lasting harm, since Temporal lets only one of them write
// to a shard; they would take it from each other for ever.
type hold struct {
	p    *postgres
	name string
	lost chan error
	stop context.CancelFunc
	over chan struct{}
}

// hold takes the lock, or says who has it.
func (p *postgres) hold(ctx context.Context, name string) (*hold, error) {
	conn, err := p.lock(ctx, name)
	if err != nil {
		return nil, err
	}
	h := &hold{p: p, name: name, lost: make(chan error, 1), over: make(chan struct{})}
	keeping, stop := context.WithCancel(context.WithoutCancel(ctx))
	h.stop = stop
	go h.keep(keeping, conn)
	return h, nil
}

// errTaken is the answer while another server holds the database.
var errTaken = errors.New("already in use")

func (p *postgres) lock(ctx context.Context, name string) (*pgx.Conn, error) {
	host, _ := os.Hostname()
	conn, err := p.connect(ctx, name, map[string]string{
		"application_name": fmt.Sprintf("lastday process %d on %.30s", os.Getpid(), host),
	})
	if err != nil {
		return nil, err
	}
	if err := take(ctx, conn); err != nil {
		_ = conn.Close(context.WithoutCancel(ctx))
		return nil, err
	}
	return conn, nil
}

func take(ctx context.Context, conn *pgx.Conn) error {
	for _, s := range quietHolder {
		// The second is missing before version 14, and without effect on a socket.
		if _, err := conn.Exec(ctx, "SELECT set_config(name, $2, false) FROM pg_settings WHERE name = $1", s[0], s[1]); err != nil {
			return fmt.Errorf("set %s: %w", s[0], err)
		}
	}
	_, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1)", int64(heldKey))
	if is(err, lockIsTaken) {
		return fmt.Errorf("%w by %s: stop that one, or choose another database", errTaken, holder(ctx, conn))
	}
	if err != nil {
		return fmt.Errorf("lock the database: %w", err)
	}
	return nil
}

// holder names who has the lock.
func holder(ctx context.Context, conn *pgx.Conn) string {
	const query = `SELECT coalesce(nullif(a.application_name, ''), 'somebody') || coalesce(' (' || host(a.client_addr) || ')', '')
		FROM pg_locks l JOIN pg_stat_activity a USING (pid)
		WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
			AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
			AND l.classid::bigint = $1::bigint >> 32 AND l.objid::bigint = $1::bigint & 4294967295`
	var who string
	if err := conn.QueryRow(ctx, query, int64(heldKey)).Scan(&who); err != nil {
		return "another process"
	}
	return who
}

// keep sees that the connection lives, and takes the lock again after PostgreSQL
// was away, unless somebody else was faster.
func (h *hold) keep(ctx context.Context, conn *pgx.Conn) {
	defer close(h.over)
	for {
		for alive(ctx, conn) {
			if !wait(ctx, checkEvery) {
				break
			}
		}
		_ = conn.Close(context.WithoutCancel(ctx))
		for {
			if !wait(ctx, takeEvery) {
				return
			}
			var err error
			if conn, err = h.p.lock(ctx, h.name); err == nil {
				break
			}
			if errors.Is(err, errTaken) {
				h.lost <- fmt.Errorf("database %s: %w", h.p.where(), err)
				return
			}
		}
	}
}

func alive(ctx context.Context, conn *pgx.Conn) bool {
	ctx, cancel := context.WithTimeout(ctx, checkWithin)
	defer cancel()
	return conn.Ping(ctx) == nil
}

// wait is false when ctx has ended.
func wait(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// release gives the database free.
func (h *hold) release() {
	h.stop()
	<-h.over
}
