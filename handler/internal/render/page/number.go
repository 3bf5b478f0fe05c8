package page

import (
	"encoding/json"
	"fmt"
	"math/big"
	"reflect"
	"strings"
)

// rational parses a value as the exact decimal number that is written.
func rational(value any) (*big.Rat, error) {
	text := ""
	switch v := reflect.ValueOf(value); {
	case value == nil:
		return nil, wrong("a number is missing")
	case v.CanInt():
		return new(big.Rat).SetInt64(v.Int()), nil
	case v.CanFloat():
		text = fmt.Sprintf("%v", v.Float())
	case v.Kind() == reflect.String:
		text = strings.TrimSpace(v.String())
	}
	if text == "" || len(text) > maxNumberText || strings.ContainsAny(text, "/xXpP_") || exponent(text) > 3 {
		return nil, wrong("a value is not a number, or too large a number")
	}
	number, ok := new(big.Rat).SetString(text)
	if !ok {
		return nil, wrong("a value is not a number, or too large a number")
	}
	return within(number)
}

// exponent returns the number of digits of the exponent.
func exponent(text string) int {
	at := strings.IndexAny(text, "eE")
	if at < 0 {
		return 0
	}
	return len(strings.TrimLeft(text[at+1:], "+-0"))
}

// within returns an error for numbers that are too large to be of use.
func within(number *big.Rat) (*big.Rat, error) {
	if number.Num().BitLen() > maxNumberBits*4 || number.Denom().BitLen() > maxNumberBits*4 {
		return nil, wrong("a value is not a number, or too large a number")
	}
	return number, nil
}

// exact returns a number for the template: an int64, or its decimal text.
func exact(number *big.Rat) any {
	if number.IsInt() && number.Num().IsInt64() {
		return number.Num().Int64()
	}
	const most = 20 // decimal places of a number that has more of them, or endlessly many
	digits, ends := number.FloatPrec()
	if !ends || digits > most {
		digits = most
	}
	return json.Number(number.FloatString(digits))
}

type operation func(result, a, b *big.Rat) error

func sum(result, a, b *big.Rat) error        { result.Add(a, b); return nil }
func difference(result, a, b *big.Rat) error { result.Sub(a, b); return nil }
func product(result, a, b *big.Rat) error    { result.Mul(a, b); return nil }

func quotient(result, a, b *big.Rat) error {
	if b.Sign() == 0 {
		return wrong("div divides by zero")
	}
	result.Quo(a, b)
	return nil
}

// arithmetic makes a template function of two or more numbers: {{mul .price .quantity}}. It
// calculates with fractions, so that 0.1 and 0.2 are 0.3.
func (m *meter) arithmetic(operate operation) func(a any, others ...any) (any, error) {
	return func(a any, others ...any) (any, error) {
		result, err := rational(a)
		if err != nil {
			return nil, err
		}
		for _, other := range others {
			if err := m.look(maxNumberText); err != nil {
				return nil, err
			}
			b, err := rational(other)
			if err != nil {
				return nil, err
			}
			if err := operate(result, result, b); err != nil {
				return nil, err
			}
			if result, err = within(result); err != nil {
				return nil, err
			}
		}
		return exact(result), m.step()
	}
}

// maxPlaces bounds the decimal places that a template can ask for.
const maxPlaces = 12

// rounded rounds half away from zero, as invoices do.
func rounded(places int, value any) (*big.Rat, error) {
	if places < 0 || places > maxPlaces {
		return nil, wrong("a number can have 0 to %d decimal places", maxPlaces)
	}
	number, err := rational(value)
	if err != nil {
		return nil, err
	}
	result, ok := new(big.Rat).SetString(number.FloatString(places)) // FloatString rounds half away from zero
	if !ok {
		return nil, wrong("a value is not a number, or too large a number")
	}
	return result, nil
}

// round rounds to a number of decimal places: {{round 2 .net}}.
func (m *meter) round(places int, value any) (any, error) {
	if err := m.step(); err != nil {
		return nil, err
	}
	number, err := rounded(places, value)
	if err != nil {
		return nil, err
	}
	return exact(number), nil
}

// total adds a member of each element of a list, or the elements: {{sum "net" .items}},
// {{sum .amounts}}.
func (m *meter) total(args ...any) (any, error) {
	if len(args) < 1 || len(args) > 2 {
		return nil, wrong("sum needs a list, or a member's name and a list")
	}
	elements, err := m.list("sum", args[len(args)-1])
	if err != nil {
		return nil, err
	}
	result := new(big.Rat)
	for _, element := range elements {
		if len(args) == 2 {
			object, _ := element.(map[string]any)
			element = object[written(args[0])]
		}
		if err := m.look(maxNumberText); err != nil {
			return nil, err
		}
		number, err := rational(element)
		if err != nil {
			return nil, err
		}
		result.Add(result, number)
	}
	return exact(result), nil
}

// compare compares two numbers by value, whatever their types, or two texts. ok is false for other
// values, which have no order.
func (m *meter) compare(a, b any) (order int, ok bool, err error) {
	first, second := reflect.ValueOf(a), reflect.ValueOf(b)
	if first.Kind() == reflect.String && second.Kind() == reflect.String && !isNumber(a) && !isNumber(b) {
		return strings.Compare(first.String(), second.String()), true, m.look(min(first.Len(), second.Len()))
	}
	if err := m.look(maxNumberText); err != nil {
		return 0, false, err
	}
	if !isNumber(a) || !isNumber(b) {
		return 0, false, nil
	}
	x, err := rational(a)
	if err != nil {
		return 0, false, err
	}
	y, err := rational(b)
	if err != nil {
		return 0, false, err
	}
	return x.Cmp(y), true, nil
}

func isNumber(value any) bool {
	if _, ok := value.(json.Number); ok {
		return true
	}
	v := reflect.ValueOf(value)
	return v.CanInt() || v.CanFloat()
}

// equal reports whether a value equals one of the others.
func (m *meter) equal(a any, others ...any) (bool, error) {
	for _, b := range others {
		order, ok, err := m.compare(a, b)
		if err != nil {
			return false, err
		}
		truth, isTruth := a.(bool)
		other, isOther := b.(bool)
		if ok && order == 0 || a == nil && b == nil || isTruth && isOther && truth == other {
			return true, nil
		}
	}
	return false, nil
}

func (m *meter) unequal(a, b any) (bool, error) {
	same, err := m.equal(a, b)
	return !same, err
}

// order makes a comparison that is true for the given outcomes of compare.
func (m *meter) order(outcomes ...int) func(a, b any) (bool, error) {
	return func(a, b any) (bool, error) {
		order, ok, err := m.compare(a, b)
		if err != nil {
			return false, err
		}
		if !ok {
			return false, wrong("two values without an order are compared")
		}
		for _, outcome := range outcomes {
			if order == outcome {
				return true, nil
			}
		}
		return false, nil
	}
}
