package main

import (
	"bufio"
	"bytes"
	"io/fs"
	"math"
	"path"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
)

const (
	// hostMemory is the memory of the container that the Functions host and other processes need.
	hostMemory = 400 << 20
	// memoryVariable is where Azure says how many megabytes an instance has, on some plans.
	memoryVariable = "WEBSITE_MEMORY_LIMIT_MB"
)

// limitMemory makes the garbage collector work harder near a memory limit in bytes; 0 = none.
// GOMEMLIMIT, the Go runtime's own variable, stays in force if it is set.
func limitMemory(limit int64) {
	if limit > 0 && memoryInForce() == 0 {
		debug.SetMemoryLimit(limit)
	}
}

// memoryInForce is the memory limit in force; 0 = none.
func memoryInForce() int64 {
	limit := debug.SetMemoryLimit(-1)
	if limit == math.MaxInt64 {
		return 0
	}
	return limit
}

// memoryLimit is the memory of the container less hostMemory, in bytes, but at least half of the
// container's memory; 0 = unknown.
func memoryLimit(root fs.FS, environ map[string]string) int64 {
	limits := append(cgroupLimits(root), machineMemory(root))
	if megabytes, err := strconv.ParseInt(environ[memoryVariable], 10, 32); err == nil {
		limits = append(limits, megabytes<<20)
	}
	limits = slices.DeleteFunc(limits, func(limit int64) bool { return limit <= 0 })
	if len(limits) == 0 {
		return 0
	}
	container := slices.Min(limits)
	return max(container-hostMemory, container/2)
}

// cgroupLimits are the limits of the control groups of the process, version 2 or 1, and of their
// parents.
func cgroupLimits(root fs.FS) (limits []int64) {
	groups, _ := fs.ReadFile(root, "proc/self/cgroup")
	lines := bufio.NewScanner(bytes.NewReader(groups))
	for lines.Scan() {
		// hierarchy-ID:controllers:path, as in cgroups(7)
		fields := strings.SplitN(lines.Text(), ":", 3)
		if len(fields) < 3 {
			continue
		}
		folder, file := "sys/fs/cgroup", "memory.max"
		switch {
		case slices.Contains(strings.Split(fields[1], ","), "memory"):
			folder, file = "sys/fs/cgroup/memory", "memory.limit_in_bytes"
		case fields[1] != "":
			continue
		}
		// In its own namespace a container sees its group as the root, whatever the path is.
		for group := path.Clean("/" + fields[2]); ; group = path.Dir(group) {
			limits = append(limits, readNumber(root, path.Join(folder, group, file)))
			if group == "/" {
				break
			}
		}
	}
	return limits
}

// readNumber reads a file with one number; 0 for anything else, such as "max", and for a number
// that means no limit.
func readNumber(root fs.FS, name string) int64 {
	const unlimited = 1 << 60 // cgroup version 1 states the largest number of pages instead
	text, _ := fs.ReadFile(root, name)
	number, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if err != nil || number >= unlimited {
		return 0
	}
	return number
}

// machineMemory is the memory of the machine: proc_meminfo(5).
func machineMemory(root fs.FS) int64 {
	text, _ := fs.ReadFile(root, "proc/meminfo")
	_, after, _ := strings.Cut("\n"+string(text), "\nMemTotal:")
	fields := strings.Fields(after)
	if len(fields) < 2 || fields[1] != "kB" {
		return 0
	}
	kilobytes, err := strconv.ParseInt(fields[0], 10, 53)
	if err != nil {
		return 0
	}
	return kilobytes << 10
}

// Shares of the memory limit. The rest is for garbage that is not collected yet, for images and for
// the program itself.
const (
	documentPart = 4
	workingPart  = 2
)

// shares divides a memory limit, in bytes. documents is for the documents of all requests: four of
// the largest, if there is memory for them. working is for the work on them. 0 = the server's
// defaults.
func shares(limit, maxDocument int64) (documents, working int64) {
	return min(limit/documentPart, 4*maxDocument+1<<20), limit / workingPart
}
