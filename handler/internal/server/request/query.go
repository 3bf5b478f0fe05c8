package request

import (
	"errors"
	"net/url"

	"influxion/handler/internal/server/jsonstream"
)

const maxQueryBytes = 32 << 10 // all options of the longest kind, percent-encoded

// Query reads the options of a request without a document.
func Query(rawQuery string, known ...Option) (map[string]string, error) {
	o := newOptions(known)
	if err := o.chooseQuery(rawQuery); err != nil {
		return nil, err
	}
	return o.values, nil
}

// chooseQuery notes the options of a query. It must be called before any others are noted.
func (o *options) chooseQuery(rawQuery string) error {
	values, err := parseQuery(rawQuery)
	if err != nil {
		return err
	}
	return o.chooseValues(values)
}

func parseQuery(rawQuery string) (url.Values, error) {
	if len(rawQuery) > maxQueryBytes {
		return nil, invalidRequest("invalid_request", "the query is too long", nil)
	}
	values, err := url.ParseQuery(rawQuery)
	if err != nil {
		return nil, invalidRequest("invalid_request", "the query cannot be read", errors.New("malformed query"))
	}
	return values, nil
}

// chooseValues notes the options of a parsed query.
func (o *options) chooseValues(values url.Values) error {
	for name, list := range values {
		if name == optionPassword {
			return OptionInvalid(name, "may not be in a query: send it in a form or in JSON")
		}
		if len(list) > 1 {
			if _, err := o.find(name); err != nil {
				return err
			}
			return jsonstream.Repeated(name)
		}
		if err := o.choose(name, list[0]); err != nil {
			return err
		}
		o.inQuery[name] = true
	}
	return nil
}
