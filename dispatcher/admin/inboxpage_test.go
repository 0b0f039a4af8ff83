package admin_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/admin"
)

// large is an inbox of n copies with bodies of that size. most notes the largest sum of bodies that was asked for
// at once.
func large(n, size int, most *int) *admin.Inbox {
	in := inbox()
	in.Events = func(_ context.Context, q admin.InboxQuery) (page admin.InboxPage, err error) {
		sum := 0
		for seq := uint64(1); seq <= uint64(n); seq++ {
			if q.After != nil && seq <= q.After.Seq {
				continue
			}
			if len(page.Copies) == q.Limit {
				page.Next = &admin.InboxCursor{Seq: seq - 1, Plugin: "p"}
				break
			}
			c := admin.InboxCopy{InboxEvent: admin.InboxEvent{Seq: seq, ID: fmt.Sprint("id-", seq)}, InboxDelivery: admin.InboxDelivery{Plugin: "p"}}
			if q.Bodies {
				c.Body = bytes.Repeat([]byte("x"), size)
				sum += size
			}
			page.Copies = append(page.Copies, c)
		}
		*most = max(*most, sum)
		return page, nil
	}
	return in
}

func TestPagesWithLargeBodiesCanBeReadToTheEnd(t *testing.T) {
	t.Parallel()
	const mib = 1 << 20
	for name, tt := range map[string]struct{ n, size, pages int }{
		"many small ones are one page": {90, 1000, 1},
		"of a mebibyte each":           {6, mib, 2},
		"one that is larger than that": {2, 5 * mib, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, most := keeping(), 0
			o.Inbox = large(tt.n, tt.size, &most)
			socket, _ := start(t, o)
			var seqs, want []uint64
			cursor, pages := "", 0
			for more := true; more; more = cursor != "" {
				list, err := socket.InboxEvents(t.Context(), admin.InboxQuery{Bodies: true, Limit: 100}, cursor)
				if err != nil {
					t.Fatal(err)
				}
				for _, c := range list.Copies {
					if seqs = append(seqs, c.Seq); len(c.Body) != tt.size {
						t.Errorf("copy %d has %d bytes", c.Seq, len(c.Body))
					}
				}
				cursor, pages = list.Next, pages+1
			}
			for seq := range uint64(tt.n) {
				want = append(want, seq+1)
			}
			if !slices.Equal(seqs, want) || pages != tt.pages || most > 10*mib {
				t.Errorf("%d pages, of %v, %d bytes at once", pages, seqs, most)
			}
		})
	}
}

func TestOneEventOfManyPluginsIsReadWithItsBodyOnce(t *testing.T) {
	t.Parallel()
	const size = 1000
	o, most := keeping(), 0
	o.Inbox = large(20, size, &most) // of one event, for all that the admin side looks at
	socket, _ := start(t, o)
	detail, err := socket.InboxEvent(t.Context(), "id-1", true)
	if err != nil || len(detail.Copies) != 20 || len(detail.Body) != size || most != size {
		t.Errorf("%d copies, a body of %d, %d bytes at once: %v", len(detail.Copies), len(detail.Body), most, err)
	}
}
