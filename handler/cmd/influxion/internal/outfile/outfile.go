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

// ErrExists tells that there is a file of that name, which was left alone.
var ErrExists = errors.New("the file exists already")

// Files writes files, and knows those that are not finished. The zero value is ready. Safe for concurrent use.
type Files struct {
	mu      sync.Mutex
	pending map[string]bool // temporary files
}

// Write makes a file of what fill writes, readable by whoever the umask lets. When fill, the disk or the context behind fill fails there is
// no new file, and an old one stays as it was. An existing file is replaced only with replace.
func (f *Files) Write(name string, replace bool, fill func(io.Writer) error) (err error) {
	if !replace {
		// Known before the work is done; the link below decides.
		if _, err := os.Lstat(name); err == nil {
			return fmt.Errorf("write %s: %w", name, ErrExists)
		}
	}
	folder := filepath.Dir(name)
	temporary, err := f.create(folder)
	if err != nil {
		return err
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

// create makes a temporary file with the usual permissions: os.CreateTemp's are for the owner alone, and would stay with the result.
func (f *Files) create(folder string) (*os.File, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	file, err := os.OpenFile(filepath.Join(folder, ".influxion-"+rand.Text()+".tmp"), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
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

// Abandon removes the temporary files of everything that is under way: for a program that ends without waiting for it.
func (f *Files) Abandon() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for name := range f.pending {
		os.Remove(name)
	}
}

// Scratch makes a file without a name for its owner alone, where the system knows such files: it is gone when the program is. Whoever is
// done with it calls the function.
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

// place gives the finished file its name. A hard link never replaces a file that has come up meanwhile; a rename does.
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
	// Some file systems have no links.
	if _, err := os.Lstat(name); err == nil {
		return fmt.Errorf("write %s: %w", name, ErrExists)
	}
	return os.Rename(temporary, name)
}

// syncFolder makes the new name last; where folders cannot be synced, the system sees to it in its own time.
func syncFolder(folder string) {
	if f, err := os.Open(folder); err == nil {
		_ = f.Sync()
		f.Close()
	}
}
