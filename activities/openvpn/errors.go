package openvpn

import (
	"errors"
	"io/fs"

	"lastday/activities/transport"
)

func fail(kind transport.Kind, op, detail, fix string) *transport.Error {
	return &transport.Error{Kind: kind, System: System, Op: op, Detail: detail, Fix: fix}
}

// fileError types an error about a file; nil stays nil.
func fileError(op string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrPermission):
		return fail(transport.Unauthorized, op, err.Error(), "let this worker read and write it, then decide retry")
	case errors.Is(err, fs.ErrNotExist):
		return fail(transport.Unavailable, op, err.Error(), "put it there, or correct the path in the configuration")
	}
	return transport.Classify(System, op, err)
}
