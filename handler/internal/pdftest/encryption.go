package pdftest

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5"
	"crypto/rand"
	"crypto/rc4"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/big"
	"regexp"
	"strings"
)

// Encryption states how a File is encrypted: ISO 32000-2, 7.6. The code follows the text of the
// standard and shares no code with the product.
type Encryption struct {
	Revision      int    // 2 to 6
	Length        int    // of the key in bits, of revision 3; 0 = 128
	AES           bool   // of revision 4
	User, Owner   string // passwords, in ASCII or as the revision encodes them
	Permissions   int32  // /P; 0 = all
	PlainMetadata bool
	Filters       string // instead of /CF, /StmF and /StrF
	Dictionary    string // instead of all of the encryption dictionary

	id   []byte
	file []byte // the file encryption key
	dict string
}

// encryptedID is the first half of the /ID that Bytes writes.
var encryptedID, _ = hex.DecodeString("00112233445566778899AABBCCDDEEFF")

var passwordPadding = []byte{
	0x28, 0xBF, 0x4E, 0x5E, 0x4E, 0x75, 0x8A, 0x41, 0x64, 0x00, 0x4E, 0x56, 0xFF, 0xFA, 0x01, 0x08,
	0x2E, 0x2E, 0x00, 0xB6, 0xD0, 0x68, 0x3E, 0x80, 0x2F, 0x0C, 0xA9, 0xFE, 0x64, 0x53, 0x69, 0x7A,
}

func (e *Encryption) prepare(id []byte) {
	if e.Permissions == 0 {
		e.Permissions = -4
	}
	e.id = id
	if e.Revision >= 5 {
		e.modern()
	} else {
		e.legacy()
	}
	if e.Dictionary != "" {
		e.dict = e.Dictionary
	}
}

func (e *Encryption) keyBytes() int {
	switch {
	case e.Revision == 2:
		return 5
	case e.Revision == 3 && e.Length != 0:
		return e.Length / 8
	}
	return 16
}

// legacy makes the dictionary of revisions 2 to 4: algorithms 2 to 5.
func (e *Encryption) legacy() {
	n := e.keyBytes()
	pad := func(password string) []byte { return append([]byte(password), passwordPadding...)[:32] }
	times := func(sum [16]byte, count, length int) []byte {
		for range count {
			sum = md5.Sum(sum[:length])
		}
		return sum[:n]
	}
	rounds, hashes := 1, 0
	if e.Revision >= 3 {
		rounds, hashes = 20, 50
	}
	owner := pad(e.User)
	ownerKey := times(md5.Sum(pad(e.Owner)), hashes, 16)
	for round := range rounds {
		owner = rc4With(ownerKey, owner, byte(round))
	}
	input := append(pad(e.User), owner...)
	input = binary.LittleEndian.AppendUint32(input, uint32(e.Permissions))
	input = append(input, e.id...)
	if e.Revision >= 4 && e.PlainMetadata {
		input = append(input, "\xff\xff\xff\xff"...)
	}
	e.file = times(md5.Sum(input), hashes, n)
	user := bytes.Clone(passwordPadding)
	if e.Revision >= 3 {
		sum := md5.Sum(append(bytes.Clone(passwordPadding), e.id...))
		user = sum[:]
	}
	for round := range rounds {
		user = rc4With(e.file, user, byte(round))
	}
	user = append(user, make([]byte, 32-len(user))...)
	version, filters := map[int]int{2: 1, 3: 2, 4: 4}[e.Revision], ""
	if e.Revision == 4 {
		method := "/V2"
		if e.AES {
			method = "/AESV2"
		}
		filters = e.filters(method)
	}
	e.dict = fmt.Sprintf("<< /Filter /Standard /V %d /R %d /Length %d /P %d /O <%x> /U <%x> %s >>",
		version, e.Revision, 8*n, e.Permissions, owner, user, filters)
}

func (e *Encryption) filters(method string) string {
	metadata := ""
	if e.PlainMetadata {
		metadata = " /EncryptMetadata false"
	}
	if e.Filters != "" {
		return e.Filters + metadata
	}
	return fmt.Sprintf("/CF << /StdCF << /CFM %s /AuthEvent /DocOpen >> >> /StmF /StdCF /StrF /StdCF%s", method,
		metadata)
}

func rc4With(key, data []byte, round byte) []byte {
	turned := bytes.Clone(key)
	for i := range turned {
		turned[i] ^= round
	}
	stream, _ := rc4.NewCipher(turned)
	out := make([]byte, len(data))
	stream.XORKeyStream(out, data)
	return out
}

// modern makes the dictionary of revisions 5 and 6: algorithms 8 to 10.
func (e *Encryption) modern() {
	e.file = random(32)
	entry := func(password string, user []byte) (proof, wrapped []byte) {
		salts := random(16)
		proof = append(e.hash([]byte(password), salts[:8], user), salts...)
		block, _ := aes.NewCipher(e.hash([]byte(password), salts[8:], user))
		wrapped = make([]byte, 32)
		cipher.NewCBCEncrypter(block, make([]byte, 16)).CryptBlocks(wrapped, e.file)
		return proof, wrapped
	}
	user, userKey := entry(e.User, nil)
	owner, ownerKey := entry(e.Owner, user)
	perms := binary.LittleEndian.AppendUint32(nil, uint32(e.Permissions))
	perms = append(append(perms, "\xff\xff\xff\xffTadb"...), random(4)...)
	if e.PlainMetadata {
		perms[8] = 'F'
	}
	block, _ := aes.NewCipher(e.file)
	block.Encrypt(perms, perms)
	e.dict = fmt.Sprintf("<< /Filter /Standard /V 5 /R %d /Length 256 /P %d /O <%x> /U <%x> /OE <%x> /UE <%x> "+
		"/Perms <%x> %s >>",
		e.Revision, e.Permissions, owner, user, ownerKey, userKey, perms, e.filters("/AESV3"))
}

// hash is SHA-256 in revision 5 and algorithm 2.B in revision 6.
func (e *Encryption) hash(password, salt, user []byte) []byte {
	sum := sha256.Sum256(slicesOf(password, salt, user))
	key := sum[:]
	if e.Revision == 5 {
		return key
	}
	for round := 1; ; round++ {
		data := bytes.Repeat(slicesOf(password, key, user), 64)
		block, _ := aes.NewCipher(key[:16])
		cipher.NewCBCEncrypter(block, key[16:32]).CryptBlocks(data, data)
		switch new(big.Int).Mod(new(big.Int).SetBytes(data[:16]), big.NewInt(3)).Int64() {
		case 0:
			next := sha256.Sum256(data)
			key = next[:]
		case 1:
			next := sha512.Sum384(data)
			key = next[:]
		case 2:
			next := sha512.Sum512(data)
			key = next[:]
		}
		if round >= 64 && int(data[len(data)-1]) <= round-32 {
			return key[:32]
		}
	}
}

func slicesOf(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

func random(n int) []byte {
	out := make([]byte, n)
	_, _ = rand.Read(out)
	return out
}

// data encrypts a string or the data of a stream of an object: algorithms 1 and 1.A.
func (e *Encryption) data(number int, data []byte) []byte {
	isAES := e.Revision >= 5 || e.Revision == 4 && e.AES
	key := e.file
	if e.Revision < 5 {
		input := append(bytes.Clone(e.file), byte(number), byte(number>>8), byte(number>>16), 0, 0)
		if isAES {
			input = append(input, "sAlT"...)
		}
		sum := md5.Sum(input)
		key = sum[:min(len(e.file)+5, 16)]
	}
	if !isAES {
		return rc4With(key, data, 0)
	}
	pad := 16 - len(data)%16
	vector, text := random(16), append(bytes.Clone(data), bytes.Repeat([]byte{byte(pad)}, pad)...)
	block, _ := aes.NewCipher(key)
	cipher.NewCBCEncrypter(block, vector).CryptBlocks(text, text)
	return append(vector, text...)
}

var (
	hexOrLiteral = regexp.MustCompile(`<[0-9A-Fa-f]*>|\([^()\\]*\)`)
	lengthEntry  = regexp.MustCompile(`/Length \d+`)
)

// object encrypts the text of an object. Its strings must be hexadecimal or without escapes. It
// also encrypts the stream, unless the filters exempt it.
func (e *Encryption) object(number int, text string) string {
	dict, rest, isStream := strings.Cut(text, "\nstream\n")
	dict = hexOrLiteral.ReplaceAllStringFunc(dict, func(written string) string {
		plain := []byte(written[1 : len(written)-1])
		if written[0] == '<' {
			plain, _ = hex.DecodeString(string(plain))
		}
		return fmt.Sprintf("<%x>", e.data(number, plain))
	})
	if !isStream {
		return dict
	}
	data := []byte(strings.TrimSuffix(rest, "\nendstream"))
	filter := "/StmF"
	if strings.Contains(dict, "/Type /EmbeddedFile") && strings.Contains(e.Filters, "/EFF") {
		filter = "/EFF"
	}
	plain := e.PlainMetadata && strings.Contains(dict, "/Type /Metadata") ||
		strings.Contains(e.Filters, filter+" /Identity") ||
		strings.Contains(dict, "/Filter /Crypt") || strings.Contains(dict, "/Filter [/Crypt")
	if !plain {
		data = e.data(number, data)
	}
	dict = lengthEntry.ReplaceAllString(dict, fmt.Sprintf("/Length %d", len(data)))
	return dict + "\nstream\n" + string(data) + "\nendstream"
}
