package temporal

import (
	"net/netip"
	"time"

	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
)

const (
	clusterName     = "lastday"
	storeName       = "temporal"
	visibilityStore = "visibility"
)

// serverConfig describes one cluster of one process over one store.
func serverConfig(listen ports, st *store) *config.Config {
	c := &config.Config{
		Persistence: config.Persistence{
			DefaultStore:     storeName,
			VisibilityStore:  visibilityStore,
			NumHistoryShards: st.shards,
			DataStores:       map[string]config.DataStore{storeName: {SQL: st.main}, visibilityStore: {SQL: st.visibility}},
		},
		ClusterMetadata: &cluster.Config{
			FailoverVersionIncrement: 10,
			MasterClusterName:        clusterName,
			CurrentClusterName:       clusterName,
			ClusterInformation: map[string]cluster.ClusterInformation{clusterName: {
				Enabled:                true,
				InitialFailoverVersion: 1,
				RPCAddress:             listen.dialFrontend(),
			}},
		},
		DCRedirectionPolicy: config.DCRedirectionPolicy{Policy: "noop"},
		Services: map[string]config.Service{
			"frontend": service(listen.frontend),
			"history":  service(listen.history),
			"matching": service(listen.matching),
			"worker":   service(listen.worker),
		},
		PublicClient: config.PublicClient{HostPort: listen.dialFrontend()},
	}
	c.Global.Membership.MaxJoinDuration = 30 * time.Second
	c.Global.Membership.BroadcastAddress = loopback.String()
	c.Archival.History.State = "disabled"
	c.Archival.Visibility.State = "disabled"
	c.NamespaceDefaults.Archival.History.State = "disabled"
	c.NamespaceDefaults.Archival.Visibility.State = "disabled"
	return c
}

func service(addr netip.AddrPort) config.Service {
	var s config.Service
	s.RPC.BindOnIP = addr.Addr().String()
	s.RPC.GRPCPort = int(addr.Port())
	return s
}
