package main

import (
	"testing"
	"testing/fstest"
)

func TestMemoryLimit(t *testing.T) {
	t.Parallel()
	const mib = 1 << 20
	files := func(pairs ...string) fstest.MapFS {
		root := fstest.MapFS{}
		for i := 0; i < len(pairs); i += 2 {
			root[pairs[i]] = &fstest.MapFile{Data: []byte(pairs[i+1])}
		}
		return root
	}
	for _, test := range []struct {
		name    string
		root    fstest.MapFS
		setting string
		want    int64
	}{
		{"nothing is known", files(), "", 0},
		{"version 2, a namespace of its own",
			files("proc/self/cgroup", "0::/\n", "sys/fs/cgroup/memory.max", "1610612736\n"), "", 1136 * mib},
		{"version 2, in a group",
			files("proc/self/cgroup", "0::/app/one\n", "sys/fs/cgroup/app/one/memory.max", "max\n",
				"sys/fs/cgroup/app/memory.max", "2147483648\n", "sys/fs/cgroup/memory.max", "4294967296\n"), "",
			1648 * mib},
		{"version 2, another namespace",
			files("proc/self/cgroup", "0::/../../elsewhere\n", "sys/fs/cgroup/memory.max", "1610612736\n"), "",
			1136 * mib},
		{"version 1", files("proc/self/cgroup", "3:cpu:/a\n4:hugetlb,memory:/docker/x\n",
			"sys/fs/cgroup/memory/docker/x/memory.limit_in_bytes",
			"9223372036854771712\n", "sys/fs/cgroup/memory/memory.limit_in_bytes", "1610612736\n"), "", 1136 * mib},
		{"no limit but the machine's", files("proc/self/cgroup", "0::/\n", "sys/fs/cgroup/memory.max", "max\n",
			"proc/meminfo", "Cached: 1 kB\nMemTotal:        3670016 kB\nMemFree: 1 kB\n"), "", 3184 * mib},
		{"a small container", files("proc/self/cgroup", "0::/\n", "sys/fs/cgroup/memory.max", "536870912\n"), "",
			256 * mib},
		{"a setting", files(), "1536", 1136 * mib},
		{"a setting below the group", files("proc/self/cgroup", "0::/\n", "sys/fs/cgroup/memory.max", "4294967296\n"),
			"1536", 1136 * mib},
		{"a setting above the group", files("proc/self/cgroup", "0::/\n", "sys/fs/cgroup/memory.max", "1610612736\n"),
			"8192", 1136 * mib},
		{"what is no number", files("proc/self/cgroup", "nonsense\n0::/\n", "sys/fs/cgroup/memory.max", "many\n",
			"proc/meminfo", "MemTotal: x kB\n"), "much", 0},
		{"what is no limit", files("proc/self/cgroup", "0::/\n", "sys/fs/cgroup/memory.max", "-5\n", "proc/meminfo",
			"MemTotal: 0 kB\n"), "0", 0},
	} {
		if got := memoryLimit(test.root, map[string]string{memoryVariable: test.setting}); got != test.want {
			t.Errorf("%s: got %d MiB, want %d", test.name, got/mib, test.want/mib)
		}
	}
}

// The memory for documents fits into the limit and leaves memory for the garbage collector. A
// document of the largest size fits into that memory.
func TestSharesOfMemory(t *testing.T) {
	t.Parallel()
	for _, limit := range []int64{0, 256 << 20, 1136 << 20, 16 << 30} {
		const largest = 50 << 20
		documents, working := shares(limit, largest)
		if limit == 0 && (documents != 0 || working != 0) ||
			limit > 0 && (documents+working > limit*3/4 || documents < largest) {
			t.Errorf("got %d bytes for documents and %d for work of %d, want at most three quarters", documents,
				working,
				limit)
		}
	}
}
