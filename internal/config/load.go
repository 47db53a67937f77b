package config

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	smtp "github.com/pactius/pactius/internal/mail"
	"github.com/pactius/pactius/internal/names"
)

// Sources are the places that Load reads.
type Sources struct {
	Flags    map[string]string                 // by flag name, only those given; see GivenFlags
	Environ  []string                          // as os.Environ returns it
	ReadFile func(path string) ([]byte, error) // nil means ReadFile, the function
	Require  []string                          // settings that must be given; see ForServe and ForCommands
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
	warnings []string // see Config.Warnings
	keepers  []string // see Config.SecretFiles
}

// Load reads and checks the configuration. The error is Problems and has all of them;
// the Config is then incomplete but can be dumped.
func Load(s Sources) (Config, error) {
	if s.ReadFile == nil {
		s.ReadFile = ReadFile
	}
	l := &loader{sources: s, settings: settings()}
	environ := l.environLayer()
	layers := []layer{l.flagLayer(), environ, l.fileLayer()}
	c := Config{values: map[string]value{}}
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
	c.warnings, c.keepers = append(l.warnings, c.warnings...), l.keepers
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
	if fault := garbled(st, v.text); fault != "" {
		l.problems.add(name, "%s", fault)
		return
	}
	switch fault := blemish(st, v.text); {
	case fault == "":
	case st.asIs:
		l.warnings = append(l.warnings, name+" "+fault+". It counts as part of the secret: leave it as it is, or "+
			"change the secret as docs/operations.md says.")
	default:
		l.problems.add(name, "%s; write it without", fault)
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
		l.problems.add("PACTIUS_MAIL_FROM", "is missing, although a mail server is set: emails need a sender")
	}
	if c.KeepEvents > 0 && !given("events-archive") {
		l.problems.add("PACTIUS_EVENTS_ARCHIVE", "is missing, although PACTIUS_KEEP_EVENTS is set. Name a folder for "+
			"older events, or none if they may be deleted")
	}
	l.requireMail(c, given)
	l.requireShared(given)
	if fault := c.callbackFault(); fault != "" {
		l.problems.add("PACTIUS_MICROSOFT_CALLBACK_HOST", "%s", fault)
	}
	if right, differ := cloudsDiffer(c.MicrosoftAuthority, c.MicrosoftGraph); differ {
		l.problems.add("PACTIUS_MICROSOFT_GRAPH", "and PACTIUS_MICROSOFT_AUTHORITY are of different Microsoft clouds, "+
			"which do not know each other. The authority %s needs %s", c.MicrosoftAuthority.Hostname(), right)
	}
}

// requireShared adds to the problems what the shared app registration lacks, and what contradicts it.
func (l *loader) requireShared(given func(name string) bool) {
	const id, secret, certificate = "PACTIUS_MICROSOFT_CLIENT_ID", "PACTIUS_MICROSOFT_CLIENT_SECRET",
		"PACTIUS_MICROSOFT_CERTIFICATE"
	withID, bySecret, byCertificate := given("microsoft-client-id"), given("microsoft-client-secret"),
		given("microsoft-certificate")
	switch {
	case bySecret && byCertificate:
		l.problems.add(certificate, "and "+secret+" exclude each other: keep the one that the app registration has")
	case withID != (bySecret || byCertificate):
		l.problems.add(id, "belongs together with "+secret+" or "+certificate+": set the ID and one of them, or none")
	}
	if given("microsoft-secret-ends") && !bySecret {
		l.problems.add("PACTIUS_MICROSOFT_SECRET_ENDS", "is the last day of "+secret+
			", which is not set. A certificate contains its own end")
	}
}

// requireMail adds to the problems what is missing for emails with an app registration, and what contradicts it.
func (l *loader) requireMail(c *Config, given func(name string) bool) {
	all := []string{"mail-tenant-id", "mail-client-id", "mail-client-secret"}
	if !slices.ContainsFunc(all, given) && !strings.HasPrefix(string(c.SMTPURL), smtp.GraphScheme) {
		return
	}
	for _, st := range l.settings {
		if (st.name == "smtp-url" || slices.Contains(all, st.name)) && !given(st.name) {
			l.problems.add(st.env(), "is missing, although an app registration for emails is set. %s", st.help)
		}
	}
	if given("smtp-url") && smtp.CheckURL(string(c.SMTPURL)) == nil {
		if err := smtp.CheckTokenURL(string(c.SMTPURL)); err != nil {
			l.problems.add("PACTIUS_SMTP_URL", "%v", err)
		}
	}
}

// find returns the value of a setting from the first layer that has it.
func (l *loader) find(st setting, layers []layer) (value, bool) {
	for _, from := range layers {
		v, given := from.values[st.name]
		f, named := from.files[st.name]
		switch {
		case given && named:
			l.warnings = append(l.warnings,
				f.where+" has no effect, because "+v.where+" is set too. Remove one of them.")
			return v, true
		case given:
			return v, true
		case named:
			if st.secret {
				l.keepers = append(l.keepers, f.text)
			}
			return l.readValue(f)
		}
	}
	return value{text: st.def}, st.def != ""
}

// flagLayer returns the values of the flags.
func (l *loader) flagLayer() layer {
	found := newLayer()
	for _, st := range l.settings {
		text := names.TrimMark(l.sources.Flags[st.flag()])
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
		text = names.TrimMark(text)
		if text != "" && slices.Contains(otlpVariables(), name) {
			l.warnings = append(l.warnings, name+" is set and has no effect: "+noTraces+".")
		}
		if !strings.HasPrefix(name, envPrefix) || name == configEnv || foreign(name, text) {
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
	known := []string{configEnv}
	for _, st := range l.settings {
		known = append(known, spelling(st), spelling(st)+file)
	}
	l.problems.add(v.where, "is not a setting%s", suggestion(name, known))
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
		l.problems.add("the configuration file", "%v", unreadable(err))
		return found
	}
	if len(b) > maxFile {
		l.problems.add(path, "is larger than %d bytes", maxFile)
		return found
	}
	if names.IsUTF16(b) {
		l.problems.add(path, names.UTF16Remedy)
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
		if st.secret && !slices.Contains(l.keepers, path) {
			l.keepers = append(l.keepers, path)
		}
		found.values[st.name] = value{text: text, where: where}
	default:
		found.files[st.name] = value{text: text, where: where}
	}
}

// tomlText returns the text of a TOML value; list allows an array of texts.
func tomlText(content any, list bool) (string, bool) {
	switch v := content.(type) {
	case string:
		return names.TrimMark(v), true
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
	if path := names.TrimMark(l.sources.Flags[configFlag]); path != "" {
		return path
	}
	for _, entry := range l.sources.Environ {
		if path, ok := strings.CutPrefix(entry, configEnv+"="); ok {
			return names.TrimMark(path)
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
