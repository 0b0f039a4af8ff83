package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/switchhook/switchhook/sdk/wire"
)

// pluginName is the name that a plugin is checked under.
const pluginName = "verified"

func (s *suite) configuration(p *process, config json.RawMessage, dryRun bool) wire.Configuration {
	return wire.Configuration{Config: config, DataDir: p.data, PluginName: pluginName, DryRun: dryRun}
}

// try hands the first process settings as a dry run and returns why they are
// refused; ok is false where the answer was not one.
func (s *suite) try(ctx context.Context, config string) (refused string, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.options.Patience)
	defer cancel()
	err = s.first.link.client.Configure(ctx, s.configuration(s.first, json.RawMessage(config), true))
	if r, ok := errors.AsType[*wire.RefusedError](err); ok {
		return r.Reason, nil
	}
	return "", err
}

// settings has the first process check good and bad settings as dry runs. It is
// never used for callbacks, since a dry run promises that.
func (s *suite) settings(ctx context.Context) finding {
	defer s.drop(&s.first)
	if len(s.description.ConfigSchema) == 0 {
		return none("it takes no settings: it gives no config_schema")
	}
	reason, err := s.try(ctx, string(s.options.Config))
	if err != nil {
		return fail("Configure as a dry run: %v", err)
	}
	if reason != "" {
		return fail("it refuses the settings: %s; give it ones that it takes", reason)
	}
	for what, config := range map[string]string{
		"settings that are not JSON": `{"`,
		"settings that are a list":   `[]`,
	} {
		if f := s.refuses(ctx, what, config); f.result == Failed {
			return f
		}
	}
	if !isClosed(s.description.ConfigSchema) {
		return pass("takes the settings and refuses what is none; its schema allows unknown keys, " +
			"so a typing error in the operator's file stays unseen: say additionalProperties: false")
	}
	unknown, err := withUnknownKey(s.options.Config, `1`)
	if err != nil {
		return fail("%v", err)
	}
	if f := s.refuses(ctx, "the unknown key "+unknownKey, string(unknown)); f.result == Failed {
		return f
	}
	return pass("takes the settings and refuses what is none and unknown keys, in words")
}

// refuses expects a refusal in the response.
func (s *suite) refuses(ctx context.Context, what, config string) finding {
	reason, err := s.try(ctx, config)
	if err != nil {
		return fail("it answers %s with the gRPC error %v: name what is wrong in ConfigureResponse.error instead", what, err)
	}
	if reason == "" {
		return fail("it takes %s: name what is wrong in ConfigureResponse.error", what)
	}
	return pass("")
}

// isClosed reports whether a schema refuses keys that it does not name.
func isClosed(raw json.RawMessage) bool {
	var schema struct {
		Additional json.RawMessage `json:"additionalProperties"`
	}
	if json.Unmarshal(raw, &schema) != nil {
		return false
	}
	var not struct {
		Not json.RawMessage `json:"not"`
	}
	return string(schema.Additional) == "false" || json.Unmarshal(schema.Additional, &not) == nil && string(not.Not) == "{}"
}

const unknownKey = "ConformanceUnknownKey"

// withUnknownKey returns a JSON object with one key more, at its end. The value may
// be megabytes long: it is copied, not read.
func withUnknownKey(object json.RawMessage, value string) (json.RawMessage, error) {
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(object, &keys); err != nil {
		return nil, fmt.Errorf("add a key: %w", err)
	}
	if keys == nil {
		return nil, errors.New("add a key: null is no object")
	}
	members, comma := object[:bytes.LastIndexByte(object, '}')], ","
	if len(keys) == 0 {
		comma = ""
	}
	return slices.Concat(members, json.RawMessage(comma+`"`+unknownKey+`":`), json.RawMessage(value), json.RawMessage("}")), nil
}

// configure starts the process that gets the callbacks.
func (s *suite) configure(ctx context.Context) finding {
	s.block("it does not take its settings: see configure")
	p, err := s.start(ctx)
	if err != nil {
		return fail("a second process does not start: %v", err)
	}
	s.current = p
	if err := s.settle(ctx, p); err != nil {
		if r, ok := errors.AsType[*wire.RefusedError](err); ok {
			if why, failed := r.StartFailed(); failed {
				return fail("its Start failed: %s", why)
			}
			return fail("it refuses the settings: %s; give it ones that it takes", r.Reason)
		}
		p.endsWithin(afterlife)
		return fail("%v; %s", err, p.lastWords())
	}
	s.stage = configured
	return pass("takes the settings")
}

// health asks as the gateway does.
func (s *suite) health(ctx context.Context) finding {
	p, err := s.live(ctx)
	if err != nil {
		return fail("%v", err)
	}
	ctx, cancel := context.WithTimeout(ctx, s.options.Patience)
	defer cancel()
	if err := p.link.client.Healthy(ctx); err != nil {
		return fail("%v; grpc.health.v1 has to answer SERVING for the service \"plugin\" once the plugin is configured", err)
	}
	return pass("SERVING")
}
