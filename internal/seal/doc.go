// Package seal encrypts secrets that are stored or sent to a browser, with keys
// derived from PACTIUS_SECRET, and makes the random tokens of sessions and links.
//
// A Box derives one key per purpose (HKDF-SHA256, RFC 5869) and seals with
// AES-256-GCM (NIST SP 800-38D). A sealed text can be opened only with the purpose
// and the additional data it was made with, so the sealed client secret of one
// environment cannot be moved to another, and a cookie cannot be used as another one.
// To change the secret, pass the new one first and the older ones after it: the first
// one seals, all open. A Renewal seals what is stored anew.
//
// Tokens are 256 random bits. Only their SHA-256 is stored: a search over that many
// bits is impossible, so a slow hash is not needed.
//
// No error of this package contains key material, plain text or sealed text.
//
// Package environments seals client secrets, package web its cookies, package
// admission makes tokens; package server makes the Box. Package seal stores nothing.
package seal
