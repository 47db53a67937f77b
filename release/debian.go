package main

import (
	"bytes"
	"crypto/md5"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// settings is the configuration file, which dpkg leaves alone where it was edited.
const settings = "etc/pactius/pactius.toml"

// adapted are the lines of deploy/pactius.service that differ in the package: the program's folder, a user that the
// administrator's commands can be, too, and secrets that both read from /etc/pactius.
var adapted = [][2]string{
	{"ExecStart=/usr/local/bin/pactius serve\n", "ExecStart=/usr/bin/pactius serve\n"},
	{"DynamicUser=yes\n", "User=pactius\nGroup=pactius\n"},
	{"LoadCredential=secret:/etc/pactius/secret\nLoadCredential=smtp_url:/etc/pactius/smtp_url\n" +
		"Environment=PACTIUS_SECRET_FILE=%d/secret\nEnvironment=PACTIUS_SMTP_URL_FILE=%d/smtp_url\n", ""},
}

// header is the comment before the unit's first section.
const header = "# PACTIUS. Settings: /etc/pactius/pactius.toml. Change this unit with: systemctl edit pactius\n"

// unit returns the package's systemd unit.
func unit(source string) ([]byte, error) {
	b, err := os.ReadFile(filepath.Join(source, "deploy", "pactius.service"))
	if err != nil {
		return nil, err
	}
	text := string(b)
	for _, change := range adapted {
		if strings.Count(text, change[0]) != 1 {
			return nil, fmt.Errorf("deploy/pactius.service doesn't have this once:\n%s", change[0])
		}
		text = strings.Replace(text, change[0], change[1], 1)
	}
	return []byte(header + text[strings.Index(text, "[Unit]"):]), nil
}

// debianVersion returns the version for dpkg: a tilde sorts before the end, so that 1.2.0~rc.1 comes before 1.2.0.
func debianVersion(version string) string {
	number, before, found := strings.Cut(strings.TrimPrefix(version, "v"), "-")
	if !found {
		return number
	}
	return number + "~" + strings.ReplaceAll(before, "-", ".")
}

// debianPackage returns a package for dpkg, made here because dpkg-deb is not on every machine: see deb(5).
func debianPackage(source string, p program, c company) ([]byte, error) {
	data, err := installed(source, p, c)
	if err != nil {
		return nil, err
	}
	control := tree{"conffiles": plain([]byte("/" + settings + "\n"))}
	for _, name := range []string{"postinst", "prerm", "postrm"} {
		text, err := os.ReadFile(filepath.Join(source, "deploy", "debian", name))
		if err != nil {
			return nil, err
		}
		control[name] = file{0o755, text}
	}
	var sums bytes.Buffer
	size := 0
	for _, name := range sorted(data) {
		size += len(data[name].data) + 1024
		if name != settings {
			fmt.Fprintf(&sums, "%x  %s\n", md5.Sum(data[name].data), name)
		}
	}
	control["md5sums"] = plain(sums.Bytes())
	control["control"] = plain(fmt.Appendf(nil, `Package: pactius
Version: %s
Architecture: %s
Maintainer: The PACTIUS authors <pactius@users.noreply.github.com>
Installed-Size: %d
Depends: systemd | systemd-standalone-sysusers, ca-certificates
Section: admin
Priority: optional
Homepage: https://github.com/pactius/pactius
Description: sign-in with Microsoft 365, access requests and user administration
 PACTIUS is the front door of a business application whose customers use
 Microsoft 365. People sign in with Microsoft; people without access request
 it, and the right local administrator approves.
`, debianVersion(p.version()), p.arch(), size/1024))
	about, err := control.tar("./", p.time())
	if err != nil {
		return nil, err
	}
	content, err := data.tar("./", p.time())
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.WriteString("!<arch>\n")
	for _, member := range []struct {
		name string
		data []byte
	}{{"debian-binary", []byte("2.0\n")}, {"control.tar.gz", about}, {"data.tar.gz", content}} {
		fmt.Fprintf(&b, "%-16s%-12d%-6d%-6d%-8s%-10d`\n", member.name, p.time().Unix(), 0, 0, "100644",
			len(member.data))
		b.Write(member.data)
		if len(member.data)%2 == 1 {
			b.WriteByte('\n')
		}
	}
	return b.Bytes(), nil
}

// installed returns the files of the package.
func installed(source string, p program, c company) (tree, error) {
	const docs = "usr/share/doc/pactius/"
	t := tree{
		"usr/bin/pactius": {0o755, p.file},
		"usr/share/bash-completion/completions/pactius":    plain(c.shells["bash"]),
		"usr/share/zsh/vendor-completions/_pactius":        plain(c.shells["zsh"]),
		"usr/share/fish/vendor_completions.d/pactius.fish": plain(c.shells["fish"]),
	}
	for name, f := range c.manual {
		packed, err := gzipped(f.data)
		if err != nil {
			return nil, err
		}
		t["usr/share/man/"+name+".gz"] = plain(packed)
	}
	for name, f := range c.documents {
		switch name {
		case "LICENSE": // copyright names Debian's copy
		case "CHANGELOG.md":
			packed, err := gzipped(f.data)
			if err != nil {
				return nil, err
			}
			t[docs+"changelog.gz"] = plain(packed)
		default:
			t[docs+path.Base(name)] = f
		}
	}
	for from, to := range map[string]string{"pactius.toml": settings,
		"sysusers.conf": "usr/lib/sysusers.d/pactius.conf", "README.Debian": docs + "README.Debian",
		"copyright": docs + "copyright"} {
		text, err := os.ReadFile(filepath.Join(source, "deploy", "debian", from))
		if err != nil {
			return nil, err
		}
		t[to] = plain(text)
	}
	text, err := unit(source)
	t["usr/lib/systemd/system/pactius.service"] = plain(text)
	return t, err
}
