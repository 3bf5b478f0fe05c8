package encryption_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"influxion/handler/internal/pades/encryption"
)

func unhex(text string) []byte {
	out, err := hex.DecodeString(text)
	if err != nil {
		panic(err)
	}
	return out
}

// foreign returns handlers that qpdf 11.3 made, with the passwords "user" and "owner".
func foreign() []struct {
	name    string
	handler encryption.Handler
	rights  encryption.Rights // of the user
} {
	return []struct {
		name    string
		handler encryption.Handler
		rights  encryption.Rights
	}{
		{"r2", encryption.Handler{Version: 1, Revision: 2, Length: 40, Permissions: 0xfffffff4, EncryptMetadata: true,
			ID:    unhex("31415926535897932384626433832795"),
			Owner: unhex("94e8094419662a774442fb072e3d9f19e9d130ec09a4d0061e78fe920f7ab62f"),
			User:  unhex("cc5cdcec02f31719b1898f7646aad7e4957c05a25cb6871dc8cee8c1695f1fee"),
		}, encryption.Rights{Annotate: true}},
		{"r3", encryption.Handler{Version: 2, Revision: 3, Length: 128, Permissions: 0xfffffad4, EncryptMetadata: true,
			ID:    unhex("31415926535897932384626433832795"),
			Owner: unhex("0ba3835f88f90388e74e54584125ce142be0de24c6b0d37746e075b891756671"),
			User:  unhex("1ef8a38b8100f57a0d1c9828f9a283be0122456a91bae5134273a6db134c87c4"),
		}, encryption.Rights{}},
		{"r4rc4", encryption.Handler{Version: 4, Revision: 4, Length: 128, Permissions: 0xffffffdc,
			EncryptMetadata: true, ID: unhex("31415926535897932384626433832795"),
			Owner: unhex("0ba3835f88f90388e74e54584125ce142be0de24c6b0d37746e075b891756671"),
			User:  unhex("433d3690e3db8d2c0eb46a89137de4d40122456a91bae5134273a6db134c87c4"),
		}, encryption.Rights{Modify: true, FillForms: true}},
		{"r4aes", encryption.Handler{Version: 4, Revision: 4, Length: 128, Permissions: 0xfffffefc,
			EncryptMetadata: true, ID: unhex("31415926535897932384626433832795"),
			Owner: unhex("0ba3835f88f90388e74e54584125ce142be0de24c6b0d37746e075b891756671"),
			User:  unhex("3873178939548c1f6870235ba269263e0122456a91bae5134273a6db134c87c4"),
		}, encryption.Rights{Modify: true, Annotate: true}},
		{"r4clear", encryption.Handler{Version: 4, Revision: 4, Length: 128, Permissions: 0xfffffffc,
			EncryptMetadata: false, ID: unhex("31415926535897932384626433832795"),
			Owner: unhex("0ba3835f88f90388e74e54584125ce142be0de24c6b0d37746e075b891756671"),
			User:  unhex("fb8f3661d99bba02de37f0c770ae4d2a0122456a91bae5134273a6db134c87c4"),
		}, encryption.Unrestricted()},
		{"r5", encryption.Handler{Version: 5, Revision: 5, Length: 256, Permissions: 0xfffffff4, EncryptMetadata: true,
			ID: unhex("31415926535897932384626433832795"),
			Owner: unhex(
				"1af76437a7752004e37d0f6cbc3c1ebc4f0c4be09d945fbd41bca80d5596914d53554a570586df73a46393b3c1b3380a"),
			User: unhex(
				"432c8ef211bb751b20600717180cec4ee6d2ce1ec32d255a01fbd9cf2240e293797d3368e1dde15db0fd9bf1783a1975"),
			OwnerKey: unhex("5923205ee8c8197c52b06ec575759f8fb2431340a46139ae5be3738a1945654c"),
			UserKey:  unhex("fc7821fba82766de797c99b111fbbb62b0b79dd381f7b144876d4b6125b5c84a"),
			Perms:    unhex("1937cc7095595873064f8d444acef741"),
		}, encryption.Rights{Annotate: true, FillForms: true}},
		{"r6", encryption.Handler{Version: 5, Revision: 6, Length: 256, Permissions: 0xffffffd4, EncryptMetadata: true,
			ID: unhex("31415926535897932384626433832795"),
			Owner: unhex(
				"50d08addd120b2c6b96c2446b014f2b3e05ef2675a018d4899f98ca9b3a8d19fd33b7fbddbab1adfa2adbee0ab1b539f"),
			User: unhex(
				"be9df08e821374718b4faaf2fd9e959b946ba174dda74ce881fde042aaf679243fd2cd4366cdbd2823bf5135d49f4db1"),
			OwnerKey: unhex("c70ed4fd827957dec4490906760d1f54916893304ede0f30c22f0371bbee13f0"),
			UserKey:  unhex("f61360fc9ba55c8034ac5889a5527dcc7f28b1842763638b2e3afe258ac4d5e5"),
			Perms:    unhex("9cba64564229b815040ef5b3853281a9"),
		}, encryption.Rights{FillForms: true}},
		{"r6clear", encryption.Handler{Version: 5, Revision: 6, Length: 256, Permissions: 0xfffffffc,
			EncryptMetadata: false, ID: unhex("31415926535897932384626433832795"),
			Owner: unhex(
				"1e716ece175a5aae92d1d261f6b74c0a5a47c15be9b466fa5eb6c914dca71b515b57cdb97503f509e4a7f705a6ebd6cf"),
			User: unhex(
				"ebed1b70c2d51e4dd9dac3d5f1cfd857c336926b798c73f4f9c0c6a171ff7ee0770293dd9dd2e959303f2be405b91ab4"),
			OwnerKey: unhex("6f4751ed047c9ea0dccd09dbd82e2ce9bce33dc02ccebb0200a526478154a3e2"),
			UserKey:  unhex("3155a1a41345084002ab157cb144eff1afbc9044d5ed970a7a2731c7060fda96"),
			Perms:    unhex("894ae268e0aa365620f62310453cca77"),
		}, encryption.Unrestricted()},
	}
}

func TestOpenForeign(t *testing.T) {
	t.Parallel()
	for _, test := range foreign() {
		user, err := test.handler.Open("user")
		if err != nil || user.Rights() != test.rights {
			t.Errorf("%s: got %v %v, want the user's rights %v", test.name, user, err, test.rights)
		}
		owner, err := test.handler.Open("owner")
		if err != nil || owner.Rights() != encryption.Unrestricted() {
			t.Errorf("%s: got %v %v, want all rights for the owner", test.name, owner, err)
		}
		if user != nil && owner != nil && !sameKey(t, user, owner) {
			t.Errorf("%s: got two keys, want the same for both passwords", test.name)
		}
		if _, err := test.handler.Open(""); !errors.Is(err, encryption.ErrPasswordNeeded) {
			t.Errorf("%s: got %v, want ErrPasswordNeeded", test.name, err)
		}
		for _, wrong := range []string{"User", "user ", "owne", strings.Repeat("user", 1000), "\xff", "\x00", "ü"} {
			if _, err := test.handler.Open(wrong); !errors.Is(err, encryption.ErrPasswordWrong) {
				t.Errorf("%s: got %v for %.10q, want ErrPasswordWrong", test.name, err, wrong)
			}
		}
	}
}

// sameKey reports whether one key decrypts what the other encrypts.
func sameKey(t *testing.T, a, b *encryption.Key) bool {
	t.Helper()
	for _, method := range []encryption.Method{encryption.RC4, encryption.AES256} {
		one, err := a.Cipher(method, 7, 0)
		if err != nil {
			continue
		}
		other, err := b.Cipher(method, 7, 0)
		if err != nil {
			t.Fatal(err)
		}
		encrypted, err := one.Encrypt([]byte("text"))
		if err != nil {
			t.Fatal(err)
		}
		text, err := other.Decrypt(encrypted)
		return err == nil && string(text) == "text"
	}
	return false
}

// If a bit of the dictionary is flipped, the document does not open or no right is gained.
func TestFlippedDictionaries(t *testing.T) {
	t.Parallel()
	for _, test := range foreign() {
		for name, entry := range map[string]func(*encryption.Handler) []byte{
			"U":     func(h *encryption.Handler) []byte { return h.User },
			"Perms": func(h *encryption.Handler) []byte { return h.Perms },
			"O":     func(h *encryption.Handler) []byte { return h.Owner },
			"ID":    func(h *encryption.Handler) []byte { return h.ID },
		} {
			h := test.handler
			for at := range entry(&h) {
				h := test.handler
				h.User, h.Owner, h.Perms, h.ID = bytes.Clone(h.User), bytes.Clone(h.Owner), bytes.Clone(h.Perms),
					bytes.Clone(h.ID)
				entry(&h)[at] ^= 1
				key, err := h.Open("user")
				if err == nil && gains(key.Rights(), test.rights) {
					t.Errorf("%s: got the rights %v with byte %d of /%s flipped, want none beyond %v", test.name,
						key.Rights(), at, name, test.rights)
				}
			}
		}
		h := test.handler
		h.Permissions = 0xfffffffc
		if key, err := h.Open("user"); err == nil && gains(key.Rights(), test.rights) {
			t.Errorf("%s: got the rights %v by another /P, want none beyond %v", test.name, key.Rights(), test.rights)
		}
	}
}

func gains(got, had encryption.Rights) bool {
	return got.Modify && !had.Modify || got.Annotate && !had.Annotate || got.FillForms && !had.FillForms
}

// The work of each try of a password is counted, and is bounded for any salt.
func TestWorkIsCounted(t *testing.T) {
	t.Parallel()
	const most = 4 * 287 * 64 * (127 + 64 + 48)
	enough := errors.New("enough")
	for _, test := range foreign() {
		var spent int64
		h := test.handler
		h.Spend = func(units int64) error { spent += units; return nil }
		for salt := range 20 {
			h.User, h.Owner = bytes.Clone(h.User), bytes.Clone(h.Owner)
			h.User[len(h.User)-1], h.Owner[len(h.Owner)-12] = byte(salt), byte(salt)
			before := spent
			_, _ = h.Open(strings.Repeat("ü", 200))
			if spent == before || spent-before > 2*most {
				t.Errorf("%s: got %d units of work, want some, and %d at most", test.name, spent-before, 2*most)
			}
		}
		h.Spend = func(int64) error { return enough }
		if _, err := h.Open("user"); !errors.Is(err, enough) {
			t.Errorf("%s: got %v, want the end of the work", test.name, err)
		}
	}
}

func FuzzOpen(f *testing.F) {
	for _, test := range foreign() {
		h := test.handler
		f.Add(h.Version, h.Revision, h.Length, h.Owner, h.User, h.OwnerKey, h.UserKey, h.Permissions, h.Perms,
			h.EncryptMetadata, h.ID, "user")
	}
	if len(foreign()) < 8 {
		f.Fatal("got too few seeds")
	}
	f.Fuzz(
		func(t *testing.T, version, revision, length int, owner, user, ownerKey, userKey []byte, bits uint32,
			encrypted []byte, metadata bool, id []byte, password string) {
			key, err := encryption.Handler{
				Version: version, Revision: revision, Length: length, Owner: owner, User: user, OwnerKey: ownerKey,
				UserKey:     userKey,
				Permissions: bits, Perms: encrypted, EncryptMetadata: metadata, ID: id,
			}.Open(password)
			if (key == nil) == (err == nil) {
				t.Errorf("got %v %v, want a key or an error", key, err)
			}
			if key != nil {
				roundTrip(t, key, []byte(password))
			}
		})
}
