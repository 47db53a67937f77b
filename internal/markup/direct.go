package markup

import "reflect"

// Direct is a kind of functions, and of methods with their receiver as the first
// parameter, that is called without reflection. Reflection calls all others, several
// times slower.
type Direct struct {
	typ  reflect.Type
	call func(f any, in []expression) func(*state) reflect.Value
}

// Direct1 is the functions of one parameter.
func Direct1[A, R any]() Direct {
	return Direct{reflect.TypeFor[func(A) R](), func(f any, in []expression) func(*state) reflect.Value {
		own, a := f.(func(A) R), in[0].value
		return func(s *state) reflect.Value { return reflect.ValueOf(own(as[A](a(s)))) }
	}}
}

// Direct2 is the functions of two parameters.
func Direct2[A, B, R any]() Direct {
	return Direct{reflect.TypeFor[func(A, B) R](), func(f any, in []expression) func(*state) reflect.Value {
		own, a, b := f.(func(A, B) R), in[0].value, in[1].value
		return func(s *state) reflect.Value { return reflect.ValueOf(own(as[A](a(s)), as[B](b(s)))) }
	}}
}

// as reads a value without a copy on the heap.
func as[T any](v reflect.Value) T {
	if v.CanAddr() {
		return *v.Addr().Interface().(*T)
	}
	return v.Interface().(T)
}

// caller calls a function with its arguments.
func (set *Set) caller(f reflect.Value, in []expression) func(*state) reflect.Value {
	for _, d := range set.direct {
		if d.typ == f.Type() {
			return d.call(f.Interface(), in)
		}
	}
	if format, ok := f.Interface().(func(string, ...any) string); ok {
		return func(s *state) reflect.Value {
			args := make([]any, len(in)-1)
			for i, e := range in[1:] {
				args[i] = e.value(s).Interface()
			}
			return reflect.ValueOf(format(in[0].value(s).String(), args...))
		}
	}
	return func(s *state) reflect.Value {
		args := make([]reflect.Value, len(in))
		for i, e := range in {
			args[i] = e.value(s)
		}
		return returned(f.Call(args))
	}
}

// returned is the value of a call. Its error ends the execution.
func returned(results []reflect.Value) reflect.Value {
	if len(results) == 2 && !results[1].IsNil() {
		panic(results[1].Interface())
	}
	return results[0]
}
