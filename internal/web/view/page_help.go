package view

import (
	"html/template"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/help"
)

// Help is the list of topics, or those that a search has found.
type Help struct {
	Base
	Query   string
	Found   []help.Topic // of the query
	Missing bool         // the reader looked for a topic that isn't there
}

// HelpTopic is one topic.
type HelpTopic struct {
	Base
	Topic help.Topic
}

// HelpSection is the topics for one group of readers.
type HelpSection struct {
	Title  pactius.Text
	Topics []help.Topic
}

// HelpPart is a piece of a topic, as it is shown.
type HelpPart struct {
	HTML    template.HTML
	Picture *help.Picture
	Contact bool
}

// HelpPath leads to the help about this page.
func (b Base) HelpPath() string {
	if b.Help == "" {
		return help.Path
	}
	return help.Path + "/" + b.Help
}

// MaxQuery is the longest query in bytes.
func (Help) MaxQuery() int { return help.MaxQuery }

// Sections are all topics, by their readers.
func (p Help) Sections() []HelpSection {
	var all []HelpSection
	for _, g := range help.Groups() {
		s := HelpSection{Title: groupTitle(g)}
		for _, t := range help.Topics(p.Lang()) {
			if t.Group == g {
				s.Topics = append(s.Topics, t)
			}
		}
		all = append(all, s)
	}
	return all
}

func groupTitle(g help.Group) pactius.Text {
	switch g {
	case help.Administrators:
		return pactius.T("For local administrators")
	case help.Setup:
		return pactius.T("For setting up and running PACTIUS")
	}
	return pactius.T("For everyone")
}

// Parts are the pieces of the topic. Package help renders them from our own text, without raw HTML.
func (p HelpTopic) Parts() []HelpPart {
	parts := make([]HelpPart, len(p.Topic.Body))
	for i, part := range p.Topic.Body {
		parts[i] = HelpPart{template.HTML(part.HTML), part.Picture, part.Contact}
	}
	return parts
}
