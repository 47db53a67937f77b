// Package help holds the guides that people read in PACTIUS, in English and Danish, with their pictures.
//
// A topic is a Markdown file, content/LANGUAGE/SLUG.md: a comment with words for the search, the title, one paragraph
// that says what the reader can do here, and the text. Both languages have the same topics, headings and steps, under
// the same anchors: "## Heading {#anchor}", and "1. {#anchor} Step". Words in bold are texts of the screen, which the
// tests look up in the catalogue. Raw HTML is not rendered. Two kinds of links are special:
//
//	[Sign in](sign-in.md#password)     leads to a heading or step of a topic
//	[contact Support](support:)        is followed by the environment's support contact
//
// A picture, ![What it shows](../../pictures/en/approve-light.webp), is two files: this one and approve-dark.webp. The
// browser test in e2e walks the steps of the guide "Create a user" and takes its pictures.
//
// The package is a leaf: it is rendered once and knows no reader but their language.
package help
