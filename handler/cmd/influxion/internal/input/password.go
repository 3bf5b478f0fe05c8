package input

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"unicode/utf8"

	"github.com/spf13/pflag"
)

// maxPassword bounds the size of a password file, in bytes.
const maxPassword = 4096

// PasswordFlag adds --password-file. There is no flag for the password itself, because it would
// appear in the list of processes and in the history of the shell.
func PasswordFlag(flags *pflag.FlagSet, file *string) {
	flags.StringVar(file, "password-file", "",
		"`FILE` with the password of encrypted documents, in UTF-8: the user's, or the owner's")
}

// ReadPassword reads the password in a file, without the line end after it; "" for no file.
func ReadPassword(name string) (string, error) {
	if name == "" {
		return "", nil
	}
	file, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxPassword+1))
	if err != nil {
		return "", err
	}
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	text = bytes.TrimSuffix(bytes.TrimSuffix(text, []byte("\n")), []byte("\r"))
	switch {
	case len(text) == 0:
		return "", fmt.Errorf("--password-file %s: the file is empty", name)
	case len(text) > maxPassword || !utf8.Valid(text) || bytes.ContainsAny(text, "\r\n"):
		return "", errors.New("--password-file: want one line of UTF-8, the password alone")
	}
	return string(text), nil
}
