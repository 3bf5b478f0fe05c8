package encryption

import (
	"crypto/fips140"
	"errors"
	"fmt"
)

// Errors of Open.
var (
	ErrPasswordNeeded = errors.New("the document needs a password")
	ErrPasswordWrong  = errors.New("the password is neither the user password nor the owner password of the document")
)

// UnsupportedError says which part of an encryption dictionary is not supported. Detail is safe to
// show.
type UnsupportedError struct{ Detail string }

func (e *UnsupportedError) Error() string { return e.Detail }

func unsupported(format string, args ...any) error {
	return &UnsupportedError{fmt.Sprintf(format, args...)}
}

// Handler has the entries of an encryption dictionary from which the file encryption key comes: ISO
// 32000-2, tables 20 and 21.
type Handler struct {
	Version         int      // /V: 1, 2, 4 or 5
	Revision        int      // /R: 2 to 6
	Length          int      // of the key in bits; 0 = the default
	Owner, User     []byte   // /O and /U
	OwnerKey        []byte   // /OE, of revisions 5 and 6
	UserKey         []byte   // /UE
	Permissions     uint32   // /P
	Perms           []byte   // /Perms
	EncryptMetadata bool     // true by default
	ID              []byte   // the first element of the trailer's /ID; nil = there is none
	Spend           Spending // nil = work is not counted
}

// Spending counts units of work of about 5 ns each. Its error ends the work.
type Spending func(units int64) error

// Key opens a document.
type Key struct {
	file   []byte
	rights Rights
}

// Rights returns the rights in the document that the key opens.
func (k *Key) Rights() Rights { return k.rights }

// Open returns the key for the password, which is Unicode text and may be empty. The owner password
// gives all rights. The errors are ErrPasswordNeeded if the password is empty, ErrPasswordWrong, an
// *UnsupportedError, and those of Spend. The algorithms themselves bound the work: at most 287
// rounds for each of four hashes of revision 6, with at most 127 bytes of a password.
func (h Handler) Open(password string) (*Key, error) {
	if h.Spend == nil {
		h.Spend = func(int64) error { return nil }
	}
	if err := h.check(); err != nil {
		return nil, err
	}
	for _, encoded := range encodings(password, h.Revision) {
		key, err := h.try(encoded)
		if key != nil || err != nil {
			return key, err
		}
	}
	if password == "" {
		return nil, ErrPasswordNeeded
	}
	return nil, ErrPasswordWrong
}

// check refuses dictionaries from which no key can be computed.
func (h *Handler) check() error {
	switch {
	case h.Version == 1 || h.Version == 2 || h.Version == 4:
		if h.Revision < 2 || h.Revision > 4 {
			break
		}
		if len(h.Owner) < legacyLength || len(h.User) < legacyLength {
			return unsupported("the encryption dictionary has a broken /O or /U")
		}
		if fips140.Enforced() {
			// Appended data would be encrypted with such a key too, which the mode forbids.
			return unsupported("the document is encrypted with keys from MD5 (revision %d of the standard security "+
				"handler), which this service does not use: it runs in FIPS 140-only mode", h.Revision)
		}
		return nil
	case h.Version == 5:
		if h.Revision != 5 && h.Revision != 6 {
			break
		}
		if len(h.Owner) < modernLength || len(h.User) < modernLength || len(h.OwnerKey) < keyLength ||
			len(h.UserKey) < keyLength ||
			len(h.Perms) < permsLength {
			return unsupported("the encryption dictionary has a broken /O, /U, /OE, /UE or /Perms")
		}
		return nil
	}
	return unsupported("the document is encrypted by version %d and revision %d of the standard security handler, "+
		"which is not supported",
		h.Version, h.Revision)
}

// try returns the key for a password in the encoding of the revision, or nil.
func (h *Handler) try(password []byte) (*Key, error) {
	legacy := h.Version < 5
	user, owner := h.modernUser, h.modernOwner
	if legacy {
		user, owner = h.legacyUser, h.legacyOwner
	}
	// The empty password never gives the rights of the owner, not even if the owner password is
	// empty.
	first, second, ownerFirst := user, owner, len(password) > 0
	if ownerFirst {
		first, second = owner, user
	}
	isOwner := ownerFirst
	file, err := first(password)
	if file == nil && err == nil {
		isOwner = !ownerFirst
		file, err = second(password)
	}
	if file == nil || err != nil {
		return nil, err
	}
	rights := allRights
	if !isOwner {
		if rights, err = h.rights(file); err != nil {
			return nil, err
		}
	}
	return &Key{file, rights}, nil
}
