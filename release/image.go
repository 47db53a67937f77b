package main

import (
	"bytes"
	"encoding/pem"
	"os"
	"path/filepath"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// imageContext returns what an image is built from without a network: the programs for Linux, the certificates of the
// public authorities and the Dockerfile.
func imageContext(source string, programs []program, c company) ([]byte, error) {
	dockerfile, err := os.ReadFile(filepath.Join(source, "deploy", "image", "Dockerfile"))
	if err != nil {
		return nil, err
	}
	t := tree{
		"Dockerfile":        plain(dockerfile),
		"rootfs/etc/passwd": plain([]byte("nonroot:x:65532:65532:nonroot:/data:/sbin/nologin\n")),
		"rootfs/etc/group":  plain([]byte("nonroot:x:65532:\n")),
		"rootfs/tmp/":       {0o1777, nil},
		"data/":             {0o700, nil},

		"rootfs/etc/ssl/certs/ca-certificates.crt":  plain(authorities()),
		"rootfs/usr/share/doc/pactius/LICENSE":      c.documents["LICENSE"],
		"rootfs/usr/share/doc/pactius/LICENSES.txt": c.documents["LICENSES.txt"],
	}
	for _, p := range programs {
		if p.os() == "linux" {
			t[p.arch()+"/pactius"] = file{0o755, p.file}
		}
	}
	return t.tar("", programs[0].time())
}

// authorities returns Mozilla's root certificates, as go.sum fixes them. Those with a condition, such as that a
// certificate was issued before some day, are left out, because a file of certificates can't hold the condition.
func authorities() []byte {
	var b bytes.Buffer
	for root := range bundle.Roots() {
		if root.Constraint == nil {
			b.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate}))
		}
	}
	return b.Bytes()
}
