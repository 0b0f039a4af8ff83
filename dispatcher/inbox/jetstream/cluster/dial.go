package cluster

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/nats-io/nats.go"
)

const dialTimeout = 2 * time.Second

// dial connects to one of the servers. Where none will have us, each is asked why.
func dial(ctx context.Context, o Options, s *state) (*nats.Conn, error) {
	options, err := o.identity()
	if err != nil {
		return nil, err
	}
	options = append(options,
		nats.Name(o.Name), nats.Timeout(dialTimeout), nats.MaxReconnects(-1),
		nats.ReconnectWait(250*time.Millisecond), nats.ReconnectJitter(500*time.Millisecond, time.Second),
		nats.PingInterval(5*time.Second), nats.MaxPingsOutstanding(2),
		nats.ReconnectBufSize(-1), // what cannot be sent now fails now, instead of coming late
		nats.IgnoreAuthErrorAbort(), nats.PermissionErrOnSubscribe(true),
	)
	nc, err := connect(ctx, o.Servers, append(options, s.options()...))
	if err != nil {
		return nil, o.refusals(ctx, options)
	}
	return nc, nil
}

// connect is nats.Connect that minds ctx.
func connect(ctx context.Context, servers []string, options []nats.Option) (*nats.Conn, error) {
	type result struct {
		nc  *nats.Conn
		err error
	}
	done := make(chan result, 1)
	go func() {
		nc, err := nats.Connect(strings.Join(servers, ","), options...)
		done <- result{nc, err}
	}()
	select {
	case r := <-done:
		return r.nc, r.err
	case <-ctx.Done():
		go func() {
			if r := <-done; r.err == nil {
				r.nc.Close()
			}
		}()
		return nil, ctx.Err() //nolint:wrapcheck // the caller asks again, server by server
	}
}

// identity is who we are and whom we trust.
func (o Options) identity() ([]nats.Option, error) {
	for key, file := range map[string]string{
		"creds": o.Creds, "nkey": o.NKey, "tls.ca": o.TLS.CA, "tls.cert": o.TLS.Cert, "tls.key": o.TLS.Key,
	} {
		if file == "" {
			continue
		}
		if _, err := os.ReadFile(file); err != nil { //nolint:gosec // the operator's own file
			return nil, fmt.Errorf("%w: inbox.nats.%s: %w", ErrConfig, key, err)
		}
	}
	var options []nats.Option
	if o.Creds != "" {
		text, _ := os.ReadFile(o.Creds)
		if !strings.Contains(string(text), "BEGIN NATS USER JWT") || !strings.Contains(string(text), "SEED") {
			return nil, fmt.Errorf("%w: inbox.nats.creds: %s holds no user's JWT with its seed: `nsc generate creds` writes one", ErrConfig, o.Creds)
		}
		options = append(options, nats.UserCredentials(o.Creds))
	}
	if o.NKey != "" {
		option, err := nats.NkeyOptionFromSeed(o.NKey)
		if err != nil {
			return nil, fmt.Errorf("%w: inbox.nats.nkey: %s holds no seed of a user (SU...): %w", ErrConfig, o.NKey, err)
		}
		options = append(options, option)
	}
	return o.trust(options)
}

func (o Options) trust(options []nats.Option) ([]nats.Option, error) {
	if o.TLS.CA != "" {
		text, _ := os.ReadFile(o.TLS.CA)
		if !x509.NewCertPool().AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("%w: inbox.nats.tls.ca: %s holds no certificate in PEM", ErrConfig, o.TLS.CA)
		}
		options = append(options, nats.RootCAs(o.TLS.CA))
	}
	if (o.TLS.Cert == "") != (o.TLS.Key == "") {
		return nil, fmt.Errorf("%w: inbox.nats.tls: cert and key go together: set both or none", ErrConfig)
	}
	if o.TLS.Cert != "" {
		if _, err := tls.LoadX509KeyPair(o.TLS.Cert, o.TLS.Key); err != nil {
			return nil, fmt.Errorf("%w: inbox.nats.tls.cert and inbox.nats.tls.key: %w", ErrConfig, err)
		}
		options = append(options, nats.ClientCert(o.TLS.Cert, o.TLS.Key))
	}
	return options, nil
}

// refusals asks each server why it will not have us. What waiting does not mend comes
// first: one server that knows us would have been enough.
func (o Options) refusals(ctx context.Context, options []nats.Option) error {
	found := make([]error, len(o.Servers))
	var wg sync.WaitGroup
	for i, server := range o.Servers {
		wg.Go(func() {
			found[i] = o.ask(ctx, server, append(slices.Clip(options), nats.IgnoreDiscoveredServers()))
		})
	}
	wg.Wait()
	for _, kind := range []error{ErrDenied, ErrTLS, ErrConfig} {
		for _, err := range found {
			if errors.Is(err, kind) {
				return err
			}
		}
	}
	return fmt.Errorf("inbox.nats.servers: %w: none of them has answered: %w", ErrUnreachable, errors.Join(found...))
}

// ask asks a server why it will not have us; nil where it will. One that does not like our
// certificate says so and hangs up, and whoever still writes then may not get to read it: it
// is asked again.
func (o Options) ask(ctx context.Context, server string, options []nats.Option) error {
	for last := 5; ; last-- {
		nc, err := connect(ctx, []string{server}, options)
		if err == nil {
			nc.Close()
			return nil
		}
		if last == 0 || !errors.Is(err, syscall.EPIPE) && !errors.Is(err, syscall.ECONNRESET) {
			return o.refusal(server, err)
		}
	}
}

func (o Options) refusal(server string, err error) error {
	at := shown(server)
	switch {
	case errors.Is(err, nats.ErrAuthorization):
		return fmt.Errorf("inbox.nats%s: %w: %s does not know the user, or not with that password or key: %w", o.who(), ErrDenied, at, err)
	case errors.Is(err, nats.ErrAuthExpired), errors.Is(err, nats.ErrAuthRevoked), errors.Is(err, nats.ErrAccountAuthExpired):
		return fmt.Errorf("inbox.nats%s: %w: %s: the user has to be renewed: %w", o.who(), ErrDenied, at, err)
	case errors.Is(err, nats.ErrSecureConnWanted):
		return fmt.Errorf("inbox.nats.servers: %w: %s has none, and we are told to speak it: give the server a certificate, or write nats:// and leave inbox.nats.tls out: %w", ErrTLS, at, err)
	case errors.Is(err, nats.ErrSecureConnRequired):
		return fmt.Errorf("inbox.nats.servers: %w: %s wants it: write tls://: %w", ErrTLS, at, err)
	}
	var verify *tls.CertificateVerificationError
	var alert tls.AlertError
	var record tls.RecordHeaderError
	switch {
	case errors.As(err, &verify):
		return fmt.Errorf("inbox.nats.tls.ca: %w: the certificate of %s is not to be trusted: %w", ErrTLS, at, err)
	case errors.As(err, &alert), strings.Contains(err.Error(), "remote error: tls"):
		return fmt.Errorf("inbox.nats.tls.cert: %w: %s does not accept our certificate: %w", ErrTLS, at, err)
	case errors.Is(err, nats.ErrNoServers): // the library keeps the reason to itself
		return fmt.Errorf("%s: nobody listens there: %w", at, err)
	case errors.As(err, &record), strings.Contains(err.Error(), "tls: "):
		return fmt.Errorf("inbox.nats.tls: %w: %s: %w", ErrTLS, at, err)
	default:
		return fmt.Errorf("%s: %w", at, err)
	}
}

func (o Options) who() string {
	switch {
	case o.Creds != "":
		return ".creds"
	case o.NKey != "":
		return ".nkey"
	default:
		return ".servers"
	}
}
