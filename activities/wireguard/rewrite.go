package wireguard

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"golang.zx2c4.com/wireguard/wgctrl/wgtypes"

	"lastday/activities/transport"
)

const opEdit = "edit configuration file"

// rewrite takes peers out of the configuration file and returns the keys that
// were in it. The new file is written beside the old one, with its mode and
// owner, synced, and renamed over it: a crash leaves one of the two, whole. A
// link stays a link. A file that somebody else changed meanwhile is left alone
// and is Unavailable: try again.
func (c *Connector) rewrite(ctx context.Context, keys []wgtypes.Key) ([]wgtypes.Key, error) {
	real, err := filepath.EvalSymlinks(c.cfg.ConfigFile)
	if err != nil {
		return nil, fileError(opEdit, err)
	}
	unlock, err := lockFile(ctx, real)
	if err != nil {
		return nil, fileError(opEdit, err)
	}
	defer unlock()
	old, err := os.ReadFile(filepath.Clean(real))
	if err != nil {
		return nil, fileError(opEdit, err)
	}
	f, err := parseConf(string(old))
	if err != nil {
		return nil, err
	}
	if why := c.protection(f.own, keys); why != "" {
		return nil, fail(transport.Protected, opEdit, "this person "+why, "correct the inventory")
	}
	there := f.peers()
	var gone []wgtypes.Key
	for _, k := range keys {
		if there[k] {
			gone = append(gone, k)
		}
	}
	if len(gone) == 0 {
		return nil, named(f, keys)
	}
	text, err := f.without(gone)
	if err != nil {
		return nil, err
	}
	if err := sameButFor(there, text, gone); err != nil {
		return nil, err
	}
	if err := replace(real, old, text); err != nil {
		return nil, err
	}
	return gone, named(f, keys)
}

// named refuses to call a file clean that names a key outside of a [Peer].
func named(f *confFile, keys []wgtypes.Key) error {
	for _, k := range keys {
		if line, ok := f.named[k]; ok {
			return fail(transport.Refused, opEdit, fmt.Sprintf("line %d names the key %s outside of a [Peer] section", line, k), "take it out by hand, then decide retry")
		}
	}
	return nil
}

// sameButFor makes sure before anything is written that the new text has every
// other peer.
func sameButFor(there map[wgtypes.Key]bool, text string, gone []wgtypes.Key) error {
	f, err := parseConf(text)
	if err != nil {
		return err
	}
	left := f.peers()
	for k := range there {
		if left[k] == slices.Contains(gone, k) {
			return fail(transport.Refused, opEdit, "taking the peer out would change another one, so nothing was written", "take the peer out by hand, then decide retry")
		}
	}
	return nil
}

func replace(path string, old []byte, text string) (err error) {
	info, err := os.Stat(path)
	if err != nil {
		return fileError(opEdit, err)
	}
	beside := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".lastday")
	// A crash may have left one; the lock says that nobody is at work on it.
	if err := os.Remove(beside); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fileError(opEdit, err)
	}
	out, err := os.OpenFile(beside, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fileError(opEdit, err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(beside)
		}
	}()
	_, err = io.WriteString(out, text)
	if err == nil {
		err = keepOwner(out, info)
	}
	if err == nil {
		err = out.Chmod(info.Mode().Perm())
	}
	if err == nil {
		err = out.Sync()
	}
	if err = errors.Join(err, out.Close()); err != nil {
		return fileError(opEdit, err)
	}
	now, err := os.ReadFile(filepath.Clean(path))
	if err != nil {
		return fileError(opEdit, err)
	}
	if string(now) != string(old) {
		return fail(transport.Unavailable, opEdit, "somebody else changed the file at this moment", "")
	}
	if err := os.Rename(beside, path); err != nil {
		return fileError(opEdit, err)
	}
	return fileError(opEdit, syncDir(filepath.Dir(path)))
}

func syncDir(dir string) error {
	d, err := os.Open(filepath.Clean(dir))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
