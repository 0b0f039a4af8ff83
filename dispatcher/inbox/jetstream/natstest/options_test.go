package natstest_test

import (
	"errors"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/natstest"
)

func TestOnlyThoseConnectThatMay(t *testing.T) {
	t.Parallel()
	certificates, operator := natstest.Certify(t), natstest.NewOperator(t)
	public, seed := natstest.NewNKey(t)
	byKey, err := nats.NkeyOptionFromSeed(seed)
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		server natstest.Options
		client []nats.Option // those that it needs
	}{
		"by password":    {natstest.Options{Users: []natstest.User{{Name: "u", Password: "p"}}}, []nats.Option{nats.UserInfo("u", "p")}},
		"by key":         {natstest.Options{NKeys: []string{public}}, []nats.Option{byKey}},
		"by credentials": {natstest.Options{Operator: operator}, []nats.Option{nats.UserCredentials(operator.Creds(t))}},
		"by authority":   {natstest.Options{TLS: certificates}, []nats.Option{nats.RootCAs(certificates.CA)}},
		"by certificate": {
			natstest.Options{TLS: certificates, VerifyClients: true},
			[]nats.Option{nats.RootCAs(certificates.CA), nats.ClientCert(certificates.Cert, certificates.Key)},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := natstest.Start(t, test.server)
			conn, err := nats.Connect(s.URL(), test.client...)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			js, err := jetstream.New(conn)
			if err != nil {
				t.Fatal(err)
			}
			stream(t, js, 1)
			if other, err := nats.Connect(s.URL()); err == nil {
				other.Close()
				t.Error("who shows nothing may connect as well")
			}
		})
	}
}

func TestAUserMayDoOnlyWhatItIsPermitted(t *testing.T) {
	t.Parallel()
	operator := natstest.NewOperator(t)
	const no = "$JS.API.STREAM.CREATE.>"
	tests := map[string]struct {
		server natstest.Options
		client nats.Option
	}{
		"by password": {
			natstest.Options{Users: []natstest.User{{Name: "u", Password: "p", Permissions: `publish: {deny: ["` + no + `"]}`}}},
			nats.UserInfo("u", "p"),
		},
		"by credentials": {natstest.Options{Operator: operator}, nats.UserCredentials(operator.Creds(t, no))},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := natstest.Start(t, test.server)
			denied := make(chan error, 10)
			conn, err := nats.Connect(s.URL(), test.client, nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { denied <- err }))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if err := conn.Publish("$JS.API.STREAM.CREATE.KEPT", []byte("{}")); err != nil {
				t.Fatal(err)
			}
			if err := <-denied; !errors.Is(err, nats.ErrPermissionViolation) {
				t.Errorf("it was told %v", err)
			}
		})
	}
}

func TestAServerIsAsSmallAsItIsTold(t *testing.T) {
	t.Parallel()
	bare := natstest.Start(t, natstest.Options{NoJetStream: true, MaxPayload: 1000, Config: "max_subscriptions: 3"})
	conn, err := nats.Connect(bare.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if conn.MaxPayload() != 1000 {
		t.Errorf("a message may have %d bytes", conn.MaxPayload())
	}
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.AccountInfo(t.Context()); !errors.Is(err, jetstream.ErrJetStreamNotEnabled) {
		t.Errorf("JetStream answers %v", err)
	}
	small := natstest.Start(t, natstest.Options{MaxStore: 1 << 20})
	_, err = dial(t, small.URL()).CreateStream(t.Context(), jetstream.StreamConfig{Name: "BIG", MaxBytes: 2 << 20})
	if err == nil {
		t.Error("a stream may be larger than the store")
	}
}

func TestAServerMayPretendToBeOlder(t *testing.T) {
	t.Parallel()
	conn, err := nats.Connect(natstest.Pretend(t, "2.9.1"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if got := conn.ConnectedServerVersion(); got != "2.9.1" {
		t.Errorf("it says that it is %s", got)
	}
}
