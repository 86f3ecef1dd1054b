package anchor_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/stretchr/testify/require"

	"lastday/record/anchor"
)

const (
	s3User   = "lastday-user"
	s3Secret = "lastday-secret-9f2c"
)

// store runs a real S3 gateway, with a bucket that locks and one that does not.
func store(t *testing.T) (anchor.S3Config, *minio.Client) {
	t.Helper()
	dir := t.TempDir()
	for _, d := range []string{"root", "versions", "meta"} {
		require.NoError(t, os.Mkdir(filepath.Join(dir, d), 0o700))
	}
	address := freeAddress(t)
	serve(t, address, tool(t, "versitygw"), "--port", address, "--access", s3User, "--secret", s3Secret, "--quiet",
		"posix", "--versioning-dir", filepath.Join(dir, "versions"), "--sidecar", filepath.Join(dir, "meta"), filepath.Join(dir, "root"))
	admin, err := minio.New(address, &minio.Options{Creds: credentials.NewStaticV4(s3User, s3Secret, ""), Region: "us-east-1"})
	require.NoError(t, err)
	require.NoError(t, admin.MakeBucket(t.Context(), "locking", minio.MakeBucketOptions{ObjectLocking: true}))
	require.NoError(t, admin.MakeBucket(t.Context(), "plain", minio.MakeBucketOptions{}))
	return anchor.S3Config{
		Endpoint: "http://" + address, Bucket: "plain", Prefix: "lastday/checkpoints",
		AccessKey: ref(t, s3User), SecretKey: ref(t, s3Secret),
	}, admin
}

func TestARealObjectStoreKeepsCheckpoints(t *testing.T) {
	conf, admin := store(t)
	l := newTrunk(t, 40)
	with := func(edit func(*anchor.S3Config)) anchor.Anchor {
		c := conf
		edit(&c)
		return l.open(anchor.Config{S3: c})
	}
	a := with(func(*anchor.S3Config) {})
	require.Empty(t, latest(t, a))
	for _, size := range []int64{9, 10, 12} {
		got, err := a.Put(t.Context(), l.checkpoint(size))
		require.NoError(t, err)
		require.Equal(t, fmt.Sprintf("%s/plain/lastday/checkpoints/%020d.checkpoint", conf.Endpoint, size), got.Where)
		require.Equal(t, l.checkpoint(size), latest(t, a))
	}
	t.Run("again, by another process, at once", func(t *testing.T) {
		var all sync.WaitGroup
		for range 4 {
			other := with(func(*anchor.S3Config) {})
			all.Go(func() {
				_, err := other.Put(context.Background(), l.checkpoint(20))
				require.NoError(t, err)
			})
		}
		all.Wait()
	})
	t.Run("an earlier one turns latest not back", func(t *testing.T) {
		_, err := a.Put(t.Context(), l.checkpoint(11))
		require.NoError(t, err)
		require.Equal(t, l.checkpoint(20), latest(t, a))
	})
	t.Run("latest turned back by hand is seen through", func(t *testing.T) {
		put(t, admin, "plain", "lastday/checkpoints/latest", l.checkpoint(9))
		require.Equal(t, l.checkpoint(20), latest(t, a))
		require.NoError(t, admin.RemoveObject(t.Context(), "plain", "lastday/checkpoints/latest", minio.RemoveObjectOptions{}))
		require.Equal(t, l.checkpoint(20), latest(t, a))
	})
	t.Run("another tree is a fork, and stays", func(t *testing.T) {
		other := l.fork(20)
		_, err := a.Put(t.Context(), other.checkpoint(20))
		var fork *anchor.Fork
		require.ErrorAs(t, err, &fork)
		require.Equal(t, l.checkpoint(20), latest(t, a))
	})
	t.Run("something else is not overwritten", func(t *testing.T) {
		put(t, admin, "plain", fmt.Sprintf("lastday/checkpoints/%020d.checkpoint", 30), "scribble")
		_, err := a.Put(t.Context(), l.checkpoint(30))
		require.ErrorIs(t, err, anchor.ErrOccupied)
	})
	t.Run("credentials are read anew, and told to nobody", func(t *testing.T) {
		key := ref(t, "not-the-secret-value")
		a := with(func(c *anchor.S3Config) { c.SecretKey = key })
		_, err := a.Put(t.Context(), l.checkpoint(31))
		require.ErrorContains(t, err, "SignatureDoesNotMatch")
		require.NotContains(t, err.Error(), "not-the-secret-value")
		require.NoError(t, os.WriteFile(strings.TrimPrefix(key.Source(), "file:"), []byte(s3Secret), 0o600))
		_, err = a.Put(t.Context(), l.checkpoint(31))
		require.NoError(t, err)
		require.NoError(t, os.Remove(strings.TrimPrefix(key.Source(), "file:")))
		_, err = a.Put(t.Context(), l.checkpoint(32))
		require.ErrorContains(t, err, "s3.secret_key")
	})
	t.Run("a bucket that is not there", func(t *testing.T) {
		_, err := with(func(c *anchor.S3Config) { c.Bucket = "nowhere" }).Put(t.Context(), l.checkpoint(9))
		require.ErrorContains(t, err, "NoSuchBucket")
	})
}

func TestALockedCheckpointCannotBeDeleted(t *testing.T) {
	conf, admin := store(t)
	l := newTrunk(t, 10)
	conf.Bucket, conf.LockDays = "locking", 400
	a := l.open(anchor.Config{S3: conf})
	_, err := a.Put(t.Context(), l.checkpoint(5))
	require.NoError(t, err)
	_, err = a.Put(t.Context(), l.checkpoint(5))
	require.NoError(t, err, "again")

	key := fmt.Sprintf("lastday/checkpoints/%020d.checkpoint", 5)
	info, err := admin.StatObject(t.Context(), "locking", key, minio.StatObjectOptions{})
	require.NoError(t, err)
	require.Equal(t, "COMPLIANCE", info.Metadata.Get("X-Amz-Object-Lock-Mode"))
	until, err := time.Parse(time.RFC3339, info.Metadata.Get("X-Amz-Object-Lock-Retain-Until-Date"))
	require.NoError(t, err)
	require.WithinDuration(t, time.Now().AddDate(0, 0, 400), until, time.Hour)
	err = admin.RemoveObject(t.Context(), "locking", key, minio.RemoveObjectOptions{VersionID: info.VersionID, GovernanceBypass: true})
	require.Error(t, err, "not even by the store's owner")
	require.Equal(t, l.checkpoint(5), latest(t, a))

	t.Run("a bucket without a lock is told of", func(t *testing.T) {
		c := conf
		c.Bucket = "plain"
		_, err := l.open(anchor.Config{S3: c}).Put(t.Context(), l.checkpoint(6))
		require.ErrorContains(t, err, "Object Lock")
	})
	t.Run("one that was put there before without a lock too", func(t *testing.T) {
		put(t, admin, "locking", fmt.Sprintf("lastday/checkpoints/%020d.checkpoint", 7), l.checkpoint(7))
		_, err := a.Put(t.Context(), l.checkpoint(7))
		require.ErrorContains(t, err, "no lock is seen")
	})
}

func put(t *testing.T, c *minio.Client, bucket, key, content string) {
	t.Helper()
	_, err := c.PutObject(t.Context(), bucket, key, strings.NewReader(content), int64(len(content)), minio.PutObjectOptions{SendContentMd5: true})
	require.NoError(t, err)
}

// TestAStoreThatAnswersStrangely: what a real one does not do.
func TestAStoreThatAnswersStrangely(t *testing.T) {
	l := newTrunk(t, 10)
	conf := func(url string) anchor.Config {
		return anchor.Config{S3: anchor.S3Config{Endpoint: url, Bucket: "plain", AccessKey: ref(t, s3User), SecretKey: ref(t, s3Secret)}}
	}
	t.Run("a redirect is not followed", func(t *testing.T) {
		var elsewhere atomic.Int32
		other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
		defer other.Close()
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.URL+r.URL.Path, http.StatusTemporaryRedirect)
		}))
		defer srv.Close()
		_, err := l.open(conf(srv.URL)).Put(t.Context(), l.checkpoint(5))
		require.Error(t, err)
		require.Zero(t, elsewhere.Load())
	})
	t.Run("one that hangs ends with the context", func(t *testing.T) {
		srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
		defer srv.Close()
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		_, err := l.open(conf(srv.URL)).Put(ctx, l.checkpoint(5))
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
	t.Run("one that fails is asked once", func(t *testing.T) {
		var calls atomic.Int32
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			calls.Add(1)
			w.WriteHeader(http.StatusServiceUnavailable)
		}))
		defer srv.Close()
		_, err := l.open(conf(srv.URL)).Put(t.Context(), l.checkpoint(5))
		require.Error(t, err)
		require.Equal(t, int32(1), calls.Load())
	})
}
