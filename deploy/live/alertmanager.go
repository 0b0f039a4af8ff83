package live

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"time"
)

// Alert is one that Alertmanager delivered.
type Alert struct {
	// Status is firing or resolved.
	Status      string            `json:"status"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	// StartsAt is when it began to fire.
	StartsAt time.Time `json:"startsAt"`
}

// Alertmanager is Debian's program, which delivers to a receiver in this process.
type Alertmanager struct {
	process  *process
	receiver *http.Server
	served   chan error
	address  string

	mu        sync.Mutex
	delivered []Alert
}

const alertmanagerConfig = `
route: {receiver: loopback, group_by: ['...'], group_wait: 0s, group_interval: 1s, repeat_interval: 1h}
receivers:
  - name: loopback
    webhook_configs: [{url: 'http://%s/', send_resolved: true}]
`

// startAlertmanager starts the receiver, and Alertmanager in dir.
func startAlertmanager(ctx context.Context, dir string) (*Alertmanager, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for alerts: %w", err)
	}
	a := &Alertmanager{served: make(chan error, 1)}
	a.receiver = &http.Server{Handler: http.HandlerFunc(a.receive), ReadHeaderTimeout: patience}
	go func() { a.served <- a.receiver.Serve(listener) }()
	err = errors.Join(
		os.MkdirAll(dir, 0o700),
		os.WriteFile(filepath.Join(dir, "config.yaml"), fmt.Appendf(nil, alertmanagerConfig, listener.Addr()), 0o600),
	)
	if err == nil {
		a.process, err = run("prometheus-alertmanager", dir, nil, "--config.file=config.yaml", "--storage.path=data",
			"--web.listen-address=127.0.0.1:0", "--cluster.listen-address=")
	}
	if err == nil {
		a.address, err = a.process.listening(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, a.close()) //nolint:contextcheck // what was started ends, whatever ctx says
	}
	return a, nil
}

// listening waits for the line in which a program of Prometheus's says where it
// listens, and until it is ready.
func (p *process) listening(ctx context.Context) (address string, err error) {
	line := regexp.MustCompile(`msg="Listening on" address=(\S+)`)
	err = p.await(ctx, "it is ready", func() bool {
		found := line.FindStringSubmatch(p.log.text())
		if found == nil {
			return false
		}
		address = found[1]
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/-/ready", nil)
		if err != nil {
			return false
		}
		res, err := http.DefaultClient.Do(req)
		return err == nil && res.Body.Close() == nil && res.StatusCode == http.StatusOK
	})
	return address, err
}

// receive is the webhook.
func (a *Alertmanager) receive(w http.ResponseWriter, r *http.Request) {
	var message struct {
		Alerts []Alert `json:"alerts"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&message); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.delivered = append(a.delivered, message.Alerts...)
}

// delivery waits until what was delivered last of an alert has it in a state, and returns it.
func (a *Alertmanager) delivery(ctx context.Context, state, name string, labels Labels, after time.Time) (found Alert, err error) {
	err = a.process.await(ctx, fmt.Sprintf("%s with %v is delivered as %s", name, labels, state), func() bool {
		a.mu.Lock()
		defer a.mu.Unlock()
		for _, alert := range slices.Backward(a.delivered) {
			if alert.Labels["alertname"] == name && alert.StartsAt.After(after) && labels.of(alert) {
				found = alert
				return alert.Status == state
			}
		}
		return false
	})
	return found, err
}

// of reports whether an alert has the labels.
func (l Labels) of(alert Alert) bool {
	for name, value := range l {
		if alert.Labels[name] != value {
			return false
		}
	}
	return true
}

func (a *Alertmanager) close() error {
	if a == nil {
		return nil
	}
	err := a.process.close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	err = errors.Join(err, a.receiver.Shutdown(ctx))
	if served := <-a.served; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}
