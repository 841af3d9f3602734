// Go names, to be probed: go_functions N calls step(i, 3) N times.
package main

import (
	"os"
	"strconv"
)

//go:noinline
func step(value int, scale int64) int64 { return int64(value) * scale }

func main() {
	count := 1
	if len(os.Args) > 1 {
		count, _ = strconv.Atoi(os.Args[1])
	}
	var sum int64
	for i := 0; i < count; i++ {
		sum += step(i, 3)
	}
	if sum < 0 {
		os.Exit(1)
	}
}
