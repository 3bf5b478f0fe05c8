package page

import (
	"math/big"
	"strings"
	"time"

	"github.com/go-playground/locales"
	"github.com/go-playground/locales/ar"
	"github.com/go-playground/locales/bg"
	"github.com/go-playground/locales/cs"
	"github.com/go-playground/locales/currency"
	"github.com/go-playground/locales/da"
	"github.com/go-playground/locales/de"
	"github.com/go-playground/locales/de_AT"
	"github.com/go-playground/locales/de_CH"
	"github.com/go-playground/locales/el"
	"github.com/go-playground/locales/en"
	"github.com/go-playground/locales/en_GB"
	"github.com/go-playground/locales/en_US"
	"github.com/go-playground/locales/es"
	"github.com/go-playground/locales/et"
	"github.com/go-playground/locales/fi"
	"github.com/go-playground/locales/fr"
	"github.com/go-playground/locales/fr_CA"
	"github.com/go-playground/locales/fr_CH"
	"github.com/go-playground/locales/he"
	"github.com/go-playground/locales/hr"
	"github.com/go-playground/locales/hu"
	"github.com/go-playground/locales/it"
	"github.com/go-playground/locales/it_CH"
	"github.com/go-playground/locales/ja"
	"github.com/go-playground/locales/ko"
	"github.com/go-playground/locales/lt"
	"github.com/go-playground/locales/lv"
	"github.com/go-playground/locales/nb"
	"github.com/go-playground/locales/nl"
	"github.com/go-playground/locales/nl_BE"
	"github.com/go-playground/locales/pl"
	"github.com/go-playground/locales/pt"
	"github.com/go-playground/locales/pt_BR"
	"github.com/go-playground/locales/ro"
	"github.com/go-playground/locales/ru"
	"github.com/go-playground/locales/sk"
	"github.com/go-playground/locales/sl"
	"github.com/go-playground/locales/sv"
	"github.com/go-playground/locales/tr"
	"github.com/go-playground/locales/uk"
	"github.com/go-playground/locales/zh"
)

// translators make the formatting rules of a language, or of a language in a country, by CLDR. They
// are made on demand, because each has a table of all currencies.
var translators = map[string]func() locales.Translator{
	"ar": ar.New, "bg": bg.New, "cs": cs.New, "da": da.New, "de": de.New, "de-at": de_AT.New, "de-ch": de_CH.New,
	"el": el.New, "en": en.New, "en-gb": en_GB.New, "en-us": en_US.New, "es": es.New, "et": et.New, "fi": fi.New,
	"fr": fr.New, "fr-ca": fr_CA.New, "fr-ch": fr_CH.New, "he": he.New, "hr": hr.New, "hu": hu.New, "it": it.New,
	"it-ch": it_CH.New, "ja": ja.New, "ko": ko.New, "lt": lt.New, "lv": lv.New, "nb": nb.New, "nl": nl.New,
	"nl-be": nl_BE.New, "pl": pl.New, "pt": pt.New, "pt-br": pt_BR.New, "ro": ro.New, "ru": ru.New, "sk": sk.New,
	"sl": sl.New, "sv": sv.New, "tr": tr.New, "uk": uk.New, "zh": zh.New,
}

// currencies are those that are written with CLDR's symbols and patterns, and their decimal places.
// Other currencies are written with their code.
var currencies = map[string]struct {
	kind   currency.Type
	places int
}{
	"AED": {currency.AED, 2}, "AUD": {currency.AUD, 2}, "BGN": {currency.BGN, 2}, "BRL": {currency.BRL, 2},
	"CAD": {currency.CAD, 2}, "CHF": {currency.CHF, 2}, "CNY": {currency.CNY, 2}, "CZK": {currency.CZK, 2},
	"DKK": {currency.DKK, 2}, "EUR": {currency.EUR, 2}, "GBP": {currency.GBP, 2}, "HKD": {currency.HKD, 2},
	"HUF": {currency.HUF, 2}, "ILS": {currency.ILS, 2}, "INR": {currency.INR, 2}, "JPY": {currency.JPY, 0},
	"KRW": {currency.KRW, 0}, "MXN": {currency.MXN, 2}, "NOK": {currency.NOK, 2}, "NZD": {currency.NZD, 2},
	"PLN": {currency.PLN, 2}, "RON": {currency.RON, 2}, "RUB": {currency.RUB, 2}, "SAR": {currency.SAR, 2},
	"SEK": {currency.SEK, 2}, "SGD": {currency.SGD, 2}, "TRY": {currency.TRY, 2}, "UAH": {currency.UAH, 2},
	"USD": {currency.USD, 2}, "ZAR": {currency.ZAR, 2},
}

// translator returns the rules of a locale, or of its language if the country has none of its own.
func translator(locale string) (locales.Translator, error) {
	tag := strings.ToLower(strings.ReplaceAll(locale, "_", "-"))
	for tag != "" {
		if made, ok := translators[tag]; ok {
			return made(), nil
		}
		tag = tag[:max(strings.LastIndexByte(tag, '-'), 0)]
	}
	return nil, wrong("the locale %.20q is not known", locale)
}

// mostExact is the largest number for CLDR's patterns. Up to it a float64 with two decimal places
// is exact enough to be written as the original decimal number.
const mostExact = 1e12

// localized rounds a value and formats it with write by the rules of a locale.
func (m *meter) localized(locale string, places int, value any,
	write func(t locales.Translator, number float64) (string, error),
) (string, error) {
	if err := m.look(maxNumberText * 64); err != nil { // making a translator makes its tables
		return "", err
	}
	t, err := translator(locale)
	if err != nil {
		return "", err
	}
	number, err := rounded(places, value)
	if err != nil {
		return "", err
	}
	if new(big.Rat).Abs(number).Cmp(new(big.Rat).SetInt64(mostExact)) > 0 {
		return "", wrong("a number is too large to be written")
	}
	float, _ := number.Float64()
	text, err := write(t, float)
	return m.give(text, err)
}

// number formats a number: {{.weight | number 3 "de"}}.
func (m *meter) number(places int, locale string, value any) (string, error) {
	return m.localized(locale, places, value, func(t locales.Translator, number float64) (string, error) {
		return t.FmtNumber(number, uint64(places)), nil
	})
}

// percent formats a percentage: {{19 | percent 0 "de"}} is 19 %.
func (m *meter) percent(places int, locale string, value any) (string, error) {
	return m.localized(locale, places, value, func(t locales.Translator, number float64) (string, error) {
		return t.FmtPercent(number, uint64(places)), nil
	})
}

// money formats an amount: {{.total | money "EUR" "de"}}.
func (m *meter) money(code, locale string, value any) (string, error) {
	known, ok := currencies[code]
	if !ok {
		if len(code) != 3 || strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
			return "", wrong("money needs the code of a currency, such as EUR")
		}
		amount, err := m.number(2, locale, value)
		return code + "\u00a0" + amount, err
	}
	return m.localized(locale, known.places, value, func(t locales.Translator, number float64) (string, error) {
		text := t.FmtCurrency(number, uint64(known.places), known.kind)
		if known.places == 0 { // the package nevertheless writes two places
			zeros := strings.Trim(t.FmtNumber(0.5, 1), "05") + "00"
			text = strings.Replace(text, zeros, "", 1)
		}
		return text, nil
	})
}

// date formats a day: {{.issued | date "long" "de"}}. The style is short, medium, long, full or
// iso.
func (m *meter) date(style, locale string, value any) (string, error) {
	if err := m.look(maxNumberText * 64); err != nil {
		return "", err
	}
	day, err := readDay(written(value))
	if err != nil {
		return "", err
	}
	t, err := translator(locale)
	if err != nil {
		return "", err
	}
	switch style {
	case "iso":
		return day.Format(time.DateOnly), nil
	case "short":
		return t.FmtDateShort(day), nil
	case "medium":
		return t.FmtDateMedium(day), nil
	case "long":
		return t.FmtDateLong(day), nil
	case "full":
		return t.FmtDateFull(day), nil
	}
	return "", wrong("date needs short, medium, long, full or iso")
}

// readDay parses a day of ISO 8601, with or without a time. It does not convert the time zone.
func readDay(text string) (time.Time, error) {
	for _, layout := range []string{time.DateOnly, time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02T15:04"} {
		if day, err := time.Parse(layout, text); err == nil {
			return day, nil
		}
	}
	return time.Time{}, wrong("a value is not a date such as 2026-01-31")
}
