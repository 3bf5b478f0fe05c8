package encryption_test

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"influxion/handler/internal/pades/encryption"
)

// roundTrip encrypts and decrypts data with all methods that fit a key, as a string and as a
// stream.
func roundTrip(t *testing.T, key *encryption.Key, data []byte) {
	t.Helper()
	tried := 0
	for _, method := range []encryption.Method{encryption.Identity, encryption.RC4, encryption.AES128,
		encryption.AES256} {
		c, err := key.Cipher(method, 0x123456, 7)
		if err != nil {
			continue
		}
		tried++
		encrypted, err := c.Encrypt(data)
		if err != nil {
			t.Fatal(err)
		}
		stream, err := c.Reader(iotest.OneByteReader(bytes.NewReader(encrypted)))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(stream); err != nil || !bytes.Equal(got, data) {
			t.Errorf("method %d: got %d bytes (%v) of a stream of %d", method, len(got), err, len(data))
		}
		again, _ := c.Encrypt(data)
		if len(data) > 0 && method >= encryption.AES128 && bytes.Equal(again, encrypted) {
			t.Errorf("method %d: got the same for two strings of one object, want another vector", method)
		}
		if got, err := c.Decrypt(encrypted); err != nil || !bytes.Equal(got, data) {
			t.Errorf("method %d: got %q (%v), want %q", method, got, err, data)
		}
	}
	if tried < 2 {
		t.Errorf("got %d methods that go with the key, want at least 2", tried)
	}
}

func TestRoundTrips(t *testing.T) {
	t.Parallel()
	for _, test := range foreign() {
		key, err := test.handler.Open("user")
		if err != nil {
			t.Fatal(err)
		}
		for _, size := range []int{0, 1, 15, 16, 17, 31, 32, 4079, 4080, 4081, 4095, 4096, 4097, 8192, 10_000} {
			roundTrip(t, key, bytes.Repeat([]byte{'x', byte(size)}, size/2+1)[:size])
		}
		other, err := key.Cipher(encryption.RC4, 1, 0)
		if err != nil {
			continue
		}
		encrypted, _ := other.Encrypt([]byte("a text of one object"))
		if of2, _ := key.Cipher(encryption.RC4, 2, 0); of2 != nil {
			if got, _ := of2.Decrypt(encrypted); string(got) == "a text of one object" {
				t.Errorf("%s: got the text of object 1 with the key of object 2", test.name)
			}
		}
	}
}

// Methods that do not fit the version are refused: a key of 32 bytes is no RC4 key, and a key of 5
// bytes is no AES key.
func TestMethodsGoWithVersions(t *testing.T) {
	t.Parallel()
	for _, test := range foreign() {
		key, err := test.handler.Open("user")
		if err != nil {
			t.Fatal(err)
		}
		h := test.handler
		for method, want := range map[encryption.Method]bool{
			encryption.Identity: true, encryption.RC4: h.Version < 5,
			encryption.AES128: h.Version < 5 && h.Revision > 2, encryption.AES256: h.Version == 5,
		} {
			_, err := key.Cipher(method, 1, 0)
			if _, unsupported := errors.AsType[*encryption.UnsupportedError](err); (err == nil) != want ||
				err != nil && !unsupported {
				t.Errorf("%s: method %d: got %v, want it to go = %v", test.name, method, err, want)
			}
		}
	}
}

func TestMalformedData(t *testing.T) {
	t.Parallel()
	key, err := foreign()[6].handler.Open("user")
	if err != nil {
		t.Fatal(err)
	}
	c, err := key.Cipher(encryption.AES256, 1, 0)
	if err != nil {
		t.Fatal(err)
	}
	good, _ := c.Encrypt(bytes.Repeat([]byte("0123456789"), 1000))
	for name, test := range map[string]struct {
		data []byte
		ok   bool
	}{
		"nothing":              {nil, true},
		"a vector alone":       {good[:16], true}, // as some writers have empty data
		"cut in the vector":    {good[:15], false},
		"cut in a block":       {good[:len(good)-1], false},
		"a byte more":          {append(bytes.Clone(good), 0), false},
		"cut behind the first": {good[:17], false},
		"without its last":     {good[:len(good)-16], false},
		"whole":                {good, true},
	} {
		stream, err := c.Reader(bytes.NewReader(test.data))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(stream); (err == nil) != test.ok ||
			err != nil && !errors.Is(err, encryption.ErrMalformed) {
			t.Errorf("%s, as a stream: got %v, want it read = %v", name, err, test.ok)
		}
		if _, err := c.Decrypt(bytes.Clone(test.data)); (err == nil) != test.ok {
			t.Errorf("%s, as a string: got %v, want it read = %v", name, err, test.ok)
		}
	}
	broken := errors.New("broken")
	stream, _ := c.Reader(io.MultiReader(bytes.NewReader(good[:100]), iotest.ErrReader(broken)))
	if _, err := io.ReadAll(stream); !errors.Is(err, broken) {
		t.Errorf("got %v, want the error of the source", err)
	}
}

func FuzzDecrypt(f *testing.F) {
	for _, seed := range []string{"", "0123456789abcdef", "0123456789abcdef0123456789abcdef", "short"} {
		f.Add([]byte(seed))
	}
	var keys []*encryption.Key
	for _, test := range foreign() {
		key, err := test.handler.Open("user")
		if err != nil {
			f.Fatal(err)
		}
		keys = append(keys, key)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, key := range keys {
			for _, method := range []encryption.Method{encryption.RC4, encryption.AES128, encryption.AES256} {
				c, err := key.Cipher(method, 1, 0)
				if err != nil {
					continue
				}
				stream, err := c.Reader(bytes.NewReader(data))
				if err != nil {
					t.Fatal(err)
				}
				streamed, streamErr := io.ReadAll(stream)
				text, err := c.Decrypt(bytes.Clone(data))
				if (err == nil) != (streamErr == nil) || err == nil && !bytes.Equal(text, streamed) {
					t.Errorf("got %q (%v) as a string and %q (%v) as a stream, want the same", text, err, streamed,
						streamErr)
				}
			}
		}
		roundTrip(t, keys[0], data)
		roundTrip(t, keys[7], data)
	})
}
