package pdf

import (
	"errors"
	"io"

	"influxion/handler/internal/pades/encryption"
	"influxion/handler/internal/pades/pdf/bounds"
)

// filters reads the crypt filters: ISO 32000-2, 7.6.6.
func (c *crypt) filters(dict Dict, version int) error {
	if version < 4 {
		c.streams, c.strings, c.files = encryption.RC4, encryption.RC4, encryption.RC4
		return nil
	}
	c.named = map[Name]encryption.Method{"Identity": encryption.Identity}
	filters, _ := dict["CF"].(Dict)
	for name, value := range filters {
		filter, _ := value.(Dict)
		if method, ok := methods[filterMethod(filter)]; ok && name != "Identity" {
			c.named[name] = method
		}
	}
	for key, method := range map[Name]*encryption.Method{"StmF": &c.streams, "StrF": &c.strings, "EFF": &c.files} {
		name, stated := dict[key].(Name)
		if !stated && key == "EFF" {
			name, stated = dict["StmF"].(Name)
		}
		if !stated {
			name = "Identity"
		}
		var ok bool
		if *method, ok = c.named[name]; !ok {
			return encrypted("the document is encrypted by a crypt filter that is not defined, or has a method that " +
				"is not supported")
		}
	}
	return nil
}

var methods = map[Name]encryption.Method{
	"V2": encryption.RC4, "AESV2": encryption.AES128, "AESV3": encryption.AES256,
}

// filterMethod returns the /CFM of a crypt filter. /None, which leaves decryption to the security
// handler, is not supported.
func filterMethod(filter Dict) Name {
	method, _ := filter["CFM"].(Name)
	return method
}

// streamCipher returns the cipher for the data of a stream; nil = they are not encrypted.
func (f *File) streamCipher(dict Dict, ref Ref) (*encryption.Cipher, error) {
	if f.crypt == nil || dict["Type"] == Name("XRef") {
		return nil, nil
	}
	method, err := f.streamMethod(dict)
	if err != nil || method == encryption.Identity {
		return nil, err
	}
	if err := f.account.Spend(cipherCost); err != nil {
		return nil, err
	}
	return f.crypt.cipher(method, ref)
}

// streamMethod chooses among the crypt filters: ISO 32000-2, 7.6.6.
func (f *File) streamMethod(dict Dict) (encryption.Method, error) {
	c := f.crypt
	names, err := f.list(dict["Filter"])
	if err != nil {
		return 0, err
	}
	for i, filter := range names {
		if name, err := f.Name(filter); err != nil || name != "Crypt" {
			continue
		}
		if i > 0 || c.named == nil {
			return 0, damaged("a stream has a crypt filter where none is allowed")
		}
		return f.namedMethod(dict)
	}
	switch dict["Type"] {
	case Name("Metadata"):
		if c.plain {
			return encryption.Identity, nil
		}
	case Name("EmbeddedFile"):
		return c.files, nil
	}
	return c.streams, nil
}

// namedMethod returns the method of the crypt filter that a stream names.
func (f *File) namedMethod(dict Dict) (encryption.Method, error) {
	parameters, err := f.list(dict["DecodeParms"])
	if err != nil {
		return 0, err
	}
	name := Name("Identity")
	if len(parameters) > 0 {
		first, err := f.Dict(parameters[0])
		if err != nil {
			return 0, err
		}
		if stated, ok := first["Name"].(Name); ok {
			name = stated
		}
	}
	method, ok := f.crypt.named[name]
	if !ok {
		return 0, damaged("a stream names a crypt filter that is not defined")
	}
	return method, nil
}

// cipher returns the cipher of an object for a method.
func (c *crypt) cipher(method encryption.Method, ref Ref) (*encryption.Cipher, error) {
	if c.key == nil && method != encryption.Identity {
		return nil, passwordError(encryption.ErrPasswordNeeded)
	}
	if c.key == nil {
		return &encryption.Cipher{}, nil
	}
	one, err := c.key.Cipher(method, ref.Number, ref.Generation)
	return one, passwordError(err)
}

const (
	cipherCost = 512 // units of work for the key of an object
	stringCost = 128 // in addition to those for its bytes
)

// decryptStrings decrypts the strings of an object in place. No other code may hold the object yet.
func (f *File) decryptStrings(ref Ref, object Object) (Object, error) {
	c := f.crypt
	if c == nil || c.strings == encryption.Identity || ref == c.ref {
		return object, nil
	}
	d := &decryption{file: f, ref: ref}
	if stream, ok := object.(*Stream); ok {
		if stream.Dict["Type"] == Name("XRef") {
			return object, nil
		}
		_, err := d.value(stream.Dict)
		return object, err
	}
	return d.value(object)
}

// decryption decrypts the strings of one object. Most have none.
type decryption struct {
	file   *File
	ref    Ref
	cipher *encryption.Cipher
}

func (d *decryption) value(object Object) (_ Object, err error) {
	switch o := object.(type) {
	case String:
		return d.string(o)
	case Array:
		for i := range o {
			if o[i], err = d.value(o[i]); err != nil {
				return nil, err
			}
		}
	case Dict:
		for key, value := range o {
			if key == "Contents" && o.IsSignature() {
				continue
			}
			if o[key], err = d.value(value); err != nil {
				return nil, err
			}
		}
	}
	return object, nil
}

func (d *decryption) string(s String) (Object, error) {
	var err error
	if d.cipher == nil {
		if err := d.file.account.Spend(cipherCost); err != nil {
			return nil, err
		}
		if d.cipher, err = d.file.crypt.cipher(d.file.crypt.strings, d.ref); err != nil {
			return nil, err
		}
	}
	if err := d.file.account.Spend(stringCost + int64(len(s))/bounds.SearchRate); err != nil {
		return nil, err
	}
	text, err := d.cipher.Decrypt(s)
	if err != nil {
		return nil, damaged("a string of object %d cannot be decrypted", d.ref.Number)
	}
	return String(text), nil
}

// stringEncrypter returns the function that encrypts the strings of an object that is written; nil
// = they are not encrypted.
func (f *File) stringEncrypter(ref Ref) (func(String) (String, error), error) {
	c := f.crypt
	if c == nil || c.strings == encryption.Identity || ref == c.ref {
		return nil, nil
	}
	one, err := c.cipher(c.strings, ref)
	if err != nil {
		return nil, err
	}
	return func(s String) (String, error) {
		out, err := one.Encrypt(s)
		return out, err
	}, nil
}

// decrypted returns a reader of the decrypted data of a stream, whose encrypted data raw reads.
func (f *File) decrypted(s *Stream, raw io.Reader) (io.Reader, error) {
	one, err := f.streamCipher(s.Dict, s.ref)
	if one == nil || err != nil {
		return raw, err
	}
	plain, err := one.Reader(raw)
	if err != nil {
		return nil, err
	}
	return &blamed{plain, s.ref.Number}, nil
}

// blamed reports data that cannot be decrypted as an error of the document.
type blamed struct {
	reader io.Reader
	number int
}

func (b *blamed) Read(p []byte) (int, error) {
	n, err := b.reader.Read(p)
	if errors.Is(err, encryption.ErrMalformed) {
		err = damaged("the stream of object %d cannot be decrypted", b.number)
	}
	return n, err
}
