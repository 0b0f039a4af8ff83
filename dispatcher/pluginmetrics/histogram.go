package pluginmetrics

import (
	"math"

	dto "github.com/prometheus/client_model/go"
)

// Bounds of a native histogram. Prometheus refuses a whole scrape for one that
// contradicts itself.
const (
	minSchema, maxSchema = -4, 8
	maxNative            = 320     // buckets, twice what client_golang makes at most
	maxPlace             = 1 << 20 // of a bucket: beyond every number at the finest schema
	maxCount             = 1 << 53 // of a bucket: what a float holds exactly
)

// takeHistogram takes over a histogram that agrees with itself.
func (s *series) takeHistogram(came *dto.Histogram) bool {
	to := &dto.Histogram{
		SampleCount: new(came.GetSampleCount()), SampleSum: new(came.GetSampleSum()),
		CreatedTimestamp: created(came.GetCreatedTimestamp()),
	}
	if ofFloats(came) || !takeBuckets(to, came.GetBucket()) || native(came) && !takeNative(to, came) {
		return false
	}
	s.metric.Histogram = to
	s.weight = len(to.GetBucket()) + 2 //nolint:mnd // Sum and count.
	if n := len(to.GetBucket()); n == 0 || !math.IsInf(to.GetBucket()[n-1].GetUpperBound(), 1) {
		s.weight++ // the text has the last bucket all the same
	}
	return true
}

// ofFloats reports whether the histogram counts in floats, which OpenMetrics cannot
// show.
func ofFloats(h *dto.Histogram) bool {
	for _, b := range h.GetBucket() {
		if b.CumulativeCountFloat != nil {
			return true
		}
	}
	return h.SampleCountFloat != nil || h.ZeroCountFloat != nil || len(h.GetPositiveCount()) > 0 || len(h.GetNegativeCount()) > 0
}

// takeBuckets takes over classic buckets, whose bounds and counts have to grow.
func takeBuckets(to *dto.Histogram, came []*dto.Bucket) bool {
	bound, count := math.Inf(-1), uint64(0)
	for i, b := range came {
		upper, n := b.GetUpperBound(), b.GetCumulativeCount()
		if math.IsNaN(upper) || i > 0 && upper <= bound || n < count || n > to.GetSampleCount() {
			return false
		}
		if math.IsInf(upper, 1) && n != to.GetSampleCount() {
			return false
		}
		bound, count = upper, n
		to.Bucket = append(to.Bucket, &dto.Bucket{UpperBound: &upper, CumulativeCount: &n})
	}
	return true
}

// native reports whether the histogram has exponential buckets.
func native(h *dto.Histogram) bool {
	return h.Schema != nil || h.ZeroThreshold != nil || h.ZeroCount != nil || len(h.GetPositiveSpan())+len(h.GetNegativeSpan()) > 0 ||
		len(h.GetPositiveDelta())+len(h.GetNegativeDelta()) > 0
}

// takeNative takes over exponential buckets by the rules of Prometheus: the spans name
// as many buckets as there are, none counts less than nothing, and together they count
// what the histogram does.
func takeNative(to, came *dto.Histogram) bool {
	zero := came.GetZeroThreshold()
	if schema := came.GetSchema(); schema < minSchema || schema > maxSchema || !(zero >= 0) || math.IsInf(zero, 1) || came.GetZeroCount() > maxCount {
		return false
	}
	positive, okay := sumOf(came.GetPositiveSpan(), came.GetPositiveDelta())
	negative, fine := sumOf(came.GetNegativeSpan(), came.GetNegativeDelta())
	sum := positive + negative + came.GetZeroCount()
	if !okay || !fine || sum > to.GetSampleCount() || sum < to.GetSampleCount() && !math.IsNaN(to.GetSampleSum()) {
		return false
	}
	to.Schema, to.ZeroThreshold, to.ZeroCount = new(came.GetSchema()), &zero, new(came.GetZeroCount())
	to.PositiveSpan, to.PositiveDelta = spansOf(came.GetPositiveSpan()), came.GetPositiveDelta()
	to.NegativeSpan, to.NegativeDelta = spansOf(came.GetNegativeSpan()), came.GetNegativeDelta()
	return true
}

// sumOf returns what the buckets of one side count, and whether they make sense.
func sumOf(spans []*dto.BucketSpan, deltas []int64) (sum uint64, ok bool) {
	if len(spans) > maxNative || len(deltas) > maxNative || !spansName(spans, len(deltas)) {
		return 0, false
	}
	count := int64(0)
	for _, delta := range deltas {
		if delta > maxCount || delta < -maxCount {
			return 0, false
		}
		if count += delta; count < 0 || count > maxCount {
			return 0, false
		}
		sum += uint64(count)
	}
	return sum, true
}

// spansName reports whether the spans name that many buckets, one after the other.
func spansName(spans []*dto.BucketSpan, buckets int) bool {
	named, place := int64(0), int64(0)
	for i, s := range spans {
		named += int64(s.GetLength())
		place += int64(s.GetOffset()) + int64(s.GetLength())
		if i > 0 && s.GetOffset() < 0 || place > maxPlace || place < -maxPlace {
			return false
		}
	}
	return named == int64(buckets)
}

func spansOf(came []*dto.BucketSpan) []*dto.BucketSpan {
	spans := make([]*dto.BucketSpan, len(came))
	for i, s := range came {
		spans[i] = &dto.BucketSpan{Offset: new(s.GetOffset()), Length: new(s.GetLength())}
	}
	return spans
}
