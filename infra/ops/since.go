package main

import (
	"archive/tar"
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// goldens is the folder of the golden templates.
const goldens = "test/synth/testdata"

// sinceFlags adds the flags that say what a change is compared with.
func sinceFlags(flags *flag.FlagSet, since, base *string) {
	flags.StringVar(since, "since", "main", "git `revision` whose goldens are compared")
	flags.StringVar(base, "base", "", "`folder` of goldens to compare instead of a revision's")
}

// before returns the folder of the goldens before the change: base, or those of a revision,
// written to .local/base.
func before(since, base string) (string, error) {
	if base != "" {
		return base, nil
	}
	archive, err := output("git", "archive", "--format=tar", since, goldens)
	if err != nil {
		return "", fmt.Errorf("reading the goldens of %s: %w", since, err)
	}
	base = filepath.Join(".local", "base")
	if err := os.RemoveAll(base); err != nil {
		return "", err
	}
	return base, unpack(archive, base)
}

// unpack writes the files of an archive of the goldens below folder.
func unpack(archive []byte, folder string) error { return unpackBelow(goldens, archive, folder) }

// unpackBelow writes the files of an archive that lie below a path in it.
func unpackBelow(path string, archive []byte, folder string) error {
	for reader := tar.NewReader(bytes.NewReader(archive)); ; {
		file, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("unpacking a revision: %w", err)
		}
		name, below := strings.CutPrefix(file.Name, path+"/")
		if file.Typeflag != tar.TypeReg || !below || !filepath.IsLocal(name) {
			continue
		}
		if err := write(reader, filepath.Join(folder, name)); err != nil {
			return fmt.Errorf("unpacking a revision: %w", err)
		}
	}
}

func write(from io.Reader, path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	data, err := io.ReadAll(from)
	if err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o644)
}

// output runs a program and returns what it prints. Its error has what it complains of.
func output(name string, args ...string) ([]byte, error) {
	command := exec.Command(name, args...)
	var problems bytes.Buffer
	command.Stderr = &problems
	out, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, &problems)
	}
	return out, nil
}
