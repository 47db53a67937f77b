package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

func sortBy[T any, K cmp.Ordered](all []T, key func(T) K) {
	slices.SortStableFunc(all, func(a, b T) int { return cmp.Compare(key(a), key(b)) })
}

// block is what stands between two markers of a document: <!-- bench:NAME --> and <!-- /bench:NAME -->.
type block struct{ name, text string }

// replaceBlocks replaces blocks of a document. What is outside of them, and blocks that were not measured, stay.
func replaceBlocks(document string, blocks []block) (string, error) {
	for _, b := range blocks {
		from, to := "<!-- bench:"+b.name+" -->\n", "<!-- /bench:"+b.name+" -->\n"
		before, rest, ok := strings.Cut(document, from)
		_, after, closed := strings.Cut(rest, to)
		if !ok || !closed {
			return "", fmt.Errorf("the document has no place for %s: %s", b.name, strings.TrimSpace(from))
		}
		document = before + from + "\n" + strings.TrimSpace(b.text) + "\n\n" + to + after
	}
	return document, nil
}

// publish prints the blocks, or writes them into the document with the plots beside it.
func publish(o options, out io.Writer, blocks []block, plots map[string]string) error {
	if o.document == "" {
		for _, b := range blocks {
			fmt.Fprintf(out, "%s\n\n", strings.TrimSpace(b.text))
		}
		return nil
	}
	old, err := os.ReadFile(o.document)
	if err != nil {
		return err
	}
	text, err := replaceBlocks(string(old), blocks)
	if err != nil {
		return err
	}
	for name, drawing := range plots {
		file := filepath.Join(filepath.Dir(o.document), "images", name)
		if err := os.WriteFile(file, []byte(drawing), 0o644); err != nil {
			return err
		}
	}
	return os.WriteFile(o.document, []byte(text), 0o644)
}

// pageBlocks are the blocks and plots of the pages.
func pageBlocks(all []result) ([]block, map[string]string) {
	baselines, loads, starts := otherTables(all)
	blocks := []block{{"baselines", baselines}, {"load", loads}, {"start", starts}}
	plots := map[string]string{}
	var drawn strings.Builder
	for _, engine := range []string{onSQLite, onPostgres} {
		sizes := of(all, engine)
		if len(sizes) == 0 {
			continue
		}
		for i, short := range []string{"root", "local", "leaf"}[:len(sizes[0].Visitors)] {
			name := fmt.Sprintf("bench-%s-%s.svg", strings.ToLower(engine), short)
			plots[name] = plot(engine, sizes, i)
			fmt.Fprintf(&drawn, "![%s, %s: p50 of pages by users](images/%s)\n", engine,
				sizes[0].Visitors[i].Name, name)
		}
	}
	return append(blocks, block{"plots", drawn.String()}, block{"pages", pageTables(all)}), plots
}

// circumstances are the machine, the versions and the date of a run.
func circumstances(all []result, early bool) string {
	processor := "an unknown processor"
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.SplitSeq(string(text), "\n") {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.HasPrefix(name, "model name") {
				processor = strings.TrimSpace(value)
				break
			}
		}
	}
	revision := ""
	var versions []string
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				revision = ", revision " + s.Value[:min(7, len(s.Value))]
			}
		}
		for _, d := range info.Deps {
			if d.Path == "modernc.org/sqlite" || d.Path == "github.com/jackc/pgx/v5" {
				versions = append(versions, d.Path+" "+d.Version)
			}
		}
	}
	for _, engine := range allEngines {
		if some := of(all, engine); len(some) > 0 {
			versions = append(versions, engine+" "+some[0].Version)
		}
	}
	ending := ""
	if early {
		ending = " The run was ended early, so pages are missing."
	}
	return fmt.Sprintf("Measured on %s%s, with %s, %s, on %d cores of %s (%s/%s).%s", time.Now().Format(time.DateOnly),
		revision, runtime.Version(), strings.Join(versions, ", "), runtime.NumCPU(), processor, runtime.GOOS,
		runtime.GOARCH, ending)
}
