package cms

// Trim does what Split does, for padding that must be Blank, as it is in our signatures.
func Trim(contents []byte) ([]byte, error) {
	der, padding, err := Split(contents)
	if err != nil {
		return nil, err
	}
	if !Blank(padding) {
		return nil, errorf(Malformed, "bytes other than zero follow the CMS element")
	}
	return der, nil
}
