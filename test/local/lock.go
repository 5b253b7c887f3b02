package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// lock makes the folder this process's own until it ends, however it ends. Two of them
// would empty each other's logs and write each other's objects.
func lock(dir string) (release func() error, err error) {
	noPlace := func(err error) error {
		return fmt.Errorf("%s cannot be written: %w: choose another folder with DIR", dir, err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, noPlace(err)
	}
	file, err := os.OpenFile(filepath.Join(dir, "local.pid"), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, noPlace(err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(inUse(dir, file, err), file.Close())
	}
	if err := file.Truncate(0); err != nil {
		return nil, errors.Join(noPlace(err), file.Close())
	}
	if _, err := file.WriteString(strconv.Itoa(os.Getpid())); err != nil {
		return nil, errors.Join(noPlace(err), file.Close())
	}
	return file.Close, nil
}

// inUse says whose the folder is, and what to type instead.
func inUse(dir string, file io.Reader, cause error) error {
	if !errors.Is(cause, syscall.EWOULDBLOCK) {
		return fmt.Errorf("locking %s: %w", dir, cause)
	}
	pid, _ := io.ReadAll(io.LimitReader(file, 20)) // without it the rest is still true
	return fmt.Errorf("process %s runs in %s already: stop it, or run beside it with "+
		"DIR=%s-2 PORT=8090 PAGE_PORT=8091 S3_PORT=9010", pid, dir, dir)
}
