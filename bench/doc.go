// Command bench measures PACTIUS and writes the tables and plots of docs/performance.md:
//
//	go run ./bench -users 1000,10000 -data /tmp/pactius-bench
//
// It asks the real server for every page, as three administrators, at several sizes of invented companies on both
// engines, and measures admissions, near misses, emails and the door of applications. Every figure stands beside a
// baseline of the same run on the same machine: single times say more about the machine than about the program.
// Everything happens on loopback, a bounded number of times. Companies are kept in the folder of -data and used again.
package main
