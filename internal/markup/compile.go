package markup

import (
	"errors"
	"fmt"
	"html/template"
	"io"
	"maps"
	"reflect"
	"slices"
	"sync"
	"text/template/parse"
)

// Set is the templates of html/template with what they call. It is safe for concurrent
// use.
type Set struct {
	templates *template.Template
	funcs     template.FuncMap
	direct    []Direct

	compiled sync.Map   // entry -> *body: the templates that have been executed
	mutex    sync.Mutex // for compiling
	bodies   map[entry]*body
}

// entry is a template for one type of its dot.
type entry struct {
	name string
	dot  reflect.Type
}

// New makes a set of parsed templates. The functions are those they were parsed with.
func New(templates *template.Template, funcs template.FuncMap, direct []Direct) *Set {
	return &Set{templates: templates, funcs: funcs, direct: direct, bodies: map[entry]*body{}}
}

// Execute appends what the named template makes of the data. The first execution for
// a type of data compiles.
func (set *Set) Execute(out []byte, name string, data any) (_ []byte, err error) {
	s := &state{out: out, dot: reflect.ValueOf(data)}
	b, err := set.compile(entry{name, s.dot.Type()})
	if err != nil {
		return nil, err
	}
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("executing %s: %v", s.name, r) // a nil pointer, or a method that failed
		}
	}()
	b.execute(s)
	return s.out, nil
}

// state is one execution.
type state struct {
	out       []byte
	dot       reflect.Value
	variables []reflect.Value // of all templates that are being executed, the innermost last
	base      int             // where those of the innermost begin
	name      string          // of the innermost
}

// step does a part of a template.
type step func(*state)

// body is a compiled template.
type body struct {
	name      string
	steps     []step
	variables int // how many it has; the first is $
}

func (b *body) execute(s *state) {
	base, name := s.base, s.name
	s.name, s.base = b.name, len(s.variables)
	s.variables = slices.Grow(s.variables, b.variables)[:s.base+b.variables]
	s.variables[s.base] = s.dot
	run(b.steps, s)
	s.variables = s.variables[:s.base]
	s.base, s.name = base, name
}

func run(steps []step, s *state) {
	for _, do := range steps {
		do(s)
	}
}

// Check reports why the named template cannot be executed for data of a type, if it
// cannot. It compiles.
func (set *Set) Check(name string, data reflect.Type) error {
	_, err := set.compile(entry{name, data})
	return err
}

func (set *Set) compile(e entry) (_ *body, err error) {
	if b, ok := set.compiled.Load(e); ok {
		return b.(*body), nil
	}
	set.mutex.Lock()
	defer set.mutex.Unlock()
	// The first execution adds the escapers to the trees. It ends at the first value, as there is no data.
	if err := set.templates.ExecuteTemplate(io.Discard, e.name, nil); err != nil {
		if refused, ok := errors.AsType[*template.Error](err); ok {
			return nil, refused
		}
	}
	defer func() {
		if r := recover(); r != nil {
			clear(set.bodies) // some are not complete
			fault, ok := r.(fault)
			if !ok {
				panic(r)
			}
			err = fault
		}
	}()
	b := set.body(e)
	set.compiled.Store(e, b)
	return b, nil
}

// fault is why a template cannot be compiled.
type fault struct{ error }

func (set *Set) tree(name string) *parse.Tree {
	t := set.templates.Lookup(name)
	if t == nil || t.Tree == nil {
		panic(fault{fmt.Errorf("there is no template %q", name)})
	}
	return t.Tree
}

// body compiles a template; one that executes itself finds the one that is being
// compiled.
func (set *Set) body(e entry) *body {
	if b, ok := set.bodies[e]; ok {
		return b
	}
	b := &body{name: e.name}
	set.bodies[e] = b
	own := expression{typ: e.dot, value: dotOf}
	w := &writer{Set: set, tree: set.tree(e.name), dot: own, variables: map[string]expression{}, count: new(int)}
	w.variable("$", e.dot)
	w.list(w.tree.Root)
	b.steps, b.variables = w.done(), *w.count
	return b
}

// writer compiles a part of a template, where dot has one type.
type writer struct {
	*Set
	tree      *parse.Tree
	dot       expression
	variables map[string]expression // that can be named here
	count     *int                  // of the template's variables so far
	inlined   []string              // templates that this one has become a part of
	text      []byte                // constant, not yet a step
	steps     []step
}

func (w *writer) refuse(n parse.Node, format string, args ...any) fault {
	where, what := w.tree.ErrorContext(n)
	return fault{fmt.Errorf("%s: %s: %w", where, what, fmt.Errorf(format, args...))}
}

func (w *writer) add(do step) {
	w.flush()
	w.steps = append(w.steps, do)
}

func (w *writer) flush() {
	if text := w.text; len(text) > 0 {
		w.text = nil
		w.steps = append(w.steps, func(s *state) { s.out = append(s.out, text...) })
	}
}

func (w *writer) done() []step {
	w.flush()
	return w.steps
}

// within begins a branch: its variables end with it.
func (w *writer) within(dot expression) *writer {
	return &writer{Set: w.Set, tree: w.tree, dot: dot, variables: maps.Clone(w.variables), count: w.count,
		inlined: w.inlined}
}

// branch compiles a list within dot; nil is nothing.
func (w *writer) branch(list *parse.ListNode, dot expression) []step {
	b := w.within(dot)
	b.list(list)
	return b.done()
}

// variable adds a variable and returns how to set it.
func (w *writer) variable(name string, typ reflect.Type) func(*state, reflect.Value) {
	n := *w.count
	*w.count++
	w.variables[name] = expression{typ: typ, value: func(s *state) reflect.Value { return s.variables[s.base+n] }}
	return func(s *state, v reflect.Value) { s.variables[s.base+n] = v }
}

func (w *writer) list(list *parse.ListNode) {
	if list == nil {
		return
	}
	for _, node := range list.Nodes {
		switch n := node.(type) {
		case *parse.TextNode:
			w.text = append(w.text, n.Text...)
		case *parse.CommentNode:
		case *parse.ActionNode:
			w.action(n)
		case *parse.IfNode:
			w.conditional(n)
		case *parse.WithNode:
			w.with(n)
		case *parse.RangeNode:
			w.loop(n)
		case *parse.TemplateNode:
			w.call(n)
		default:
			panic(w.refuse(node, "this is not supported"))
		}
	}
}

// action writes a value, or sets a variable.
func (w *writer) action(n *parse.ActionNode) {
	commands, escapers := escapersOf(n.Pipe.Cmds)
	e := w.only(commands)
	if len(n.Pipe.Decl) > 0 {
		w.declare(n.Pipe, e)
		return
	}
	write := w.output(n, e.typ, escapers)
	if e.constant {
		s := state{}
		write(&s, e.value(nil))
		w.text = append(w.text, s.out...)
		return
	}
	value := e.value
	w.add(func(s *state) { write(s, value(s)) })
}

// declare sets the variable that a pipeline declares, if any, and returns its value.
func (w *writer) declare(pipe *parse.PipeNode, e expression) expression {
	if len(pipe.Decl) == 0 {
		return e
	}
	if pipe.IsAssign || len(pipe.Decl) > 1 {
		panic(w.refuse(pipe, "a variable can only be declared"))
	}
	name, value := pipe.Decl[0].Ident[0], w.known(pipe, e).value
	set := w.variable(name, e.typ)
	w.add(func(s *state) { set(s, value(s)) })
	return w.variables[name]
}

func (w *writer) conditional(n *parse.IfNode) {
	inner := w.within(w.dot)
	holds := inner.declare(n.Pipe, inner.pipeline(n.Pipe)).truth()
	yes, no := inner.branch(n.List, w.dot), inner.branch(n.ElseList, w.dot)
	before := inner.done()
	w.add(func(s *state) {
		run(before, s)
		if holds(s) {
			run(yes, s)
		} else {
			run(no, s)
		}
	})
}

func (w *writer) with(n *parse.WithNode) {
	inner := w.within(w.dot)
	e := w.known(n, inner.declare(n.Pipe, inner.pipeline(n.Pipe)))
	holds, value := truths(e.typ), e.value
	yes, no := inner.branch(n.List, expression{typ: e.typ, value: dotOf}), inner.branch(n.ElseList, w.dot)
	before := inner.done()
	w.add(func(s *state) {
		run(before, s)
		v := value(s)
		if !holds(v) {
			run(no, s)
			return
		}
		dot := s.dot
		s.dot = v
		run(yes, s)
		s.dot = dot
	})
}

func dotOf(s *state) reflect.Value { return s.dot }

func (w *writer) loop(n *parse.RangeNode) {
	e := w.pipeline(n.Pipe)
	if e.typ.Kind() != reflect.Slice {
		panic(w.refuse(n, "range over %s is not supported", e.typ))
	}
	inner := w.within(w.dot)
	ignore := func(*state, reflect.Value) {}
	index, element := ignore, ignore
	switch d := n.Pipe.Decl; len(d) {
	case 2:
		index = inner.variable(d[0].Ident[0], reflect.TypeFor[int]())
		element = inner.variable(d[1].Ident[0], e.typ.Elem())
	case 1:
		element = inner.variable(d[0].Ident[0], e.typ.Elem())
	}
	each := inner.branch(n.List, expression{typ: e.typ.Elem(), value: dotOf})
	none, value := w.branch(n.ElseList, w.dot), e.value
	w.add(func(s *state) {
		all := value(s)
		dot := s.dot
		for i := range all.Len() {
			s.dot = all.Index(i)
			index(s, reflect.ValueOf(i))
			element(s, s.dot)
			run(each, s)
		}
		s.dot = dot
		if all.Len() == 0 {
			run(none, s)
		}
	})
}

// call executes another template. What it makes of a constant is text.
func (w *writer) call(n *parse.TemplateNode) {
	e := constant(nothing{})
	if n.Pipe != nil {
		e = w.known(n, w.pipeline(n.Pipe))
	}
	if e.constant && !slices.Contains(w.inlined, n.Name) {
		inner := &writer{Set: w.Set, tree: w.Set.tree(n.Name), dot: e, variables: map[string]expression{"$": e},
			count: new(int), inlined: append(slices.Clone(w.inlined), n.Name)}
		if inner.list(inner.tree.Root); len(inner.steps) == 0 {
			w.text = append(w.text, inner.text...)
			return
		}
	}
	b, value := w.body(entry{n.Name, e.typ}), e.value
	w.add(func(s *state) {
		dot := s.dot
		s.dot = value(s)
		b.execute(s)
		s.dot = dot
	})
}

// nothing is the dot of a template that is executed without one.
type nothing struct{}
