package outfile

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// ErrExists reports that a file of that name exists and was not replaced.
var ErrExists = errors.New("the file exists already")

// Files writes files and keeps track of unfinished ones. The zero Files is ready for use. Safe for
// concurrent use.
type Files struct {
	mu      sync.Mutex
	pending map[string]bool // temporary files
}

// Write makes a file from what fill writes, with the permissions that the umask leaves. If fill or
// the disk fails, or the context of fill ends, there is no new file and an old one stays unchanged.
// Write replaces an existing file only if replace is set.
func (f *Files) Write(name string, replace bool, fill func(io.Writer) error) (err error) {
	if !replace {
		// This check avoids useless work; only the link in place is decisive.
		if _, err := os.Lstat(name); err == nil {
			return fmt.Errorf("write %s: %w", name, ErrExists)
		}
	}
	folder := filepath.Dir(name)
	temporary, err := f.create(folder)
	if err != nil {
		// The error does not name the temporary file, because that name means nothing to the user.
		return fmt.Errorf("write %s: %w", name, errors.Unwrap(err))
	}
	defer func() {
		temporary.Close()
		f.remove(temporary.Name()) // gone already when all went well
	}()
	if err := fill(temporary); err != nil {
		return err
	}
	if err := temporary.Sync(); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if err := temporary.Close(); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if err := place(temporary.Name(), name, replace); err != nil {
		return err
	}
	syncFolder(folder)
	return nil
}

// create makes a temporary file with the usual permissions. os.CreateTemp would make a file for its
// owner alone, and the final file would keep these permissions.
func (f *Files) create(folder string) (*os.File, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	file, err := os.OpenFile(filepath.Join(folder, ".influxion-"+rand.Text()+".tmp"), os.O_RDWR|os.O_CREATE|os.O_EXCL,
		0o666)
	if err == nil {
		if f.pending == nil {
			f.pending = map[string]bool{}
		}
		f.pending[file.Name()] = true
	}
	return file, err
}

func (f *Files) remove(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	os.Remove(name)
	delete(f.pending, name)
}

// Abandon removes the temporary files of all unfinished writes, for a program that ends without
// waiting for them.
func (f *Files) Abandon() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for name := range f.pending {
		os.Remove(name)
	}
}

// Scratch makes a file that only its owner can read. Where the system supports it, the file has no
// name, so it disappears when the program ends. The caller must call the function after use.
func Scratch() (*os.File, func(), error) {
	file, err := os.CreateTemp("", "influxion-*")
	if err != nil {
		return nil, nil, err
	}
	os.Remove(file.Name()) // fails where an open file cannot be removed
	return file, func() {
		file.Close()
		os.Remove(file.Name())
	}, nil
}

// place moves the finished file to its name. Without replace it uses a hard link, because a link
// never replaces a file that appeared in the meantime, but a rename does.
func place(temporary, name string, replace bool) error {
	if replace {
		return os.Rename(temporary, name)
	}
	err := os.Link(temporary, name)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrExist):
		return fmt.Errorf("write %s: %w", name, ErrExists)
	}
	// Some file systems have no hard links.
	if _, err := os.Lstat(name); err == nil {
		return fmt.Errorf("write %s: %w", name, ErrExists)
	}
	return os.Rename(temporary, name)
}

// syncFolder makes the new name durable. Where folders cannot be synced, the system writes the name
// in its own time.
func syncFolder(folder string) {
	if f, err := os.Open(folder); err == nil {
		_ = f.Sync()
		f.Close()
	}
}

// Pour writes to out what a source writes, but only after the source has delivered all of it.
func Pour(out io.Writer, from io.WriterTo) error {
	kept, remove, err := Scratch()
	if err != nil {
		return err
	}
	defer remove()
	if _, err := from.WriteTo(kept); err != nil {
		return err
	}
	if _, err := kept.Seek(0, io.SeekStart); err != nil {
		return err
	}
	_, err = io.Copy(out, kept)
	return err
}
