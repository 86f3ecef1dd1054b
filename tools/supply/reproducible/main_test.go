package main

import (
	"testing"
)

func TestTheVerifierIsTheSameBuiltTwice(t *testing.T) {
	o := order{root: "../../..", in: ".", packages: []string{"./verifier"}, flags: []string{"-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid="}}
	found, err := build(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != 1 || found[0].first != found[0].second {
		t.Fatalf("two builds differ: %v", found)
	}
	// Without -trimpath the folder's name is in it, and that is noticed.
	o.flags = o.flags[1:]
	if found, err = build(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if found[0].first == found[0].second {
		t.Fatal("two builds that differ are taken for the same")
	}
}
