package main

import (
	"archive/zip"
	"compress/flate"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// systems are what the program runs on: it needs signals and locks of Unix.
var systems = map[string][]string{"linux": {"amd64", "arm64"}, "darwin": {"amd64", "arm64"}}

// pack builds one executable that holds the functions, for goos and goarch, and the
// templates of every environment.
func pack(out, goos, goarch string) error {
	if !slices.Contains(systems[goos], goarch) {
		return fmt.Errorf("GOOS=%s GOARCH=%s: it runs on linux or darwin, with amd64 or arm64", goos, goarch)
	}
	out, err := executable(out, goos, goarch)
	if err != nil {
		return err
	}
	work := filepath.Join(generated, "pack", goos+"-"+goarch)
	functions := filepath.Join(work, "functions")
	platform := []string{"GOOS=" + goos, "GOARCH=" + goarch}
	if err := os.RemoveAll(functions); err != nil { // it may hold a function that was deleted
		return err
	}
	err = together(
		func() error { return synthesize("", "") },
		func() error { return compile(platform, functions+"/", "-trimpath", "./lambdas/cmd/...") },
	)
	if err != nil {
		return err
	}
	bundle := filepath.Join(work, "bundle.zip")
	if err := writeBundle(bundle, functions); err != nil {
		return err
	}
	overlay, err := writeOverlay(work, bundle)
	if err != nil {
		return err
	}
	if err := compile(platform, out, "-trimpath", "-overlay", overlay, "./test/local"); err != nil {
		return err
	}
	return report(out, goos, goarch)
}

// executable is the path of what is packed: out itself, or in the folder that out is.
func executable(out, goos, goarch string) (string, error) {
	info, err := os.Stat(out)
	switch {
	case strings.HasSuffix(out, "/"), err == nil && info.IsDir():
		out = filepath.Join(out, "global-ingest-"+goos+"-"+goarch)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return "", err
	}
	return out, os.MkdirAll(filepath.Dir(out), 0o755)
}

// writeBundle writes the zip that the program unpacks: functions/<name>, executables that are built, and
// templates/, the manifests and templates of a cloud assembly without its assets. It has no
// times, so that the same source gives the same bytes.
func writeBundle(path, built string) (err error) {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	archive := zip.NewWriter(file)
	archive.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(w, flate.BestCompression)
	})
	every := func(string) bool { return true }
	template := func(name string) bool { return name == "manifest.json" || strings.HasSuffix(name, ".template.json") }
	if err := add(archive, "functions", built, every); err != nil {
		return err
	}
	if err := add(archive, "templates", templatesOf("", ""), template); err != nil {
		return err
	}
	return archive.Close()
}

// add adds the files of a folder whose names are wanted, as executables.
func add(archive *zip.Writer, name, folder string, wanted func(name string) bool) error {
	return fs.WalkDir(os.DirFS(folder), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !wanted(entry.Name()) {
			return err
		}
		header := &zip.FileHeader{Name: name + "/" + path, Method: zip.Deflate}
		header.SetMode(0o755)
		into, err := archive.CreateHeader(header)
		if err != nil {
			return err
		}
		data, err := os.ReadFile(filepath.Join(folder, path))
		if err != nil {
			return err
		}
		_, err = into.Write(data)
		return err
	})
}

// writeOverlay has go build embed the bundle in the place of the empty one of test/local.
func writeOverlay(work, bundle string) (path string, err error) {
	if bundle, err = filepath.Abs(bundle); err != nil {
		return "", err
	}
	empty, err := filepath.Abs(filepath.Join("test", "local", "bundle.zip"))
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(map[string]any{"Replace": map[string]string{empty: bundle}})
	if err != nil {
		return "", err
	}
	path = filepath.Join(work, "overlay.json")
	return path, os.WriteFile(path, text, 0o644)
}

// report says what was made, and how large it is.
func report(out, goos, goarch string) error {
	info, err := os.Stat(out)
	if err != nil {
		return err
	}
	fmt.Printf("%s  %s/%s  %.1f MB\n", out, goos, goarch, float64(info.Size())/1e6)
	return nil
}
