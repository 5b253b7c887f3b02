package simulator

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/spf13/afero"
	"github.com/spf13/afero/mem"
)

// unfinished is the folder for files while they are written.
const unfinished = "unfinished"

// wholeFiles is a file system on which a file appears whole or not at all, like an object
// in S3: it is written elsewhere, and renamed when it is closed. Neither a full disk nor
// the end of this process leaves a part of an object.
type wholeFiles struct {
	afero.Fs
	unfinished string        // where they are written
	next       *atomic.Int64 // names unfinished files
}

// newWholeFiles deletes what an earlier process of this writer has not finished.
func newWholeFiles(fs afero.Fs, writer string) (wholeFiles, error) {
	w := wholeFiles{fs, filepath.Join(unfinished, writer), &atomic.Int64{}}
	if err := fs.RemoveAll(w.unfinished); err != nil {
		return w, err
	}
	return w, fs.MkdirAll(w.unfinished, 0o700)
}

func (w wholeFiles) Create(name string) (afero.File, error) {
	beside := filepath.Join(w.unfinished, strconv.FormatInt(w.next.Add(1), 10))
	file, err := w.Fs.Create(beside)
	return &wholeFile{File: file, fs: w.Fs, beside: beside, name: name}, err
}

// OpenFile opens a file; metadata are always written from the beginning.
func (w wholeFiles) OpenFile(name string, flag int, mode os.FileMode) (afero.File, error) {
	if flag&(os.O_CREATE|os.O_TRUNC) == os.O_CREATE|os.O_TRUNC {
		return w.Create(name)
	}
	return w.Fs.OpenFile(name, flag, mode)
}

// Open returns empty metadata where they are missing, and gofakes3 then writes them: a
// process that was killed between an object and its metadata has left a whole object.
func (w wholeFiles) Open(name string) (afero.File, error) {
	file, err := w.Fs.Open(name)
	if os.IsNotExist(err) && strings.HasPrefix(filepath.ToSlash(name), "metadata/") {
		return mem.NewFileHandle(mem.CreateFile(name)), nil
	}
	return file, err
}

type wholeFile struct {
	afero.File
	fs           afero.Fs
	beside, name string
	broken       bool // a write has failed
}

func (f *wholeFile) Write(data []byte) (int, error) {
	n, err := f.File.Write(data)
	f.broken = f.broken || err != nil
	return n, err
}

// Close makes the file appear under its name; a second Close does nothing.
func (f *wholeFile) Close() error {
	if f.beside == "" {
		return nil
	}
	beside := f.beside
	f.beside = ""
	err := f.File.Close()
	if f.broken || err != nil {
		return errors.Join(err, f.fs.Remove(beside))
	}
	return f.fs.Rename(beside, f.name)
}
