// Package shape has no code, only tests of the project's rules: which package may
// import which, that every package and exported name is documented, that functions
// are short, comments plain and lines narrow, that the links of Markdown exist, and
// that dependent versions match.
package shape
