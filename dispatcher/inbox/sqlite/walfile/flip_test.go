package walfile_test

import (
	"encoding/binary"
	"testing"
)

func TestNoBitThatFlipsHidesALoss(t *testing.T) {
	t.Parallel()
	for _, order := range []binary.ByteOrder{binary.BigEndian, binary.LittleEndian} {
		w := newLog(order, pageSize)
		sizes := []int{2, 3, 1, 2, 1, 2, 1}
		for _, n := range sizes {
			w.transaction(n)
		}
		// A loss is proven by a whole transaction behind the broken one.
		frame := w.offset(2) - w.offset(1)
		for bit := range 8 * w.offset(9) {
			if (bit/8-32)%frame >= 24 && bit%61 != 0 {
				continue // one bit of a page is like another
			}
			w.out[bit/8] ^= 1 << (bit % 8)
			if got := examine(t, w.out); got.Lost == 0 || got.Commits+got.Lost != len(sizes) {
				t.Errorf("%v: bit %d of byte %d, %d behind frame %d's begin: %+v", order, bit%8, bit/8,
					(bit/8-32)%frame, (bit/8-32)/frame+1, got)
			}
			w.out[bit/8] ^= 1 << (bit % 8)
		}
	}
}
