package offboarding_test

import (
	"slices"
	"testing"

	"lastday/offboarding"
)

func TestAddressesAreLowerCaseAndNoneTwice(t *testing.T) {
	p := offboarding.Person{Email: "Jane.Doe@example.com", Emails: []string{"", "JM@Example.com ", "jane.doe@EXAMPLE.com", "jm@example.com"}}
	if got, want := p.Addresses(), []string{"jane.doe@example.com", "jm@example.com"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := (offboarding.Person{}).Addresses(); len(got) != 0 {
		t.Errorf("nobody has %v", got)
	}
}
