package web

import "strings"

// agentWords returns the browser and the system that a User-Agent header names, for
// the list of sessions; "" if it names neither. Browsers name each other too, so
// the order decides.
func agentWords(header string) string {
	const most = 1000 // bytes that are looked at: real ones have 200
	if len(header) > most {
		header = header[:most]
	}
	browser := firstWord(header, [][2]string{
		{"Edg", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser/", "Samsung Internet"}, {"Firefox/", "Firefox"},
		{"FxiOS/", "Firefox"}, {"CriOS/", "Chrome"}, {"Chrome/", "Chrome"}, {"Chromium/", "Chromium"},
		{"Safari/", "Safari"},
	})
	system := firstWord(header, [][2]string{
		{"Windows", "Windows"}, {"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"CrOS", "ChromeOS"},
		{"Mac OS X", "macOS"}, {"Linux", "Linux"},
	})
	switch {
	case browser == "":
		return system
	case system == "":
		return browser
	}
	return browser + " on " + system
}

func firstWord(header string, words [][2]string) string {
	for _, w := range words {
		if strings.Contains(header, w[0]) {
			return w[1]
		}
	}
	return ""
}
