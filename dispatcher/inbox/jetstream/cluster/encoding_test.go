package cluster_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/s2"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/proto"

	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/cluster"
	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/logpb"
	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/natstest"
)

func TestALogOfPlainAndEncodedEntriesIsOne(t *testing.T) {
	t.Parallel()
	node := natstest.Start(t, natstest.Options{})
	c := join(t, cluster.Options{Servers: []string{node.URL()}, Replicas: 1})
	js := client(t, node.URL())
	var want []*logpb.Entry
	for i := range 40 {
		e := &logpb.Entry{Batch: &logpb.Batch{Appends: lifelike(uint64(i), 1+i*3)}}
		want = append(want, e)
		id := fmt.Sprint("e", i)
		switch i % 4 {
		case 0:
			appendOne(t, c, id, e)
		case 3:
			body := encoded(t, e)
			half := len(body) / 2
			write(t, js, "switchhook.log.part", map[string]string{cluster.HeaderPart: "1/2", cluster.HeaderEntry: id}, body[:half])
			write(t, js, "switchhook.log.entry", map[string]string{cluster.HeaderPart: "2/2", cluster.HeaderEntry: id}, body[half:])
		default:
			write(t, js, "switchhook.log.entry", map[string]string{jetstream.MsgIDHeader: id}, encoded(t, e))
		}
	}
	for i, r := range read(t, c, 0, len(want)) {
		if r.ID != fmt.Sprint("e", i) || !proto.Equal(r.Entry, want[i]) {
			t.Errorf("entry %d has become another, and is called %q", i, r.ID)
		}
		if i%4 != 0 && r.Size != len(encoded(t, want[i])) {
			t.Errorf("entry %d has %d bytes in the log, and is said to have %d", i, len(encoded(t, want[i])), r.Size)
		}
	}
}

func TestAnEntryIsEncodedWhereThatMakesItShorter(t *testing.T) {
	t.Parallel()
	node := natstest.Start(t, natstest.Options{})
	c := join(t, cluster.Options{Servers: []string{node.URL()}, Replicas: 1})
	stream, err := client(t, node.URL()).Stream(t.Context(), "SWITCHHOOK_LOG")
	if err != nil {
		t.Fatal(err)
	}
	body := func(size int) *logpb.Entry {
		return &logpb.Entry{Batch: &logpb.Batch{Appends: []*logpb.Append{{Event: &logpb.Event{Body: make([]byte, size)}}}}}
	}
	half := event("half", 3<<20)
	half.Batch.Appends = append(half.GetBatch().GetAppends(), body(2<<20).GetBatch().GetAppends()...)
	var want []*logpb.Entry
	for _, test := range []struct {
		name    string
		entry   *logpb.Entry
		encoded bool
		most    int // bytes of the last message
	}{
		{"an event of a few bytes", body(100), false, 120},
		{"some events as they are in life", &logpb.Entry{Batch: &logpb.Batch{Appends: lifelike(1, 16)}}, true, 5_000},
		{"many", &logpb.Entry{Batch: &logpb.Batch{Appends: lifelike(1, 256)}}, true, 60_000},
		{"one that does not get shorter", event("noise", 20_000), false, 20_100},
		{"one that does, and is still of several parts", half, true, 1 << 20},
		{"the longest that is", body(cluster.MaxDecoded - 100), true, 20_000},
		{"one that is longer", body(cluster.MaxDecoded), false, 1 << 20},
	} {
		m, err := stream.GetMsg(t.Context(), appendOne(t, c, test.name, test.entry))
		if err != nil {
			t.Fatal(err)
		}
		format, encoding := cluster.Format, ""
		if test.encoded {
			format, encoding = cluster.FormatEncoded, "s2"
		}
		if f, e := m.Header.Get(cluster.HeaderFormat), m.Header.Get(cluster.HeaderEncoding); f != format || e != encoding || len(m.Data) > test.most {
			t.Errorf("%s: format %q, encoded as %q, %d bytes", test.name, f, e, len(m.Data))
		}
		want = append(want, test.entry)
	}
	for i, r := range read(t, c, 0, len(want)) {
		if !proto.Equal(r.Entry, want[i]) {
			t.Errorf("%s has become another", r.ID)
		}
	}
}

// What a message decodes to is handed over before more is decoded.
func TestEntriesThatDecodeToMuchComeInGroups(t *testing.T) {
	t.Parallel()
	node := natstest.Start(t, natstest.Options{})
	c := join(t, cluster.Options{Servers: []string{node.URL()}, Replicas: 1})
	js := client(t, node.URL())
	large := encoded(t, &logpb.Entry{Batch: &logpb.Batch{Appends: []*logpb.Append{{Event: &logpb.Event{Body: make([]byte, 6<<20)}}}}})
	for i := range 12 {
		write(t, js, "switchhook.log.entry", map[string]string{jetstream.MsgIDHeader: fmt.Sprint("e", i)}, large)
	}
	enough, count := errors.New("enough"), 0
	err := c.Follow(t.Context(), 0, "", func(r []cluster.Record) error {
		if len(r) > 2 {
			t.Errorf("%d at once, of 6 MiB each", len(r))
		}
		if count += len(r); count == 12 {
			return enough
		}
		return nil
	})
	if !errors.Is(err, enough) {
		t.Error(err)
	}
}

func TestWhatCannotBeDecodedIsRefusedAndNeverReadWrongly(t *testing.T) {
	t.Parallel()
	whole := encoded(t, &logpb.Entry{Batch: &logpb.Batch{Appends: lifelike(1, 20)}})
	for name, test := range map[string]struct {
		header map[string]string
		body   []byte
		newer  bool
		says   string
	}{
		"an encoding of a newer gateway": {header: map[string]string{cluster.HeaderEncoding: "zstd"}, body: whole, newer: true, says: `encoded as "zstd"`},
		"one in a plain entry's format": {
			header: map[string]string{cluster.HeaderEncoding: "zstd", cluster.HeaderFormat: "1"}, body: whole, newer: true, says: "upgrade this gateway",
		},
		"a newer format":                  {header: map[string]string{cluster.HeaderFormat: "3"}, body: whole, newer: true, says: `format "3"`},
		"a block that ends too soon":      {body: whole[:len(whole)-9], says: "entry 2 cannot be read: it is damaged"},
		"a block with an end of its own":  {body: append(bytes.Clone(whole), "more"...), says: "damaged"},
		"no block at all":                 {body: nil, says: "damaged"},
		"a plain entry that says encoded": {body: marshalled(t, event("e", 100)), says: "damaged"},
		"a block of noise":                {body: s2.Encode(nil, bytes.Repeat([]byte{0xff}, 50)), says: "cannot be read"},
		"one that would be three GiB":     {body: append(binary.AppendUvarint(nil, 3<<30), 0), says: "decodes to 3221225472 bytes"},
		"one that is a byte too long":     {body: s2.Encode(nil, make([]byte, cluster.MaxDecoded+1)), says: "are the most"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			node := natstest.Start(t, natstest.Options{})
			c := join(t, cluster.Options{Servers: []string{node.URL()}, Replicas: 1})
			appendAll(t, c, "before")
			write(t, client(t, node.URL()), "switchhook.log.entry", test.header, test.body)
			appendAll(t, c, "after")
			var got []string
			err := c.Follow(t.Context(), 0, "", func(r []cluster.Record) error {
				if got = append(got, idsOf(r)...); slices.Contains(got, "after") {
					return errors.New("it goes on behind it")
				}
				return nil
			})
			if err == nil || errors.Is(err, cluster.ErrNewer) != test.newer || !strings.Contains(err.Error(), test.says) {
				t.Errorf("it is told %v", err)
			}
			if diff := cmp.Diff([]string{"before"}, got); diff != "" {
				t.Errorf("what comes before (-) and what was handed over (+):\n%s", diff)
			}
		})
	}
}

func FuzzWhatIsDecodedWasEncodedOrIsRefused(f *testing.F) {
	for _, text := range []string{"", "a", strings.Repeat("abcd", 1000)} {
		f.Add([]byte(text))
		f.Add(s2.Encode(nil, []byte(text)))
	}
	f.Add(binary.AppendUvarint(nil, 3<<30))
	f.Fuzz(func(t *testing.T, data []byte) {
		if got, err := cluster.Decode(data); err == nil && (len(got) > cluster.MaxDecoded || cap(got) > cluster.MaxDecoded) {
			t.Errorf("%d bytes, in %d", len(got), cap(got))
		}
		if got, err := cluster.Decode(s2.Encode(nil, data)); err != nil || !bytes.Equal(got, data) {
			t.Errorf("%d bytes have become %d: %v", len(data), len(got), err)
		}
	})
}

func marshalled(t *testing.T, e *logpb.Entry) []byte {
	t.Helper()
	body, err := proto.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func encoded(t *testing.T, e *logpb.Entry) []byte {
	t.Helper()
	return s2.Encode(nil, marshalled(t, e))
}

// write publishes a message of an encoded entry by hand; header is what it has beside, or
// otherwise.
func write(t *testing.T, js jetstream.JetStream, subject string, header map[string]string, data []byte) {
	t.Helper()
	m := nats.NewMsg(subject)
	m.Header.Set(cluster.HeaderFormat, cluster.FormatEncoded)
	m.Header.Set(cluster.HeaderEncoding, "s2")
	for key, value := range header {
		m.Header.Set(key, value)
	}
	m.Data = data
	if _, err := js.PublishMsg(t.Context(), m); err != nil {
		t.Fatal(err)
	}
}
