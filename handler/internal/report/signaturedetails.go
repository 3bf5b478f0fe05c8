package report

import (
	"fmt"
	"strings"

	"influxion/handler/internal/pades"
)

// details is all that is known of a signature. The HTML page shows it on demand.
func details(s *pades.Signature) []group {
	groups := []group{
		{"About the signature", about(s)},
		{"What the signer states", statements(s)},
		{"Certificate", certificate(s.Signer)},
	}
	for i, link := range s.Chain {
		groups = append(groups, group{fmt.Sprintf("Chain, %d of %d", i+1, len(s.Chain)), chainLink(link)})
	}
	for i, timestamp := range s.Timestamps {
		groups = append(
			groups,
			group{fmt.Sprintf("Timestamp, %d of %d", i+1, len(s.Timestamps)), timestampRows(timestamp)},
		)
	}
	var shown []group
	for _, g := range groups {
		if len(g.Rows) > 0 {
			shown = append(shown, g)
		}
	}
	return shown
}

// gist is the part of the details that a terminal shows.
func gist(s *pades.Signature) []row {
	var list rows
	list.add("Field", quotedOrNone(s.Field))
	list.add("Level", string(s.Level))
	list.add("Remarks", s.Remarks...)
	for _, r := range certificate(s.Signer) {
		if r.Label != "Serial number" {
			list.append(r)
		}
	}
	for _, r := range statements(s) {
		list.append(r)
	}
	for _, timestamp := range s.Timestamps {
		list.append(timestampRows(timestamp)[0])
	}
	return list
}

func about(s *pades.Signature) []row {
	var list rows
	result := string(s.Indication)
	if s.SubIndication != "" {
		result += " " + string(s.SubIndication) + ": " + s.Detail
	}
	list.add("Result", result)
	list.add("Remarks", s.Remarks...)
	list.add("Level", level(s.Level))
	list.add("Field", quotedOrNone(s.Field))
	list.add("Format", s.SubFilter)
	list.add("Certification", certification(s.Certification))
	list.add("Proved to exist at", instant(s.BestSignatureTime))
	list.add("Digest", algorithm(s.DigestAlgorithm))
	list.add("Algorithm", algorithm(s.SignatureAlgorithm))
	list.add("Covers", extent(s))
	if len(s.ByteRange) > 0 {
		list.code("Byte range", strings.Trim(fmt.Sprint(s.ByteRange), "[]"))
	}
	return list
}

func extent(s *pades.Signature) string {
	switch {
	case s.CoversWholeDocument == nil:
		return "not established"
	case *s.CoversWholeDocument:
		return "the whole document"
	case s.Revision > 0:
		return fmt.Sprintf("an earlier revision of the document: %d", s.Revision)
	}
	return "an earlier revision of the document"
}

func statements(s *pades.Signature) []row {
	var list rows
	list.add("Name", s.Name)
	list.add("Reason", s.Reason)
	list.add("Location", s.Location)
	list.add("Contact", s.ContactInfo)
	list.add("Claimed time", instant(s.ClaimedTime))
	return list
}

func certificate(c *pades.Certificate) []row {
	var list rows
	if c == nil {
		return nil
	}
	list.add("Subject", c.Subject)
	list.add("Issued by", c.Issuer)
	if from, to := instant(c.NotBefore), instant(c.NotAfter); from != "" || to != "" {
		list.add("Valid", from+" to "+to)
	}
	list.code("Serial number", c.Serial)
	list.code("SHA-256", c.Fingerprint)
	return list
}

func chainLink(link pades.Link) []row {
	subject := link.Subject
	if link.Anchor {
		subject += " (trust anchor)"
	}
	var list rows
	list.add("Subject", subject)
	list.add("Revocation", revocation(link.Revocation))
	if from, to := instant(link.NotBefore), instant(link.NotAfter); from != "" || to != "" {
		list.add("Valid", from+" to "+to)
	}
	list.code("SHA-256", link.Fingerprint)
	return list
}

func revocation(r *pades.Revocation) string {
	if r == nil {
		return ""
	}
	text := map[string]string{
		"none_named": "its issuer names no address for revocation status",
		"not_needed": "it states that it is never revoked",
		"missing":    "no usable answer",
	}[r.Status]
	if text == "" {
		text = r.Status
	}
	text = "revocation " + text
	if r.Kind != "" {
		text += fmt.Sprintf(" by %s from %s", strings.ToUpper(r.Kind), r.Source)
	}
	if at := instant(r.RevokedAt); at != "" {
		text += " at " + at
	}
	if at := instant(r.ThisUpdate); at != "" {
		text += ", as of " + at
	}
	return text
}

func timestampRows(t pades.Timestamp) []row {
	text := instant(t.Time)
	if t.TSA != nil {
		text += " by " + t.TSA.Subject
	}
	text += ": " + string(t.Indication)
	if t.SubIndication != "" {
		text += " " + string(t.SubIndication) + ": " + t.Detail
	}
	var list rows
	list.add("Timestamp", text)
	for _, link := range t.Chain {
		subject := link.Subject
		if link.Anchor {
			subject += " (trust anchor)"
		}
		if revoked := revocation(link.Revocation); revoked != "" {
			subject += ": " + revoked
		}
		list.add("Chain", subject)
	}
	return list
}

func level(l pades.Level) string {
	if words := map[pades.Level]string{
		pades.LevelBB:  "a signature without a proof of its time",
		pades.LevelBT:  "with a timestamp that proves when it was there",
		pades.LevelBLT: "with a timestamp and the data to verify it later",
		pades.LevelLTA: "with archive timestamps, for the long term",
	}[l]; words != "" {
		return string(l) + ": " + words
	}
	return string(l)
}

func certification(p pades.Permission) string {
	return map[pades.Permission]string{
		pades.NoChanges: "nothing may be changed", pades.FormFilling: "forms may be filled and signatures added",
		pades.FormsAndComments: "forms may be filled, signatures and comments added",
	}[p]
}

func quotedOrNone(text string) string {
	if text == "" {
		return ""
	}
	return quoted(text)
}
