package web

import "strings"

// agentWords says in a few words which browser and system a User-Agent header
// names, for the list of sessions; "" for one that names neither. Every browser
// names others too, so the order decides.
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
