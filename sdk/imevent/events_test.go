package imevent_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent"
)

// unknownBodies are the commands whose bodies no page describes.
var unknownBodies = map[string]bool{"Live.CallbackBeforeCallBackNotBlock": true}

func TestEveryCommandIsTyped(t *testing.T) {
	t.Parallel()
	for _, c := range imevent.Specs() {
		typing, typed := imevent.TypingOf(c.Command)
		if typed == unknownBodies[c.Command] {
			t.Errorf("%s: typed %v", c.Command, typed)
		}
		if !typed {
			continue
		}
		if c.Doc == "" || !strings.HasPrefix(c.Doc, "https://") {
			t.Errorf("%s has no page: %q", c.Command, c.Doc)
		}
		if acked := typing.Answer == reflect.TypeFor[sdk.Ack](); acked == c.ReadsReply {
			t.Errorf("%s is answered with %s, and Tencent reads its reply: %v", c.Command, typing.Answer, c.ReadsReply)
		}
		if typing.Answer.Name() != "Ack" && typing.Answer.PkgPath() != reflect.TypeFor[imevent.Contract]().PkgPath() {
			t.Errorf("%s is answered with %s", c.Command, typing.Answer)
		}
		family, word, _ := strings.Cut(c.Command, ".")
		if name := family + strings.TrimPrefix(word, "Callback"); typing.Name != name || typing.Event.Name() != name+"Event" {
			t.Errorf("%s is called %s and %s, want %s", c.Command, typing.Name, typing.Event.Name(), name)
		}
	}
	if n := len(imevent.Typings()); n != 80 {
		t.Errorf("%d commands are typed", n)
	}
}

func TestEveryEventReadsAndWritesItsSample(t *testing.T) {
	t.Parallel()
	for _, typing := range imevent.Typings() {
		t.Run(typing.Command, func(t *testing.T) {
			t.Parallel()
			text := sample(t, typing.Command).Body
			ev, err := typing.Decode(text)
			if err != nil {
				t.Fatal(err)
			}
			if got := reflect.TypeOf(ev); got != typing.Event {
				t.Fatalf("decoded a %s", got)
			}
			wantNothingUnknown(t, "", reflect.ValueOf(ev))
			wantSameJSON(t, text, ev)
		})
	}
}

// wantNothingUnknown fails for each key of a documented sample that has no field.
func wantNothingUnknown(t *testing.T, path string, v reflect.Value) {
	t.Helper()
	if v.Kind() == reflect.Interface && !v.IsNil() {
		v = v.Elem()
	}
	if v.Kind() == reflect.Slice {
		for i := range v.Len() {
			wantNothingUnknown(t, path+"[]", v.Index(i))
		}
	}
	if o, ok := reflect.TypeAssert[interface {
		Unknown() map[string]json.RawMessage
	}](v); ok {
		for key, value := range o.Unknown() {
			t.Errorf("%s%s is no field's: %s", path, key, value)
		}
		for f, value := range v.Fields() {
			if f.IsExported() && !f.Anonymous {
				wantNothingUnknown(t, path+f.Name+".", value)
			}
		}
	}
}

func wantSameJSON(t *testing.T, want []byte, ev any) {
	t.Helper()
	back, err := json.Marshal(ev)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(plain(t, want), plain(t, back)); diff != "" {
		t.Errorf("the event loses or invents something (-sample +event):\n%s", diff)
	}
}
