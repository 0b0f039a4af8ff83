package admin

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// Outcomes returns how many callbacks of command the gateway has counted since it
// started, by their outcome; a command that nobody claims is counted under "other".
func (c *Client) Outcomes(ctx context.Context, command string) (map[string]float64, error) {
	text, err := c.metrics(ctx)
	if err != nil {
		return nil, err
	}
	series := `switchhook_callbacks_total{command="` + command + `",outcome="`
	counts := make(map[string]float64)
	for line := range strings.Lines(text) {
		rest, ours := strings.CutPrefix(line, series)
		outcome, value, whole := strings.Cut(rest, `"} `)
		if !ours || !whole {
			continue
		}
		n, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		if err != nil {
			return nil, fmt.Errorf("read metrics of gateway at %s: %w", c.target, err)
		}
		counts[outcome] = n
	}
	return counts, nil
}

// metrics asks for everything that the gateway measures, as text.
func (c *Client) metrics(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+pathMetrics, nil)
	if err != nil {
		return "", fmt.Errorf("ask gateway at %s: %w", c.target, err)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return "", c.unreached(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s answered %s to %s: is this a Switchhook admin address?", c.target, resp.Status, pathMetrics)
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, answerLimit))
	if err != nil {
		return "", fmt.Errorf("read metrics of gateway at %s: %w", c.target, err)
	}
	return string(text), nil
}
