package imevent_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/switchhook/switchhook/sdk/imevent"
)

func TestEveryTimeOfEverySampleIsReadInItsUnit(t *testing.T) {
	t.Parallel()
	for _, typing := range imevent.Typings() {
		ev, err := typing.Decode(sample(t, typing.Command).Body)
		if err != nil {
			t.Errorf("%s: %v", typing.Command, err)
			continue
		}
		wantTimesOfToday(t, typing.Name, reflect.ValueOf(ev))
	}
}

// wantTimesOfToday fails for each time that is there and lies before the callbacks
// were invented or far ahead: one in seconds that is taken for milliseconds is of
// 1970, the other way round it is some 50,000 years ahead.
func wantTimesOfToday(t *testing.T, path string, v reflect.Value) {
	t.Helper()
	if at, ok := reflect.TypeAssert[interface {
		IsZero() bool
		Time() time.Time
	}](v); ok {
		if year := at.Time().Year(); !at.IsZero() && (year < 2010 || year > 2035) {
			t.Errorf("%s is of %d", path, year)
		}
		return
	}
	switch v.Kind() {
	case reflect.Interface:
		if !v.IsNil() {
			wantTimesOfToday(t, path, v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			wantTimesOfToday(t, path+"[]", v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() && !f.Anonymous {
				wantTimesOfToday(t, path+"."+f.Name, v.Field(i))
			}
		}
	default:
	}
}
