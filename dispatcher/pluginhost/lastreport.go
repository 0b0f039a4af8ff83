package pluginhost

import "strings"

// inPanic reports whether text belongs to a Go runtime's last report, which may have a
// line of preface. A JSON line after it means that the process lives on after all: the
// panic was one that it recovered from and printed.
func (s *logSink) inPanic(text string) bool {
	switch {
	case strings.HasPrefix(text, "{"):
		if s.panicking { // no line of that report is about an end yet to come
			s.tail = s.tail[len(s.tail)-1:]
		}
		s.panicking = false
		s.panicText.Reset()
	case s.preface:
	case isPanic(text), isPreface(text), !s.panicking && isSignal(text):
		s.panicking = true
		s.panicText.Reset()
	}
	s.preface = s.panicking && isPreface(text)
	return s.panicking
}

func isPanic(text string) bool {
	return strings.HasPrefix(text, "panic: ") || strings.HasPrefix(text, "fatal error: ")
}

// isPreface reports whether text says in more detail what the next line is about.
func isPreface(text string) bool {
	return strings.HasPrefix(text, "runtime/cgo: ") || strings.HasPrefix(text, "runtime: out of memory")
}

// isSignal reports whether text is how the runtime begins when a signal has ended the
// program. A plugin's own "SIGHUP: reloading" is none.
func isSignal(text string) bool {
	for _, name := range []string{
		"SIGABRT: abort", "SIGBUS: bus error", "SIGFPE: floating-point exception", "SIGILL: illegal instruction",
		"SIGQUIT: quit", "SIGSEGV: segmentation violation", "SIGSYS: bad system call", "SIGTRAP: trace trap", "[signal SIG",
	} {
		if strings.HasPrefix(text, name) {
			return true
		}
	}
	return false
}

// reported classes what a Go runtime reports.
func reported(report string) exitReason {
	if isSignal(report) {
		return exitSignal
	}
	return exitPanic
}

// headline is the line of a report that tells most. A fault in C is told in two.
func headline(report string) string {
	first, rest, _ := strings.Cut(report, "\n")
	if strings.HasPrefix(first, "fatal error: unexpected signal") && strings.HasPrefix(rest, "[signal SIG") {
		return first + " " + firstLine(rest)
	}
	return first
}

// starved returns what the process said of a want of memory that it failed for, and
// nothing if it did not. Only raw lines count: runtimes write no JSON.
func (e exit) starved() string {
	if e.code == 0 {
		return ""
	}
	if e.panicText != "" {
		if first := headline(e.panicText); aboutMemory(first) {
			return clip(first, tailLine)
		}
		return ""
	}
	for _, r := range e.tail {
		if r.raw && aboutMemory(r.text) {
			return r.text
		}
	}
	return ""
}

// aboutMemory knows the words of Go, C and C++, Python, Java and Node.js. A thread that
// cannot be created mostly has no memory for its stack.
func aboutMemory(text string) bool {
	text = strings.ToLower(text)
	for _, words := range []string{
		"out of memory", "outofmemory", "cannot allocate memory", "memoryerror", "std::bad_alloc", "pthread_create failed",
		"sanitizer failed to allocate",
	} {
		if strings.Contains(text, words) {
			return true
		}
	}
	return false
}
