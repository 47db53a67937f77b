// Package shape holds no code, only the tests that keep the shape of the
// project: which package may import which, that every package and exported
// name is documented, that functions stay short, that Markdown points at what
// exists, and that dependencies which must match do match.
package shape
