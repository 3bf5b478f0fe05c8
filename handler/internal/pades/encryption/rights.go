package encryption

import (
	"crypto/aes"
	"encoding/binary"
)

// Rights are the permissions that adding a signature depends on: ISO 32000-2, table 22.
type Rights struct {
	Modify    bool // bit 4: change the contents by other operations
	Annotate  bool // bit 6: annotations and form fields
	FillForms bool // bit 9: fill form fields, signature fields among them
}

var allRights = Rights{true, true, true}

// Unrestricted are the rights in a document that is not encrypted.
func Unrestricted() Rights { return allRights }

// MaySign reports whether an existing signature field may be signed.
func (r Rights) MaySign() bool { return r.Annotate || r.FillForms }

// MayAddField reports whether a signature field may be added.
func (r Rights) MayAddField() bool { return r.Modify && r.Annotate }

const permsLength = aes.BlockSize

// rights returns the rights of the user password.
func (h *Handler) rights(file []byte) (Rights, error) {
	bits := h.Permissions
	if h.Version == 5 {
		granted, err := h.decryptPerms(file)
		if err != nil {
			return Rights{}, err
		}
		bits &= granted
	}
	bit := func(n int) bool { return bits>>(n-1)&1 == 1 }
	// Revision 2 does not define bit 9 and writes a one there.
	return Rights{Modify: bit(4), Annotate: bit(6), FillForms: bit(9) && h.Revision > 2}, nil
}

// decryptPerms returns the permissions in /Perms, which the file encryption key protects (ISO
// 32000-2, algorithm 13). A /Perms that does not decrypt to its marker grants nothing.
func (h *Handler) decryptPerms(file []byte) (uint32, error) {
	block, err := aes.NewCipher(file)
	if err != nil {
		return 0, err
	}
	var open [permsLength]byte
	block.Decrypt(open[:], h.Perms[:permsLength])
	if string(open[9:12]) != "adb" {
		return 0, nil
	}
	return binary.LittleEndian.Uint32(open[:4]), nil
}
