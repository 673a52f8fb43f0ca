package main

import (
	"fmt"
	"os"
	"strconv"
)

func quicksort(xs []int32, low, high int) {
	if low >= high {
		return
	}
	pivot := xs[low+(high-low)/2]
	i, j := low, high
	for i <= j {
		for xs[i] < pivot {
			i++
		}
		for xs[j] > pivot {
			j--
		}
		if i <= j {
			xs[i], xs[j] = xs[j], xs[i]
			i++
			j--
		}
	}
	quicksort(xs, low, j)
	quicksort(xs, i, high)
}

func main() {
	n, _ := strconv.Atoi(os.Args[1])
	xs := make([]int32, n)
	seed := uint32(42)
	for i := range xs {
		seed = seed*1664525 + 1013904223
		xs[i] = int32(seed >> 1)
	}
	quicksort(xs, 0, n-1)
	sum := uint32(0)
	for _, x := range xs {
		sum = sum*31 + uint32(x)
	}
	fmt.Println(xs[0], xs[n/2], xs[n-1], sum)
}
