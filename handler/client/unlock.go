package client

import "net/url"

// WithPassword gives a Document that Influxion opens with a password: the user password, or the
// owner password, which lifts the restrictions. The password is sent in the body of the request. ""
// gives the document as it is.
func WithPassword(document Document, password string) Document {
	if password == "" {
		return document
	}
	return &locked{document, password}
}

// Unlock gives the document and the password that WithPassword joined; "" = there is none.
func Unlock(document Document) (Document, string) {
	if l, ok := document.(*locked); ok {
		return l.Document, l.password
	}
	return document, ""
}

// locked is a document with its password.
type locked struct {
	Document
	password string
}

// Name is that of the document, or "".
func (l *locked) Name() string {
	if named, ok := l.Document.(interface{ Name() string }); ok {
		return named.Name()
	}
	return ""
}

// unlocked removes the password from a call's document: it must not be sent in the query.
func (c *call) unlocked() (password string) {
	c.document, password = Unlock(c.document)
	return password
}

// fields are the text parts of a form.
func (c *call) fields(password string) url.Values {
	fields := url.Values{}
	for name, values := range c.query {
		fields[name] = values
	}
	if password != "" {
		fields.Set("password", password)
	}
	return fields
}
