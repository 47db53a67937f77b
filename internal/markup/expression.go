package markup

import (
	"fmt"
	"reflect"
	"text/template/parse"
)

// expression is a value that a template computes. Its type is known before.
type expression struct {
	typ      reflect.Type
	value    func(*state) reflect.Value
	holds    func(*state) bool // of an expression that is true or false, else nil
	constant bool              // value needs no state
}

func constant(v any) expression {
	value := reflect.ValueOf(v)
	return expression{typ: value.Type(), constant: true, value: func(*state) reflect.Value { return value }}
}

// condition is an expression that is true or false.
func condition(holds func(*state) bool) expression {
	return expression{typ: reflect.TypeFor[bool](), holds: holds,
		value: func(s *state) reflect.Value { return reflect.ValueOf(holds(s)) }}
}

// truth is whether the value counts as true: whether it is not empty.
func (e expression) truth() func(*state) bool {
	if e.holds != nil {
		return e.holds
	}
	holds, value := truths(e.typ), e.value
	return func(s *state) bool { return holds(value(s)) }
}

// truths is template.IsTrue for a type.
func truths(typ reflect.Type) func(reflect.Value) bool {
	switch typ.Kind() {
	case reflect.Slice, reflect.Map, reflect.String, reflect.Array, reflect.Chan:
		return func(v reflect.Value) bool { return v.Len() > 0 }
	case reflect.Struct:
		return func(reflect.Value) bool { return true }
	}
	return func(v reflect.Value) bool { return !v.IsZero() }
}

// known is an expression whose type is known.
func (w *writer) known(n parse.Node, e expression) expression {
	if e.typ == reflect.TypeFor[undecided]() {
		panic(w.refuse(n, "its values differ in type"))
	}
	return e
}

func (w *writer) pipeline(pipe *parse.PipeNode) expression { return w.only(pipe.Cmds) }

// only is the value of a pipeline, which has one command: calls stand in each other here.
func (w *writer) only(commands []*parse.CommandNode) expression {
	if len(commands) > 1 {
		panic(w.refuse(commands[1], "a pipeline of several commands is not supported"))
	}
	return w.command(commands[0])
}

func (w *writer) command(n *parse.CommandNode) expression { return w.term(n.Args[0], n.Args[1:]) }

// operand is an argument.
func (w *writer) operand(node parse.Node) expression { return w.term(node, nil) }

// term is a value, or a call with arguments.
func (w *writer) term(node parse.Node, args []parse.Node) expression {
	switch n := node.(type) {
	case *parse.FieldNode:
		return w.chain(n, w.dot, n.Ident, args)
	case *parse.VariableNode:
		return w.chain(n, w.named(n), n.Ident[1:], args)
	case *parse.ChainNode:
		return w.chain(n, w.operand(n.Node), n.Field, args)
	case *parse.IdentifierNode:
		return w.function(n, args)
	}
	if len(args) > 0 {
		panic(w.refuse(node, "this takes no arguments"))
	}
	switch n := node.(type) {
	case *parse.DotNode:
		return w.dot
	case *parse.PipeNode:
		return w.pipeline(n)
	case *parse.StringNode:
		return constant(n.Text)
	case *parse.BoolNode:
		return constant(n.True)
	case *parse.NumberNode:
		if n.IsInt {
			return constant(int(n.Int64))
		}
	}
	panic(w.refuse(node, "such a value is not supported"))
}

func (w *writer) named(n *parse.VariableNode) expression {
	e, ok := w.variables[n.Ident[0]]
	if !ok {
		panic(w.refuse(n, "there is no variable %s", n.Ident[0]))
	}
	return e
}

// chain follows fields and methods; the arguments are the last one's.
func (w *writer) chain(n parse.Node, e expression, names []string, args []parse.Node) expression {
	for i, name := range names {
		last := i == len(names)-1
		if method, ok := e.typ.MethodByName(name); ok {
			var own []parse.Node
			if last {
				own = args
			}
			e = w.method(n, e, method, own)
			continue
		}
		if last && len(args) > 0 {
			panic(w.refuse(n, "%s has no method %s", e.typ, name))
		}
		e = w.field(n, e, name)
	}
	return e
}

func (w *writer) field(n parse.Node, e expression, name string) expression {
	value, typ := e.value, e.typ
	if typ.Kind() == reflect.Pointer {
		pointer := value
		value, typ = func(s *state) reflect.Value { return pointer(s).Elem() }, typ.Elem()
	}
	if typ.Kind() != reflect.Struct {
		panic(w.refuse(n, "%s has no field or method %s", e.typ, name))
	}
	f, ok := typ.FieldByName(name)
	if !ok || !f.IsExported() {
		panic(w.refuse(n, "%s has no field or method %s", e.typ, name))
	}
	return expression{typ: f.Type, value: func(s *state) reflect.Value { return value(s).FieldByIndex(f.Index) }}
}

func (w *writer) method(n parse.Node, e expression, m reflect.Method, args []parse.Node) expression {
	if e.typ.Kind() == reflect.Interface {
		panic(w.refuse(n, "%s is an interface", e.typ))
	}
	in := append([]expression{e}, w.arguments(n, m.Type, 1, args)...)
	return expression{typ: w.result(n, m.Type), value: w.caller(m.Func, in)}
}

// arguments are those of a function or method, whose own begin with the first.
func (w *writer) arguments(n parse.Node, f reflect.Type, first int, nodes []parse.Node) []expression {
	fixed := f.NumIn() - first
	if f.IsVariadic() {
		fixed--
	}
	if len(nodes) < fixed || (len(nodes) > fixed && !f.IsVariadic()) {
		panic(w.refuse(n, "%d arguments, want %d", len(nodes), fixed))
	}
	all := make([]expression, len(nodes))
	for i, node := range nodes {
		want := f.In(first + min(i, fixed))
		if i >= fixed {
			want = want.Elem()
		}
		all[i] = w.convert(node, w.operand(node), want)
	}
	return all
}

// convert makes a value fit a parameter as templates do: constants take its type,
// pointers are followed.
func (w *writer) convert(n parse.Node, e expression, want reflect.Type) expression {
	value := w.known(n, e).value
	switch {
	case e.typ.AssignableTo(want):
		return e
	case e.constant && e.typ.Kind() == want.Kind() && e.typ.ConvertibleTo(want):
		v := value(nil).Convert(want)
		return expression{typ: want, constant: true, value: func(*state) reflect.Value { return v }}
	case e.typ.Kind() == reflect.Pointer && e.typ.Elem().AssignableTo(want):
		return expression{typ: want, value: func(s *state) reflect.Value { return value(s).Elem() }}
	}
	panic(w.refuse(n, "%s does not fit %s", e.typ, want))
}

// result is the type of what a function returns, besides an error.
func (w *writer) result(n parse.Node, f reflect.Type) reflect.Type {
	if out := f.NumOut(); out == 1 || (out == 2 && f.Out(1) == reflect.TypeFor[error]()) {
		return f.Out(0)
	}
	panic(w.refuse(n, "%s returns no value", f))
}

// function is a call of a function by its name. One of constants is a constant.
func (w *writer) function(n *parse.IdentifierNode, args []parse.Node) expression {
	own, ok := w.funcs[n.Ident]
	switch {
	case !ok && n.Ident == "printf":
		own = fmt.Sprintf
	case !ok:
		return w.builtin(n, args)
	}
	f := reflect.ValueOf(own)
	in := w.arguments(n, f.Type(), 0, args)
	e := expression{typ: w.result(n, f.Type()), value: w.caller(f, in)}
	for _, arg := range in {
		if !arg.constant {
			return e
		}
	}
	defer func() {
		if r := recover(); r != nil {
			panic(w.refuse(n, "%v", r))
		}
	}()
	v := e.value(nil)
	return expression{typ: e.typ, constant: true, value: func(*state) reflect.Value { return v }}
}

// builtin is a call of one of the functions that every template has.
func (w *writer) builtin(n *parse.IdentifierNode, nodes []parse.Node) expression {
	args := make([]expression, len(nodes))
	for i, node := range nodes {
		args[i] = w.operand(node)
	}
	switch {
	case n.Ident == "not" && len(args) == 1:
		holds := args[0].truth()
		return condition(func(s *state) bool { return !holds(s) })
	case (n.Ident == "and" || n.Ident == "or") && len(args) > 0:
		return w.logical(n.Ident == "or", args)
	case n.Ident == "len" && len(args) == 1:
		switch args[0].typ.Kind() {
		case reflect.Slice, reflect.Map, reflect.String:
			value := args[0].value
			return expression{typ: reflect.TypeFor[int](),
				value: func(s *state) reflect.Value { return reflect.ValueOf(value(s).Len()) }}
		}
	case n.Ident == "index" && len(args) == 2:
		return w.index(n, args[0], args[1])
	case len(args) == 2:
		return w.comparison(n, args[0], args[1])
	case len(args) > 2 && n.Ident == "eq":
		equal := make([]expression, len(args)-1)
		for i, e := range args[1:] {
			equal[i] = w.comparison(n, args[0], e)
		}
		return w.logical(true, equal)
	}
	panic(w.refuse(n, "this call of %s is not supported", n.Ident))
}

// logical is the first value that decides. Where the values differ in type it is only
// true or false.
func (w *writer) logical(or bool, args []expression) expression {
	truth := make([]func(*state) bool, len(args))
	same := true
	for i, e := range args {
		truth[i] = e.truth()
		same = same && e.typ == args[0].typ
	}
	holds := func(s *state) bool {
		for _, decides := range truth {
			if decides(s) == or {
				return or
			}
		}
		return !or
	}
	if !same {
		return expression{typ: reflect.TypeFor[undecided](), holds: holds}
	}
	decides := truths(args[0].typ)
	return expression{typ: args[0].typ, holds: holds, value: func(s *state) reflect.Value {
		var v reflect.Value
		for _, e := range args {
			if v = e.value(s); decides(v) == or {
				break
			}
		}
		return v
	}}
}

// undecided is the type of "and" and "or" of several types: it fits nothing but a condition.
type undecided struct{}

func (w *writer) index(n parse.Node, of, at expression) expression {
	if of.typ.Kind() != reflect.Map || !at.typ.AssignableTo(of.typ.Key()) {
		panic(w.refuse(n, "index of %s by %s is not supported", of.typ, at.typ))
	}
	zero := reflect.Zero(of.typ.Elem())
	return expression{typ: of.typ.Elem(), value: func(s *state) reflect.Value {
		if v := of.value(s).MapIndex(at.value(s)); v.IsValid() {
			return v
		}
		return zero
	}}
}

// comparison compares two strings, or two integers.
func (w *writer) comparison(n *parse.IdentifierNode, a, b expression) expression {
	left, right := a.value, b.value
	switch {
	case a.typ.Kind() == reflect.String && b.typ.Kind() == reflect.String:
		switch n.Ident {
		case "eq":
			return condition(func(s *state) bool { return left(s).String() == right(s).String() })
		case "ne":
			return condition(func(s *state) bool { return left(s).String() != right(s).String() })
		}
	case reflect.Zero(a.typ).CanInt() && reflect.Zero(b.typ).CanInt():
		compare := map[string]func(a, b int64) bool{
			"eq": func(a, b int64) bool { return a == b }, "ne": func(a, b int64) bool { return a != b },
			"lt": func(a, b int64) bool { return a < b }, "le": func(a, b int64) bool { return a <= b },
			"gt": func(a, b int64) bool { return a > b }, "ge": func(a, b int64) bool { return a >= b },
		}[n.Ident]
		if compare != nil {
			return condition(func(s *state) bool { return compare(left(s).Int(), right(s).Int()) })
		}
	}
	panic(w.refuse(n, "%s of %s and %s is not supported", n.Ident, a.typ, b.typ))
}
