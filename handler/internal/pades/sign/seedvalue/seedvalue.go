package seedvalue

import (
	"crypto"
	"crypto/x509"
	"fmt"
	"slices"
	"strings"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/cms"
	"influxion/handler/internal/pades/form"
	"influxion/handler/internal/pades/pdf"
)

// Bits of a seed value dictionary's /Ff, each of which makes a constraint required: ISO 32000-2,
// table 237.
const (
	seedFilter           = 1 << 0
	seedSubFilter        = 1 << 1
	seedVersion          = 1 << 2
	seedReasons          = 1 << 3
	seedAttestation      = 1 << 4
	seedRevocation       = 1 << 5
	seedDigest           = 1 << 6
	seedLockDocument     = 1 << 7
	seedAppearanceFilter = 1 << 8
)

const (
	maxSeeds       = 1000 // values of one constraint
	maxSeedVersion = 3    // the greatest that PDF 2.0 defines
	maxReasonShown = 200  // bytes of the reasons that an error lists
)

// seed is the seed value dictionary of a signature field: the constraints that the author of the
// form sets for a signature in it.
type seed struct {
	file     *pdf.File
	dict     pdf.Dict
	holder   pdf.Ref  // the object that has the dictionary: itself, or the field
	lock     pdf.Dict // /Lock of the field
	required pdf.Integer
	chain    []*x509.Certificate
}

// Apply applies the seed values of the field that the options name to the options of a signature
// with that chain, leaf first. Without such a field or seed values, it returns the options
// unchanged. A required constraint that the signature cannot meet gives a *pades.Error. A
// constraint that is not required only chooses options that the caller left open. Errors of reading
// are those of file.
func Apply(file *pdf.File, chain []*x509.Certificate, o pades.Options) (pades.Options, error) {
	s, err := readSeed(file, o.Field, chain)
	if err != nil || s == nil {
		return o, err
	}
	applied, err := s.apply(o)
	return applied, file.At(s.holder, err)
}

// readSeed reads the seed values of a signature field; nil = there are none.
func readSeed(file *pdf.File, name string, chain []*x509.Certificate) (*seed, error) {
	_, catalog, err := file.Catalog()
	if err != nil {
		return nil, err
	}
	fields, err := form.Read(file, catalog)
	if err != nil {
		return nil, err
	}
	field := fields.Find(name)
	if field == nil {
		orphan, err := fields.FindOrphan(file, name)
		if err != nil || orphan == nil {
			return nil, err
		}
		field = &orphan.Field
	}
	if field.Kind != "Sig" {
		return nil, nil
	}
	s := &seed{file: file, holder: field.Ref, chain: chain}
	if ref, indirect := field.Dict["SV"].(pdf.Ref); indirect {
		s.holder = ref
	}
	if s.dict, err = file.Dict(field.Dict["SV"]); err != nil || s.dict == nil {
		return nil, file.At(field.Ref, err)
	}
	if s.lock, err = file.Dict(field.Dict["Lock"]); err != nil {
		return nil, file.At(field.Ref, err)
	}
	s.required, err = file.Integer(s.dict["Ff"])
	return s, file.At(s.holder, err)
}

func (s *seed) apply(o pades.Options) (pades.Options, error) {
	for _, constraint := range []func(*pades.Options) error{
		s.version, s.filter, s.subFilter, s.digest, s.reason, s.certification, s.timestamp, s.attestation, s.revocation,
		s.lockDocument,
		s.appearanceFilter, s.certificate,
	} {
		if err := constraint(&o); err != nil {
			return o, err
		}
	}
	return o, nil
}

func (s *seed) requires(bit pdf.Integer) bool { return s.required&bit != 0 }

// unmet is the error for a constraint that the signature cannot meet.
func unmet(constraint string) error {
	return &pades.Error{Code: pades.CodeFieldUnusable, Detail: "the field of this name asks for " + constraint}
}

func (s *seed) version(*pades.Options) error {
	number, err := form.ReadNumber(s.file, s.dict["V"])
	if s.requires(seedVersion) && (err != nil || number > maxSeedVersion) {
		return unmet("a signer that knows a newer version of seed values")
	}
	return nil
}

func (s *seed) filter(*pades.Options) error {
	name, err := s.file.Name(s.dict["Filter"])
	if err == nil && s.requires(seedFilter) && name != "Adobe.PPKLite" {
		return unmet("a signature handler other than Adobe.PPKLite")
	}
	return err
}

func (s *seed) subFilter(*pades.Options) error {
	names, err := s.texts("SubFilter")
	if err == nil && s.requires(seedSubFilter) && !slices.Contains(names, pades.SubFilterPAdES) {
		return unmet("a signature format other than " + pades.SubFilterPAdES)
	}
	return err
}

// digest chooses the digest that suits the key if the field accepts it, and otherwise the first
// digest of the field that is supported.
func (s *seed) digest(o *pades.Options) error {
	names, err := s.texts("DigestMethod")
	if err != nil || len(names) == 0 && !s.requires(seedDigest) {
		return err
	}
	known := map[string]crypto.Hash{"SHA256": crypto.SHA256, "SHA384": crypto.SHA384, "SHA512": crypto.SHA512}
	var accepted []crypto.Hash
	for _, name := range names {
		if digest := known[strings.ReplaceAll(strings.ToUpper(name), "-", "")]; digest != 0 {
			accepted = append(accepted, digest)
		}
	}
	if o.Digest == 0 {
		if fitting, err := cms.DefaultDigest(s.chain[0].PublicKey); len(accepted) > 0 &&
			(err != nil || !slices.Contains(accepted, fitting)) {
			o.Digest = accepted[0]
			return nil
		}
		if len(accepted) > 0 {
			return nil
		}
	}
	if s.requires(seedDigest) && !slices.Contains(accepted, o.Digest) {
		return unmet("another digest algorithm than this signature has")
	}
	return nil
}

// reason checks the reason against the reasons of the field. If the only reason of the field is a
// full stop, or if the field requires a reason but lists none, the signature must have no reason.
func (s *seed) reason(o *pades.Options) error {
	reasons, err := s.texts("Reasons")
	if err != nil || !s.requires(seedReasons) {
		return err
	}
	if len(reasons) == 0 || len(reasons) == 1 && reasons[0] == "." {
		if o.Reason != "" {
			return unmet("a signature without a reason")
		}
		return nil
	}
	if slices.Contains(reasons, o.Reason) {
		return nil
	}
	listed := fmt.Sprintf("%q", reasons)
	if len(listed) > maxReasonShown {
		listed = strings.ToValidUTF8(listed[:maxReasonShown], "") + " …"
	}
	return unmet("one of the reasons " + listed)
}

// certification chooses the kind of signature that the field prescribes. It returns an error if the
// caller asked for another kind.
func (s *seed) certification(o *pades.Options) error {
	mdp, err := s.file.Dict(s.dict["MDP"])
	if err != nil || mdp == nil {
		return err
	}
	value, err := s.file.Integer(mdp["P"])
	if err != nil {
		return err
	}
	permission := pades.Permission(value)
	switch {
	case permission < pades.NoCertification || permission > pades.FormsAndComments:
		return unmet("a certification that is not known")
	case permission == pades.NoCertification && o.Certify != pades.NoCertification:
		return unmet("an approval signature, not a certification")
	case o.Certify != pades.NoCertification && o.Certify != permission:
		return unmet(fmt.Sprintf("a certification that permits %d", permission))
	}
	o.Certify = permission
	return nil
}

// timestamp makes sure that a signature with a required timestamp has one. It ignores /URL: the
// configured TSA is used, because documents must not choose where requests go.
func (s *seed) timestamp(o *pades.Options) error {
	timestamp, err := s.file.Dict(s.dict["TimeStamp"])
	if err != nil || timestamp == nil {
		return err
	}
	required, err := s.file.Integer(timestamp["Ff"])
	if err != nil || required&1 == 0 {
		return err
	}
	if o.Level == "" || o.Level == pades.LevelBB {
		return unmet("a timestamp: level B-T or above")
	}
	o.AllowLower = false
	return nil
}

func (s *seed) attestation(*pades.Options) error {
	if s.requires(seedAttestation) {
		return unmet("a legal attestation, which is not supported")
	}
	return nil
}

// revocation makes sure that the level includes required revocation information, which PAdES keeps
// in the document's /DSS.
func (s *seed) revocation(o *pades.Options) error {
	wanted, err := s.file.Resolve(s.dict["AddRevInfo"])
	if err != nil || wanted != true || !s.requires(seedRevocation) {
		return err
	}
	if o.Level != pades.LevelBLT && o.Level != pades.LevelLTA {
		return unmet("revocation information: level B-LT or above")
	}
	o.AllowLower = false
	return nil
}

// lockDocument accepts only a locking that the /Lock of the field already causes. To add a lock
// would change the field beyond filling it.
func (s *seed) lockDocument(*pades.Options) error {
	names, err := s.texts("LockDocument")
	if err != nil || !s.requires(seedLockDocument) || len(names) == 0 {
		return err
	}
	permission, err := s.file.Integer(s.lock["P"])
	if err != nil {
		return err
	}
	locks := permission == pdf.Integer(pades.NoChanges)
	if names[0] == "true" && !locks || names[0] == "false" && locks {
		return unmet("a lock of the document that contradicts its own /Lock")
	}
	return nil
}

func (s *seed) appearanceFilter(*pades.Options) error {
	if s.requires(seedAppearanceFilter) {
		return unmet("an appearance template of the signer's reader")
	}
	return nil
}

// texts gives the names or strings of an array. A single name or string counts as an array of one.
func (s *seed) texts(key pdf.Name) ([]string, error) {
	object, err := s.file.Resolve(s.dict[key])
	if err != nil || object == nil {
		return nil, err
	}
	array, ok := object.(pdf.Array)
	if !ok {
		array = pdf.Array{object}
	}
	if len(array) > maxSeeds {
		return nil, &pades.Error{Code: pades.CodeTooComplex, Detail: "the field of this name has too many seed values"}
	}
	texts := make([]string, 0, len(array))
	for _, element := range array {
		element, err := s.file.Resolve(element)
		if err != nil {
			return nil, err
		}
		switch element := element.(type) {
		case pdf.Name:
			texts = append(texts, string(element))
		case pdf.String:
			texts = append(texts, element.Text())
		default:
			return nil, &pdf.Error{Kind: pdf.Damaged, Detail: "a seed value is neither a name nor a string"}
		}
	}
	return texts, nil
}
