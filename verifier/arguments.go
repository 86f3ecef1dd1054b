package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/pflag"

	"lastday/record/verify"
)

// arguments are what the command line asks for.
type arguments struct {
	path    string
	json    bool
	options verify.Options
}

// read reads the command line and the files of keys and checkpoints it names.
func read(args []string) (arguments, error) {
	var a arguments
	var given verify.Given
	flags := pflag.NewFlagSet("lastday-verify", pflag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Usage = func() {}
	flags.StringArrayVarP(&given.Keys, "key", "k", nil, "")
	flags.StringArrayVarP(&given.Witnesses, "witness", "w", nil, "")
	flags.StringArrayVarP(&given.Checkpoints, "checkpoint", "c", nil, "")
	flags.BoolVar(&a.json, "json", false, "")
	if err := flags.Parse(args); err != nil {
		return a, err
	}
	switch flags.NArg() {
	case 0:
		return a, errors.New("say which file or folder to check")
	case 1:
		a.path = flags.Arg(0)
	default:
		return a, fmt.Errorf("check one file or folder at a time; %d were given", flags.NArg())
	}
	var err error
	a.options, err = given.Options()
	return a, err
}
