package view

import (
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/pactius/pactius"
)

// The pages that are asked for most, with as many rows as they show at most.

func benchmark(b *testing.B, page Page) {
	r := newRenderer(b)
	b.ReportAllocs()
	for b.Loop() {
		if err := r.Render(io.Discard, page); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkUsersList(b *testing.B) {
	benchmark(b, Users{Base: baseOf(AtUsers), List: userList(pactius.PageSize)})
}

func BenchmarkHome(b *testing.B) {
	for _, s := range homeStories() {
		if s.name == "home" {
			benchmark(b, s.page)
		}
	}
}

func BenchmarkRequests(b *testing.B) {
	for _, s := range requestStories() {
		if page, ok := s.page.(Requests); ok && page.State == RequestsAll {
			page.Requests = page.Requests[:pactius.PageSize]
			benchmark(b, page)
			return
		}
	}
}

func BenchmarkActivity(b *testing.B) {
	log := events()
	some := len(log.Events)
	for i := some; i < pactius.PageSize; i++ {
		e := log.Events[i%some]
		e.ID, e.At = pactius.EventID(fmt.Sprint(i)), now.Add(-time.Duration(i)*time.Hour)
		log.Events = append(log.Events, e)
	}
	benchmark(b, Activity{Base: baseOf(AtActivity), Log: log})
}
