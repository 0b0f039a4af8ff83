package pluginmetrics_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	dto "github.com/prometheus/client_model/go"
)

// after gives the answer once that is over, or fails with its context.
func after(d time.Duration, families ...*dto.MetricFamily) func(context.Context) ([]byte, error) {
	return func(ctx context.Context) ([]byte, error) {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
			return encoded(families...), nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func TestASlowPluginIsShownLaterAndKeepsNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		slow, quick := (&source{}).does(after(10*time.Second, gauge("slow"))), giving(gauge("quick"))
		s.has("slow", slow)
		s.has("quick", quick)
		took := func() (map[string]float64, time.Duration) {
			begun := time.Now()
			values := s.scrape()
			return values, time.Since(begun)
		}

		values, first := took()
		if first > time.Second || len(handlers(values)) != 1 {
			t.Errorf("the first scrape took %s and has %v", first, handlers(values))
		}
		values, second := took()
		if second != 0 || len(handlers(values)) != 1 || slow.times() != 1 || quick.times() != 2 {
			t.Errorf("the second took %s, has %v, and asked %d and %d times", second, handlers(values), slow.times(), quick.times())
		}
		time.Sleep(10 * time.Second) //nolint:forbidigo // In a bubble.
		values, third := took()
		synctest.Wait() // the slow one is asked again, and nobody waits for it
		if third != 0 || len(handlers(values)) != 2 || slow.times() != 2 {
			t.Errorf("the third took %s, has %v, and asked %d times", third, handlers(values), slow.times())
		}
		if diff := cmp.Diff(map[string]float64{"timeout": 1}, results(values, "slow")); diff != "" {
			t.Error(diff)
		}
		if d := values[`switchhook_plugin_collect_duration_seconds{plugin="slow"}`]; d != 10 {
			t.Errorf("the slow one took %v seconds", d)
		}
		if diff := cmp.Diff([]string{"slow timeout"}, s.logged()); diff != "" {
			t.Error(diff)
		}

		time.Sleep(11 * time.Second) //nolint:forbidigo // In a bubble.
		slow.does(after(0, gauge("slow")))
		took()
		synctest.Wait() // it was in time
		slow.does(after(100*time.Millisecond, gauge("recovered")))
		if values, d := took(); d != 100*time.Millisecond || !hasFamily(values, "recovered") {
			t.Errorf("one that was in time again is waited for: %s, %v", d, handlers(values))
		}
	})
}

func hasFamily(values map[string]float64, name string) bool {
	return slices.Contains(handlers(values), name+`{plugin="slow",replica="0"}`)
}

func TestWhatAPluginGaveLastIsShownForTwoMinutes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		p := giving(gauge("up"))
		s.has("p", p)
		s.scrape()
		p.now(nil, errors.New("the sensor is gone"))
		time.Sleep(2 * time.Minute) //nolint:forbidigo // In a bubble.
		values := s.scrape()
		if len(handlers(values)) != 1 || values[`switchhook_plugin_collect_age_seconds{plugin="p"}`] != 120 {
			t.Errorf("after 2 minutes: %v", values)
		}
		time.Sleep(time.Second) //nolint:forbidigo // In a bubble.
		values = s.scrape()
		if len(handlers(values)) != 0 || values[`switchhook_plugin_collect_series{plugin="p"}`] != 0 {
			t.Errorf("later: %v", handlers(values))
		}
		if diff := cmp.Diff(map[string]float64{"ok": 1, "failed": 2}, results(values, "p")); diff != "" {
			t.Error(diff)
		}
		p.now(encoded(gauge("up")), nil)
		if n := len(handlers(s.scrape())); n != 1 {
			t.Errorf("%d series of one that is well again", n)
		}
	})
}

func TestAProcessThatNeverAnswersIsAskedAgainAfterItsPatience(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		hung := (&source{}).does(after(time.Hour))
		s.has("p", hung)
		for range 4 {
			s.scrape()
			time.Sleep(16 * time.Second) //nolint:forbidigo // In a bubble.
		}
		values := s.scrape()
		synctest.Wait() // it is asked, and nobody waits for it
		if hung.times() != 3 || values[`switchhook_plugin_collect_age_seconds{plugin="p"}`] < 60 {
			t.Errorf("asked %d times; %v", hung.times(), values)
		}
		if diff := cmp.Diff(map[string]float64{"timeout": 2}, results(values, "p")); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{"p timeout"}, s.logged()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAScrapeThatComesMeanwhileWaitsForTheSameCollection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		p := (&source{}).does(after(500*time.Millisecond, gauge("up")))
		s.has("p", p)
		done := make(chan int)
		go func() { done <- len(handlers(s.scrape())) }()
		time.Sleep(200 * time.Millisecond) //nolint:forbidigo // In a bubble.
		if n := len(handlers(s.scrape())); n != 1 || <-done != 1 || p.times() != 1 {
			t.Errorf("%d series, and it was asked %d times", n, p.times())
		}
	})
}

func TestAnAnswerThatComesAfterItsProcessHoldsNoName(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		s.has("p", (&source{}).does(after(10*time.Second, gauge("x"))))
		s.scrape()
		s.has("p", giving(gauge("up")))
		s.scrape()
		time.Sleep(10 * time.Second) //nolint:forbidigo // In a bubble.
		synctest.Wait()
		s.has("q", giving(counterOf("x")))
		if got := handlers(s.scrape()); !slices.Equal(got, []string{`up{plugin="p",replica="0"}`, `x{plugin="q",replica="0"}`}) {
			t.Errorf("shown: %v", got)
		}
	})
}

func TestAPanicCostsOneCollection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // nobody is late while the clock stands still
		s := newScene(t)
		p := (&source{}).does(func(context.Context) ([]byte, error) { panic("what a surprise") })
		s.has("p", p)
		s.has("q", giving(gauge("up")))
		values := s.scrape()
		if diff := cmp.Diff(map[string]float64{"bad_data": 1}, results(values, "p")); diff != "" || len(handlers(values)) != 1 {
			t.Errorf("%v\n%s", handlers(values), diff)
		}
		p.now(encoded(gauge("down")), nil)
		if n := len(handlers(s.scrape())); n != 2 {
			t.Errorf("%d series afterwards", n)
		}
	})
}

func TestCloseEndsWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		p := (&source{}).does(after(time.Hour))
		s.has("p", p)
		s.scrape()
		s.collector.Close() // the bubble has no goroutine left, or the test fails
		s.scrape()
		if p.times() != 1 {
			t.Errorf("asked %d times", p.times())
		}
	})
}
