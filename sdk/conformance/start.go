package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/switchhook/switchhook/sdk/wire"
	"github.com/switchhook/switchhook/sdk/wire/wirepb"
)

// handshake starts the first process and reads its line.
func (s *suite) handshake(ctx context.Context) finding {
	s.block("there is no link to the plugin: see handshake")
	p, err := s.start(ctx)
	if errors.Is(err, errNoCertificate) || errors.Is(err, errUnwanted) {
		s.stage, s.unsecured = linked, err
		return pass("protocol %d, grpc", wire.ProtocolVersion)
	}
	if err != nil {
		return fail("%v", err)
	}
	s.first, s.stage = p, linked
	return pass("protocol %d, grpc on a %s socket", wire.ProtocolVersion, p.link.greeting.network)
}

// secured looks at what the first call makes of the transport, and that nobody
// else gets in.
func (s *suite) secured(ctx context.Context) finding {
	if s.unsecured != nil {
		return s.unlink("%v", s.unsecured)
	}
	if !s.mtls {
		return none("left out as asked: the gateway needs plugins.NAME.mtls: off for this plugin, unless it passes with mTLS too")
	}
	ctx, cancel := context.WithTimeout(ctx, s.options.Patience)
	defer cancel()
	if _, err := s.first.link.rpc.Describe(ctx, &wirepb.DescribeRequest{}); status.Code(err) == codes.Unavailable {
		return s.unlink("the TLS of the handshake leads to no answer: %v; a plugin that cannot do mTLS leaves the certificate out of its handshake", err)
	}
	stranger, err := newIdentity()
	if err != nil {
		return fail("%v", err)
	}
	other, err := dial(s.first.link.greeting, stranger)
	if err != nil {
		return fail("%v", err)
	}
	defer other.close()
	if _, err := other.rpc.Describe(ctx, &wirepb.DescribeRequest{}); err == nil {
		return fail("it answers a client with a certificate that is not the gateway's: require the one in PLUGIN_CLIENT_CERT")
	}
	return pass("the gateway's certificate is asked for, a stranger's is refused")
}

// unlink is a failure that leaves no link.
func (s *suite) unlink(format string, args ...any) finding {
	s.stage = started
	s.block("there is no link to the plugin: see mtls")
	return fail(format, args...)
}

var pattern = regexp.MustCompile(`^(\*|[A-Za-z0-9_]+\.(\*|[A-Za-z0-9_.]+))$`)

// describe asks the process what the plugin is, before it has any settings.
func (s *suite) describe(ctx context.Context) finding {
	s.block("it could not be asked what it is: see describe")
	ctx, cancel := context.WithTimeout(ctx, s.options.Patience)
	defer cancel()
	d, err := s.first.link.client.Describe(ctx)
	if err != nil {
		return fail("%v; it has to work before Configure", err)
	}
	r := s.report
	r.Name, r.Version, r.SDKVersion, r.Language = d.Name, d.Version, d.SDKVersion, d.Language
	if d.Name == "" {
		return fail("it has no name: fill in DescribeResponse.name")
	}
	if len(d.Claims) == 0 {
		return fail("it claims no command, so it would never get a callback: fill in DescribeResponse.claims")
	}
	patterns := make([]string, len(d.Claims))
	for i, c := range d.Claims {
		patterns[i] = c.Pattern
		if !pattern.MatchString(c.Pattern) {
			return fail("the claim %s is neither a command (Sns.CallbackBlackListAdd), a family (Sns.*) nor *", shown(c.Pattern))
		}
	}
	if err := checkSchema(d.ConfigSchema); err != nil {
		return fail("its config_schema %v", err)
	}
	s.description, s.stage = d, described
	return pass("claims %s; offers %s", claimed(patterns), list(d.Capabilities))
}

// claimed names a few claims, and counts more.
func claimed(patterns []string) string {
	const few = 5
	if len(patterns) <= few {
		return strings.Join(patterns, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(patterns[:few], ", "), len(patterns)-few)
}

func list(words []string) string {
	if len(words) == 0 {
		return "nothing beyond Handle"
	}
	return strings.Join(words, ", ")
}

func checkSchema(raw json.RawMessage) error {
	if len(raw) == 0 {
		return nil
	}
	var schema jsonschema.Schema
	if err := json.Unmarshal(raw, &schema); err != nil {
		return fmt.Errorf("is no JSON Schema: %w", err)
	}
	if bytes.TrimSpace(raw)[0] != '{' {
		return fmt.Errorf("is %s: settings are an object, so describe one", shown(string(raw)))
	}
	if _, err := schema.Resolve(nil); err != nil {
		return fmt.Errorf("cannot be used: %w", err)
	}
	return nil
}
