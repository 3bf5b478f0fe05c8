package pdf

import "influxion/handler/internal/pades/encryption"

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
				"is not read")
		}
	}
	return nil
}

var methods = map[Name]encryption.Method{
	"V2": encryption.RC4, "AESV2": encryption.AES128, "AESV3": encryption.AES256,
}

// filterMethod is the /CFM of a crypt filter. /None, which leaves decryption to the handler, is not
// supported.
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
			return 0, damaged("a stream has a crypt filter where none may be")
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

// namedMethod is the method of the crypt filter that a stream names.
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
