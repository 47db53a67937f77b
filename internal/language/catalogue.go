package language

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"sync"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/message/catalog"
)

// danishJSON is a flat object from English sentence to Danish sentence.
//
//go:embed da.json
var danishJSON []byte

// danish is the parsed catalogue. The file is part of the program and its test
// reads it, so a file that is no JSON is a bug and panics.
var danish = sync.OnceValue(func() map[string]string {
	var sentences map[string]string
	if err := json.Unmarshal(danishJSON, &sentences); err != nil {
		panic(fmt.Sprintf("language: reading da.json: %v", err))
	}
	return sentences
})

// printers format numbers and verbs as each language writes them. They are not
// asked to translate: their own catalogue is empty.
var printers = map[Code]*message.Printer{
	English: message.NewPrinter(language.English, message.Catalog(catalog.NewBuilder())),
	Danish:  message.NewPrinter(language.Danish, message.Catalog(catalog.NewBuilder())),
}

// sentence finds the key's sentence in the language; the English key itself
// where there is no other.
func (c Code) sentence(key string) string {
	if c == Danish {
		if s := danish()[key]; s != "" {
			return s
		}
	}
	return key
}

// printer is that of the language, or English for one PACTIUS does not speak.
func (c Code) printer() *message.Printer {
	if p, ok := printers[c]; ok {
		return p
	}
	return printers[English]
}
