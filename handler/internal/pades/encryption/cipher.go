package encryption

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/md5"
	"crypto/rc4"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Method is the encryption method of a crypt filter: ISO 32000-2, table 25.
type Method int

// The methods.
const (
	Identity Method = iota // not at all
	RC4                    // V2, and versions 1 and 2
	AES128                 // AESV2
	AES256                 // AESV3
)

// ErrMalformed means that data cannot be the output of the method.
var ErrMalformed = errors.New("encrypted data have a wrong length or padding")

// Cipher encrypts and decrypts the strings and the stream of one object. It is not safe for
// concurrent use.
type Cipher struct {
	method Method
	key    []byte
	block  cipher.Block // of AES
	count  uint64       // of what was encrypted
	object [8]byte
}

// Cipher returns the cipher of an indirect object: algorithm 1, or 1.A for AES256.
func (k *Key) Cipher(method Method, number, generation int) (*Cipher, error) {
	c := &Cipher{method: method, key: k.file}
	binary.LittleEndian.PutUint32(c.object[:], uint32(number))
	binary.LittleEndian.PutUint32(c.object[4:], uint32(generation))
	if method == Identity {
		return c, nil
	}
	if modern := len(k.file) == keyLength; modern != (method == AES256) {
		return nil, unsupported("a crypt filter has a method that does not fit the version of the encryption")
	}
	if method == RC4 || method == AES128 {
		hash := md5.New()
		hash.Write(k.file)
		hash.Write(c.object[:3])
		hash.Write(c.object[4:6])
		if method == AES128 {
			hash.Write([]byte("sAlT"))
		}
		c.key = hash.Sum(nil)[:min(len(k.file)+5, md5.Size)]
	}
	if method == RC4 {
		return c, nil
	}
	if method == AES128 && len(c.key) != 16 {
		return nil, unsupported("a crypt filter has a method that does not fit the length of the key")
	}
	var err error
	c.block, err = aes.NewCipher(c.key)
	return c, err
}

// Decrypt decrypts a string in place. An empty string stays empty, because some writers do not
// encrypt empty strings.
func (c *Cipher) Decrypt(data []byte) ([]byte, error) {
	switch {
	case c.method == Identity || len(data) == 0:
		return data, nil
	case c.method == RC4:
		stream, err := rc4.NewCipher(c.key)
		if err != nil {
			return nil, err
		}
		stream.XORKeyStream(data, data)
		return data, nil
	case len(data)%aes.BlockSize != 0:
		return nil, ErrMalformed
	case len(data) == aes.BlockSize: // a vector for nothing
		return nil, nil
	}
	text := data[aes.BlockSize:]
	cipher.NewCBCDecrypter(c.block, data[:aes.BlockSize]).CryptBlocks(text, text)
	return unpadded(text)
}

// unpadded removes the padding of RFC 8018 from the last block.
func unpadded(text []byte) ([]byte, error) {
	n := int(text[len(text)-1])
	if n == 0 || n > aes.BlockSize {
		return nil, ErrMalformed
	}
	for _, c := range text[len(text)-n:] {
		if int(c) != n {
			return nil, ErrMalformed
		}
	}
	return text[:len(text)-n], nil
}

// Encrypt encrypts a string or the data of a stream. The initialization vector is derived from the
// key and the data: equal inputs give equal outputs, and different inputs never share a vector.
func (c *Cipher) Encrypt(data []byte) ([]byte, error) {
	switch c.method {
	case Identity:
		return data, nil
	case RC4:
		stream, err := rc4.NewCipher(c.key)
		if err != nil {
			return nil, err
		}
		out := make([]byte, len(data))
		stream.XORKeyStream(out, data)
		return out, nil
	}
	pad := aes.BlockSize - len(data)%aes.BlockSize
	out := make([]byte, aes.BlockSize+len(data)+pad)
	copy(out, c.vector(data))
	text := out[aes.BlockSize:]
	copy(text, data)
	for i := len(data); i < len(text); i++ {
		text[i] = byte(pad)
	}
	cipher.NewCBCEncrypter(c.block, out[:aes.BlockSize]).CryptBlocks(text, text)
	return out, nil
}

func (c *Cipher) vector(data []byte) []byte {
	c.count++
	mac := hmac.New(sha256.New, c.key)
	mac.Write([]byte("initialization vector"))
	mac.Write(c.object[:])
	_ = binary.Write(mac, binary.LittleEndian, c.count)
	mac.Write(data)
	return mac.Sum(nil)[:aes.BlockSize]
}

// Reader decrypts the data of a stream. Truncated or malformed data give ErrMalformed.
func (c *Cipher) Reader(r io.Reader) (io.Reader, error) {
	switch c.method {
	case Identity:
		return r, nil
	case RC4:
		stream, err := rc4.NewCipher(c.key)
		if err != nil {
			return nil, err
		}
		return &cipher.StreamReader{S: stream, R: r}, nil
	}
	return &blockReader{block: c.block, source: r}, nil
}

// blockReader decrypts AES in CBC mode. It withholds each block until it knows whether the block is
// the last.
type blockReader struct {
	block  cipher.Block
	source io.Reader
	mode   cipher.BlockMode // nil = the initialization vector is not read yet
	plain  []byte           // decrypted; the last block of it may have the padding
	given  int
	ended  bool
	err    error
	buffer [pieceSize]byte
}

const pieceSize = 4096

// Read is io.Reader.
func (b *blockReader) Read(p []byte) (int, error) {
	for {
		ready := len(b.plain) - b.given
		if !b.ended {
			ready -= aes.BlockSize
		}
		if ready > 0 {
			n := copy(p, b.plain[b.given:b.given+ready])
			b.given += n
			return n, nil
		}
		if b.err != nil {
			return 0, b.err
		}
		b.fill()
	}
}

// fill decrypts the next piece.
func (b *blockReader) fill() {
	if b.mode == nil {
		b.begin()
		return
	}
	rest := copy(b.buffer[:], b.plain[b.given:])
	piece := b.buffer[rest : rest+(pieceSize-rest)/aes.BlockSize*aes.BlockSize]
	n, err := io.ReadFull(b.source, piece)
	switch {
	case err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF):
		b.ended, b.err = true, io.EOF
	case err != nil:
		b.err = err
		return
	}
	if n%aes.BlockSize != 0 {
		b.plain, b.given, b.err = nil, 0, ErrMalformed
		return
	}
	b.mode.CryptBlocks(piece[:n], piece[:n])
	b.plain, b.given = b.buffer[:rest+n], 0
	if !b.ended || len(b.plain) == 0 { // a vector for nothing
		return
	}
	if b.plain, err = unpadded(b.plain); err != nil {
		b.plain, b.err = nil, err
	}
}

// begin reads the initialization vector. Empty data have none.
func (b *blockReader) begin() {
	var vector [aes.BlockSize]byte
	switch _, err := io.ReadFull(b.source, vector[:]); {
	case err == io.EOF:
		b.ended, b.err = true, io.EOF
	case errors.Is(err, io.ErrUnexpectedEOF):
		b.err = ErrMalformed
	case err != nil:
		b.err = fmt.Errorf("read encrypted data: %w", err)
	default:
		b.mode = cipher.NewCBCDecrypter(b.block, vector[:])
	}
}
