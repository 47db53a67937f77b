package config

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/BurntSushi/toml"
)

// maxFile limits the size of a configuration file and of a file with one value, in
// bytes, so that a wrong path to a huge file is an error.
const maxFile = 1 << 20

// Sources are the places that Load reads.
type Sources struct {
	Flags    map[string]string                 // by flag name, only those given; see GivenFlags
	Environ  []string                          // as os.Environ returns it
	ReadFile func(path string) ([]byte, error) // nil means os.ReadFile
	Require  []string                          // settings that must be given; see ForServe and ForCommands
}

// value is the value of a setting and where it was found.
type value struct {
	text  string
	where string // the spelling it was found under, "" for the default
}

// layer is one of the places: by setting name the value, or the path of a file with the
// value.
type layer struct {
	values, files map[string]value
}

func newLayer() layer { return layer{values: map[string]value{}, files: map[string]value{}} }

// loader is the state of one Load.
type loader struct {
	sources  Sources
	settings []setting
	problems Problems
	ignored  []string // see Config
}

// Load reads and checks the configuration. The error is Problems and has all of them;
// the Config is then incomplete but can be dumped.
func Load(s Sources) (Config, error) {
	if s.ReadFile == nil {
		s.ReadFile = os.ReadFile
	}
	l := &loader{sources: s, settings: settings()}
	environ := l.environLayer()
	layers := []layer{l.flagLayer(), environ, l.fileLayer()}
	c := Config{values: map[string]value{}, ignored: l.ignored}
	for _, st := range l.settings {
		v, ok := l.find(st, layers)
		if !ok {
			continue
		}
		c.values[st.name] = v
		if v.text != "" { // else its file could not be read, which is noted
			l.parse(&c, st, v)
		}
	}
	l.require(&c)
	if len(l.problems) > 0 {
		return c, l.problems
	}
	return c, nil
}

// parse checks a value and puts it into the configuration.
func (l *loader) parse(c *Config, st setting, v value) {
	name := v.where
	if name == "" {
		name = st.env()
	}
	if !utf8.ValidString(v.text) || !st.list && strings.ContainsFunc(v.text, unicode.IsControl) {
		l.problems.add(name, "contains a control character or a line break")
		return
	}
	if err := st.parse(c, v.text); err != nil {
		l.problems.add(name, "%v", err)
	}
}

// require adds the missing settings to the problems. A setting with a mistake is not
// missing.
func (l *loader) require(c *Config) {
	given := func(name string) bool { _, ok := c.values[name]; return ok }
	for _, st := range l.settings {
		if slices.Contains(l.sources.Require, st.name) && !given(st.name) {
			l.problems.add(st.env(), "is missing. %s", st.help)
		}
	}
	if given("smtp-url") && !given("mail-from") {
		l.problems.add("PACTIUS_MAIL_FROM", "is missing, though a mail server is set: mails need a sender")
	}
	if given("microsoft-client-id") != given("microsoft-client-secret") {
		l.problems.add("PACTIUS_MICROSOFT_CLIENT_ID",
			"and PACTIUS_MICROSOFT_CLIENT_SECRET belong together: set both or none")
	}
	if right, differ := cloudsDiffer(c.MicrosoftAuthority, c.MicrosoftGraph); differ {
		l.problems.add("PACTIUS_MICROSOFT_GRAPH", "and PACTIUS_MICROSOFT_AUTHORITY are of different Microsoft clouds, "+
			"which do not know each other. The authority %s needs %s", c.MicrosoftAuthority.Hostname(), right)
	}
}

// find returns the value of a setting from the first layer that has it.
func (l *loader) find(st setting, layers []layer) (value, bool) {
	for _, from := range layers {
		if v, ok := from.values[st.name]; ok {
			return v, true
		}
		if f, ok := from.files[st.name]; ok {
			return l.readValue(f)
		}
	}
	return value{text: st.def}, st.def != ""
}

// readValue reads the file with a value. A file that cannot be read, or is empty, is a
// problem.
func (l *loader) readValue(f value) (value, bool) {
	b, err := l.sources.ReadFile(f.text)
	switch {
	case err != nil:
		l.problems.add(f.where, "names a file that cannot be read: %v", err)
	case len(b) > maxFile:
		l.problems.add(f.where, "names a file larger than %d bytes", maxFile)
	case strings.TrimSpace(string(b)) == "":
		l.problems.add(f.where, "names an empty file")
	default:
		return value{text: strings.TrimSpace(string(b)), where: f.where}, true
	}
	return value{where: f.where}, true
}

// flagLayer returns the values of the flags.
func (l *loader) flagLayer() layer {
	found := newLayer()
	for _, st := range l.settings {
		text := strings.TrimSpace(l.sources.Flags[st.flag()])
		if text == "" {
			continue
		}
		v := value{text: text, where: "--" + st.flag()}
		if st.secret {
			found.files[st.name] = v
		} else {
			found.values[st.name] = v
		}
	}
	for _, st := range removed() {
		if text := l.sources.Flags[st.flag()]; text != "" {
			l.unknown(value{text: text, where: "--" + st.flag()}, st.flag(), setting.flag, "")
		}
	}
	return found
}

// environLayer returns the values of the environment's variables and adds the unknown
// ones to the problems.
func (l *loader) environLayer() layer {
	found := newLayer()
	for _, line := range l.sources.Environ {
		name, text, _ := strings.Cut(line, "=")
		text = strings.TrimSpace(text)
		if text != "" && slices.Contains(otlpVariables(), name) {
			l.ignored = append(l.ignored, name)
		}
		if !strings.HasPrefix(name, envPrefix) || name == configEnv || foreign(name) {
			continue
		}
		v := value{text: text, where: name}
		if st, ok := l.byName(name, setting.env); ok {
			if text != "" {
				found.values[st.name] = v
			}
		} else if st, ok := l.byName(strings.TrimSuffix(name, envFile), setting.env); ok {
			if text != "" {
				found.files[st.name] = v
			}
		} else {
			l.unknown(v, name, setting.env, envFile)
		}
	}
	return found
}

// unknown adds the problem of a name that is not a setting: an earlier version may
// have had it, or it may be misspelt. An earlier one without a value is no problem.
func (l *loader) unknown(v value, name string, spelling func(setting) string, file string) {
	for _, st := range removed() {
		if spelling(st) == strings.TrimSuffix(name, file) {
			if v.text != "" {
				l.problems.add(v.where, "is no longer a setting: %s.", st.help)
			}
			return
		}
	}
	names := []string{configEnv}
	for _, st := range l.settings {
		names = append(names, spelling(st), spelling(st)+file)
	}
	l.problems.add(v.where, "is not a setting%s", suggestion(name, names))
}

// foreign reports whether a PACTIUS_ variable is neither a setting nor a mistake:
// Kubernetes sets some for a service called "pactius" (Service environment variables),
// and tests have some.
func foreign(name string) bool {
	return name == "PACTIUS_PORT" || strings.HasPrefix(name, "PACTIUS_PORT_") ||
		strings.HasPrefix(name, "PACTIUS_SERVICE_") || strings.HasPrefix(name, "PACTIUS_TEST_")
}

// fileLayer returns the values of the TOML file, if one is named.
func (l *loader) fileLayer() layer {
	found := newLayer()
	path := l.configPath()
	if path == "" {
		return found
	}
	b, err := l.sources.ReadFile(path)
	if err != nil {
		l.problems.add("the configuration file", "cannot be read: %v", err)
		return found
	}
	if len(b) > maxFile {
		l.problems.add(path, "is larger than %d bytes", maxFile)
		return found
	}
	var keys map[string]any
	if err := toml.Unmarshal(b, &keys); err != nil {
		l.problems.add(path, "cannot be read as TOML%s: a line is KEY = \"VALUE\"", line(err))
		return found
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		l.fileKey(found, path, key, keys[key])
	}
	return found
}

// fileKey puts one key of the TOML file into the layer.
func (l *loader) fileKey(found layer, path, key string, content any) {
	where := key + " in " + path
	st, isValue := l.byName(key, setting.key)
	if !isValue {
		var isFile bool
		if st, isFile = l.byName(strings.TrimSuffix(key, keyFile), setting.key); !isFile {
			l.unknown(value{text: fmt.Sprint(content), where: where}, key, setting.key, keyFile)
			return
		}
	}
	text, ok := tomlText(content, isValue && st.list)
	switch {
	case !ok && isValue && st.list:
		l.problems.add(where, "must be text in quotes or a list of such")
	case !ok:
		l.problems.add(where, "must be text in quotes")
	case text == "":
	case isValue:
		found.values[st.name] = value{text: text, where: where}
	default:
		found.files[st.name] = value{text: text, where: where}
	}
}

// tomlText returns the text of a TOML value; list allows an array of texts.
func tomlText(content any, list bool) (string, bool) {
	switch v := content.(type) {
	case string:
		return strings.TrimSpace(v), true
	case []any:
		parts := make([]string, 0, len(v))
		for _, one := range v {
			part, ok := one.(string)
			if !ok || !list {
				return "", false
			}
			parts = append(parts, part)
		}
		return strings.Join(parts, " "), list
	}
	return "", false
}

// line returns the line with the error in a TOML file. The parser's own message would
// quote the file, which may hold secrets.
func line(err error) string {
	if e, ok := errors.AsType[toml.ParseError](err); ok {
		return fmt.Sprintf(" (line %d)", e.Position.Line)
	}
	return ""
}

// configPath returns the path of the TOML file, "" for none.
func (l *loader) configPath() string {
	if path := l.sources.Flags[configFlag]; path != "" {
		return path
	}
	for _, entry := range l.sources.Environ {
		if path, ok := strings.CutPrefix(entry, configEnv+"="); ok {
			return path
		}
	}
	return ""
}

// byName returns the setting with this spelling of its name.
func (l *loader) byName(name string, spelling func(setting) string) (setting, bool) {
	i := slices.IndexFunc(l.settings, func(s setting) bool { return spelling(s) == name })
	if i < 0 {
		return setting{}, false
	}
	return l.settings[i], true
}
