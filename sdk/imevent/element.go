package imevent

import (
	"encoding/json"
	"reflect"
	"slices"
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

// Content is what an [Element] may hold.
type Content interface {
	// Kind returns the MsgType that goes with the content; empty for RawContent,
	// which goes with any.
	Kind() string
}

// RawContent is content as it arrived, of a kind without a type here or in a shape
// that its kind does not have. It is one JSON value.
type RawContent json.RawMessage

// Kind returns "": the element's MsgType says what it is.
func (RawContent) Kind() string { return "" }

// Text returns an element that holds text.
func Text(text string) Element {
	return Element{MsgType: kindText, Content: TextElem{Text: text}}
}

// Text returns the element's text, and whether it is one.
func (e Element) Text() (string, bool) {
	content, ok := e.Content.(TextElem)
	return content.Text, ok
}

// contents are the types of content by their kinds.
var contents = map[string]reflect.Type{
	kindText:     reflect.TypeFor[TextElem](),
	kindCustom:   reflect.TypeFor[CustomElem](),
	kindFace:     reflect.TypeFor[FaceElem](),
	kindLocation: reflect.TypeFor[LocationElem](),
	kindSound:    reflect.TypeFor[SoundElem](),
	kindImage:    reflect.TypeFor[ImageElem](),
	kindFile:     reflect.TypeFor[FileElem](),
	kindVideo:    reflect.TypeFor[VideoFileElem](),
	kindRelay:    reflect.TypeFor[RelayElem](),
}

// readContent leaves the content as it is until the element's kind is known.
func readContent(data []byte, into reflect.Value) (form, *misfit) {
	if data[0] == 'n' {
		return odd, nil
	}
	into.Set(reflect.ValueOf(RawContent(slices.Clip(data))))
	return plain, nil
}

// settle gives the content the type of its kind, where it fits.
func (e *Element) settle() {
	raw, ok := e.Content.(RawContent)
	t, known := contents[e.MsgType]
	if !ok || !known || raw[0] != '{' {
		return
	}
	typed := reflect.New(t).Elem()
	if layoutOf(t).read(raw, typed) == nil {
		e.Content = typed.Interface().(Content) //nolint:forcetypeassert // contents holds nothing else
	}
}

// settled gives a typed content its kind.
func (e *Element) settled() any {
	out := *e
	if e.Content != nil && e.Content.Kind() != "" {
		out.MsgType = e.Content.Kind()
	}
	return &out
}

func appendContent(out []byte, from reflect.Value) []byte {
	if raw, ok := reflect.TypeAssert[RawContent](from); ok {
		if len(raw) == 0 {
			return append(out, "null"...)
		}
		return append(out, raw...)
	}
	if from.IsNil() {
		return append(out, "null"...)
	}
	return layoutOf(from.Elem().Type()).write(out, from.Elem())
}
