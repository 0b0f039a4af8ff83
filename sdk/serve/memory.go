package serve

import (
	"math"
	"os"
	"runtime/debug"
)

// heapFloor is the heap, in bytes, below which it does not pay to collect.
const heapFloor = 32 << 20

// holdHeap reserves a heap that is never written to, and so never becomes memory
// of the machine, for as long as the result lives. The garbage collector sizes its
// next run by what is alive, and of most plugins that is next to nothing: without
// this it would run at every few thousand callbacks. Unlike a larger GOGC it adds
// a fixed amount, whatever else is alive. It is nil where somebody has set
// GOGC or GOMEMLIMIT, and so has chosen.
func holdHeap() []byte {
	if os.Getenv("GOGC") != "" || debug.SetMemoryLimit(-1) != math.MaxInt64 {
		return nil
	}
	return make([]byte, heapFloor)
}
