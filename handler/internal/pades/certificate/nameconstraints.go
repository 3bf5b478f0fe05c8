package certificate

import (
	"crypto/x509"
	"crypto/x509/pkix"
	encoding_asn1 "encoding/asn1"
	"errors"
	"slices"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Errors of CheckNames.
var (
	// ErrNameForbidden: the path has a name that an authority above it may not certify.
	ErrNameForbidden = errors.New("a name that an authority of the chain may not certify")
	// ErrNamesNotEvaluated: there are more names or subtrees than are compared, or they are of
	// forms that are not evaluated.
	ErrNamesNotEvaluated = errors.New("name constraints, or names below them, that are not evaluated")
)

// directoryName is the tag of GeneralName: RFC 5280, section 4.2.1.6.
const directoryName = 4

// CheckNames checks the names of a path, signer first, against the name constraints of its
// authorities: RFC 5280, sections 4.2.1.10 and 6.1.4 (g). It checks only what crypto/x509 does not:
// directory names, and an e-mail address in the subject of a certificate without alternative names.
// The constraints of the anchor count too, as in crypto/x509. Its errors are ErrNameForbidden and
// ErrNamesNotEvaluated.
func CheckNames(path []*x509.Certificate) error {
	for i, authority := range path {
		if _, constrained := extensionOf(authority, oidNameConstraints()); i == 0 || !constrained {
			continue
		}
		constraints, ok := readConstraints(authority)
		if !ok {
			return ErrNamesNotEvaluated
		}
		for j, c := range path[:i] {
			// an authority that renews its own key may do so under any name
			if j > 0 && SameName(c.RawSubject, c.RawIssuer) {
				continue
			}
			if err := constraints.check(c); err != nil {
				return err
			}
		}
	}
	return nil
}

// Unhandled returns the critical extensions of an authority's certificate that neither crypto/x509
// nor CheckNames evaluates. CheckNames refuses names of a form that neither of them evaluates.
func Unhandled(c *x509.Certificate) []encoding_asn1.ObjectIdentifier {
	if _, ok := readConstraints(c); !ok {
		return c.UnhandledCriticalExtensions
	}
	return slices.DeleteFunc(slices.Clone(c.UnhandledCriticalExtensions), oidNameConstraints().Equal)
}

// nameConstraints are the subtrees of names that an authority may, and may not, certify.
type nameConstraints struct {
	permitted, excluded           [][]byte // DER of the Names
	permittedEmail, excludedEmail []string
	// forms of names whose subtrees this package does not evaluate: no name below may have one of
	// them
	others []asn1.Tag
}

// readConstraints reads NameConstraints: RFC 5280, section 4.2.1.10. ok is false if there are too
// many, or if they cannot be read.
func readConstraints(c *x509.Certificate) (found nameConstraints, ok bool) {
	value, _ := extensionOf(c, oidNameConstraints())
	var inner cryptobyte.String
	if !value.ReadASN1(&inner, asn1.SEQUENCE) || !value.Empty() {
		return found, false
	}
	found.permittedEmail, found.excludedEmail = c.PermittedEmailAddresses, c.ExcludedEmailAddresses
	for n, into := range []*[][]byte{&found.permitted, &found.excluded} {
		var subtrees cryptobyte.String
		var present bool
		if !inner.ReadOptionalASN1(&subtrees, &present, explicit(uint8(n))) || !found.add(into, subtrees) {
			return found, false
		}
	}
	return found, inner.Empty() && len(found.permittedEmail)+len(found.excludedEmail) <= maxSubtrees
}

// add reads GeneralSubtrees.
func (n *nameConstraints) add(into *[][]byte, subtrees cryptobyte.String) bool {
	for !subtrees.Empty() {
		var subtree, name cryptobyte.String
		var tag asn1.Tag
		if !subtrees.ReadASN1(&subtree, asn1.SEQUENCE) || !subtree.ReadAnyASN1(&name, &tag) {
			return false
		}
		switch tag {
		case explicit(directoryName):
			// RFC 5280 forbids a minimum and a maximum behind the name
			if !subtree.Empty() || len(*into) == maxSubtrees {
				return false
			}
			if _, ok := attributesOf(name); !ok { // it is not known which names it excludes
				return false
			}
			*into = append(*into, name)
		case asn1.Tag(1).ContextSpecific(), asn1.Tag(2).ContextSpecific(), asn1.Tag(6).ContextSpecific(),
			asn1.Tag(7).ContextSpecific(): // crypto/x509 evaluates them
		default:
			if len(n.others) == maxSubtrees {
				return false
			}
			n.others = append(n.others, tag)
		}
	}
	return true
}

func (n *nameConstraints) check(c *x509.Certificate) error {
	if len(n.permitted)+len(n.excluded)+len(n.others) > 0 {
		names, forms, ok := namesOf(c)
		if !ok || slices.ContainsFunc(forms, func(form asn1.Tag) bool { return slices.Contains(n.others, form) }) {
			return ErrNamesNotEvaluated
		}
		for _, name := range names {
			if !allowed(name, n.permitted, n.excluded, within) {
				return ErrNameForbidden
			}
		}
	}
	return n.checkAddress(c)
}

// checkAddress checks the e-mail addresses in the subject of a certificate that has no alternative
// names.
func (n *nameConstraints) checkAddress(c *x509.Certificate) error {
	if _, named := extensionOf(c, oidAlternativeNames()); named || len(n.permittedEmail)+len(n.excludedEmail) == 0 {
		return nil
	}
	subject, ok := attributesOf(c.RawSubject)
	for _, a := range subject {
		address, _ := a.text()
		if a.kind.Equal(encoding_asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1}) &&
			!allowed(address, n.permittedEmail, n.excludedEmail, hasMailbox) {
			return ErrNameForbidden
		}
	}
	if !ok {
		return ErrNamesNotEvaluated
	}
	return nil
}

// allowed reports whether a name is in one of the permitted subtrees (if there are any) and in none
// of the excluded ones.
func allowed[N any](name N, permitted, excluded []N, in func(name, subtree N) bool) bool {
	inside := func(subtree N) bool { return in(name, subtree) }
	return (len(permitted) == 0 || slices.ContainsFunc(permitted, inside)) && !slices.ContainsFunc(excluded, inside)
}

// within reports whether a Name begins with all RelativeDistinguishedNames of another. namesOf and
// add ensure that both can be read.
func within(name, subtree []byte) bool {
	whole, _ := attributesOf(name)
	base, _ := attributesOf(subtree)
	if len(base) > len(whole) || len(base) < len(whole) && !whole[len(base)].first {
		return false
	}
	return slices.EqualFunc(base, whole[:len(base)], attribute.same)
}

// hasMailbox reports whether a constraint covers an e-mail address: the constraint is that mailbox,
// its host, or a domain that contains the host.
func hasMailbox(address, constraint string) bool {
	at := strings.LastIndexByte(address, '@')
	local, host := address[:max(at, 0)], address[at+1:]
	if i := strings.LastIndexByte(constraint, '@'); i >= 0 {
		return local == constraint[:i] && strings.EqualFold(host, constraint[i+1:])
	}
	if strings.HasPrefix(constraint, ".") {
		return len(host) > len(constraint) && strings.EqualFold(host[len(host)-len(constraint):], constraint)
	}
	return strings.EqualFold(host, constraint)
}

// namesOf returns the subject of a certificate, the directory names among its alternative names,
// and the forms of all alternative names. ok is false if there are too many names, or if they
// cannot be read.
func namesOf(c *x509.Certificate) (names [][]byte, forms []asn1.Tag, ok bool) {
	attributes, ok := attributesOf(c.RawSubject)
	if !ok {
		return nil, nil, false
	}
	if len(attributes) > 0 {
		names = append(names, c.RawSubject)
	}
	value, present := extensionOf(c, oidAlternativeNames())
	var all, name cryptobyte.String
	var tag asn1.Tag
	if present && !value.ReadASN1(&all, asn1.SEQUENCE) {
		return nil, nil, false
	}
	for !all.Empty() {
		if !all.ReadAnyASN1(&name, &tag) || len(forms) == maxNames {
			return nil, nil, false
		}
		if forms = append(forms, tag); tag != explicit(directoryName) {
			continue
		}
		if _, ok := attributesOf(name); !ok {
			return nil, nil, false
		}
		names = append(names, name)
	}
	return names, forms, true
}

func oidNameConstraints() encoding_asn1.ObjectIdentifier {
	return encoding_asn1.ObjectIdentifier{2, 5, 29, 30}
}

func oidAlternativeNames() encoding_asn1.ObjectIdentifier {
	return encoding_asn1.ObjectIdentifier{2, 5, 29, 17}
}

// extensionOf returns the value of an extension, and whether there is one.
func extensionOf(c *x509.Certificate, id encoding_asn1.ObjectIdentifier) (value cryptobyte.String, present bool) {
	at := slices.IndexFunc(c.Extensions, func(e pkix.Extension) bool { return e.Id.Equal(id) })
	if at < 0 {
		return nil, false
	}
	return c.Extensions[at].Value, true
}
