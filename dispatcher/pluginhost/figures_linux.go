package pluginhost

import "github.com/prometheus/procfs"

// figuresOf reads what /proc says of a process. What the gateway may not read, such as
// the open files of another user's process, is not known.
func figuresOf(pid int) figures {
	f := unknownFigures()
	fs, err := procfs.NewDefaultFS()
	if err != nil {
		return f
	}
	proc, err := fs.Proc(pid)
	if err != nil {
		return f
	}
	if stat, err := proc.Stat(); err == nil {
		f.cpuSeconds, f.residentBytes, f.threads = stat.CPUTime(), float64(stat.ResidentMemory()), float64(stat.NumThreads)
	}
	if n, err := proc.FileDescriptorsLen(); err == nil {
		f.openFDs = float64(n)
	}
	if limits, err := proc.Limits(); err == nil {
		f.maxFDs = float64(limits.OpenFiles)
	}
	return f
}
