// Command release makes what is installed of PACTIUS from the commit that is checked out, into the folder dist:
//
//	pactius_VERSION_OS_ARCH.tar.gz, .zip   the program, manual pages, completions, licenses
//	pactius_VERSION_ARCH.deb               the same for Debian, with the systemd unit
//	pactius_VERSION_image.tar.gz           the context of a container image, complete
//	pactius_VERSION_sbom.cdx.json          the modules in the programs, as CycloneDX 1.6
//	SHA256SUMS, SHA256SUMS.programs        of these files, and of the programs in them
//
// The version is the commit's tag, as the Go tool writes it into the programs; a commit without one has a
// pseudo-version, which sorts between the tags. Uncommitted changes are refused.
//
// Everything is made twice, from two clones in different folders, the second with an empty build cache, and compared
// byte by byte. All times in it are the commit's. The same commit and the same Go make the same files on any machine.
//
// It imports nothing of PACTIUS and is no part of it.
package main
