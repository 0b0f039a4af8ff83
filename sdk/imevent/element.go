package imevent

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
)

// Element is one item of a message's MsgBody: a text, an image, something of your
// own. A message may have several, so read all of them.
//
//	for _, element := range ev.MsgBody {
//		switch content := element.Content.(type) {
//		case imevent.TextElem:
//			check(content.Text)
//		case imevent.RawContent: // a kind that this package does not know
//		}
//	}
//
// To make one, name its content alone: imevent.Element{Content: imevent.TextElem{Text: "hi"}},
// or for a text [Text].
//
// Source: https://www.tencentcloud.com/document/product/1047/33527.
type Element struct {
	// MsgType is the kind, such as "TIMTextElem". It is an open set. Of an element
	// whose Content is typed it follows from that when it is written.
	MsgType string `json:"MsgType"`
	// Content is what the element holds: a [TextElem], [CustomElem], [FaceElem],
	// [LocationElem], [SoundElem], [ImageElem], [FileElem], [VideoFileElem] or
	// [RelayElem]; [RawContent] for any other kind, and where the content is not
	// what its kind promises; nil where the element has none.
	Content Content `json:"MsgContent"`

	Object
}

// Content is what an [Element] may hold: one of the types that are named there, and
// no others.
type Content interface {
	// Kind returns the MsgType that goes with the content; empty for RawContent,
	// which goes with any.
	Kind() string
	content()
}

// RawContent is content as it arrived, of a kind without a type here or in a shape
// that its kind does not have. It is one JSON value.
type RawContent json.RawMessage

// Kind returns "": the element's MsgType says what it is.
func (RawContent) Kind() string { return "" }

func (RawContent) content() {}

// Text returns an element that holds text.
func Text(text string) Element {
	return Element{MsgType: kindText, Content: TextElem{Text: text}}
}

// Text returns the element's text, and whether it is a text.
func (e Element) Text() (string, bool) {
	content, ok := held(e.Content).(TextElem)
	return content.Text, ok
}

// contents are the types of content by their kinds in lower case.
var contents = kinds(
	TextElem{}, CustomElem{}, FaceElem{}, LocationElem{}, SoundElem{}, ImageElem{}, FileElem{}, VideoFileElem{}, RelayElem{},
)

func kinds(all ...Content) map[string]reflect.Type {
	types := make(map[string]reflect.Type)
	for _, content := range all {
		types[strings.ToLower(content.Kind())] = reflect.TypeOf(content)
	}
	return types
}

// readContent leaves the content as it is until the element's kind is known.
func readContent(data []byte, into reflect.Value) (form, *misfit) {
	if data[0] == 'n' {
		return void, nil
	}
	into.Set(reflect.ValueOf(RawContent(slices.Clip(data))))
	return plain, nil
}

// settle gives the content the type of its kind, where it fits.
func (e *Element) settle() {
	if raw, ok := e.Content.(RawContent); ok {
		e.Content = typed(e.MsgType, raw)
	}
}

// typed reads content of a kind, or returns it as it is.
func typed(kind string, raw RawContent) Content { //nolint:ireturn // it is one of several
	t, known := contents[strings.ToLower(strings.TrimSpace(kind))]
	if !known || len(raw) == 0 {
		return raw
	}
	content := reflect.New(t).Elem()
	if f, m := objectReader(t)(raw, content); m != nil || f > odd {
		return raw
	}
	return content.Interface().(Content) //nolint:forcetypeassert // contents holds nothing else
}

// settled returns the element as it is to be written: its MsgType is that of its
// content, and the content stands in the form that it was read from, where it still
// says the same and that form is wanted.
func (e *Element) settled(as style) any {
	out := *e
	out.Content = held(e.Content)
	if out.Content == nil || out.Content.Kind() == "" {
		return &out
	}
	if kind := out.Content.Kind(); as == proper || !strings.EqualFold(strings.TrimSpace(e.MsgType), kind) {
		out.MsgType = kind
	}
	if raw := e.rawContent(); as == asItCame && raw != nil && raw[0] != '{' && reflect.DeepEqual(typed(e.MsgType, raw), out.Content) {
		out.Content = raw
	}
	return &out
}

// rawContent returns the content as the element was read with it, or nil.
func (e *Element) rawContent() RawContent {
	if e.kept == nil {
		return nil
	}
	l := layoutOf(reflect.TypeFor[Element]())
	w := walk(e.kept.raw, '{')
	for {
		key, value, ok := w.member()
		if !ok {
			return nil
		}
		if n, _, _, found := l.find(key); found && l.fields[n].key == "MsgContent" {
			return RawContent(value)
		}
	}
}

// MarshalJSON writes the content as it is.
func (c RawContent) MarshalJSON() ([]byte, error) { return appendRaw(nil, c, asItCame), nil }

// held returns what a pointer to content points to, which is as good as a value, or
// nil where it points to nothing.
func held(c Content) Content { //nolint:ireturn // it is one of several
	v := reflect.ValueOf(c)
	if v.Kind() != reflect.Pointer {
		return c
	}
	if v.IsNil() {
		return nil
	}
	return v.Elem().Interface().(Content) //nolint:forcetypeassert // its methods are those of the value
}

func appendContent(out []byte, from reflect.Value, as style) []byte {
	v := from.Elem()
	switch {
	case !v.IsValid():
		return append(out, "null"...)
	case v.Type() == reflect.TypeFor[RawContent]():
		return appendRaw(out, v.Bytes(), as)
	case contents[strings.ToLower(from.Interface().(Content).Kind())] == v.Type(): //nolint:forcetypeassert // the field's type
		return layoutOf(v.Type()).write(out, v, as)
	default: // an author's struct around one of ours: what that is, is written
		text, err := json.Marshal(v.Interface())
		if err != nil {
			text = nil
		}
		return appendRaw(out, text, as)
	}
}
