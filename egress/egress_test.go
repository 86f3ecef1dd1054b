package egress_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/egress"
	"lastday/egress/egresstest"
)

const key = "systems.toy.private_addresses"

// server counts its calls; port is where it listens on 127.0.0.1.
func server(t *testing.T, answer http.HandlerFunc) (port string, calls *atomic.Int32) {
	t.Helper()
	calls = &atomic.Int32{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		if answer != nil {
			answer(w, r)
		}
	}))
	t.Cleanup(s.Close)
	u, err := url.Parse(s.URL)
	require.NoError(t, err)
	return u.Port(), calls
}

// get calls the URL by a client of the options, each time on a new connection.
func get(t *testing.T, o egress.Options, to string) (*http.Response, error) {
	t.Helper()
	o.Key = key
	d, err := egress.New(o)
	require.NoError(t, err)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, to, nil)
	require.NoError(t, err)
	r.Close = true
	resp, err := d.Client(5 * time.Second).Do(r)
	if err == nil {
		resp.Body.Close()
	}
	return resp, err
}

func TestANameThatLeadsInsideIsNotCalled(t *testing.T) {
	for address, is := range map[string]string{
		"127.0.0.1": "this machine itself", "10.1.2.3": "a private address", "172.16.0.1": "a private address",
		"192.168.1.1": "a private address", "100.64.0.1": "a shared address (carrier-grade NAT)", "fd12:3456::1": "a private address",
		"::1": "this machine itself", "198.18.0.1": "a reserved address", "2001:db8::1": "a reserved address",
		"2002:a00:1::1": "a reserved address", "64:ff9b:1::1": "a reserved address",
		"64:ff9b::10.0.0.1": "a private address", "::ffff:10.0.0.1": "a private address", "::ffff:127.0.0.1": "this machine itself",
	} {
		o := egress.Options{Base: "http://vendor.example", Resolver: egresstest.Names(t, []string{address})}
		_, err := get(t, o, "http://vendor.example:1/")
		var refused *egress.Refusal
		require.ErrorAs(t, err, &refused, address)
		require.ErrorContains(t, err, "vendor.example leads to ", address)
		require.ErrorContains(t, err, is+",", address)
		require.ErrorContains(t, err, key, address)
	}
}

func TestMetadataAndNeighboursAreNeverCalled(t *testing.T) {
	everything := egress.Networks{"64.0.0.0/2", "128.0.0.0/1", "64::/16", "8000::/1"}
	for _, address := range []string{
		"169.254.169.254", "169.254.170.2", "fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254", "fd00:c1::a9fe:a9fe", "fd00:42::42", "fe80::1", "100.100.100.200", "168.63.129.16",
		"0.0.0.0", "::", "224.0.0.1", "ff02::1", "255.255.255.255", "::ffff:169.254.169.254", "64:ff9b::169.254.169.254",
	} {
		o := egress.Options{Base: "http://vendor.example", Resolver: egresstest.Names(t, []string{address}), Private: everything}
		_, err := get(t, o, "http://vendor.example:1/")
		var refused *egress.Refusal
		require.ErrorAs(t, err, &refused, address)
		require.True(t, refused.Never, address)
		require.ErrorContains(t, err, "no setting allows", address)
		// Not even when it is written into the configuration by hand.
		literal := "http://" + net.JoinHostPort(address, "1")
		_, err = get(t, egress.Options{Base: literal}, literal)
		require.ErrorAs(t, err, &refused, literal)
	}
	_, err := get(t, egress.Options{Base: "http://[fe80::1%25lo]:1"}, "http://[fe80::1%25lo]:1")
	require.ErrorContains(t, err, "link-local")
}

func TestANameIsLookedAtForEachConnection(t *testing.T) {
	port, calls := server(t, nil)
	o := egress.Options{
		Base: "http://vendor.example", Private: egress.Networks{"127.0.0.1"},
		Resolver: egresstest.Names(t, []string{"127.0.0.1"}, []string{"127.0.0.2"}),
	}
	o.Key = key
	d, err := egress.New(o)
	require.NoError(t, err)
	client := d.Client(5 * time.Second)
	client.Transport = d.Transport()
	client.Transport.(*http.Transport).DisableKeepAlives = true
	call := func() error {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://vendor.example:"+port, nil)
		require.NoError(t, err)
		resp, err := client.Do(r)
		if err == nil {
			resp.Body.Close()
		}
		return err
	}
	require.NoError(t, call())
	err = call()
	var refused *egress.Refusal
	require.ErrorAs(t, err, &refused)
	require.Equal(t, netip.MustParseAddr("127.0.0.2"), refused.Address)
	require.EqualValues(t, 1, calls.Load())
}

func TestConfiguredPlacesAreReached(t *testing.T) {
	port, _ := server(t, nil)
	for name, o := range map[string]egress.Options{
		"an address written by hand":    {Base: "http://127.0.0.1:" + port},
		"localhost":                     {Base: "http://localhost:" + port},
		"a name, with its network":      {Base: "http://vendor.example:" + port, Private: egress.Networks{"127.0.0.0/8"}, Resolver: egresstest.Names(t, []string{"127.0.0.1"})},
		"a name, with its address":      {Base: "http://vendor.example:" + port, Private: egress.Networks{"127.0.0.1"}, Resolver: egresstest.Names(t, []string{"127.0.0.1"})},
		"one of a name's two addresses": {Base: "http://vendor.example:" + port, Private: egress.Networks{"127.0.0.1"}, Resolver: egresstest.Names(t, []string{"10.9.9.9", "127.0.0.1"})},
	} {
		resp, err := get(t, o, o.Base)
		require.NoError(t, err, name)
		require.Equal(t, http.StatusOK, resp.StatusCode, name)
	}
	// An address by hand opens itself, not its neighbours.
	_, err := get(t, egress.Options{Base: "http://127.0.0.1:" + port}, "http://127.0.0.2:"+port)
	require.ErrorContains(t, err, "127.0.0.2 is this machine itself, and was not called")
}

func TestARedirectIsNotFollowed(t *testing.T) {
	for _, to := range []string{"http://169.254.169.254/latest/meta-data/", "http://[fd00:ec2::254]/", "/elsewhere"} {
		port, calls := server(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusTemporaryRedirect) })
		base := "http://127.0.0.1:" + port
		resp, err := get(t, egress.Options{Base: base}, base)
		require.NoError(t, err)
		require.Equal(t, http.StatusTemporaryRedirect, resp.StatusCode)
		require.EqualValues(t, 1, calls.Load())
	}
}

func TestAClientOfAnHTTPSPlaceDoesNotSpeakInClear(t *testing.T) {
	port, calls := server(t, nil)
	_, err := get(t, egress.Options{Base: "https://127.0.0.1"}, "http://127.0.0.1:"+port)
	require.ErrorContains(t, err, "plain HTTP")
	require.Zero(t, calls.Load())
}

// The proxy is the operator's, wherever it lives; what it reaches is its business.
func TestTheEnvironmentsProxyIsUsed(t *testing.T) {
	var asked atomic.Value
	port, _ := server(t, func(_ http.ResponseWriter, r *http.Request) { asked.Store(r.URL.String()) })
	for _, proxy := range []string{"http://127.0.0.1:" + port, "127.0.0.1:" + port} {
		t.Setenv("HTTP_PROXY", proxy)
		t.Setenv("NO_PROXY", "inside.example")
		resp, err := get(t, egress.Options{Base: "http://vendor.example"}, "http://vendor.example/x")
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, resp.StatusCode)
		require.Equal(t, "http://vendor.example/x", asked.Load())
	}
	// Not for what the proxy is not for, and no other port of its machine.
	o := egress.Options{Base: "http://inside.example", Resolver: egresstest.Names(t, []string{"127.0.0.1"})}
	_, err := get(t, o, "http://inside.example:"+port)
	require.ErrorContains(t, err, "this machine itself")
	t.Setenv("HTTP_PROXY", "http://169.254.169.254:80")
	_, err = get(t, egress.Options{Base: "http://vendor.example"}, "http://vendor.example/x")
	require.ErrorContains(t, err, "no setting allows")
}

func TestNetworksThatCannotBeRight(t *testing.T) {
	for entry, why := range map[string]string{
		"10.1.0.0/33": "neither a network", "vendor.example": "neither a network", "fe80::1%eth0": "neither a network", "": "neither a network",
		"10.1.2.3/16": "first address", "0.0.0.0/0": "every address", "::/0": "every address", "::ffff:10.0.0.0/104": "write it as IPv4", "::ffff:10.0.0.1": "write it as IPv4",
		"169.254.0.0/16": "never called", "169.254.169.254": "never called", "fd00:ec2::254": "never called",
	} {
		err := egress.Networks{"10.0.0.0/8", entry}.Validate()
		require.ErrorContains(t, err, "entry 2", entry)
		require.ErrorContains(t, err, why, entry)
		_, err = egress.New(egress.Options{Key: key, Base: "https://vendor.example", Private: egress.Networks{entry}})
		require.ErrorContains(t, err, key+": entry 1", entry)
	}
	require.NoError(t, egress.Networks{"10.0.0.0/8", "192.168.7.7", "fd12::/16", "fd12::1"}.Validate())
	_, err := egress.New(egress.Options{Key: key, Base: "vendor.example"})
	require.ErrorContains(t, err, "absolute URL")
}
