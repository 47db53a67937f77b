package names

import "testing"

func TestValuesFromOtherPlaces(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{" \ufeffab\r\n": "ab", "\ufeff": "", "a\ufeffb": "a\ufeffb",
		"\u00a0ab\u00a0": "ab", "ab": "ab"} {
		if got := TrimMark(s); got != want {
			t.Errorf("TrimMark(%q) = %q, want %q", s, got, want)
		}
	}
	for s, want := range map[string]string{"\ufeffa\u200bb\u202c\u00a0": "ab", "a b": "a b", "\r\n": ""} {
		if got := Visible(s); got != want {
			t.Errorf("Visible(%q) = %q, want %q", s, got, want)
		}
	}
	for s, want := range map[string]bool{"\xff\xfea\x00": true, "\xfe\xff\x00a": true, "a\x00": true, "": false,
		"\ufeffa": false, "Søren": false} {
		if got := IsUTF16([]byte(s)); got != want {
			t.Errorf("IsUTF16(%q) = %v, want %v", s, got, want)
		}
	}
	for s, want := range map[string]bool{`"a"`: true, "“a”": true, "„a“": true, "'a'": true, `""`: true, `"`: false,
		"": false, `"a`: false, `"A" <a@b.dk>`: false, "it's": false} {
		if got := Quoted(s); got != want {
			t.Errorf("Quoted(%q) = %v, want %v", s, got, want)
		}
	}
	for s, want := range map[string]rune{"a\u200bb": '\u200b', "\u202ea": '\u202e', "a b": 0, "a\u00a0b": 0, "": 0,
		"❤\ufe0f": 0} {
		if got, found := Invisible(s); got != want || found != (want != 0) {
			t.Errorf("Invisible(%q) = %U, %v, want %U", s, got, found, want)
		}
	}
}

func TestParseHost(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{"Portal.Nordhavn.example.": "portal.nordhavn.example",
		"zugang.MÜNCHEN.example": "zugang.xn--mnchen-3ya.example", "2001:DB8::1": "2001:db8::1",
		"127.0.0.1": "127.0.0.1",
		"":          "", ".": "", "a..b": "", "a_b": "", "-a": "", "a b": "", "a:80": "", "fe80::1%eth0": "", "a/b": "",
		"xn--a-0.example": "", "a\u200bb.example": "ab.example", "א1a.example": ""} {
		if got, ok := ParseHost(s); ok != (want != "") || ok && got != want {
			t.Errorf("ParseHost(%q) = %q, %v, want %q", s, got, ok, want)
		}
	}
}
