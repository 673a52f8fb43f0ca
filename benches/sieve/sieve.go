package main

import (
	"fmt"
	"os"
	"strconv"
)

func sieve(limit int32) int32 {
	composite := make([]bool, limit+1)
	count := int32(0)
	for p := int32(2); p <= limit; p++ {
		if !composite[p] {
			count++
			for multiple := int64(p) * int64(p); multiple <= int64(limit); multiple += int64(p) {
				composite[multiple] = true
			}
		}
	}
	return count
}

func main() {
	n, _ := strconv.Atoi(os.Args[1])
	fmt.Println(sieve(int32(n)))
}
