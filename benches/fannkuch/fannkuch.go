package main

import (
	"fmt"
	"os"
	"strconv"
)

func fannkuch(n int) (int32, int32) {
	permutation := make([]int32, n)
	current := make([]int32, n)
	count := make([]int, n)
	for i := range permutation {
		permutation[i] = int32(i)
	}
	most, checksum := int32(0), int32(0)
	even := true
	r := n
	for {
		for ; r != 1; r-- {
			count[r-1] = r
		}
		for i := 0; i < n; i++ {
			current[i] = permutation[i]
		}
		flips := int32(0)
		for first := current[0]; first != 0; first = current[0] {
			for low, high := 0, int(first); low < high; low, high = low+1, high-1 {
				current[low], current[high] = current[high], current[low]
			}
			flips++
		}
		if flips > most {
			most = flips
		}
		if even {
			checksum += flips
		} else {
			checksum -= flips
		}
		for ; ; r++ {
			if r == n {
				return checksum, most
			}
			rotated := permutation[0]
			for i := 0; i < r; i++ {
				permutation[i] = permutation[i+1]
			}
			permutation[r] = rotated
			count[r]--
			if count[r] > 0 {
				break
			}
		}
		even = !even
	}
}

func main() {
	n, _ := strconv.Atoi(os.Args[1])
	checksum, most := fannkuch(n)
	fmt.Println(checksum, most)
}
