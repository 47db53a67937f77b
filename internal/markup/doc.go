// Package markup executes the templates of html/template several times faster than
// html/template does. The templates stay as they are: html/template parses them and
// decides how each value is escaped where it stands. [Compile] turns the result into
// functions for one type of data, once:
//
//   - Fields and methods are looked up in the type, so a template that does not fit
//     its data is refused before it is executed.
//   - Calls of functions whose arguments are all constant become text. Hence the
//     functions must return the same for the same arguments.
//   - Parts that are executed with a constant become text too.
//
// What html/template can do and no template here needs is refused when it is compiled:
// values whose type is an interface, pointers and maps as texts, break and continue,
// assignments, and values in scripts, styles and attributes without quotes. Everything
// that is accepted gives the bytes that html/template gives.
package markup
