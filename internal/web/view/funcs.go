package view

import "html/template"

// funcs are the template functions besides those of the language.
func (r *Renderer) funcs() template.FuncMap {
	return template.FuncMap{
		"asset": r.assets.url,
	}
}
