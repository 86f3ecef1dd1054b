package backup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"lastday/config"
	"lastday/record/notary"
	"lastday/record/setup"
	"lastday/standalone/temporal"
)

// restoring is in a data directory while a restore is under way, restored until
// the first start after one, and wasRestored from then on.
const (
	restoring   = "restoring"
	restored    = "restored"
	wasRestored = "was-restored"
)

// Restore puts a backup where the configuration keeps these things: its data
// directory must be missing or empty, and there must be no record. keys is a
// folder with the record's names.key, signing.key and public.key; it is needed
// where the record is the one in the data directory. All is checked, and opened
// once. On an error nothing of it is left.
//
// What is restored begins frozen (StateOf), and a record whose copy came from the
// backup signs nothing until a person has said so.
func Restore(ctx context.Context, f config.File, from, keys string) (m Manifest, err error) {
	if m, err = Read(from); err != nil {
		return m, err
	}
	l, err := layoutOf(f)
	if err != nil {
		return m, err
	}
	r := restore{layout: l, from: from, keys: keys, manifest: m}
	if err := r.check(ctx); err != nil {
		return m, err
	}
	if err := r.begin(); err != nil {
		return m, err
	}
	if err := errors.Join(r.write(), r.open(ctx, f)); err != nil {
		r.undo()
		return m, fmt.Errorf("restore: %w", err)
	}
	return m, r.end()
}

type restore struct {
	layout
	from, keys string
	manifest   Manifest
	made       []string // files outside the data directory
	copied     bool     // the copy of the last checkpoint is the backup's
}

// check looks at everything before anything is written.
func (r *restore) check(ctx context.Context) error {
	for part, kept := range map[string]bool{temporalPart: r.temporal != "", recordPart: r.record != ""} {
		if had := r.manifest.has(part); had != kept {
			return fmt.Errorf("the backup and the configuration do not fit: %s is kept in SQLite by only one of them; "+
				"give the configuration that the backup was made with", strings.TrimSuffix(filepath.Base(part), ".db"))
		}
	}
	if r.embedded == nil && r.manifest.has(publicPart) || r.embedded != nil && r.record != "" && !r.manifest.has(publicPart) {
		return errors.New("the backup and the configuration do not fit: in one of them the record is that of the data directory, " +
			"in the other it has a section of its own; give the configuration that the backup was made with")
	}
	for part := range r.databases() {
		if err := whole(ctx, filepath.Join(r.from, part)); err != nil {
			return fmt.Errorf("the backup is damaged: %w; take another", err)
		}
	}
	if r.temporal != "" {
		if err := temporal.CheckFile(ctx, filepath.Join(r.from, temporalPart)); err != nil {
			return fmt.Errorf("%s of the backup: %w", temporalPart, err)
		}
	}
	if err := r.checkKeys(); err != nil {
		return err
	}
	nothing, err := empty(r.dir)
	if err != nil {
		return fmt.Errorf("look at the data directory: %w", err)
	}
	if !nothing {
		return fmt.Errorf("%s is not empty: nothing is ever put over data that is there; move it away, and keep it", r.dir)
	}
	if r.record != "" {
		if _, err := os.Lstat(r.record); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s is there already: nothing is ever put over a record; move it away, and keep it", r.record)
		}
	}
	return nil
}

// checkKeys looks at the keys of the record in the data directory, which is in
// no backup.
func (r *restore) checkKeys() error {
	if r.embedded == nil {
		return nil
	}
	if r.keys == "" {
		return errors.New("the record's keys are in no backup: give --keys DIR, the folder with your copy of names.key, signing.key and public.key")
	}
	given, err := os.ReadFile(filepath.Join(r.keys, filepath.Base(r.embedded.PublicKey)))
	if err != nil {
		return fmt.Errorf("read the record's keys: %w", err)
	}
	public, err := os.ReadFile(filepath.Join(r.from, publicPart))
	if err != nil {
		return fmt.Errorf("read backup: %w", err)
	}
	signing, err := os.ReadFile(filepath.Join(r.keys, filepath.Base(r.embedded.SigningKey)))
	if err != nil {
		return fmt.Errorf("read the record's keys: %w", err)
	}
	signer, err := note.NewSigner(strings.TrimSpace(string(signing)))
	if err != nil {
		return errors.New("signing.key is no key that standalone or starter record keys has made")
	}
	v, err := note.NewVerifier(strings.TrimSpace(string(public)))
	if err != nil || strings.TrimSpace(string(given)) != strings.TrimSpace(string(public)) ||
		signer.Name() != v.Name() || signer.KeyHash() != v.KeyHash() {
		return fmt.Errorf("the keys in %s are not those of the record in the backup: give the ones it was made with", r.keys)
	}
	return nil
}

// begin takes the empty data directory: until end no process starts on it.
func (r *restore) begin() error {
	if err := os.MkdirAll(r.dir, 0o700); err != nil {
		return fmt.Errorf("make data directory: %w", err)
	}
	if err := writeFile(filepath.Join(r.dir, restoring), []byte("a restore is under way, or was cut off\n")); err != nil {
		return fmt.Errorf("take the data directory: %w", err)
	}
	return nil
}

func (r *restore) write() error {
	for _, f := range r.manifest.Files {
		to, err := r.place(f.Name)
		if err != nil {
			return err
		}
		if to == "" {
			continue
		}
		if err := copyFile(filepath.Join(r.from, f.Name), to); err != nil {
			return err
		}
		if !strings.HasPrefix(to, r.dir+string(filepath.Separator)) {
			r.made = append(r.made, to)
		}
	}
	if r.embedded == nil {
		return nil
	}
	for _, to := range []string{r.embedded.NamesKey, r.embedded.SigningKey} {
		if err := copyFile(filepath.Join(r.keys, filepath.Base(to)), to); err != nil {
			return err
		}
	}
	return nil
}

// place is where a part belongs; "" where what is there stays: a copy of the last
// checkpoint that has outlived its record tells more than the backup's.
func (r *restore) place(part string) (string, error) {
	switch part {
	case temporalPart:
		return r.temporal, nil
	case recordPart:
		return r.record, nil
	case copyPart: // before stoppedPart in every manifest
		if _, err := os.Lstat(r.copy); r.copy == "" || !errors.Is(err, fs.ErrNotExist) {
			return "", nil
		}
		r.copied = true
		return r.copy, nil
	case stoppedPart:
		if !r.copied {
			return "", nil
		}
		return r.copy + ".stopped", nil
	}
	if r.embedded == nil || !strings.HasPrefix(part, "record/") {
		return "", fmt.Errorf("the backup has a part that this program does not know: %q", part)
	}
	return filepath.Join(r.dir, part), nil
}

// open shows that the record can be read with its keys, and has no newer tables
// than this program's.
func (r *restore) open(ctx context.Context, f config.File) error {
	if r.record == "" {
		return nil
	}
	c := f.Record
	if r.embedded != nil {
		var err error
		if c, err = setup.Embedded(r.dir); err != nil {
			return err
		}
	}
	ledger, err := setup.Open(ctx, c)
	if err != nil {
		return err
	}
	return ledger.Close()
}

// end leaves word for the first start, and gives the data directory free.
func (r *restore) end() error {
	if r.copied && !r.manifest.has(stoppedPart) { // the cause of an earlier stop stays
		err := notary.NewFile(r.copy).Stop(notary.Stop{
			Cause: notary.Restored, At: time.Now().UTC().Truncate(time.Second),
			Detail: "the record is that of a backup of " + r.manifest.MadeAt.Format(time.RFC3339) + ", and what was signed after it is lost",
		})
		if err != nil {
			return fmt.Errorf("restore: %w", err)
		}
	}
	if r.temporal != "" {
		if err := writeFile(filepath.Join(r.dir, restored), []byte(r.manifest.MadeAt.Format(time.RFC3339Nano)+"\n")); err != nil {
			return fmt.Errorf("restore: %w", err)
		}
	}
	if err := os.Remove(filepath.Join(r.dir, restoring)); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	return syncDir(r.dir)
}

// undo takes away what was written; the mark goes last.
func (r *restore) undo() {
	for _, path := range r.made {
		for _, suffix := range []string{"", "-wal", "-shm", ".lock", ".sign"} {
			os.Remove(path + suffix)
		}
	}
	for _, name := range []string{temporalPart, "record", restored, restoring} {
		os.RemoveAll(filepath.Join(r.dir, name))
	}
}
