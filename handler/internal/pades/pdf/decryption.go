package pdf

import (
	"errors"
	"io"

	"influxion/handler/internal/pades/encryption"
	"influxion/handler/internal/pades/pdf/bounds"
)

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

// decryptStrings decrypts the strings of an object in place. No other code may have the object yet.
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

// decrypted reads the decrypted data of a stream.
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

// blamed turns failures to decrypt into errors of the document.
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
