// Picture draws dashboards of deploy/dashboards from a Prometheus, and writes
// each as a page of HTML and as a PNG. From the folder deploy:
//
//	go run ./draw/picture -from http://127.0.0.1:9090 -range 1h -into /tmp/pictures
//
// It needs npm and Chromium.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"github.com/switchhook/switchhook/deploy/draw"
	"github.com/switchhook/switchhook/deploy/grafana"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "picture:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) (err error) {
	from := flag.String("from", "http://127.0.0.1:9090", "where Prometheus answers")
	dir := flag.String("dashboards", "dashboards", "folder of the dashboards")
	into := flag.String("into", ".", "folder for what is drawn")
	span := flag.Duration("range", time.Hour, "range of time, up to now")
	scrape := flag.Duration("scrape", 15*time.Second, "how often Prometheus scrapes")
	all := flag.Bool("all", false, "draw collapsed rows too")
	choices := map[string]string{}
	flag.Func("choose", "a variable's value, such as command=Group.CallbackBeforeSendMsg (may be repeated)", func(text string) error {
		name, value, ok := strings.Cut(text, "=")
		if !ok {
			return errors.New("is not NAME=VALUE")
		}
		choices[name] = value
		return nil
	})
	flag.Parse()
	boards, err := grafana.Load(*dir)
	if err != nil {
		return err
	}
	scratch, err := os.MkdirTemp("", "switchhook-picture-")
	if err != nil {
		return fmt.Errorf("make a folder for uPlot: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	library, err := draw.Fetch(ctx, scratch)
	if err != nil {
		return err
	}
	now := time.Now()
	options := draw.Options{
		Over: draw.Range{From: now.Add(-*span), To: now}, Scrape: *scrape, Choices: choices, AllRows: *all, Library: library,
	}
	for _, board := range boards {
		if err := write(ctx, board, draw.Prometheus(*from, nil), options, filepath.Join(*into, board.UID)); err != nil {
			return err
		}
	}
	return nil
}

func write(ctx context.Context, board grafana.Dashboard, ask draw.Source, options draw.Options, file string) error {
	page, err := draw.Draw(ctx, board, ask, options)
	if err != nil {
		return err
	}
	png, _, err := draw.Picture(ctx, page)
	if err != nil {
		return err
	}
	for suffix, text := range map[string][]byte{".html": page.HTML, ".png": png} {
		if err := os.WriteFile(file+suffix, text, 0o600); err != nil {
			return fmt.Errorf("write what was drawn: %w", err)
		}
	}
	if _, err := fmt.Fprintf(os.Stdout, "%s.png (%d panels without data)\n", file, len(page.Empty)); err != nil {
		return fmt.Errorf("name the picture: %w", err)
	}
	return nil
}
