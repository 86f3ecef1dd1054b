package verify

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// strict reads JSON into v, and refuses what Go would not have written of v but
// for white space: unknown, doubled or misspelt keys, other spellings of values,
// anything that follows.
func strict(data []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return errors.New("it cannot be read: " + err.Error())
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows it")
	}
	var got, want bytes.Buffer
	if err := json.Compact(&got, data); err != nil {
		return errors.New("it cannot be read: " + err.Error())
	}
	for _, escape := range []bool{true, false} {
		want.Reset()
		enc := json.NewEncoder(&want)
		enc.SetEscapeHTML(escape)
		if err := enc.Encode(v); err != nil {
			return errors.New("it cannot be written again: " + err.Error())
		}
		if bytes.Equal(bytes.TrimSuffix(want.Bytes(), []byte("\n")), got.Bytes()) {
			return nil
		}
	}
	return errors.New("it holds something twice, or in another form than Lastday writes it")
}
