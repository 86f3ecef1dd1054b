package openvpn

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"lastday/activities/transport"
)

// lineSize is the longest line that OpenVPN reads as one (OPTION_LINE_SIZE).
const lineSize = 255

// isDisabled reports whether a client-config-dir file says disable, before any
// inline block, within which it would be text, and any line too long.
func isDisabled(text string) bool {
	for line := range strings.Lines(strings.TrimPrefix(text, "\uFEFF")) {
		words, err := splitLine(line)
		switch {
		case len(line) >= lineSize:
			return false
		case err != nil || len(words) == 0:
			continue
		case strings.HasPrefix(words[0], "<"):
			return false
		case len(words) == 1 && strings.TrimPrefix(words[0], "--") == "disable":
			return true
		}
	}
	return false
}

const (
	opDisable = "disable in client-config-dir"
	notice    = "# lastday: access ended. To give it back, take out this line and the next; if that\n" +
		"# leaves nothing, delete the file.\n"
)

// disable puts `disable` on top of the CN's file and keeps the rest. It is
// false if that was there already. The new file is written beside the old one,
// with its owner, synced, and renamed over it: a crash leaves one of the two,
// whole. A link becomes a file of its own: others may share what it led to.
// Everybody may read it, for the server has to.
func (c *Connector) disable(cn string) (bool, error) {
	path := filepath.Join(c.cfg.CCDDir, cn)
	old, info, err := readOld(path)
	if err != nil {
		return false, fileError(opDisable, err)
	}
	if info != nil && isDisabled(old) {
		return false, fileError(opDisable, readable(path))
	}
	mode := os.FileMode(0o644)
	if info != nil {
		mode |= info.Mode().Perm()
	}
	if err := replace(path, old, notice+"disable\n"+strings.TrimPrefix(old, "\uFEFF"), mode, info); err != nil {
		return false, err
	}
	text, _, err := readOld(path)
	if err != nil {
		return false, fileError(opDisable, err)
	}
	if !isDisabled(text) {
		return false, fail(transport.Invalid, opDisable, path+" was written without an error and does not say disable", "look for what else writes it")
	}
	return true, nil
}

// readOld reads a file; one that is not there has no info.
func readOld(path string) (string, os.FileInfo, error) {
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return "", nil, nil
	}
	if err != nil {
		return "", nil, err
	}
	text, err := os.ReadFile(filepath.Clean(path))
	return string(text), info, err
}

func replace(path, old, text string, mode os.FileMode, info os.FileInfo) (err error) {
	out, err := os.CreateTemp(filepath.Dir(path), ".lastday-*")
	if err != nil {
		return fileError(opDisable, err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(out.Name())
		}
	}()
	_, err = io.WriteString(out, text)
	if err == nil && info != nil {
		if uid, gid, ok := owner(info); ok {
			err = out.Chown(uid, gid)
		}
	}
	if err == nil {
		err = out.Chmod(mode)
	}
	if err == nil {
		err = out.Sync()
	}
	if err = errors.Join(err, out.Close()); err != nil {
		return fileError(opDisable, err)
	}
	now, _, err := readOld(path)
	if err != nil {
		return fileError(opDisable, err)
	}
	if now != old {
		return fail(transport.Unavailable, opDisable, "somebody else changed "+path+" at this moment", "")
	}
	if err := os.Rename(out.Name(), path); err != nil {
		return fileError(opDisable, err)
	}
	return fileError(opDisable, syncDir(filepath.Dir(path)))
}

const opRevoke = "write serial into crl directory"

// revoke puts an empty file named by the decimal serial into the directory. It
// is false if that was there already. The directory is never made: a server
// that runs without it asks nothing of it.
func (c *Connector) revoke(serial string) (bool, error) {
	path := filepath.Join(c.cfg.CRLDir, serial)
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644) //nolint:gosec // the server must be able to open it
	if errors.Is(err, os.ErrExist) {
		return false, fileError(opRevoke, readable(path))
	}
	if err != nil {
		return false, fileError(opRevoke, err)
	}
	if err := errors.Join(f.Chmod(0o644), f.Sync(), f.Close(), syncDir(c.cfg.CRLDir)); err != nil {
		return false, fileError(opRevoke, err)
	}
	if _, err := os.Stat(path); err != nil {
		return false, fileError(opRevoke, err)
	}
	return true, nil
}

// readable lets everybody read a file, whatever the umask it was made under.
func readable(path string) error {
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm()&0o444 == 0o444 {
		return err
	}
	return os.Chmod(path, info.Mode().Perm()|0o444)
}

func syncDir(dir string) error {
	d, err := os.Open(filepath.Clean(dir))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
