package anchor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"lastday/record"
	"lastday/secret"
)

// S3 keeps one object a checkpoint, <prefix><size, 20 digits>.checkpoint, with
// an Object Lock where that is configured, and <prefix>latest, which is only a
// help to find them. It overwrites no checkpoint.
type S3 struct {
	place
	conf  S3Config
	store *minio.Client
}

func newS3(c S3Config, p place) (*S3, error) {
	u, err := url.Parse(c.Endpoint)
	if err != nil {
		return nil, fmt.Errorf("s3.endpoint: %w", err)
	}
	way, err := wire(KindS3, c.Endpoint, c.PrivateAddresses)
	if err != nil {
		return nil, fmt.Errorf("s3: %w", err)
	}
	store, err := minio.New(u.Host, &minio.Options{
		Creds: credentials.New(keys{c}), Secure: u.Scheme == "https", Region: c.Region,
		Transport: way, MaxRetries: 1, // who calls tries again, with patience
	})
	if err != nil {
		return nil, fmt.Errorf("s3: %w", err)
	}
	return &S3{place: p, conf: c, store: store}, nil
}

// keys reads the secrets for each request, so that rotated ones are taken up.
type keys struct{ conf S3Config }

func (k keys) Retrieve() (credentials.Value, error) {
	id, err := k.conf.AccessKey.Value()
	if err != nil {
		return credentials.Value{}, fmt.Errorf("s3.access_key: %w", err)
	}
	key, err := k.conf.SecretKey.Value()
	if err != nil {
		return credentials.Value{}, fmt.Errorf("s3.secret_key: %w", err)
	}
	return credentials.Value{AccessKeyID: id, SecretAccessKey: key, SignerType: credentials.SignatureV4}, nil
}

func (k keys) RetrieveWithCredContext(*credentials.CredContext) (credentials.Value, error) {
	return k.Retrieve()
}

func (k keys) IsExpired() bool { return true }

// Every keeps the number of objects, and what they cost, within bounds.
func (s *S3) Every() time.Duration { return 10 * time.Second }

// Put stores the checkpoint, and asks back whether the lock is on it. Another
// tree at its place is a *Fork.
func (s *S3) Put(ctx context.Context, signed string) (record.Anchored, error) {
	c, err := parse(signed)
	if err != nil {
		return record.Anchored{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, 3*callTimeout)
	defer cancel()
	key := fmt.Sprintf("%s%020d%s", s.conf.Prefix, c.N, suffix)
	where := strings.TrimRight(s.conf.Endpoint, "/") + "/" + s.conf.Bucket + "/" + key
	if err := s.keep(ctx, key, where, signed); err != nil {
		return record.Anchored{}, err
	}
	if err := s.locked(ctx, key); err != nil {
		return record.Anchored{}, err
	}
	latest := s.conf.Prefix + "latest"
	found, err := s.get(ctx, latest)
	if err != nil {
		return record.Anchored{}, err
	}
	if larger(signed, found) == signed {
		if err := s.put(ctx, latest, signed, minio.PutObjectOptions{}); err != nil {
			return record.Anchored{}, fmt.Errorf("write anchor %s: %w", s.name, s.plain(err))
		}
	}
	return s.receipt(where, signed), nil
}

// keep stores the object unless it is there.
func (s *S3) keep(ctx context.Context, key, where, signed string) error {
	found, err := s.get(ctx, key)
	if err != nil {
		return err
	}
	if found != "" {
		return s.compare(where, found, signed)
	}
	opts := minio.PutObjectOptions{}
	if s.conf.LockDays > 0 {
		opts.Mode, opts.RetainUntilDate = minio.Compliance, s.clock().UTC().AddDate(0, 0, s.conf.LockDays)
	}
	only := opts
	only.SetMatchETagExcept("*")
	err = s.put(ctx, key, signed, only)
	switch minio.ToErrorResponse(err).StatusCode {
	case http.StatusPreconditionFailed, http.StatusConflict: // somebody was faster
		if found, err = s.written(ctx, key); err != nil {
			return err
		}
		return s.compare(where, found, signed)
	case http.StatusNotImplemented: // a store without conditional writes
		err = s.put(ctx, key, signed, opts)
	}
	if err != nil && s.conf.LockDays > 0 && minio.ToErrorResponse(err).StatusCode == http.StatusBadRequest {
		return fmt.Errorf("write anchor %s: %w; lock_days needs a bucket that was created with Object Lock", s.name, s.plain(err))
	}
	if err != nil {
		return fmt.Errorf("write anchor %s: %w", s.name, s.plain(err))
	}
	return nil
}

// written gives an object that somebody else is about to write: the refusal to
// write over it may come before it can be read.
func (s *S3) written(ctx context.Context, key string) (string, error) {
	for range 10 {
		if found, err := s.get(ctx, key); err != nil || found != "" {
			return found, err
		}
		timer := time.NewTimer(100 * time.Millisecond)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return "", fmt.Errorf("read anchor %s: %w", s.name, ctx.Err())
		}
	}
	return "", fmt.Errorf("write anchor %s: %s is there and is not to be read", s.name, key)
}

// locked makes sure that the lock which was asked for is there: a store that
// knows none may say nothing. The headers of the object tell it to who may see
// (S3 API reference, HeadObject).
func (s *S3) locked(ctx context.Context, key string) error {
	if s.conf.LockDays == 0 {
		return nil
	}
	info, err := s.store.StatObject(ctx, s.conf.Bucket, key, minio.StatObjectOptions{})
	if err != nil {
		return fmt.Errorf("see the lock of anchor %s: %w", s.name, s.plain(err))
	}
	mode := info.Metadata.Get("X-Amz-Object-Lock-Mode")
	until, err := time.Parse(time.RFC3339, info.Metadata.Get("X-Amz-Object-Lock-Retain-Until-Date"))
	if mode != string(minio.Compliance) || err != nil || !until.After(s.clock()) {
		return fmt.Errorf("anchor %s: lock_days is set, and no lock is seen on %s: the bucket must have been created with Object Lock, and the key needs s3:GetObjectRetention", s.name, key)
	}
	return nil
}

func (s *S3) put(ctx context.Context, key, content string, opts minio.PutObjectOptions) error {
	opts.ContentType, opts.DisableMultipart, opts.SendContentMd5 = "text/plain; charset=utf-8", true, true
	_, err := s.store.PutObject(ctx, s.conf.Bucket, key, strings.NewReader(content), int64(len(content)), opts)
	return err
}

// get gives the object's content; "" if there is none.
func (s *S3) get(ctx context.Context, key string) (string, error) {
	o, err := s.store.GetObject(ctx, s.conf.Bucket, key, minio.GetObjectOptions{})
	if err != nil {
		return "", fmt.Errorf("read anchor %s: %w", s.name, s.plain(err))
	}
	defer func() { _ = o.Close() }()
	b, err := io.ReadAll(io.LimitReader(o, maxAnswer+1))
	switch {
	case minio.ToErrorResponse(err).Code == "NoSuchKey":
		return "", nil
	case err != nil:
		return "", fmt.Errorf("read anchor %s: %w", s.name, s.plain(err))
	case len(b) == 0 || len(b) > maxAnswer:
		return "", fmt.Errorf("%s: %w: it is empty or too large; see who writes there", key, ErrOccupied)
	}
	return string(b), nil
}

// Latest starts at the object latest and looks for later ones: whoever turns
// latest back would have to remove those as well, which the lock forbids.
func (s *S3) Latest(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 3*callTimeout)
	defer cancel()
	latest, err := s.get(ctx, s.conf.Prefix+"latest")
	if err != nil {
		return "", err
	}
	opts := minio.ListObjectsOptions{Prefix: s.conf.Prefix, Recursive: true}
	if c, err := parse(latest); err == nil {
		opts.StartAfter = fmt.Sprintf("%s%020d%s", s.conf.Prefix, c.N, suffix)
	}
	last := ""
	for o := range s.store.ListObjectsIter(ctx, s.conf.Bucket, opts) {
		if o.Err != nil {
			return "", fmt.Errorf("list anchor %s: %w", s.name, s.plain(o.Err))
		}
		if strings.HasSuffix(o.Key, suffix) && o.Key > last {
			last = o.Key
		}
	}
	if last == "" {
		return latest, nil
	}
	found, err := s.get(ctx, last)
	if err != nil {
		return "", err
	}
	return larger(found, latest), nil
}

// plain is the store's error with its code, scrubbed of secrets.
func (s *S3) plain(err error) error {
	r := minio.ToErrorResponse(err)
	if r.Code == "" || r.StatusCode == 0 {
		return err
	}
	return errors.New(secret.Scrub(fmt.Sprintf("%s (%s, HTTP %d)", r.Message, r.Code, r.StatusCode)))
}
