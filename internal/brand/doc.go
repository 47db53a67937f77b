// Package brand derives what an environment's own look needs: the shades of its accent that can be read everywhere,
// and its logo as it is stored.
//
// It owns the arithmetic of colours (OKLCH, as CSS Color Module Level 4 defines it, and the contrast of WCAG 2.2) and
// the reading of uploaded images. It refuses images that cost more than they show, and everything that is no PNG or
// JPEG: a PNG made here is all that is stored and served, so no byte of an upload reaches a browser.
//
// The rules about environments read logos with it and check accents; pages and emails ask it for shades.
package brand
