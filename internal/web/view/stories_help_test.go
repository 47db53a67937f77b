package view

import (
	"github.com/pactius/pactius/internal/help"
	"github.com/pactius/pactius/internal/language"
)

// helpStories are the list of topics, what a search finds, and every topic.
func helpStories() []story {
	signedOut, signedIn := baseOf(""), baseOf(AtHome)
	signedOut.User, signedOut.Menu = nil, Menu{}
	stories := []story{
		{"help", Help{Base: signedIn}},
		{"help-signed-out", Help{Base: signedOut}},
		{"help-missing", Help{Base: signedOut, Missing: true}},
		{"help-found", Help{Base: signedIn, Query: "user", Found: help.Find(language.English, "user", 20)}},
		{"help-nothing-found", Help{Base: signedIn, Query: hostile}},
		{"help-danish", Help{Base: in(signedIn, language.Danish)}},
	}
	for _, topic := range help.Topics(language.English) {
		stories = append(stories, story{"help-" + topic.Slug + "-topic", HelpTopic{Base: signedIn, Topic: topic}})
	}
	topic, _ := help.Get(language.Danish, "create-a-user")
	return append(stories, story{"help-topic-danish", HelpTopic{Base: in(signedOut, language.Danish), Topic: topic}})
}
