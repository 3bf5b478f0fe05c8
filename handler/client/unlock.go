package client

import "net/url"

// WithPassword returns a Document that Influxion opens with a password: the user password, or the
// owner password, which lifts the restrictions. The client sends the password in the body of the
// request. With "" it returns the document itself.
func WithPassword(document Document, password string) Document {
	if password == "" {
		return document
	}
	return &locked{document, password}
}

// Unlock separates what WithPassword joined: the document and its password; "" = there is none.
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

// Name returns the document's name, or "".
func (l *locked) Name() string {
	if named, ok := l.Document.(interface{ Name() string }); ok {
		return named.Name()
	}
	return ""
}

// unlocked removes the password from a call's document. The password must not be sent in the query.
func (c *call) unlocked() (password string) {
	c.document, password = Unlock(c.document)
	return password
}

// fields returns the text parts of a form.
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
