package temporal

import (
	"maps"

	"go.temporal.io/server/common/dynamicconfig"
)

// Every setting that is not the server's default stands here with its reason.
//
// The figures are from this package's benchmarks on 2 cores and a disk that
// syncs in 0.15 ms, workers in the same process. A case there has 12
// activities: three rounds, each on four task queues at once, none of them the
// workflow's own. "One" is the time of a case that has the server to itself;
// "burst" is 300 cases started at once, which is bound by the one SQLite writer
// and comes to 24 to 32 cases, or 290 to 380 activities, a second. That span is
// the noise: burst figures within it are the same.

// sqliteShards is fixed when a file is made. Four made no difference: one 37
// against 39 ms, burst 27 a second both. All of them write through one connection.
const sqliteShards = 1

// On PostgreSQL the shards' number is fixed when the database is made, too. The
// connections are so many at most for each of the server's four services, of which
// two use the database much; PostgreSQL allows 100 to everybody unless it is told
// otherwise.
const (
	postgresShards  = 4
	mainConns       = 12
	visibilityConns = 4
)

// connectAttributes are how every connection opens the file. The server keeps
// one connection; with two or four, burst was the same, since SQLite has one
// writer and the others poll for their turn.
func connectAttributes() map[string]string {
	return map[string]string{
		"mode": "rwc",

		// Readers do not wait for the writer, and a commit is one sync.
		"journal_mode": "WAL",

		// A commit is on the disk before anyone is told so. NORMAL would lose
		// the last of them in a power cut, and with them what was revoked. The
		// price: burst 26 instead of 38 a second with no sync at all.
		"synchronous": "FULL",

		// Ours is the only process, but for a person with a SQLite shell or a
		// backup tool: wait for them, in milliseconds.
		"busy_timeout": "10000",

		// Not set, as measured without effect on one or burst: cache_size,
		// mmap_size, temp_store, wal_autocheckpoint; nor a file of its own for
		// visibility.
	}
}

// dynamicSettings are what the server reads as its dynamic configuration.
func dynamicSettings(stockDispatch bool) dynamicconfig.StaticClient {
	all := maps.Clone(limits)
	if !stockDispatch {
		maps.Copy(all, dispatch)
	}
	return all
}

// pollRPS is how often a second one shard may read its task queues. The default
// is 20: a wait of up to 50 ms before every dispatch. At 1000 nothing more is
// gained, and a case has no step that would notice the 5 ms left.
const pollRPS = 200

// dispatch is what StockDispatch leaves out. Together: one 290 to 41 ms, burst 28
// to 32 a second: under load the shard reads many tasks at a time anyway.
var dispatch = dynamicconfig.StaticClient{
	// Workflow and activity tasks on their way to matching.
	dynamicconfig.TransferProcessorMaxPollRPS.Key(): pollRPS,
	// Timers and retries: they fire up to 50 ms closer to their time.
	dynamicconfig.TimerProcessorMaxPollRPS.Key(): pollRPS,
	// Lists and searches: a change of state shows up to 50 ms sooner.
	dynamicconfig.VisibilityProcessorMaxPollRPS.Key(): pollRPS,
	// Nexus and callbacks: unused today, and not to be the odd one out.
	dynamicconfig.OutboundProcessorMaxPollRPS.Key(): pollRPS,

	// The default of four partitions is for a cluster. In one process a task
	// may land in a partition where no worker polls, and is forwarded: first
	// case 167 to 85 ms, one 56 to 40 ms.
	dynamicconfig.MatchingNumTaskqueueReadPartitions.Key():  1,
	dynamicconfig.MatchingNumTaskqueueWritePartitions.Key(): 1,

	// With the default of 1, a shard's writes queue by priority, and in a burst
	// new requests starve the dispatch of old ones for longer than its limit of
	// 3 s: 2 to 20 dispatches failed and were tried again. With 64 the queue is
	// the database connection's, first come first served: none failed.
	dynamicconfig.ShardIOConcurrency.Key(): 64,
}

// limits keep a burst from being refused, and the memory in bounds.
var limits = dynamicconfig.StaticClient{
	// A fair share of every queue for each partner company: one that ends a
	// contract with a thousand people does not hold up another's one leaver.
	dynamicconfig.MatchingEnableFairness.Key(): true,

	// On by default; named here because the program does not work without.
	dynamicconfig.FrontendEnableUpdateWorkflowExecution.Key():              true,
	dynamicconfig.FrontendEnableUpdateWorkflowExecutionAsyncAccepted.Key(): true,
	dynamicconfig.EnableActivityEagerExecution.Key():                       true,
	dynamicconfig.EnableEagerWorkflowStart.Key():                           true,

	// The default of 10 a second refuses a web UI in two tabs, or a list of
	// cases that is polled.
	dynamicconfig.FrontendMaxNamespaceVisibilityRPSPerInstance.Key(): 200,
	// Polls, and clients that wait for a result or an update: 1200 by default,
	// which a few hundred cases with waiting clients can reach.
	dynamicconfig.FrontendMaxConcurrentLongRunningRequestsPerInstance.Key(): 10_000,
	// 2400 requests a second by default. A burst here makes 900; on a faster
	// machine the disk should be the limit, not this.
	dynamicconfig.FrontendMaxNamespaceRPSPerInstance.Key(): 10_000,
	// The database is one local file: what it can do is its limit.
	dynamicconfig.FrontendPersistenceMaxQPS.Key(): 20_000,
	dynamicconfig.HistoryPersistenceMaxQPS.Key():  20_000,
	dynamicconfig.MatchingPersistenceMaxQPS.Key(): 20_000,

	// Workflows kept in memory. The default is 128,000, so a process that lives
	// for months would keep every case it ever ran; one that waits for its date
	// is read again in a few milliseconds. After 600 cases the process, workers
	// included, has 345 MB.
	dynamicconfig.HistoryCacheHostLevelMaxSize.Key(): 1000,
}
