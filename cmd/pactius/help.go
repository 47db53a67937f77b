package main

import (
	_ "embed"
	"reflect"
	"strings"

	"github.com/spf13/cobra"
)

//go:embed help.txt
var helpText string

// describe returns a command with its section of help.txt. record is what --json
// prints, nil for nothing.
func describe(path string, record any, args cobra.PositionalArgs) *cobra.Command {
	_, section, found := strings.Cut(helpText, "\n= "+path+":")
	if !found {
		panic("help.txt lacks " + path)
	}
	section, _, _ = strings.Cut(section, "\n\n= ")
	usage, section, _ := strings.Cut(section, "\n")
	short, section, _ := strings.Cut(section, "\n\n")
	long, example, _ := strings.Cut(strings.TrimRight(section, "\n"), "\n\nExamples:\n")
	return &cobra.Command{Use: path[strings.LastIndex(path, " ")+1:] + usage, Short: short,
		Long: long + recordHelp(record), Example: example, Args: args}
}

// group returns a command that only has subcommands.
func group(path string, commands ...*cobra.Command) *cobra.Command {
	c := describe(path, nil, noArgs)
	c.RunE = needsSubcommand
	c.AddCommand(commands...)
	return c
}

// helpWidth is the width of a long help, in characters.
const helpWidth = 100

// recordHelp returns a paragraph about the fields of a record.
func recordHelp(record any) string {
	if record == nil {
		return ""
	}
	var b strings.Builder
	b.WriteString("\n\n")
	at := 0
	fields := strings.Join(jsonFields(reflect.TypeOf(record)), ", ")
	for word := range strings.FieldsSeq("With --json it prints one JSON object per line with the fields " + fields +
		". Times are RFC 3339 in UTC, null where there is none.") {
		switch {
		case at == 0:
		case at+1+len(word) > helpWidth:
			b.WriteByte('\n')
			at = 0
		default:
			b.WriteByte(' ')
			at++
		}
		b.WriteString(word)
		at += len(word)
	}
	return b.String()
}

// jsonFields returns the names of a struct's fields in JSON.
func jsonFields(t reflect.Type) []string {
	var names []string
	for f := range t.Fields() {
		if f.Anonymous {
			names = append(names, jsonFields(f.Type)...)
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Type.Kind() == reflect.Slice && f.Type.Elem().Kind() == reflect.Struct {
			name += " [" + strings.Join(jsonFields(f.Type.Elem()), ", ") + "]"
		}
		names = append(names, name)
	}
	return names
}
