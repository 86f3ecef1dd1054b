package offboarding_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lastday/offboarding"
)

// slacker is somebody of the group security in Slack.
func slacker(id string, email offboarding.Subject) offboarding.Actor {
	return offboarding.Actor{Door: offboarding.DoorSlack, ID: id, Email: email, Groups: []string{"slack:SEC"}}
}

func TestWhoIsOnePerson(t *testing.T) {
	const sven = "sven@example.com"
	hook := offboarding.Actor{Door: offboarding.DoorHook, ID: "personio", Name: "personio", Bot: true}
	for name, c := range map[string]struct {
		a, b offboarding.Actor
		same bool
	}{
		"one id, one address":                  {slacker("U1", sven), slacker("U1", sven), true},
		"one id with another address":          {slacker("U1", sven), slacker("U1", "sven.new@example.com"), true},
		"one id without an address":            {slacker("U1", sven), slacker("U1", ""), true},
		"another id with the address":          {slacker("U1", sven), slacker("U2", sven), true},
		"another id with a +tag":               {slacker("U1", sven), slacker("U2", "Sven+2@Example.com"), true},
		"another id and address":               {slacker("U1", sven), slacker("U2", "mo@example.com"), false},
		"another id, an address unknown":       {slacker("U1", sven), slacker("U2", ""), false},
		"an address at another door":           {slacker("U1", sven), offboarding.Named(offboarding.DoorCommand, sven), true},
		"another address at another door":      {slacker("U1", sven), offboarding.Named(offboarding.DoorCommand, "mo@example.com"), false},
		"the same id at another door":          {slacker("U1", sven), offboarding.Actor{Door: offboarding.DoorFile, ID: "U1", Email: "mo@example.com"}, false},
		"a name that tells nothing":            {slacker("U1", sven), offboarding.Named(offboarding.DoorCommand, "root@build7"), true},
		"two names that tell nothing":          {offboarding.Named(offboarding.DoorCommand, "root@a"), offboarding.Named(offboarding.DoorCommand, "root@b"), true},
		"a program beside a person":            {slacker("U1", sven), hook, false},
		"a program and itself":                 {hook, hook, true},
		"a program with the id of a colleague": {slacker("U1", sven), offboarding.Actor{Door: offboarding.DoorSlack, ID: "U1", Bot: true}, false},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.same, c.a.Same(c.b))
			require.Equal(t, c.same, c.b.Same(c.a), "the other way round")
		})
	}
}

func TestAnAddressIsOnePersonsWhateverItsCaseAndTag(t *testing.T) {
	for _, email := range []offboarding.Subject{"jane@example.com", "Jane@Example.com", " jane+x@example.com"} {
		a := offboarding.Actor{Door: offboarding.DoorSlack, ID: "U3", Email: email}
		require.True(t, a.Is("jane@example.com"), email)
		require.True(t, a.Is("JANE+y@example.com"), email)
		require.False(t, a.Is("jane@example.org"), email)
		require.True(t, a.InAny([]string{"slack:SEC", "Jane+z@example.com"}), email)
		require.False(t, a.InAny([]string{"slack:SEC", "mo@example.com", ""}), email)
		require.True(t, a.IsAnyOf([]string{"mo@example.com", "jane@example.com"}), email)
		require.False(t, a.IsAnyOf([]string{"mo@example.com", ""}), email)
		require.False(t, a.IsAnyOf(nil), email)
	}
	nobody := offboarding.Actor{Door: offboarding.DoorSlack, ID: "U3"}
	require.False(t, nobody.Is(""))
	require.False(t, nobody.IsAnyOf([]string{""}))
	require.False(t, nobody.InAny([]string{""}))
}

func TestWhatOfAnAddressTellsPeopleApart(t *testing.T) {
	for in, want := range map[offboarding.Subject]string{
		"jane@example.com": "jane@example.com", " Jane+A+B@Example.COM ": "jane@example.com",
		"octo+cat": "octo+cat", "U0ABC": "u0abc", "+x@example.com": "+x@example.com", "": "",
	} {
		require.Equal(t, want, in.Plain())
	}
}
