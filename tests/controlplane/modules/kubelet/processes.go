// Processes of a container: found by a mark in their environment, which their children inherit.
package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const mark = "QUARTERDECK_TEST_CONTAINER"

type processInfo struct {
	PID     int    `json:"pid"`
	Command string `json:"command"`
}

// listMarked gives the processes whose mark is that folder, or a folder in it.
func listMarked(folder string) []processInfo {
	found := []processInfo{}
	entries, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, path := range entries {
		environment, err := os.ReadFile(path)
		if err != nil || !isMarked(environment, folder) {
			continue
		}
		command, _ := os.ReadFile(filepath.Join(filepath.Dir(path), "cmdline"))
		number, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		text := strings.TrimSpace(string(bytes.ReplaceAll(command, []byte{0}, []byte{' '})))
		if text != "" { // a process that has ended and was not waited for has none
			found = append(found, processInfo{number, text})
		}
	}
	return found
}

func isMarked(environment []byte, folder string) bool {
	for _, pair := range bytes.Split(environment, []byte{0}) {
		if value, ok := bytes.CutPrefix(pair, []byte(mark+"=")); ok {
			return string(value) == folder || strings.HasPrefix(string(value), folder+"/")
		}
	}
	return false
}

// killMarked kills until none is left, for a second at most: a process may be about to start another.
func killMarked(folder string) {
	for range 50 {
		left := listMarked(folder)
		if len(left) == 0 {
			return
		}
		for _, one := range left {
			syscall.Kill(one.PID, syscall.SIGKILL)
		}
		time.Sleep(20 * time.Millisecond)
	}
}
