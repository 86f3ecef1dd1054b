package activitytest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lastday/activities/activitytest"
	"lastday/offboarding"
)

func fixture(f flaw) activitytest.Fixture {
	return activitytest.Fixture{
		Classes: classes,
		New: func(t *testing.T) activitytest.Subject {
			v, in, url := newVendor(t)
			view := func(others bool) func() []string {
				return func() (out []string) {
					in.View(func() { out = v.holds("p1", others) })
					return out
				}
			}
			return activitytest.Subject{
				Connector: newConnector(url, f),
				Leaver:    offboarding.Person{Email: "jane@example.com"},
				Absent:    offboarding.Person{Email: "nobody@example.com"},
				Protected: offboarding.Person{Email: "robot@example.com"},
				Holds:     view(false), Others: view(true),
				Faults: in, Secrets: []string{token},
			}
		},
	}
}

func TestARightConnectorPasses(t *testing.T) { activitytest.Run(t, fixture(none)) }

func TestEveryFlawIsNoticed(t *testing.T) {
	for _, f := range []flaw{
		listsWithWrites, skipsClass, skipsReadback, hidesGrant, trustsItself, noControl, believesEmpty, cutsProtected,
		cutsOthers, tellsToken, anyID, failsWhenGone, noAlready, deaf, plainErrors, skipsRevoke, forgetsRemoval,
	} {
		t.Run(string(f), func(t *testing.T) {
			t.Parallel()
			require.NotEmpty(t, activitytest.Wrongs(t, fixture(f)), "the suite passes a connector that "+f)
		})
	}
}
