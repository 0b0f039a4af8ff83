package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/switchhook/switchhook/plugins/blacklist/store"
)

// During a swap the old process and the new one have the file open together.

// writerEnv makes this test binary a process that writes to the file it names.
const writerEnv = "BLACKLIST_TEST_WRITER"

func TestMain(m *testing.M) {
	if path := os.Getenv(writerEnv); path != "" {
		if err := blockMany(path, fmt.Sprint("process-", os.Getpid())); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

const writes = 100

// blockMany opens the file and writes many small callbacks: one row that all
// writers fight for, one that is its own.
func blockMany(path, writer string) (err error) {
	s, err := store.Open(context.Background(), store.Options{Path: path, BusyTimeout: time.Minute})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close(context.Background())) }()
	for i := range writes {
		_, err := s.Apply(context.Background(), block(fmt.Sprintf("%s-%03d", writer, i), noon.Add(time.Duration(i)),
			store.Pair{From: "everybody", To: "bob"},
			store.Pair{From: writer, To: fmt.Sprintf("user-%03d", i)}))
		if err != nil {
			return err
		}
	}
	return nil
}

// wantEverything looks for the rows of writers, and for the last word on the
// row that they share.
func wantEverything(t *testing.T, path string, writers int) {
	t.Helper()
	found := rows(t, path)
	if want := 1 + writers*writes; len(found) != want {
		t.Errorf("the table holds %d rows, want %d", len(found), want)
	}
	last := ""
	for _, r := range found {
		last = max(last, r.Since+" "+r.ID)
	}
	for _, r := range found {
		if r.From == "everybody" && r.Since+" "+r.ID != last {
			t.Errorf("the shared row is of %s %s, want the last word, %s", r.Since, r.ID, last)
		}
	}
}

func TestTwoHandlesWriteAtOnce(t *testing.T) {
	t.Parallel()
	path := file(t)
	open(t, path) // the schema is there, as when a swap begins
	var group sync.WaitGroup
	for _, writer := range []string{"old", "new"} {
		group.Go(func() {
			if err := blockMany(path, writer); err != nil {
				t.Errorf("%s: %v", writer, err)
			}
		})
	}
	group.Wait()
	wantEverything(t, path, 2)
}

func TestThreeProcessesMakeOneFileAndWriteAtOnce(t *testing.T) {
	t.Parallel()
	path := file(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() {
			var output bytes.Buffer
			c := exec.CommandContext(t.Context(), self)
			c.Env = append(os.Environ(), writerEnv+"="+path)
			c.Stdout, c.Stderr = &output, &output
			if err := c.Run(); err != nil {
				t.Errorf("writer: %v\n%s", err, output.String())
			}
		})
	}
	group.Wait()
	wantEverything(t, path, 3)
}
