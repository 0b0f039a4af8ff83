package conformance_test

import (
	"encoding/binary"
	"os"
	"runtime"
	"testing"
)

// An ELF header names its machine in the two bytes from 18 on.
const elfMachine = 18

// The other machine is one that Go does not build for, so that no emulator is set
// up for it.
func TestProgramForAnotherMachineIsToldBoth(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(program("bad"))
	if err != nil {
		t.Fatal(err)
	}
	const sparc = 2
	binary.NativeEndian.PutUint16(raw[elfMachine:], sparc)
	wantDetail(t, verified(t, raw), "handshake", "it is built for EM_SPARC, this is "+runtime.GOARCH)
}
