package language

import (
	htmltemplate "html/template"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
)

func copenhagen(tb testing.TB) *time.Location {
	tb.Helper()
	zone, err := time.LoadLocation("Europe/Copenhagen")
	if err != nil {
		tb.Fatal(err)
	}
	return zone
}

func TestMatch(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name        string
		preferences []string
		want        Code
	}{
		{"nothing said", nil, English},
		{"the header asks for Danish", []string{"", "da-DK,da;q=0.9,en;q=0.8"}, Danish},
		{"the saved choice beats the header", []string{"en", "da-DK"}, English},
		{"a saved choice nobody speaks here falls through", []string{"fr", "da"}, Danish},
		{"a language nobody speaks here", []string{"fr-FR,fr;q=0.9"}, English},
		{"French first, Danish second", []string{"fr, da;q=0.5, en;q=0.1"}, Danish},
		{"Faroese reads Danish", []string{"fo"}, Danish},
		{"upper case", []string{"DA"}, Danish},
		{"rubbish", []string{"\x00;;;q=,,"}, English},
		{"a header longer than any browser's", []string{strings.Repeat("da,", 1000)}, English},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := Match(test.preferences...); got != test.want {
				t.Errorf("Match(%q) = %q, want %q", test.preferences, got, test.want)
			}
		})
	}
}

func FuzzMatch(f *testing.F) {
	f.Add("da-DK,da;q=0.9,en;q=0.8")
	f.Add("*;q=0")
	f.Fuzz(func(t *testing.T, header string) {
		if got := Match(header); !got.Valid() {
			t.Errorf("Match(%q) = %q, which is no language of ours", header, got)
		}
	})
}

func TestTimesAreSaidAsPeopleDo(t *testing.T) {
	t.Parallel()
	zone := copenhagen(t)
	now := time.Date(2026, 5, 3, 16, 30, 0, 0, zone)
	at := func(year int, month time.Month, day, hour, minute int) time.Time {
		return time.Date(year, month, day, hour, minute, 0, 0, zone)
	}
	english := Reader{Language: English, Zone: zone, Now: now}
	dansk := Reader{Language: Danish, Zone: zone, Now: now}
	for _, test := range []struct {
		name   string
		say    func(Reader, time.Time) string
		at     time.Time
		en, da string
	}{
		{"today", Reader.When, at(2026, 5, 3, 14, 2), "today 14:02", "i dag kl. 14.02"},
		{"just after midnight is today", Reader.When, at(2026, 5, 3, 0, 0), "today 00:00", "i dag kl. 00.00"},
		{"just before midnight is yesterday", Reader.When, at(2026, 5, 2, 23, 59), "yesterday 23:59",
			"i går kl. 23.59"},
		{"tomorrow", Reader.When, at(2026, 5, 4, 9, 0), "tomorrow 09:00", "i morgen kl. 09.00"},
		{"this year", Reader.When, at(2026, 3, 29, 14, 2), "29 Mar 14:02", "29. marts kl. 14.02"},
		{"another year", Reader.When, at(2025, 5, 3, 14, 2), "3 May 2025", "3. maj 2025"},
		{"UTC evening is already tomorrow in Copenhagen", Reader.When, time.Date(2026, 5, 3, 22, 30, 0, 0, time.UTC),
			"tomorrow 00:30", "i morgen kl. 00.30"},
		{"a date", Reader.Date, at(2026, 9, 3, 0, 0), "3 September 2026", "3. september 2026"},
		{"summer in full", Reader.FullDate, at(2026, 5, 3, 14, 2), "Sunday 3 May 2026 at 14:02 (CEST)",
			"søndag den 3. maj 2026 kl. 14.02 (CEST)"},
		{"winter in full", Reader.FullDate, at(2026, 1, 14, 8, 0), "Wednesday 14 January 2026 at 08:00 (CET)",
			"onsdag den 14. januar 2026 kl. 08.00 (CET)"},
		{"three days ago", Reader.Ago, now.Add(-71 * time.Hour), "3 days ago", "for 3 dage siden"},
		{"one hour ago", Reader.Ago, now.Add(-time.Hour), "1 hour ago", "for 1 time siden"},
		{"a moment ago", Reader.Ago, now.Add(-3 * time.Second), "just now", "lige nu"},
		{"in three days", Reader.In, now.Add(72 * time.Hour), "in 3 days", "om 3 dage"},
		{"in a moment", Reader.In, now.Add(3 * time.Second), "in less than a minute", "om mindre end et minut"},
		{"until a moment that has passed", Reader.In, now.Add(-2 * time.Minute), "2 minutes ago",
			"for 2 minutter siden"},
		{"the zero time says nothing", Reader.When, time.Time{}, "", ""},
		{"no date", Reader.Date, time.Time{}, "", ""},
		{"never", Reader.Ago, time.Time{}, "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := test.say(english, test.at); got != test.en {
				t.Errorf("in English: got %q, want %q", got, test.en)
			}
			if got := test.say(dansk, test.at); got != test.da {
				t.Errorf("in Danish: got %q, want %q", got, test.da)
			}
		})
	}
}

// A day within a sentence is the same one in every zone.
func TestADayInASentence(t *testing.T) {
	t.Parallel()
	for _, zone := range []*time.Location{nil, copenhagen(t), time.FixedZone("", -11*60*60)} {
		r := Reader{Language: English, Zone: zone}
		if got, want := r.T("End date: %s", pactius.Date("2026-09-03")), "End date: 3 September 2026"; got != want {
			t.Errorf("in %v: got %q, want %q", zone, got, want)
		}
	}
}

func TestDaysAreCountedAcrossTheClockChange(t *testing.T) {
	t.Parallel()
	zone := copenhagen(t)
	// On 29 March 2026 the day has 23 hours, on 25 October 25.
	for _, now := range []time.Time{
		time.Date(2026, 3, 30, 0, 30, 0, 0, zone),
		time.Date(2026, 10, 26, 0, 30, 0, 0, zone),
	} {
		r := Reader{Language: English, Zone: zone, Now: now}
		if got, want := r.When(now.Add(-time.Hour)), "yesterday 23:30"; got != want {
			t.Errorf("When an hour before %s = %q, want %q", now, got, want)
		}
	}
}

func TestDuration(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		d      time.Duration
		en, da string
	}{
		{0, "less than a minute", "mindre end et minut"},
		{time.Minute, "1 minute", "1 minut"},
		{59*time.Minute + 40*time.Second, "1 hour", "1 time"},
		{90 * time.Minute, "2 hours", "2 timer"},
		{23*time.Hour + 40*time.Minute, "1 day", "1 dag"},
		{-3 * day, "3 days", "3 dage"},
		{30*day - time.Second, "30 days", "30 dage"},
		{150 * day, "5 months", "5 måneder"},
		{1100 * day, "3 years", "3 år"},
	} {
		if got := (Reader{Language: English}).Duration(test.d); got != test.en {
			t.Errorf("Duration(%s) = %q, want %q", test.d, got, test.en)
		}
		if got := (Reader{Language: Danish}).Duration(test.d); got != test.da {
			t.Errorf("Duration(%s) in Danish = %q, want %q", test.d, got, test.da)
		}
	}
}

func TestTextsWithinTextsAndNumbersAreTranslated(t *testing.T) {
	t.Parallel()
	r := Reader{Language: Danish, Now: time.Date(2026, 5, 3, 12, 0, 0, 0, time.UTC)}
	text := pactius.T("in %s", pactius.Plural(1250, "%d day", "%d days"))
	if got, want := r.Text(text), "om 1.250 dage"; got != want {
		t.Errorf("Text = %q, want %q", got, want)
	}
	if got, want := r.T("%s ago", r.Now), "for i dag kl. 12.00 siden"; got != want {
		t.Errorf("T with a time = %q, want %q", got, want)
	}
	if got, want := r.Number(-1234567), "-1.234.567"; got != want {
		t.Errorf("Number = %q, want %q", got, want)
	}
	if got, want := r.T("a sentence nobody translated: 100%"), "a sentence nobody translated: 100%"; got != want {
		t.Errorf("T = %q, want %q", got, want)
	}
	if got := r.Text(pactius.Text{}); got != "" {
		t.Errorf("the zero Text says %q, want nothing", got)
	}
}

func TestTemplateFunctions(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 3, 12, 0, 0, 0, time.UTC)
	const source = `{{t "in %s" .Name}}|{{plural .Count "%d day" "%d days"}}|{{number .Count}}|{{text .Text}}|` +
		`{{when $.Reader .At}}|{{date $.Reader .At}}|{{fulldate $.Reader .At}}|` +
		`{{ago $.Reader .At}}|{{in $.Reader .Later}}|{{$.Reader.Text .Text}}`
	data := struct {
		Reader Reader
		Name   string
		Count  int
		Text   pactius.Text
		At     time.Time
		Later  *time.Time
	}{Reader{Danish, nil, now}, "<b>", 3, pactius.T("just now"), now.Add(-time.Hour), new(now.Add(3 * day))}
	template, err := htmltemplate.New("").Funcs(Danish.Funcs()).Parse(source)
	if err != nil {
		t.Fatal(err)
	}
	want := "om &lt;b&gt;|3 dage|3|lige nu|i dag kl. 11.00|3. maj 2026|" +
		"søndag den 3. maj 2026 kl. 11.00 (UTC)|for 1 time siden|om 3 dage|lige nu"
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			var b strings.Builder
			if err := template.Execute(&b, data); err != nil {
				t.Error(err)
			}
			if diff := cmp.Diff(b.String(), want); diff != "" {
				t.Errorf("template (-got +want):\n%s", diff)
			}
		})
	}
	wg.Wait()
}

func TestAZeroReaderLeavesNothingOpen(t *testing.T) {
	t.Parallel()
	var r Reader
	at := time.Date(2026, 5, 3, 14, 2, 0, 0, time.UTC)
	for _, got := range []string{r.When(at), r.Ago(at), r.In(at)} {
		if want := "Sunday 3 May 2026 at 14:02 (UTC)"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestEveryLanguageHasAName(t *testing.T) {
	t.Parallel()
	want := map[Code]string{English: "English", Danish: "Dansk"}
	for _, code := range Supported() {
		if got := code.Name(); got != want[code] {
			t.Errorf("Name of %q = %q, want %q", code, got, want[code])
		}
	}
}

// FuzzInsert compares what is inserted into a sentence with what the printer says.
func FuzzInsert(f *testing.F) {
	for _, sentence := range []string{"%s", "%d users", "%[2]s by %[1]s", "100%% of %d", "%s %s %s", "%5d", "%[9]s",
		"%", "%[", "%[1]", "no verb", "%v", "%[1]d %d"} {
		f.Add(sentence, "Anna %s", 3)
		f.Add(sentence, "", 1250)
		f.Add(sentence, "Bo", -1)
	}
	f.Fuzz(func(t *testing.T, sentence, word string, n int) {
		for _, words := range [][]any{{word}, {n}, {word, n}, {n, word}, {word, word, word, word, word}} {
			for _, l := range locales {
				got, ok := insert(sentence, words)
				if want := l.printer.Sprintf(sentence, words...); ok && got != want {
					t.Errorf("%q with %v: %q, want %q", sentence, words, got, want)
				}
			}
		}
	})
}
