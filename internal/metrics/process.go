package metrics

import (
	"bufio"
	"bytes"
	"context"
	"os"
	"runtime"
	rtm "runtime/metrics"
	"strconv"
	"strings"
	"time"
)

// Process tells of the Go runtime and of the process, under the names that
// dashboards for Go programs know. What only Linux tells is left out elsewhere.
func (r *Registry) Process() {
	started := time.Now()
	r.Collect(func(_ context.Context, s *Sink) {
		s.Gauge("go_info", "The Go release the program was built with.", 1, "version", runtime.Version())
		s.Gauge("process_start_time_seconds", "When the process started, in seconds since 1970.", float64(started.UnixMilli())/1000)
		collectRuntime(s)
		collectSystem(s)
	})
}

// The runtime's own names (package runtime/metrics).
const (
	rtGoroutines = "/sched/goroutines:goroutines"
	rtHeap       = "/memory/classes/heap/objects:bytes"
	rtTotal      = "/memory/classes/total:bytes"
	rtReleased   = "/memory/classes/heap/released:bytes"
	rtCycles     = "/gc/cycles/total:gc-cycles"
	rtThreads    = "/sched/threads/total:threads"
)

func collectRuntime(s *Sink) {
	samples := []rtm.Sample{{Name: rtGoroutines}, {Name: rtHeap}, {Name: rtTotal}, {Name: rtReleased}, {Name: rtCycles}, {Name: rtThreads}}
	rtm.Read(samples)
	v := map[string]float64{}
	for _, one := range samples {
		if one.Value.Kind() == rtm.KindUint64 {
			v[one.Name] = float64(one.Value.Uint64())
		}
	}
	s.Gauge("go_goroutines", "Goroutines that exist.", v[rtGoroutines])
	s.Gauge("go_threads", "Threads of the operating system.", v[rtThreads])
	s.Gauge("go_memstats_heap_alloc_bytes", "Bytes of objects in the heap.", v[rtHeap])
	s.Gauge("go_memstats_sys_bytes", "Bytes had from the operating system and not given back.", v[rtTotal]-v[rtReleased])
	s.Counter("go_gc_cycles_total", "Garbage collections that have ended.", v[rtCycles])
}

// userHertz is the unit of times in /proc (proc(5)): the same on all
// architectures that Go runs on.
const userHertz = 100

// collectSystem reads /proc/self (proc(5)).
func collectSystem(s *Sink) {
	if stat, err := os.ReadFile("/proc/self/stat"); err == nil {
		// The second field is the program's name in brackets and may hold spaces.
		if _, rest, ok := bytes.Cut(stat, []byte(") ")); ok {
			fields := strings.Fields(string(rest)) // the first of them is the third of the line
			s.Counter("process_cpu_seconds_total", "Time spent on the processor.", (field(fields, 11)+field(fields, 12))/userHertz)
			s.Gauge("process_resident_memory_bytes", "Memory of the process in RAM.", field(fields, 21)*float64(os.Getpagesize()))
		}
	}
	if open, err := os.ReadDir("/proc/self/fd"); err == nil {
		s.Gauge("process_open_fds", "Files and connections that are open.", float64(len(open)))
	}
	if limits, err := os.ReadFile("/proc/self/limits"); err == nil {
		for lines := bufio.NewScanner(bytes.NewReader(limits)); lines.Scan(); {
			if rest, ok := strings.CutPrefix(lines.Text(), "Max open files"); ok {
				s.Gauge("process_max_fds", "Files and connections that may be open.", field(strings.Fields(rest), 0))
			}
		}
	}
}

// field reads a number of a line, 0 where there is none.
func field(fields []string, i int) float64 {
	if i >= len(fields) {
		return 0
	}
	v, err := strconv.ParseFloat(fields[i], 64)
	if err != nil {
		return 0 // "unlimited"
	}
	return v
}
