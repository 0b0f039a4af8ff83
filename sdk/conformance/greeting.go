package conformance

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/switchhook/switchhook/sdk/wire"
)

// greeting is a handshake line: CORE|VERSION|NETWORK|ADDRESS|PROTOCOL|CERTIFICATE.
type greeting struct {
	network, address string
	certificate      string // empty: plaintext
}

const maxShown = 200

// readGreeting reads a handshake line.
func readGreeting(line string) (greeting, error) {
	const form = "1|PROTOCOL_VERSION|unix|SOCKET|grpc|CERTIFICATE"
	parts := append(strings.Split(line, "|"), "", "")
	core, err := strconv.Atoi(parts[0])
	if err != nil || len(parts) < 6 {
		return greeting{}, fmt.Errorf("it printed %s to standard output where the handshake %s belongs: print everything else to standard error",
			shown(line), form)
	}
	if core != 1 {
		return greeting{}, fmt.Errorf("it speaks go-plugin's core protocol %d, the gateway speaks 1", core)
	}
	if version, err := strconv.Atoi(parts[1]); err != nil || version != wire.ProtocolVersion {
		return greeting{}, fmt.Errorf("it speaks plugin protocol %s, the gateway speaks %d: build it for protocol %[2]d",
			shown(parts[1]), wire.ProtocolVersion)
	}
	g := greeting{network: parts[2], address: parts[3], certificate: parts[5]}
	if parts[4] != "grpc" {
		return greeting{}, fmt.Errorf("it serves %s, and the gateway speaks only grpc: the line is %s", shown(parts[4]), form)
	}
	return g, g.isLocal()
}

// isLocal refuses an address that would send callbacks off the machine.
func (g greeting) isLocal() error {
	if g.network == "unix" && g.address != "" {
		return nil
	}
	host, _, err := net.SplitHostPort(g.address)
	if ip := net.ParseIP(host); g.network == "tcp" && err == nil && ip.IsLoopback() {
		return nil
	}
	return fmt.Errorf("it serves on %s %s: only a unix socket or a loopback address will do", shown(g.network), shown(g.address))
}

func shown(text string) string {
	if len(text) > maxShown {
		return strconv.Quote(text[:maxShown]) + "…"
	}
	return strconv.Quote(text)
}

// begun says what there is of a line that did not end.
func begun(p *process) string {
	if text := p.out.begun(); text != "" {
		return "only " + shown(text) + " without an end of the line"
	}
	return "nothing"
}

var errNoCertificate = errors.New("there is no certificate in its handshake, so it cannot do mTLS: run it with mtls: off " +
	"in the gateway's file, and verify it with mtls off")

var errUnwanted = errors.New("it insists on TLS although none was asked for (PLUGIN_CLIENT_CERT is not set): serve plaintext then")

// connect waits for the handshake line of a fresh process and dials. Nothing is
// sent yet: gRPC connects with the first call.
func (s *suite) connect(ctx context.Context, p *process, own *identity) error {
	limit := startPatience * s.options.Patience
	timer := time.NewTimer(limit)
	defer timer.Stop()
	var line string
	select {
	case line = <-p.out.first:
	case <-p.dead:
		select {
		case line = <-p.out.first:
		default:
			return errors.New("it ended without a handshake line: " + p.lastWords())
		}
	case <-timer.C:
		return fmt.Errorf("no handshake line within %s, and on standard output %s; %s", limit, begun(p), p.lastWords())
	case <-ctx.Done():
		return fmt.Errorf("wait for the handshake: %w", ctx.Err())
	}
	g, err := readGreeting(line)
	if err != nil {
		return err
	}
	switch {
	case own != nil && g.certificate == "":
		return errNoCertificate
	case own == nil && g.certificate != "":
		return errUnwanted
	}
	p.link, err = dial(g, own)
	return err
}
