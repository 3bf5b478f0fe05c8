package pdf

import (
	"context"
	"crypto/sha256"
	"errors"
	"slices"

	"influxion/handler/internal/pades/encryption"
	"influxion/handler/internal/pades/pdf/bounds"
)

type passwordKey struct{}

// WithPassword returns a context whose Files open encrypted documents with a password: the user
// password or the owner password.
func WithPassword(ctx context.Context, password string) context.Context {
	return context.WithValue(ctx, passwordKey{}, password)
}

func passwordOf(ctx context.Context) string {
	password, _ := ctx.Value(passwordKey{}).(string)
	return password
}

// crypt is the encryption of one revision of a document. Files whose revisions have the same
// encryption share one.
type crypt struct {
	ref     Ref               // of the encryption dictionary; zero = it is in the trailer
	id      Object            // the first element of the trailer's /ID; nil = none
	source  [sha256.Size]byte // digest of the data from which the key comes
	key     *encryption.Key
	streams encryption.Method
	strings encryption.Method
	files   encryption.Method // embedded ones
	named   map[Name]encryption.Method
	plain   bool // metadata are not encrypted
}

// Encrypted reports whether the newest revision is encrypted.
func (f *File) Encrypted() bool { return f.crypt != nil }

// Rights returns the permissions of the password that opened the document.
func (f *File) Rights() encryption.Rights {
	if f.crypt == nil {
		return encryption.Unrestricted()
	}
	if f.crypt.key == nil {
		return encryption.Rights{}
	}
	return f.crypt.key.Rights()
}

// SameEncryption reports whether the encryption dictionary and the trailer entries that it needs
// are the same in another File of the document.
func (f *File) SameEncryption(other *File) bool { return f.crypt == other.crypt }

func encrypted(detail string) *Error { return &Error{Kind: Encrypted, Detail: detail} }

// openEncryption takes the encryption dictionary of the newest trailer, and opens it with the
// password of the context.
func (f *File) openEncryption() error {
	stated := f.Trailer()["Encrypt"]
	if stated == nil {
		return f.checkPlain()
	}
	ref, dict, err := f.encryptionDict(stated)
	if err != nil {
		return err
	}
	c := &crypt{ref: ref}
	if c.id, err = f.fileID(); err != nil {
		return err
	}
	d := &flattening{file: f}
	defer d.done()
	written, dict, err := d.read(dict)
	if err != nil {
		return err
	}
	id, _ := c.id.(String)
	cost := int64(len(written)+len(id))/bounds.SearchRate + int64(len(f.cache.crypts))
	if err := f.account.Spend(cost); err != nil {
		return err
	}
	c.digest(written, integerOf(dict["V"]) >= 5)
	for _, known := range f.cache.crypts {
		if known.ref == c.ref && known.source == c.source {
			f.decryptBy(known)
			return nil
		}
	}
	if err := f.account.Take(2*int64(len(written)) + int64(len(id)) + cryptSize); err != nil {
		return err
	}
	if err := c.open(dict, f); err != nil {
		return err
	}
	f.cache.crypts = append(f.cache.crypts, c)
	f.decryptBy(c)
	return nil
}

// decryptBy sets the decryption for all later reading and drops cached objects, which were not
// decrypted.
func (f *File) decryptBy(c *crypt) {
	f.crypt = c
	f.view = f.cache.views
	f.cache.views++
}

const cryptSize = 6 << 10 // upper bound of the memory in bytes with maxCryptFilters, without names

// digest sets the digest of the written dictionary, and of the /ID if the key comes from it.
// Digests keep comparisons cheap: each revision can have another dictionary, and each dictionary is
// compared with all before it.
func (c *crypt) digest(written []byte, modern bool) {
	c.source = sha256.Sum256(written)
	if id, ok := c.id.(String); ok && !modern {
		c.source = sha256.Sum256(append(c.source[:], id...))
	}
}

// checkPlain refuses an unencrypted document with an encrypted earlier revision. The objects of
// that revision cannot be read without the encryption dictionary, and readers do not agree on where
// to take it from.
func (f *File) checkPlain() error {
	for _, section := range f.Sections() {
		if section.Trailer["Encrypt"] != nil {
			return encrypted("the document is encrypted in an earlier revision and not in the newest")
		}
	}
	return nil
}

// writtenAlike reports whether two objects have the same written form.
func writtenAlike(a, b Object) bool {
	left, err := Append(nil, a)
	right, err2 := Append(nil, b)
	return err == nil && err2 == nil && slices.Equal(left, right)
}

// open reads the entries of ISO 32000-2, tables 20 and 21, and derives the key.
func (c *crypt) open(dict Dict, f *File) error {
	if name, _ := dict["Filter"].(Name); name != "Standard" {
		return encrypted(handlerDetail(name))
	}
	h := encryption.Handler{EncryptMetadata: true, Spend: f.account.Spend}
	h.Version, h.Revision, h.Length = integerOf(dict["V"]), integerOf(dict["R"]), integerOf(dict["Length"])
	permissions, _ := dict["P"].(Integer)
	h.Permissions = uint32(permissions) // some writers leave the sign out
	for key, entry := range map[Name]*[]byte{"O": &h.Owner, "U": &h.User, "OE": &h.OwnerKey, "UE": &h.UserKey,
		"Perms": &h.Perms} {
		value, _ := dict[key].(String)
		*entry = value
	}
	if id, ok := c.id.(String); ok {
		h.ID = id
	}
	if own, ok := dict["EncryptMetadata"].(bool); ok && h.Version >= 4 {
		h.EncryptMetadata, c.plain = own, !own
	}
	if err := c.filters(dict, h.Version); err != nil {
		return err
	}
	var err error
	c.key, err = h.Open(passwordOf(f.account.Context()))
	if errors.Is(err, encryption.ErrPasswordNeeded) && c.streams == encryption.Identity &&
		c.strings == encryption.Identity {
		return nil // only embedded files are encrypted, and nothing else needs the key
	}
	return passwordError(err)
}

func integerOf(object Object) int {
	n, _ := object.(Integer)
	return int(min(max(n, -1), 1<<16))
}

// handlerDetail names an unsupported security handler. It never repeats an unknown name.
func handlerDetail(name Name) string {
	for _, known := range []Name{"Adobe.PubSec", "Adobe.PPKLite", "Entrust.PPKEF", "Adobe.APS", "MicrosoftIRMServices",
		"EBX_HANDLER", "FOPN_fLock"} {
		if name == known {
			return "the document is encrypted by the security handler " + string(name) +
				", which is not supported; only passwords are"
		}
	}
	return "the document is encrypted by a security handler other than the standard one, which is not supported"
}

// passwordError converts an error of Handler.Open.
func passwordError(err error) error {
	unsupported, isUnsupported := errors.AsType[*encryption.UnsupportedError](err)
	switch {
	case errors.Is(err, encryption.ErrPasswordNeeded):
		return &Error{Kind: PasswordNeeded, Detail: "the document is encrypted and needs a password to be opened"}
	case errors.Is(err, encryption.ErrPasswordWrong):
		return &Error{Kind: PasswordWrong,
			Detail: "the document is encrypted, and the password that was given does not open it"}
	case isUnsupported:
		return encrypted(unsupported.Detail)
	}
	return err
}
