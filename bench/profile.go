package main

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"io"
	"runtime/pprof"
	"strings"
)

// profile samples what the processors do, to tell the database's share from that of rendering.
type profile struct{ out bytes.Buffer }

// start begins sampling; an error leaves no samples.
func (p *profile) start() { _ = pprof.StartCPUProfile(&p.out) }

// stop ends sampling and returns the shares, -1 where there are too few samples.
func (p *profile) stop() (database, rendering float64) {
	pprof.StopCPUProfile()
	const enough = 10
	in, err := gzip.NewReader(&p.out)
	if err != nil {
		return -1, -1
	}
	raw, err := io.ReadAll(in)
	if err != nil {
		return -1, -1
	}
	var inDatabase, inRendering, all int
	stacks(raw, func(functions []string) {
		all++
		for _, f := range functions { // the innermost first: a page is rendered within its snapshot
			if among(f, "modernc.org/", "database/sql.", "github.com/jackc/pgx") {
				inDatabase++
				return
			}
			if among(f, "github.com/pactius/pactius/internal/web/view.", "html/template.", "text/template.") {
				inRendering++
				return
			}
		}
	})
	if all < enough {
		return -1, -1
	}
	return float64(inDatabase) / float64(all), float64(inRendering) / float64(all)
}

func among(function string, packages ...string) bool {
	for _, p := range packages {
		if strings.HasPrefix(function, p) {
			return true
		}
	}
	return false
}

// The numbers of fields in the format of profiles: profile.proto of github.com/google/pprof.
const (
	profileSample, profileLocation, profileFunction, profileString = 2, 4, 5, 6

	sampleLocations, sampleValues      = 1, 2
	locationID, locationLine           = 1, 4
	lineFunction                       = 1
	functionID, functionName           = 1, 2
	wireVarint, wireFixed64, wireBytes = 0, 1, 2
)

// stacks calls each once for every sample with the names of the functions of its stack.
func stacks(raw []byte, each func(functions []string)) {
	var text []string
	name, functions := map[uint64]uint64{}, map[uint64][]uint64{}
	fields(raw, func(field int, n uint64, b []byte) {
		switch field {
		case profileString:
			text = append(text, string(b))
		case profileFunction:
			var id, at uint64
			fields(b, func(field int, n uint64, _ []byte) {
				switch field {
				case functionID:
					id = n
				case functionName:
					at = n
				}
			})
			name[id] = at
		case profileLocation:
			var id uint64
			var all []uint64
			fields(b, func(field int, n uint64, line []byte) {
				switch field {
				case locationID:
					id = n
				case locationLine:
					fields(line, func(field int, n uint64, _ []byte) {
						if field == lineFunction {
							all = append(all, n)
						}
					})
				}
			})
			functions[id] = all
		}
	})
	fields(raw, func(field int, _ uint64, b []byte) {
		if field != profileSample {
			return
		}
		var names []string
		var values []uint64 // how many samples, and for how long
		fields(b, func(field int, n uint64, packed []byte) {
			switch field {
			case sampleLocations:
				for _, id := range numbers(n, packed) {
					for _, f := range functions[id] {
						names = append(names, text[name[f]])
					}
				}
			case sampleValues:
				values = append(values, numbers(n, packed)...)
			}
		})
		if len(values) > 0 {
			for range values[0] {
				each(names)
			}
		}
	})
}

// numbers are the values of a repeated field, packed or not.
func numbers(n uint64, packed []byte) []uint64 {
	if packed == nil {
		return []uint64{n}
	}
	var all []uint64
	for len(packed) > 0 {
		v, used := binary.Uvarint(packed)
		if used <= 0 {
			return all
		}
		all, packed = append(all, v), packed[used:]
	}
	return all
}

// fields calls each with the fields of a message of protocol buffers: a number, or bytes.
func fields(message []byte, each func(field int, n uint64, b []byte)) {
	for len(message) > 0 {
		key, used := binary.Uvarint(message)
		if used <= 0 {
			return
		}
		message = message[used:]
		switch field := int(key >> 3); key & 7 {
		case wireVarint:
			n, used := binary.Uvarint(message)
			if used <= 0 {
				return
			}
			message = message[used:]
			each(field, n, nil)
		case wireBytes:
			n, used := binary.Uvarint(message)
			if used <= 0 || n > uint64(len(message)-used) {
				return
			}
			each(field, 0, message[used:used+int(n)])
			message = message[used+int(n):]
		case wireFixed64:
			if len(message) < 8 {
				return
			}
			message = message[8:]
		default:
			return
		}
	}
}
