// Command bench measures PACTIUS and prints the tables of docs/performance.md:
//
//	go run ./bench -users 10000
//
// Every figure stands beside a baseline measured in the same run on the same
// machine, and what is quoted is the ratio: single times say more about the
// machine than about the program. Everything happens in a temporary folder and
// on loopback, a bounded number of times.
package main
